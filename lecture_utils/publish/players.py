"""The script that brings figures to play with to life, made of the parts that a page needs."""

import json
from functools import cache
from html import escape
from pathlib import Path
from string import ascii_letters, digits

from pygments.lexers import JavascriptLexer
from pygments.token import Comment, Operator, Punctuation, Whitespace

from lecture_utils.publish.outputs import PLAYER

HERE = Path(__file__).parent
CONTROLS = HERE.parent / "interactive"
SCRIPTS = HERE / "templates/lecture"
# By kind of figure, the controls that it has and the parts of the script that draw it.
KINDS = {
    "playground": (("slider", "choice", "buttons", "status"), ("plane", "playground")),
    "boundary": (("slider", "status"), ("plane", "boundary")),
    "descent": (("slider", "status"), ("descent",)),
}


def attribute(output):
    """Return the attribute of a figure with the numbers behind it, or nothing; and its kind."""
    state = output.get("data", {}).get(PLAYER)
    if not isinstance(state, dict) or state.get("kind") not in list(KINDS):    # or no name at all
        return "", None
    text = json.dumps(state, ensure_ascii=False, separators=(",", ":"))
    text = escape(text, quote=False).replace("'", "&#39;")    # JSON is full of double quotes
    return f" data-player='{text}'", state["kind"]


def letters(states):
    """Return the characters that figures may show: those of their names, and of any number.

    Raised digits are left to the reader's fonts: hardly any number is so tiny or huge.
    """
    return {*ascii_letters, *digits, *".,:;()=−×", *(c for c in states if not c.isascii())}


@cache
def script(kinds):
    """Return the script for figures of these kinds, without what they don't need.

    Parameters
    ----------
    kinds : frozenset of str

    Returns
    -------
    str
    """
    controls, parts = (
        dict.fromkeys(name for kind in KINDS if kind in kinds for name in KINDS[kind][k])
        for k in range(2)
    )
    widgets = [_as_control(name) for name in controls]
    files = [f"player-{part}.js" for part in parts] + ["players.js"]
    code = [(SCRIPTS / name).read_text(encoding="utf-8") for name in files]
    first = "const CONTROLS = {}, PLAYERS = { __proto__: null };"
    return "(() => {" + compact("\n".join([first, *widgets, *code])) + "})();"


def _as_control(name):
    """Return a widget's module as what it renders."""
    code = (CONTROLS / f"{name}.js").read_text(encoding="utf-8")
    body, stop, _ = code.partition("export default { render };")
    if not stop:
        raise RuntimeError(f"{name}.js must end with what it exports, {{ render }}")
    return f"CONTROLS.{name} = (() => {{\n{body}return render;\n}})();"


def compact(code):
    """Return JavaScript without comments, and without the space around brackets and the like."""
    kept, space, is_tight = [], "", True
    for kind, text in JavascriptLexer().get_tokens(code):
        if kind in Whitespace or kind in Comment or not text.strip():
            space += text if kind not in Comment else " "
            continue
        # Of a + +b and a / /b/, nothing may be drawn together.
        was_tight, is_tight = is_tight, kind in Punctuation or (
            kind in Operator and not text.isalpha() and not set(text) & set("+-/")
        )
        if space and not (was_tight or is_tight):
            kept.append("\n" if "\n" in space else " ")
        kept.append(text)
        space = ""
    return "".join(kept)
