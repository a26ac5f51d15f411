"""Reads what makes pages a department's own: a name, a logo and colours, from one small file."""

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from textwrap import shorten

from lecture_utils._files import reason_of
from lecture_utils.publish.checks import RefusedError
from lecture_utils.publish.cleaning import Cleaning
from lecture_utils.publish.images import ImageError, kind_and_content

PAGE = Path(__file__).parent / "templates/lecture/page.css"
# What each colour is read on; of an accent, the ground that it stands out against the least.
GROUNDS = {"accent": "panel", "title-ink": "title-ground", "title-accent": "title-ground"}
COLOURS = (*GROUNDS, "title-ground")
THEMES = "light", "dark"
READABLE = 4.5    # the contrast of a text to its ground (WCAG 2.2, 1.4.3)
LONGEST = 120    # letters of a name, which has to fit beside a logo
LARGEST = 500_000    # bytes of a logo, which is in every page


@dataclass(frozen=True)
class Brand:
    """What the pages of a department have of their own.

    Attributes
    ----------
    name : str
    logo : str
        The image, in an address; empty if there is none.
    css : str
        The rules for its colours.
    """

    name: str
    logo: str = ""
    css: str = ""


def read_brand(path):
    """Return the brand that a file describes, in TOML; all of it is optional but the name.

    Parameters
    ----------
    path : path-like
        Has ``name``; ``logo``, an image file, by its path from this one; and ``[light]`` and
        ``[dark]``, tables of colours ``#rrggbb``: ``accent``, ``title-ground``, ``title-ink`` and
        ``title-accent``.

    Raises
    ------
    RefusedError
        If it can't be read, has other entries, or has colours that can't be read on their ground.
    """
    try:
        return _brand(Path(path))
    except OSError as error:
        raise RefusedError(reason_of(error)) from None
    except UnicodeDecodeError:
        raise RefusedError(f"{path} can't be read: save it as plain text in UTF-8") from None
    except (ValueError, RecursionError) as error:    # TOML and images have such, too
        raise RefusedError(f"{path}: {shorten(str(error), 200)}") from None


def _brand(path):
    given = tomllib.loads(path.read_text(encoding="utf-8-sig"))    # Windows begins with a mark
    unknown = sorted(given.keys() - {"name", "logo", *THEMES})
    if unknown:
        raise ValueError(f"there is {unknown[0]}: expected name, logo, [light] and [dark] alone")
    for key in ("name", "logo"):
        if not isinstance(given.get(key, " "), str):
            raise ValueError(f"{key} must be a text, in quotation marks; got {given[key]}")
    name = " ".join(given.get("name", "").split())
    if not any(map(str.isalnum, name)):
        raise ValueError('name is missing: write name = "…" above all tables')
    if len(name) > LONGEST:
        raise ValueError(f"name has {len(name)} letters, but there is room for {LONGEST}")
    logo = _logo(path.parent, given["logo"]) if "logo" in given else ""
    rules = [_rule(theme, given[theme]) for theme in THEMES if theme in given]
    return Brand(name, logo, "\n".join(rules))


def _logo(folder, name):
    path = folder / name
    if not path.is_file():
        raise ImageError(f'there is no file "{name}" for the logo: save it beside this one')
    if path.stat().st_size > LARGEST:
        raise ImageError(f"the logo {name} has more than {LARGEST // 1000} kB, in every page")
    kind, data = kind_and_content(path)
    faults = []
    address = Cleaning().image(f"data:{kind};base64,{data}", lambda what, *_: faults.append(what))
    if faults:
        raise ImageError(f"the logo {name} has what no page may have, which {faults[0]}")
    if not address:
        raise ImageError(f"the logo {name} can't be read: save it as plain SVG in UTF-8, or as PNG")
    return address


def _rule(theme, colours):
    """Return the rule for the colours of a theme, each of which can be read on its ground."""
    if not isinstance(colours, dict):
        told = f"{theme} must be a table of colours, with [{theme}] above them"
        raise ValueError(f"{told}; got {colours}")
    for name, colour in colours.items():
        if name not in COLOURS:
            raise ValueError(f"[{theme}] has {name}: expected some of {', '.join(COLOURS)}")
        if not re.fullmatch("#[0-9a-fA-F]{6}", str(colour)):
            raise ValueError(f'{name} in [{theme}] must be "#rrggbb", as "#0b5a8f"; got {colour}')
    used = _colours_of_page(theme) | colours
    for name, ground in GROUNDS.items():
        ratio = contrast(used[name], used[ground])
        if ratio < READABLE:
            told = f"in [{theme}], {name} {used[name]} can't be read on {ground} {used[ground]}"
            raise ValueError(f"{told}: the contrast is {ratio:.2f}, but must be {READABLE} or more")
    lines = "".join(f" --{name}: {colour};" for name, colour in colours.items())
    return f'[data-theme="{theme}"] {{{lines} }}'


def _colours_of_page(theme):
    """Return the colours that pages have without a brand, by their names."""
    blocks = re.findall(r"\{([^{}]*--title-accent[^{}]*)\}", PAGE.read_text(encoding="utf-8"))
    return dict(re.findall(r"--([\w-]+): (#\w{6});", blocks[THEMES.index(theme)]))


def contrast(a, b):
    """Return the contrast of two colours ``#rrggbb``, from 1 to 21 (WCAG 2.2)."""
    dark, light = sorted(map(_luminance, (a, b)))
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour):
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
