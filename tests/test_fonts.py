"""The letters of a page are in it: those that it needs, the same bytes each time, no others."""

import re
import subprocess
import sys
from base64 import b64decode
from io import BytesIO

import pytest
from fontTools.ttLib import TTFont

from lecture_utils.publish.fonts import MONO, SANS, font_faces, lacking, scripts

ASCII = {chr(code) for code in range(32, 127)}
SIGNS = "∇∂⊙∘⊤ᵀ←→≤≥≠≈∈‖·×−…–—“”‘’½′²³⁻⁶⁷₀₁ₖαβδεηθλσŷŵ∑√∞ℝé"
RULE = re.compile(r'@font-face \{ font-family: "(.+?)"; (.+?); src: url\((.+?)\) format\(.+?\) \}')
HEAD = "data:font/woff;base64,"


def fonts_of(css):
    """Return the opened fonts by family and descriptors; all lines of `css` are such rules."""
    found = {}
    for line in css.splitlines():
        family, descriptors, source = RULE.fullmatch(line).groups()
        assert source.startswith(HEAD)
        found[family, descriptors] = TTFont(BytesIO(b64decode(source.removeprefix(HEAD))))
    return found


def letters(font):
    return {chr(code) for code in font.getBestCmap()}


def test_a_page_has_four_faces_for_text_and_two_for_code():
    fonts = fonts_of(font_faces("", ""))
    assert list(fonts) == [
        ("Source Sans Pro", "font-weight: 400; font-style: normal"),
        ("Source Sans Pro", "font-weight: 400; font-style: italic"),
        ("Source Sans Pro", "font-weight: 600; font-style: normal"),
        ("Source Sans Pro", "font-weight: 600; font-style: italic"),
        ("DejaVu Sans Mono", "font-weight: 400"),
        ("DejaVu Sans Mono", "font-weight: 700"),
    ]
    tables = [font["OS/2"] for font in fonts.values()]
    assert [table.usWeightClass for table in tables] == [400, 400, 600, 600, 400, 700]
    assert [table.fsSelection & 1 for table in tables] == [0, 1, 0, 1, 0, 0]    # italic


def test_fonts_hold_ascii_and_the_letters_asked_for_and_no_others():
    *text, regular, bold = fonts_of(font_faces("Grün − ŷ", {"→", "σ"})).values()
    assert [letters(font) for font in text] == [ASCII | {"ü", "−", "ŷ"}] * 4
    assert letters(regular) == letters(bold) == ASCII | {"→", "σ"}


def test_letters_that_a_face_lacks_come_from_the_fallback():
    fonts = fonts_of(font_faces("∇θ−", "∇θ−"))
    (fallback,) = [font for (family, _), font in fonts.items() if family == "Fallback"]
    assert letters(fallback) == {"∇", "θ"}    # θ is in the upright faces only


def test_letters_that_no_font_has_are_told_by_their_scripts():
    text, code = "a漢字b שלום ⚠\ufe0f👍🏽", "신 ש क\U000f0000"
    found = lacking(text, code)
    assert found == set("漢字👍🏽신क\U000f0000")
    assert scripts(found) == (
        "Devanagari (क), Han (字, 漢), Hangul (신), "
        "emoji and signs (\U0001f3fd, \U0001f44d), private signs (\U000f0000)"
    )
    assert scripts(set("abcdef")) == "Latin (a, b, c, d, e, …)"
    assert lacking("∇ŷ", "∇") == set()
    assert font_faces("漢", "漢").count("@font-face") == 6    # browsers refuse a font without letters


def test_arabic_letters_have_what_joins_them():
    *_, fallback = fonts_of(font_faces("الشبكات", "")).values()
    features = {record.FeatureTag for record in fallback["GSUB"].table.FeatureList.FeatureRecord}
    assert {"init", "medi", "fina", "rlig"} <= features


def test_what_is_not_drawn_needs_no_font():
    assert font_faces("\n\t\u200b\u2061\ufe0f\ud83d", "\r\n") == font_faces("", "")


def test_the_stacks_name_the_families_that_are_embedded():
    families = {family for family, _ in fonts_of(font_faces("∇", ""))}
    named = {name.strip('"') for name in f"{SANS}, {MONO}".split(", ")}
    assert named == families | {"sans-serif", "monospace"}


def test_fonts_are_the_same_bytes_in_each_run():
    command = "from lecture_utils.publish.fonts import *; print(font_faces(*'∇ŷ'), end='')"
    for seed in "12":
        done = subprocess.run(
            [sys.executable, "-X", "utf8", "-c", command],
            env={"PYTHONHASHSEED": seed}, capture_output=True, encoding="utf-8", check=True,
        )
        assert done.stdout == font_faces("∇", "ŷ")


def test_the_fonts_of_a_lecture_are_small():
    assert len(font_faces(SIGNS, SIGNS)) < 100_000


def test_fonts_say_who_made_them_and_under_which_licence_but_not_the_reserved_name():
    for font in fonts_of(font_faces("∇", "")).values():
        names = {record.nameID: str(record) for record in font["name"].names}
        assert {0, 13} <= set(names) <= {0, 13, 14}
        assert "Copyright" in names[0]
        assert "Open Font License" in names[13] or "permission notice" in names[13]


# In a browser

STYLES = [
    f"font: {style} {weight} 28px {stack}"
    for stack, bold in [(SANS, 600), (MONO, 700)]
    for weight in (400, bold)
    for style in ("normal", "italic")
]


@pytest.fixture
def page(browser):
    with browser.new_page() as page:
        yield page


def show(page, css, *texts):
    """Show each text in each style."""
    spans = [f"<div><span style='{style}'>{t}</span></div>" for style in STYLES for t in texts]
    page.set_content(f"<style>{css}</style>{''.join(spans)}")
    page.evaluate("document.fonts.ready.then(() => true)")


def foreign_glyphs(page):
    """Return for each text how many of its glyphs come from fonts that are not in the page."""
    session = page.context.new_cdp_session(page)
    session.send("DOM.enable")
    session.send("CSS.enable")
    root = session.send("DOM.getDocument")["root"]["nodeId"]
    nodes = session.send("DOM.querySelectorAll", {"nodeId": root, "selector": "span"})["nodeIds"]
    found = []
    for node in nodes:
        fonts = session.send("CSS.getPlatformFontsForNode", {"nodeId": node})["fonts"]
        assert sum(font["glyphCount"] for font in fonts) > 0
        found.append(sum(font["glyphCount"] for font in fonts if not font["isCustomFont"]))
    return found


def widths(page):
    return page.locator("span").evaluate_all("all => all.map(e => e.getBoundingClientRect().width)")


def test_every_sign_is_drawn_from_the_fonts_of_the_page(page):
    show(page, font_faces(SIGNS, SIGNS), SIGNS)
    assert foreign_glyphs(page) == [0] * len(STYLES)


def test_a_letter_that_comes_from_elsewhere_is_found(page):
    show(page, font_faces("", ""), "ßJ")    # each computer has a font with an ß
    assert foreign_glyphs(page) == [1] * len(STYLES)


def test_columns_of_numbers_are_straight(page):
    show(page, font_faces("−", "−"), "−1711.1", "+0864.0")
    found = widths(page)
    assert found[::2] == pytest.approx(found[1::2])


def test_letters_of_text_are_kerned(page):
    show(page, font_faces("", ""), "AVA", "<u style='font-kerning: none'>AVA</u>")
    found = widths(page)[:8]    # not those of code
    assert all(kerned < plain for kerned, plain in zip(found[::2], found[1::2], strict=True))
