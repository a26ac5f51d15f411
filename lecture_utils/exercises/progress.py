"""Says which tasks of a lecture are right."""

from html import escape

from IPython.display import display

from lecture_utils.exercises.checking import Task


def tasks_of(module):
    """Return the tasks of a lecture, in their order.

    Parameters
    ----------
    module : module
        Of this package, such as `lecture_utils.exercises.backpropagation`.
    """
    return [value for value in vars(module).values() if isinstance(value, Task)]


def show_progress(module, names):
    """Check all tasks of a lecture again, and show which of them are right, by name.

    Nothing is kept or sent: what counts is what is defined now.

    Parameters
    ----------
    module : module
        As for `tasks_of`.
    names : dict
        What the notebook has defined: ``globals()``.
    """
    tasks = tasks_of(module)
    results = [task.judge(*map(names.get, task.names)) for task in tasks]
    lines = [_line(*entry) for entry in zip(range(1, len(tasks) + 1), tasks, results)]
    done = sum(not result.hint for result in results)
    head = f"{done} of {len(tasks)} tasks {'is' if done == 1 else 'are'} right."
    items = "".join(f"<li>{escape(line)}</li>" for line in lines)
    style = "list-style: none; padding-left: 0"
    html = f'<div role="status"><p>{head}</p><ul style="{style}">{items}</ul></div>'
    display({"text/html": html, "text/plain": "\n".join([head, *lines])}, raw=True)


def _line(number, task, result):
    told = f"{task.title}: {'not yet' if result.hint else 'right'}"
    marks = f" ({result.marks} of {task.points} steps)" if result.hint and result.marks else ""
    return f"{'→' if result.hint else '✓'} {number}. {told}{marks}"
