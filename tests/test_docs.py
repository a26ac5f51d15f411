"""What the pages of the repository lead to, and tell to run, is there."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
TARGETS = re.findall(r"^([a-z]+):.*## ", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
each_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)


def anchors(page):
    """Return the addresses of the headings of a page, as GitHub makes them."""
    text = re.sub(r"^```.*?^```", "", page.read_text("utf-8"), flags=re.DOTALL | re.MULTILINE)
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@each_page
def test_links_lead_somewhere(page):
    text = re.sub("`[^`\n]*`", "", page.read_text("utf-8"))    # without examples
    links = re.findall(r"\]\(([^)\s]+)\)", text)
    links = [link for link in links if not link.startswith("http")]
    for link in links:
        path, _, anchor = link.partition("#")
        to = (page.parent / path).resolve() if path else page
        assert to.exists(), link
        assert not anchor or anchor in anchors(to), link
    assert links


@each_page
def test_what_make_is_told_to_do_it_can_do(page):
    named = re.findall(r"(?:`|^ {4,})make ([a-z]+)", page.read_text("utf-8"), re.MULTILINE)
    assert {*named} <= {*TARGETS}


def test_addresses_on_the_web_name_files_that_are_here():
    text = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    named = re.findall(r"OWNER/NAME/[\w/]*?((?:notebooks|workflows)/[\w.-]+)", text)
    named += re.findall(r"lab/tree/(notebooks/[\w.-]+)", text)
    # What is made of the notebooks has their names.
    named += [f"notebooks/{name}" for name in re.findall(r"OWNER/LECTURES/blob/main/(.+?)\)", text)]
    assert len(named) == 3
    for name in named:
        assert any((ROOT / folder / name).exists() for folder in ("", ".github")), name


def test_the_page_on_making_it_yours_is_short():
    assert len((ROOT / "docs/make-it-yours.md").read_text("utf-8").splitlines()) <= 100
