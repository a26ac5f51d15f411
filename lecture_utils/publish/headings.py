"""Finds the headings of Markdown, in each of its forms, and makes titles of them."""

import re
from typing import NamedTuple

from lecture_utils.publish.checks import is_too_long

FENCE = re.compile(r" {0,3}(```+|~~~+)")
ATX = re.compile(r" {0,3}(#{1,6})(?:[ \t]+(.*?))??(?:[ \t]+#+)?[ \t]*$")
UNDERLINE = re.compile(r" {0,3}(=+|--+)[ \t]*$")
HTML = re.compile(r"[ \t]*<h([1-6])\b[^>]*>(.*?)</h\1\s*>", re.IGNORECASE | re.DOTALL)
NO_PARAGRAPH = re.compile(r"\s*$| {4}|\t|\s*(?:[-*+>|]|\d+[.)])(?:\s|$)|\s*[|<]")
TAG = re.compile(r"</?[a-zA-Z][^<>]*>|<!--(?:(?!<!--).)*?-->", re.DOTALL)
COMMENT = re.compile(r"^ {0,3}<!--.*?(?:-->|\Z)", re.DOTALL | re.MULTILINE)
LINK = re.compile(
    r"!?\[((?:[^\[\]]|\[[^\[\]]*\])*)\](?:\([^()]*(?:\([^()]*\)[^()]*)*\)|\[[^\]]*\])"
)


class Heading(NamedTuple):
    """A heading: the number of its line in the text, from 0, its level from 1, and its title."""

    line: int
    level: int
    title: str


def headings_in(text):
    """Return the headings of a Markdown text, none of them from code.

    Parameters
    ----------
    text : str

    Returns
    -------
    list of Heading
    """
    found, fence, before = [], None, ""
    if is_too_long(text):
        return found
    # What is left are as many lines, since headings have a place.
    lines = COMMENT.sub(lambda comment: "\n" * comment[0].count("\n"), text).split("\n")
    for number, line in enumerate(lines):
        mark = FENCE.match(line)
        if fence:
            fence = None if mark and mark[1].startswith(fence) else fence
            before = ""
            continue
        if mark:
            fence, before = mark[1], ""
            continue
        if heading := ATX.match(line):
            found.append(Heading(number, len(heading[1]), as_title(heading[2] or "")))
        elif heading := HTML.match("\n".join(lines[number : number + 4])):
            found.append(Heading(number, int(heading[1]), as_title(heading[2])))
        elif (under := UNDERLINE.match(line)) and not NO_PARAGRAPH.match(before):
            found.append(Heading(number - 1, 1 if under[1][0] == "=" else 2, as_title(before)))
        before = "" if heading or UNDERLINE.match(line) else line
    return [heading for heading in found if heading.title]


def as_title(text):
    """Return Markdown of one line as a title: without links, images and HTML, but with formulas."""
    text = LINK.sub(r"\1", TAG.sub("", text))
    return " ".join(re.sub(r"\{#[\w-]+\}\s*$", "", text).split())


def in_words(title):
    """Return a title as plain text, for where nothing can be typeset."""
    return re.sub(r"\*\*|__|`|\$", "", title)
