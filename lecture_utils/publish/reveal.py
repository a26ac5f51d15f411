"""Reads the files of reveal.js, which shows the slides, and changes how its speaker view starts."""

import re
from importlib.resources import files

FOLDER = files("pyreveal") / "revealjs/dist"
NAMES = "reveal.css", "reveal.js", "plugin/notes.js", "plugin/zoom.js"
# A speaker view that is opened late would begin at the start of its slide, and take the slides on
# the projector back to there. Of its layouts the first is taken, and only the tall one shows long
# notes whole.
CHANGES = {
    "data.state.indexv;": "data.state.indexv + '/' + data.state.indexf;",
    "'tall': 'Tall',": "",
    "'default': 'Default',": "'tall': 'Tall','default': 'Default',",
}


def read():
    """Return the style sheet of reveal.js, its scripts, and what runs in the speaker's window.

    Returns
    -------
    style : str
    scripts : list of str
    script_of_speaker_view : str
        As it stands in that window.

    Raises
    ------
    RuntimeError
        If reveal.js lacks what is changed here.
    """
    style, main, notes, zoom = [(FOLDER / name).read_text(encoding="utf-8") for name in NAMES]
    for old, new in CHANGES.items():
        if notes.count(old) != 1:
            raise RuntimeError(f"the notes of reveal.js have changed: look where {old} was")
        notes = notes.replace(old, new)
    (script,) = re.findall(r"<script>(.*?)<\\/script>", notes, flags=re.DOTALL)
    return style, [main, notes, zoom], script.replace(r"\\", "\\")
