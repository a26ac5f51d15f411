"""What a notebook shows: figures with a text alternative, texts, tables, and source code."""

import ast
import hashlib
import inspect
import re
import textwrap
from base64 import b64encode
from html import escape
from io import StringIO

import numpy as np
from IPython.display import Markdown, display
from tabulate import tabulate

IN_TEXT = 0.7 * 96 / 72  # pixels for a point of a figure that stands beside text


def show(ax, alt=None):
    """Display the figure of `ax` as a picture, with a text alternative for those who can't see it.

    The same figure gives the same bytes each time, so a notebook that is run again can be
    compared with what it was.

    Parameters
    ----------
    ax : matplotlib.axes.Axes or array of them
    alt : str, optional
        What the figure shows, in words. By default what its axes say of themselves, as the
        drawings of this package do in the axes' label.

    Raises
    ------
    ValueError
        If there is no text alternative.
    """
    display(bundle(*picture(ax, alt)), raw=True)


def bundle(svg, alt):
    """Return a picture in the forms in which a notebook keeps it.

    JupyterLab shows an SVG only in notebooks that it trusts, and never its text alternative; an
    image it shows in all of them, no wider than its place. There the letters of a figure are as
    large as those of the text around it; slides show the figure in its full size.

    Parameters
    ----------
    svg, alt : str
        As `picture` returns them.

    Returns
    -------
    dict
        MIME type to content.
    """
    source = f"data:image/svg+xml;base64,{b64encode(svg.encode()).decode()}"
    image = f'<img alt="{escape(alt)}" style="{style_in_text(svg)}" src="{source}">'
    return {"text/html": image, "text/plain": alt}


def style_in_text(svg):
    """Return the CSS of a picture that stands beside text, where it is smaller than on a slide."""
    points = float(re.search(r'<svg [^>]*?\bwidth="([\d.]+)pt"', svg)[1])
    return f"width: {IN_TEXT * points:.0f}px; max-width: 100%; height: auto"


def picture(ax, alt=None):
    """Return the figure of `ax` as text of an SVG file, and its text alternative.

    The first sentence of the alternative is the title of the SVG, the others its description.
    Parameters and errors are those of `show`.
    """
    figure = np.ravel(ax)[0].figure
    # Matplotlib labels colour bars with a name in angle brackets: not meant for a reader.
    labels = (a.get_label() for a in figure.axes)
    alt = alt or " ".join(label for label in labels if label and not label.startswith("<"))
    if not alt:
        raise ValueError("alt must say in words what the figure shows, got nothing")
    buffer = StringIO()
    figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    svg = _steady(_without_ballast(buffer.getvalue()))
    name = "a" + hashlib.sha256((svg + alt).encode()).hexdigest()[:10]
    return _described(svg, alt, name), alt


def _without_ballast(svg):
    """Return the SVG element in fewer bytes, by a quarter to a third.

    It goes without metadata, comments, indentation and names of single texts and shapes. Letters
    are placed in a shorter way, to a hundredth of their size.
    """
    svg = re.sub(r"<metadata>.*?</metadata>|<!--.*?-->", "", svg[svg.index("<svg") :], flags=re.S)
    svg = re.sub(r'(<use [^>]*) transform="translate\((-?\d+)\S* 0\)"', r'\1 x="\2"', svg)
    svg = re.sub(r' id="(text|patch)_\d+"', "", svg).replace("DejaVuSans", "g")
    svg = svg.replace(' xmlns:xlink="http://www.w3.org/1999/xlink"', "")
    svg = svg.replace("xlink:href", "href")
    return re.sub(r"\s*\n\s*", "\n", svg)


def _described(svg, alt, name):
    """Return the SVG with title and description, which screen readers are pointed to."""
    title, stop, rest = alt.partition(". ")
    about = f'<svg role="img" aria-labelledby="{name}"'
    texts = f'>\n<title id="{name}">{escape(title + stop.strip())}</title>'
    if rest:
        about += f' aria-describedby="{name}-more"'
        texts += f'\n<desc id="{name}-more">{escape(rest)}</desc>'
    return svg.replace("<svg", about, 1).replace(">", texts, 1)


def _steady(svg):
    """Return the SVG without what differs between machines: last digits, and names made of them.

    The names are those of nothing else on a page that holds several pictures.
    """
    svg = re.sub(r' (d|x|y|width|height)="[^"]*"|translate\([^)]*\)', _rounded, svg)
    names = dict.fromkeys(re.findall(r'id="([a-z]+[0-9a-f]{10})"', svg))
    for number, name in enumerate(names):
        svg = svg.replace(name, f"part-{number}")
    digest = hashlib.sha256(svg.encode()).hexdigest()[:10]
    return re.sub(r'(?<=["#])part-', f"p{digest}-", svg)


def _rounded(match):
    return re.sub(r"-?\d+\.\d+", lambda number: f"{round(float(number[0]), 1) + 0:g}", match[0])


def show_table(rows, headers="keys"):
    """Display a table.

    Parameters
    ----------
    rows : list
        One dict of column to text a row, or one list of texts a row with `headers` given.
    headers : list of str
        Names of the columns.
    """
    display(Markdown(tabulate(rows, headers=headers, tablefmt="pipe", disable_numparse=True)))


def show_text(text):
    """Display a text in Markdown, for sentences and formulas whose numbers are computed.

    Parameters
    ----------
    text : str
    """
    display(Markdown(text))


def show_source(*objects):
    """Display the source of functions or classes as it runs, without their docstrings.

    Parameters
    ----------
    *objects : function, method or class of a module
    """
    code = "\n\n".join(_source_without_docstrings(o) for o in objects)
    display(Markdown(f"```python\n{code}\n```"))


def _source_without_docstrings(thing):
    source = textwrap.dedent(inspect.getsource(thing))
    lines = source.splitlines()
    for node in ast.walk(ast.parse(source)):
        explained = isinstance(node, (ast.FunctionDef, ast.ClassDef)) and ast.get_docstring(node)
        if explained and len(node.body) > 1:  # a body of nothing else must stay
            docstring = node.body[0]
            for i in range(docstring.lineno - 1, docstring.end_lineno):
                lines[i] = None
    kept = [line for line in lines if line is not None]
    return "\n".join(kept).strip("\n")
