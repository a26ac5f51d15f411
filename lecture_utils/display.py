"""What a notebook shows: figures with a text alternative, texts, tables, and source code."""

import ast
import hashlib
import inspect
import re
import textwrap
from base64 import b64encode
from html import escape
from io import StringIO
from math import isfinite
from numbers import Integral, Real

import numpy as np
import pandas as pd
from IPython.display import Markdown, display

from lecture_utils.formatting import format_number, with_percent_apart, with_true_minus

IN_TEXT = 1.0  # pixels for a point of a figure that stands beside text


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
    """Return the SVG element in fewer bytes, by a third.

    It goes without metadata, comments, indentation and names of single texts and shapes. Letters
    are placed in a shorter way, to a hundredth of their size, and outlined to an eighth of
    that.
    """
    svg = re.sub(r"<metadata>.*?</metadata>|<!--.*?-->", "", svg[svg.index("<svg") :], flags=re.S)
    svg = re.sub(r'(<use [^>]*) transform="translate\((-?\d+)\S* 0\)"', r'\1 x="\2"', svg)
    svg = re.sub(r' id="(text|patch)_\d+"', "", svg)
    svg = short_names(svg)
    svg = re.sub(r' d="([^"]*)" transform="scale\(0\.015625\)"', _shorter_outline, svg)
    svg = svg.replace(' xmlns:xlink="http://www.w3.org/1999/xlink"', "")
    svg = svg.replace("xlink:href", "href")
    return re.sub(r"\s*\n\s*", "\n", svg)


def short_names(text):
    """Return a text with short names for the fonts of figures."""
    return re.sub("SourceSansPro(-Regular)?", "s", text).replace("DejaVuSans", "g")


def _shorter_outline(match):
    """Return the outline of a letter in eighths, not 64ths; a command is not said again."""
    outline, before = "", None
    for command, numbers in re.findall("([A-Za-z])([^A-Za-z]*)", match[1]):
        numbers = " ".join(str(round(float(number) / 8)) for number in numbers.split())
        outline += f" {numbers}" if command == before != "M" else f"{command}{numbers}"
        before = command
    return f' d="{outline}" transform="scale(0.125)"'


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


def show_table(frame, formats=None):
    """Display a data frame as a table, with numbers at the right of their columns.

    Texts stand as they are, and may hold Markdown and formulas. Whole numbers have a comma between
    thousands; other numbers are written by `format_number`. An index is shown if it has a name.

    Parameters
    ----------
    frame : pandas.DataFrame
    formats : str or dict of column to str, optional
        How Python writes numbers, such as ``".1%"``: all that are not whole, or those in the
        columns that are named.

    Raises
    ------
    TypeError
        If `frame` is no data frame, or a format is no text.
    ValueError
        If a format is none of numbers, or is for a column that is not there or holds no numbers.
    """
    display(Markdown(markdown_table(frame, formats)))


def markdown_table(frame, formats=None):
    """Return a data frame as a table in Markdown.

    Parameters and errors are those of `show_table`.
    """
    if not isinstance(frame, pd.DataFrame):
        raise TypeError(f"frame must be a pandas DataFrame, got {type(frame).__name__}")
    frame = frame.infer_objects()
    if not isinstance(formats, dict):
        formats = {} if formats is None else dict.fromkeys(frame.select_dtypes("floating"), formats)
    if frame.index.names != [None]:
        frame = frame.reset_index()
    for column, text in formats.items():
        _check_format(frame, column, text)
    columns = [_column_lines(name, column, formats.get(name)) for name, column in frame.items()]
    return "\n".join(f"| {' | '.join(row)} |" for row in zip(*columns))


def _check_format(frame, column, text):
    if not isinstance(text, str):
        raise TypeError(f"formats must hold texts, got {type(text).__name__}")
    numbers = [name for name, entries in frame.items() if _holds_numbers(entries)]
    if column not in numbers:
        raise ValueError(f"formats must be for columns of numbers, {numbers}, got {column!r}")
    try:
        format(0.5, text)
    except ValueError:
        raise ValueError(f"formats must be such as '.2f' or '.1%', got {text!r}") from None


def _holds_numbers(column):
    return column.dtype.kind in "iuf"


def _column_lines(name, column, number_format):
    """Return the heading, the rule and the cells of a column, all of the same width."""
    cells = map(with_percent_apart, _cell_texts(column, number_format))
    texts = [_within_a_cell(text) for text in [str(name), *cells]]
    width = max(3, *map(len, texts))
    if _holds_numbers(column):
        heading, *cells = (text.rjust(width) for text in texts)
        return [heading, "-" * (width - 1) + ":", *cells]
    heading, *cells = (text.ljust(width) for text in texts)
    return [heading, ":" + "-" * (width - 1), *cells]


def _cell_texts(column, number_format):
    """Return the entries of a column as texts; one that is missing is NaN only among floats."""
    if column.dtype.kind == "f":
        return [_float_text(value, number_format) for value in column.astype(float)]

    def text(value):
        if _holds_numbers(column):
            return with_true_minus(format(value, number_format or ","))
        return str(value)

    return ["" if missing else text(value) for value, missing in zip(column, column.isna())]


def _float_text(value, number_format):
    if number_format is None or not isfinite(value):
        return format_number(value)
    text = format(value, number_format)
    # A negative number that is rounded to zero is a zero without a sign.
    return with_true_minus(text if re.search("[1-9]", text) else text.replace("-", ""))


def _within_a_cell(text):
    """Return a text without what would end a cell: line ends, and bars, also those of formulas."""

    def escaped(match):
        if match[0] in ("|", r"\|"):
            return r"\|"
        if match[0] == r"\$":
            return match[0]
        return match[0].replace(r"\|", r"\Vert{}").replace("|", r"\vert{}")

    return re.sub(r"\\\$|(\$\$?)[^$]*\1|\\?\|", escaped, " ".join(text.splitlines()))


def show_text(text):
    """Display a text in Markdown, for sentences and formulas whose numbers are computed.

    Parameters
    ----------
    text : str
    """
    display(Markdown(text))


def big_numbers(*pairs):
    """Return up to three numbers to be shown large, each above the words that say what it is.

    Parameters
    ----------
    *pairs : tuple of (int, float or str, str)
        A number and its words. Whole numbers have a comma between thousands, others are written by
        `format_number`; a text, such as ``f"{share:.1%}"``, stands as it is, with a space before
        the percent sign.

    Returns
    -------
    object
        A notebook shows it if it stands in the last line of a cell.

    Raises
    ------
    TypeError
        If a pair is none, its first entry is neither number nor text, or its words are no text.
    ValueError
        If there is no pair, or more than three.
    """
    if not 1 <= len(pairs) <= 3:
        raise ValueError(f"pairs must be one to three, got {len(pairs)}")
    for pair in pairs:
        if not isinstance(pair, tuple) or len(pair) != 2 or not isinstance(pair[1], str):
            raise TypeError(f"pairs must be such as (2, 'passes'), got {pair!r}")
    return _BigNumbers([(_number_text(value), words) for value, words in pairs])


def _number_text(value):
    if isinstance(value, str):
        return with_percent_apart(value)
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, Real):
        raise TypeError(f"pairs must begin with a number or a text, got {type(value).__name__}")
    whole = isinstance(value, Integral)
    return with_true_minus(f"{value:,}") if whole else format_number(value)


class _BigNumbers:
    def __init__(self, pairs):
        self.pairs = pairs

    def __repr__(self):
        return "\n".join(f"{number} {words}" for number, words in self.pairs)

    def _repr_html_(self):
        """Return the numbers as a row, which JupyterLab, too, shows larger than the text."""
        cells = "".join(
            f'<div><b style="display: block; font-size: 2.5em">{escape(number)}</b>'
            f"<span>{escape(words)}</span></div>"
            for number, words in self.pairs
        )
        return f'<div class="big-numbers" style="display: flex; gap: 3em">{cells}</div>'


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
