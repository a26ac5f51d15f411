"""Puts the letters of a page into it, so that it looks the same on every computer."""

from base64 import b64encode
from functools import cache
from importlib.resources import files
from io import BytesIO
from pathlib import Path
from unicodedata import category

import matplotlib
import uharfbuzz
from fontTools import unicodedata as scripts_of
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

# Digits are of one width and stand on the line by default; Arabic letters join. The fonts' names
# stay away, as Source's licence asks of what is changed; who made them and their licences stay in.
_TAGS = (b"kern", b"ccmp", b"mark", b"mkmk", b"init", b"medi", b"fina", b"rlig")
_FEATURES = [int.from_bytes(tag) for tag in _TAGS]
_NAMES = [0, 13, 14]

# What Unicode counts to no script, and how many characters of a script are told.
_OTHERS = {"Common": "emoji and signs", "Inherited": "emoji and signs", "Unknown": "private signs"}
_SAMPLE = 5


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
        lack comes from DejaVu Sans, by the name of Fallback; and what that lacks, from the
        computer of the reader.
    """
    rules = [
        _rule(family, descriptors, path, _ASCII.union(filter(_is_drawn, characters)))
        for family, faces, characters in [
            ("Source Sans Pro", _TEXT_FACES, text),
            ("DejaVu Sans Mono", _CODE_FACES, code),
        ]
        for descriptors, path in faces
    ]
    others = _without(_TEXT_FACES, text) | _without(_CODE_FACES, code)
    others &= _letters(_FALLBACK[1])    # browsers refuse a font without letters
    if others:
        rules.append(_rule("Fallback", *_FALLBACK, frozenset(others)))
    return "\n".join(rules)


def lacking(text, code):
    """Return the characters that no font of a page has; see `font_faces`."""
    return _without(_TEXT_FACES, text) & _without([_FALLBACK], text) | (
        _without(_CODE_FACES, code) & _without([_FALLBACK], code)
    )


def scripts(characters):
    """Return the names of the scripts of characters, each with some of them.

    Parameters
    ----------
    characters : set of str
    """
    found = {}
    for character in sorted(characters):
        script = scripts_of.script_name(scripts_of.script(character))
        found.setdefault(_OTHERS.get(script, script), []).append(character)
    told = []
    for script, some in sorted(found.items()):
        more = ", …" if len(some) > _SAMPLE else ""
        told.append(f"{script} ({', '.join(some[:_SAMPLE])}{more})")
    return ", ".join(told)


def _is_drawn(character):
    """Whether a character needs a glyph: not line ends, what changes others, and the like."""
    return category(character) not in ("Cc", "Cf", "Cs", "Zl", "Zp") and not (
        "\ufe00" <= character <= "\ufe0f" or "\U000e0100" <= character <= "\U000e01ef"
    )


def _without(faces, characters):
    """Return the characters that not all of some fonts have."""
    drawn = set(filter(_is_drawn, characters))
    return set().union(*(drawn - _letters(path) for _, path in faces))


@cache
def _letters(path):
    return frozenset(map(chr, uharfbuzz.Face(path.read_bytes()).unicodes))


@cache    # most lectures share their letters in code
def _rule(family, descriptors, path, wanted):
    """Return the rule for one font."""
    subset = uharfbuzz.SubsetInput()
    # A box in place of what the reader's computer has no letter for, either.
    subset.flags = uharfbuzz.SubsetFlags.NO_HINTING | uharfbuzz.SubsetFlags.NOTDEF_OUTLINE
    subset.unicode_set.update(map(ord, wanted))
    for kept, numbers in [(subset.layout_feature_tag_set, _FEATURES), (subset.name_id_set, _NAMES)]:
        kept.clear()
        kept.update(numbers)
    face = subset.subset(uharfbuzz.Face(path.read_bytes()))
    font = TTFont(BytesIO(face.blob.data), recalcTimestamp=False)
    font.flavor = "woff"
    packed = BytesIO()
    font.save(packed)
    data = b64encode(packed.getvalue()).decode()
    source = f"url(data:font/woff;base64,{data}) format('woff')"
    return f'@font-face {{ font-family: "{family}"; {descriptors}; src: {source} }}'
