"""Puts the letters of a page into it, so that it looks the same on every computer."""

from base64 import b64encode
from functools import cache
from importlib.resources import files
from io import BytesIO
from pathlib import Path
from unicodedata import category, name

import matplotlib
import uharfbuzz
from fontTools.ttLib import TTFont

SANS = '"Source Sans Pro", Fallback, sans-serif'    # values of CSS's font-family
MONO = '"DejaVu Sans Mono", Fallback, monospace'

_SOURCE = files("font_source_sans_pro") / "files"
_DEJAVU = Path(matplotlib.get_data_path()) / "fonts/ttf"
_TEXT_FACES = [
    ("font-weight: 400; font-style: normal", _SOURCE / "SourceSansPro-Regular.ttf"),
    ("font-weight: 400; font-style: italic", _SOURCE / "SourceSansPro-It.ttf"),
    ("font-weight: 600; font-style: normal", _SOURCE / "SourceSansPro-Semibold.ttf"),
    ("font-weight: 600; font-style: italic", _SOURCE / "SourceSansPro-SemiboldIt.ttf"),
]
_CODE_FACES = [
    ("font-weight: 400", _DEJAVU / "DejaVuSansMono.ttf"),
    ("font-weight: 700", _DEJAVU / "DejaVuSansMono-Bold.ttf"),
]
_FALLBACK = ("size-adjust: 89%", _DEJAVU / "DejaVuSans.ttf")    # as tall as the letters around

# Always there, so that a changed word does not change the fonts.
_ASCII = frozenset(map(chr, range(0x20, 0x7F)))

# Digits are of one width and stand on the line by default. The fonts' names stay away, as
# Source's licence asks of what is changed; who made them and their licences stay in.
_FEATURES = [int.from_bytes(tag) for tag in (b"kern", b"ccmp", b"mark", b"mkmk")]
_NAMES = [0, 13, 14]


def font_faces(text, code):
    """Return CSS that defines the fonts of a page, with just the letters that it needs.

    Parameters
    ----------
    text : str or set of str
        Characters in running text and headings, set in Source Sans Pro.
    code : str or set of str
        Characters in code and in what it prints, set in DejaVu Sans Mono.

    Returns
    -------
    str
        Rules `@font-face` for the families in `SANS` and `MONO`, which hold the fonts. What these
        lack comes from DejaVu Sans, by the name of Fallback.

    Raises
    ------
    ValueError
        If no font has a character: each computer would show something else.
    """
    rules, lacking = [], set()
    for family, faces, characters in [
        ("Source Sans Pro", _TEXT_FACES, text),
        ("DejaVu Sans Mono", _CODE_FACES, code),
    ]:
        wanted = _ASCII.union(filter(_is_drawn, characters))
        for descriptors, path in faces:
            rule, missing = _rule(family, descriptors, path, wanted)
            rules.append(rule)
            lacking |= missing
    if lacking:
        rule, missing = _rule("Fallback", *_FALLBACK, frozenset(lacking))
        rules.append(rule)
        if missing:
            told = ", ".join(f"{c} (U+{ord(c):04X} {name(c, '')})" for c in sorted(missing))
            raise ValueError(f"text and code must be of letters that the fonts have, got {told}")
    return "\n".join(rules)


def _is_drawn(character):
    """Whether a character needs a glyph: not line ends and the like."""
    return category(character) not in ("Cc", "Cf")


@cache    # most lectures share their letters in code
def _rule(family, descriptors, path, wanted):
    """Return the rule for one font, and the characters that it lacks."""
    face = uharfbuzz.Face(path.read_bytes())
    missing = wanted - set(map(chr, face.unicodes))
    subset = uharfbuzz.SubsetInput()
    subset.flags = uharfbuzz.SubsetFlags.NO_HINTING
    subset.unicode_set.update(map(ord, wanted))
    for kept, numbers in [(subset.layout_feature_tag_set, _FEATURES), (subset.name_id_set, _NAMES)]:
        kept.clear()
        kept.update(numbers)
    font = TTFont(BytesIO(subset.subset(face).blob.data), recalcTimestamp=False)
    font.flavor = "woff"
    packed = BytesIO()
    font.save(packed)
    data = b64encode(packed.getvalue()).decode()
    source = f"url(data:font/woff;base64,{data}) format('woff')"
    return f'@font-face {{ font-family: "{family}"; {descriptors}; src: {source} }}', missing
