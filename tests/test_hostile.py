"""Hostile notebooks: nothing of them runs, loads, or leads what is ours astray."""

import json
from base64 import b64encode
from functools import partial
from html import unescape
from urllib.parse import unquote, urlsplit
from xml.etree import ElementTree

import nbformat
import pytest
from browsing import wait_until
from bs4 import BeautifulSoup
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output, new_raw_cell

from lecture_utils.display import bundle
from lecture_utils.publish.__main__ import main
from lecture_utils.publish.checks import RefusedError
from lecture_utils.publish.cleaning import Cleaning
from lecture_utils.publish.exporters import LectureNotesExporter, LectureSlidesExporter
from lecture_utils.publish.formulas import Formulas
from lecture_utils.publish.headings import headings_in
from lecture_utils.publish.images import with_images
from lecture_utils.publish.outline import title_of
from lecture_utils.publish.outputs import prepare

PIXEL = "data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7"
SVG = '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
# RUN is a script that tells that it ran, GET an address: with the number of the line in both.
# Of those in Markdown and the drawings, most were seen to run or to ask in a page of their own in
# Chromium; others need reveal.js, or another browser, and of those in other places none was tried.
HTML = f"""\
<script>RUN</script>
<SCRIPT type=module>RUN</SCRIPT >
<script src="GET"></script>
<script\t>RUN</script\t>
<svg><script>RUN</script></svg>
<svg><script href="GET"></script></svg>
<img src="{PIXEL}" alt="a" onload="RUN">
<img src="x:" alt="a" onerror="RUN">
<img src="x:" alt="a" OnError=RUN>
<img/src=x:/alt=a/onerror=RUN>
<img src="x:" alt="a" onerror="&#104;it(NR)">
<p onclick="RUN">a</p>
<p onmouseover="RUN">a</p>
<a href="#" onfocus="RUN">a</a>
<details open ontoggle="RUN"><summary>a</summary>b</details>
<svg onload="RUN"><title>a</title></svg>
<svg><g onload="RUN"></g></svg>
<svg><title><img src=x: onerror=RUN></title></svg>
<svg><desc><img src=x: onerror=RUN></desc></svg>
<svg><foreignObject><img src=x: onerror=RUN></foreignObject></svg>
<svg><style><img src=x: onerror=RUN></style></svg>
<svg><a href="javascript:RUN"><text y="9">a</text></a></svg>
<svg><a xlink:href="javascript:RUN"><text y="9">a</text></a></svg>
<svg><a><animate attributeName="href" values="javascript:RUN"/><text y="9">a</text></a></svg>
<svg><a><set attributeName="href" to="javascript:RUN"/><text y="9">a</text></a></svg>
<svg><image href="GET"/></svg>
<svg><image xlink:href="GET"/></svg>
<svg><feImage href="GET"/><filter id="q"><feImage href="GET"/></filter></svg>
<svg><use href="GET#a"/></svg>
<svg><style>*{{background:url(GET)}}</style><rect width="9" height="9"/></svg>
<svg><rect style="background:url(GET)" width="9" height="9"/></svg>
<svg><style>@import "GET";</style></svg>
<math><mtext><img src=x: onerror=RUN></mtext></math>
<math><annotation-xml encoding="text/html"><img src=x: onerror=RUN></annotation-xml></math>
<math><mi href="javascript:RUN">a</mi></math>
<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=x: onerror=RUN&gt;">
<form><math><mtext></form><form><mglyph><style></math><img src=x: onerror=RUN>
<a href="javascript:RUN">a</a>
<a href="JaVaScRiPt:RUN">a</a>
<a href=" javascript:RUN">a</a>
<a href="java&#9;script:RUN">a</a>
<a href="java&NewLine;script:RUN">a</a>
<a href="&#1;javascript:RUN">a</a>
<a href="javascript&colon;RUN">a</a>
<a href="&#x6a;avascript:RUN">a</a>
<area href="javascript:RUN">
<iframe src="javascript:parent.RUN"></iframe>
<iframe src="GET"></iframe>
<iframe srcdoc="<script>parent.RUN</script>"></iframe>
<iframe src="data:text/html,<script>top.postMessage('RUN','*')</script>"></iframe>
<object data="GET"></object>
<object data="data:text/html,<img src=GET>"></object>
<embed src="GET">
<embed src="data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' onload='top.RUN'/>">
<frameset onload="RUN"><frame src="GET"></frameset>
<form action="javascript:RUN"><button>a</button></form>
<form><button formaction="javascript:RUN">a</button></form>
<form><input type="image" src="GET"></form>
<input type="submit" formaction="javascript:RUN" form="f"><form id="f"></form>
<input autofocus onfocus="RUN">
<select autofocus onfocus="RUN"></select>
<textarea autofocus onfocus="RUN"></textarea>
<button onclick="RUN">a</button>
<meta http-equiv="refresh" content="0;url=GET">
<meta http-equiv="refresh" content="0;url=javascript:RUN">
<base href="GET/"><img src="a.png" alt="a">
<link rel="stylesheet" href="GET">
<link rel="preload" as="image" href="GET">
<link rel="icon" href="GET">
<img src="GET" alt="a">
<img src="//x.example/NR" alt="a">
<img srcset="GET 1x" src="{PIXEL}" alt="a">
<picture><source srcset="GET"><img src="{PIXEL}" alt="a"></picture>
<image src="GET">
<video src="GET"></video>
<video poster="GET"></video>
<video><source src="GET"></video>
<video controls><track default src="GET"></video>
<audio src="GET" autoplay></audio>
<table background="GET"><tr><td>a</td></tr></table>
<td background="GET">a</td>
<body background="GET" onload="RUN">
<p style="background:url(GET)">a</p>
<p style="BACKGROUND:URL(GET)">a</p>
<p style="background:u\\72l(GET)">a</p>
<p style="background:\\75\\72\\6c(GET)">a</p>
<p style="background:url(/**/GET)">a</p>
<p style="background:image-set('GET' 1x)">a</p>
<p style="background:-webkit-image-set(url(GET) 1x)">a</p>
<p style="background:cross-fade(url(GET),url(GET))">a</p>
<p style="--a:url(GET);background:var(--a)">a</p>
<p style="list-style:url(GET);display:list-item">a</p>
<p style="border-image:url(GET) 1">a</p>
<p style="content:url(GET)">a</p>
<p style="cursor:url(GET),auto">a</p>
<p style="mask:url(GET)">a</p>
<p style="shape-outside:url(GET);float:left">a</p>
<p style="filter:url(GET#a)">a</p>
<p style="background:url/**/(GET)">a</p>
<style>p{{--a://**/*;color:red}} q{{content:"*/ }} body{{background:url(GET)}} x{{"}}</style>
<style>p:is(a//**/*){{color:red}} a[b="*/,body{{background:url(GET)}} x{{"]{{color:red}}</style>
<style>p{{background:url(GET)}}</style>
<style>@import 'GET';</style>
<style>@IMPORT url(GET);</style>
<style>@\\69mport 'GET';</style>
<style>@font-face{{font-family:a;src:url(GET)}} p{{font-family:a}}</style>
<style>@media all{{p{{background:url(GET)}}}}</style>
<style>@layer a{{@supports (color:red){{p{{background:url(GET)}}}}}}</style>
<style>p::before{{content:url(GET)}}</style>
<style>p{{&:not(a){{background:url(GET)}}}}</style>
<style>/*</style><img src=x: alt=a onerror=RUN>*/</style>
<noscript><p title="</noscript><img src=x: onerror=RUN>"></noscript>
<template shadowrootmode="open"><img src=x: onerror=RUN></template>
<xmp><p title="</xmp><img src=x: onerror=RUN>"></xmp>
<textarea><p title="</textarea><img src=x: onerror=RUN>"></textarea>
<title><p title="</title><img src=x: onerror=RUN>"></title>
<noembed><p title="</noembed><img src=x: onerror=RUN>"></noembed>
<!--><img src=x: alt=a onerror=RUN>-->
<!-- --!><img src=x: alt=a onerror=RUN>
<![CDATA[><img src=x: alt=a onerror=RUN>]]>
<?php ><img src=x: alt=a onerror=RUN>?>
<p title='"><img src=x: onerror=RUN>' onclick="RUN">a</p>
</div></section></main><img src=x: alt=a onerror=RUN>
<section data-background-image="GET"><p>a</p></section>
<img data-src="GET" alt="a">
<iframe data-src="GET"></iframe>
<video data-src="GET"></video>
<aside class="notes"><img src=x: alt=a onerror=RUN></aside>
""".splitlines()
MARKDOWN = r"""
[a](javascript:RUN)
[a]( <java&#115;cript:RUN> )
<javascript:RUN>
[a][b]\n\n[b]: javascript:RUN
![a](GET)
![a][b]\n\n[b]: GET
[a](x:"onclick="RUN)
# <img src=x: alt=a onerror=RUN>
## [a](javascript:RUN)
| a |\n|---|\n| <img src=x: alt=a onerror=RUN> |
> <img src=x: alt=a onerror=RUN>
- <img src=x: alt=a onerror=RUN>
`a`<img src=x: alt=a onerror=RUN>
<p>a\n\n<img src=x: alt=a onerror=RUN>
""".strip().splitlines()
MARKDOWN = [line.replace(r"\n", "\n") for line in MARKDOWN]
DRAWINGS = f"""\
{SVG} onload="RUN"><title>a</title></svg>
{SVG}><title>a</title><script>RUN</script></svg>
{SVG}><title>a</title><script xlink:href="GET"/></svg>
{SVG}><title>a</title><image href="GET" width="9" height="9"/></svg>
{SVG}><title>a</title><g style="fill:u\\72l(GET)"><path d="M0 0"/></g></svg>
{SVG} role="img" aria-labelledby="a0"><a href="javascript:RUN"><text y="9">a</text></a></svg>
{SVG}><foreignObject><img src="x:" onerror="RUN"/></foreignObject></svg>
<!DOCTYPE svg [<!ENTITY e "RUN">]>{SVG} onload="RUN"><title>a</title></svg>
{SVG}></svg><img src=x: onerror=RUN>
<?xml-stylesheet href="GET"?>{SVG}><title>a</title><style>@import url(GET);</style></svg>
""".splitlines()

# What says that it is text, an image or a name, and is put into the page around it.
BREAK = '"><img src=x: alt=a onerror=RUN>'
OURS = '<svg role="img" aria-labelledby="a0123456789" width="9pt"'
ELSEWHERE = {
    "image/png": lambda say: shown({"image/png": say(BREAK)}),
    "image/jpeg": lambda say: shown({"image/jpeg": say(BREAK)}),
    "alt of an image": lambda say: shown(
        {"image/png": "AA"}, metadata={"image/png": {"alt": say(BREAK)}}
    ),
    "text/latex": lambda say: shown({"text/latex": say(BREAK)}),
    "text/markdown": lambda say: shown({"text/markdown": say(BREAK)}),
    "text/plain": lambda say: shown({"text/plain": say(BREAK)}),
    "application/json": lambda say: shown({"application/json": say(BREAK), "text/plain": "a"}),
    "javascript": lambda say: shown({"application/javascript": say("RUN"), "text/plain": "a"}),
    "an unknown type": lambda say: shown({say(BREAK): "a", "text/plain": "a"}),
    "printed": lambda say: printed(say(f"\x1b[31m{BREAK}\x1b[0m")),
    "printed with a link": lambda say: printed(say("\x1b]8;;javascript:RUN\x1b\\a\x1b]8;;\x1b\\")),
    "printed as an error": lambda say: printed(say(BREAK), "stderr"),
    "code": lambda say: new_code_cell(say(f"'{BREAK}'"), execution_count=1),
    "a fence": lambda say: text(say(f"```\n{BREAK}\n```")),
    "the language of a fence": lambda say: text(say(f"```a{BREAK}\na\n```".replace(" ", "/"))),
    "a formula": lambda say: text(say(r"$\text{<img src=x: onerror=RUN>}$")),
    "a link of a formula": lambda say: text(say(r"$\href{javascript:RUN}{a}$")),
    "a font of a formula": lambda say: text(say(f"$\\unicode[{BREAK}]{{65}}$")),
    "an image of a formula": lambda say: text(say(r"$\mmlToken{mglyph}[src='GET']{}$")),
    "a wrong formula": lambda say: text(say(r"$\wrong{<img src=x: onerror=RUN>}$")),
    "a tag": lambda say: text("a", tags=[say(BREAK)]),
    "the title of a link": lambda say: text(say("[a](b 'x\" onclick=\"RUN')")),
    "the title of an image": lambda say: text(say(f"![a]({PIXEL} 'x\" onload=\"RUN')")),
    "the alt of a link": lambda say: text(say(f'![x" onload="RUN]({PIXEL})')),
    "a type of an attachment": lambda say: text(
        "![a](attachment:a)", attachments={"a": {say('png" onerror="RUN" a="'): "AA"}}
    ),
    "a drawing as an attachment": lambda say: text(
        "![a](attachment:a)", attachments={"a": {"image/svg+xml": coded(say(DRAWINGS[0]))}}
    ),
    "a drawing with our mark": lambda say: shown(
        bundle(say(DRAWINGS[0]).replace("<svg", OURS), "a")
    ),
    "metadata of another form": lambda say: new_code_cell(
        say("'RUN'"), execution_count=1, metadata={"marked": 1.5, "part": {"a": 1}, "alt": 7}
    ),
    "brackets without end": lambda say: shown(
        {"text/html": f"<p style='a:{'(' * 2000}'><style>{':is(' * 2000}"}
    ),
    "a heading": lambda say: text(f"## {say(BREAK)}", kind="slide"),
    "a name of ours": lambda say: text("## a", kind="slide", id="contents"),
    "another name of ours": lambda say: text("## a", kind="slide", id="main"),
    "raw text of no kind": lambda say: new_raw_cell(say("'RUN'"), metadata={"raw_mimetype": 5}),
}


def coded(content):
    return b64encode(content.encode()).decode()


def text(source, kind="-", id=None, attachments=None, **metadata):
    cell = new_markdown_cell(source, metadata={"slideshow": {"slide_type": kind}} | metadata)
    cell.id = id or cell.id
    if attachments:
        cell.attachments = attachments
    return cell


def shown(data, **more):
    output = new_output("display_data", data, **more)
    return new_code_cell("a", execution_count=1, outputs=[output])


def printed(words, name="stdout"):
    output = new_output("stream", name=name, text=words)
    return new_code_cell("a", execution_count=1, outputs=[output])


PLACES = {
    "html": lambda source: shown({"text/html": source}),
    "markdown": text,
    "raw": lambda source: new_raw_cell(source, metadata={"raw_mimetype": "text/html"}),
    "notes": lambda source: text(source, kind="notes"),
}


def hostile_cells():
    """Yield hostile cells, each with its number and its name."""
    made = [(line, [*PLACES.values()][i % len(PLACES)], line) for i, line in enumerate(HTML)]
    made += [(line, text, line) for line in MARKDOWN]
    made += [(line, lambda svg: shown({"image/svg+xml": svg}), line) for line in DRAWINGS]
    for n, (name, make, line) in enumerate(made):
        yield n, name, make(saying(n, line))
    for n, (name, make) in enumerate(ELSEWHERE.items(), len(made)):
        yield n, name, make(partial(saying, n))


def saying(n, line):
    """Return a hostile text that tells its number."""
    line = line.replace("RUN", "hit(NR)").replace("GET", "https://x.example/NR")
    return line.replace("NR", str(n))


def notebook(*cells):
    return new_notebook(cells=[text("# A lecture", kind="slide", id="start"), *cells])


LISTEN = """
window.hit = (n) => console.log(`hit ${n}`);
addEventListener("message", ({data}) => /^hit\\(/.test(data) && console.log(data));
window.alert = () => console.log("hit by an alert");
"""
# All that a reader can do, and more. A link that leads elsewhere is one that she chose.
TOUCH = """() => {
  addEventListener("click", (event) => {
    if (/^(https?|file|mailto):/.test(event.target.closest?.("a")?.href)) event.preventDefault();
  });
  for (const part of document.querySelectorAll("main *")) {
    for (const kind of ["mouseover", "focus", "load", "submit"])
      part.dispatchEvent(new Event(kind));
    part.dispatchEvent(new MouseEvent("click", {bubbles: true, cancelable: true}));
  }
}"""


def seen(browser, path, look="() => null"):
    """Open a page, do all that can be done, and return what ran or was asked, and the look."""
    happened, asked = [], []
    with browser.new_context(viewport={"width": 1280, "height": 720}) as context:
        context.add_init_script(LISTEN)
        context.on("console", lambda said: happened.append(said.text))
        context.on("request", lambda request: asked.append(request))
        context.on("page", lambda page: happened.append("a window"))
        page = context.new_page()
        happened.clear()
        page.on("dialog", lambda dialog: (happened.append("a dialog"), dialog.dismiss()))
        page.goto(path.as_uri())
        if "deck" in look:
            wait_until(page, lambda: page.evaluate("() => window.deck?.isReady?.() === true"))
        looked = page.evaluate(look)
        page.evaluate(TOUCH)
        page.wait_for_timeout(200)
        if page.url.partition("#")[0] != path.as_uri() or page.title() not in TITLES:
            happened.append(f"moved to {page.url} {page.title()}")
        happened += [request.url for request in asked if request.failure != "csp"]
    ours = ("data:", path.as_uri())
    return [what for what in happened if not what.startswith(ours)], looked


TITLES = ("A lecture", "A lecture: notes")
TWICE = """() => {
  const ids = [...document.querySelectorAll("[id]")].map((part) => part.id);
  return ids.filter((id, i) => ids.indexOf(id) !== i);
}"""


@pytest.mark.parametrize("kind", [LectureSlidesExporter, LectureNotesExporter])
def test_nothing_runs_or_asks_even_without_the_policy(browser, tmp_path, kind):
    exporter = kind(strict=False)
    page, _ = exporter.from_notebook_node(notebook(*(cell for *_, cell in hostile_cells())))
    path = tmp_path / "page.html"
    assert page.count(POLICY) == 1
    path.write_text(page.replace(POLICY, "<meta "), encoding="utf-8")
    assert seen(browser, path, TWICE) == ([], [])
    # The policy alone: what is put into the page by hand neither runs nor asks.
    page, _ = exporter.from_notebook_node(notebook())
    path.write_text(page.replace("A lecture</h1>", "</h1>" + PLANTED), encoding="utf-8")
    happened, _ = seen(browser, path)
    assert len(happened) >= 5 and all("Content Security Policy" in what for what in happened)


POLICY = '<meta http-equiv="Content-Security-Policy" '
PLANTED = (
    "<script>hit(1)</script><img src=https://x.example/2><img src=x: onerror=hit(3)>"
    "<link rel=stylesheet href=https://x.example/4><iframe src=https://x.example/5>"
)


def told(kind, *cells):
    """Return the lines of a strict exporter's refusal."""
    with pytest.raises(RefusedError) as caught:
        kind().from_notebook_node(notebook(*cells))
    return str(caught.value).splitlines()


def test_each_is_told_with_its_cell():
    """Of what can be read as harmless, as by some browsers, nothing is told; nor of texts."""
    hostile = [(name, cell) for _, name, cell in hostile_cells() if name not in ELSEWHERE]
    cells = {f"({cell.id})": name for name, cell in hostile}
    lines = told(LectureSlidesExporter, *(cell for _, cell in hostile))
    silent = [name for place, name in cells.items() if not any(place in line for line in lines)]
    assert len(silent) <= 8 and len(cells) > 140, silent
    assert all(line.startswith("Notebook, cell ") for line in lines)


STYLED = """<style>#T td:hover, #T_row0, .a.b > p { color: red; margin: 0 !important }</style>
<table id="T" class="dataframe big-numbers"><tr><td colspan=2>a<td>b<tr><th id=T_row0>c</table>
<details open><summary>a</summary><p>b<p style="background:URL(DATA)">c<li>d<li>e</details>
<a name="there" href="#elsewhere">a</a><a href="HTTPS://a.org/?b&c">f</a><img alt="$" src="DATA">
<p id="&quot;é.">AT&T &#36;5 <kbd>a</kbd> <math><mi>a</mi></math></p>""".replace("DATA", PIXEL)
CLEANED = """<div class="held" id="c.1"><style>
#@ #@-T td:hover, #@ #@-T_row0, #@ .u-a.u-b > p { color:red;margin:0 !important }
</style>

<table id="c.1-T" class="dataframe big-numbers"><tr><td colspan="2">a</td><td>b</td></tr><tr>\
<th id="c.1-T_row0">c</th></tr></table>
<details open=""><summary>a</summary><p>b</p><p style="background:url(&quot;DATA&quot;)">c</p>\
<li>d</li><li>e</li></details>
<a id="c.1-there" href="#elsewhere">a</a>\
<a href="HTTPS://a.org/?b&amp;c" rel="noopener noreferrer">f</a><img alt="$" src="DATA">
<p id="c.1-%22%C3%A9.">AT&amp;T $5 <kbd>a</kbd> <math><mi>a</mi></math></p></div>""".replace(
    "@", r"c\.1"
)
HARMLESS_DRAWING = f"""<?xml version="1.0"?><!DOCTYPE svg>{SVG} viewBox="0 0 9 9">
<title>A frame.</title><style>.f{{fill:url('#g');stroke:red}}</style>
<linearGradient id="g"/><rect class="f"/></svg>"""


def test_what_is_harmless_stays():
    cleaning = Cleaning()
    html = cleaning.html(STYLED, pytest.fail)
    assert cleaning.linked(html) == CLEANED.replace("DATA", PIXEL)
    image = cleaning.svg(HARMLESS_DRAWING, pytest.fail)
    assert image.startswith('<img alt="A frame." src="data:image/svg+xml,%3Csvg xmlns=')
    parts = "stroke:red", "%3ClinearGradient id=", "url(%22%23g%22)", "viewBox="
    assert all(part in unescape(image) for part in parts)
    drawing = unquote(unescape(image).partition("svg+xml,")[2].removesuffix('">'))
    assert ElementTree.fromstring(drawing).tag == "{http://www.w3.org/2000/svg}svg"    # for Firefox


@pytest.mark.parametrize("style", [
    "display: contents", "display: inline", "border-image: linear-gradient(red, red) 30",
])  # fmt: skip
def test_what_leaves_its_box_is_held(style):
    held = '<div class="held" id="c.1">'
    assert Cleaning().html(f'<p style="{style}">a</p>', pytest.fail).startswith(held)
    assert held not in Cleaning().html('<p style="display: flex">a</p>', pytest.fail)


@pytest.mark.parametrize(("html", "what"), [
    (r'<a href="\\x.example\a">a</a>', r"\\x.example\a"),
    ('<a href="//x.example">a</a>', "//x.example"),
    ("<style>@keyframes a { to { background: url(//x.example) } }</style>", "loads"),
    (f'{SVG}><filter><feImage href="//x.example"/></filter></svg>', "feimage"),
    (f'{SVG}><a href=" javascript:hit(1)"><rect/></a></svg>', "javascript"),
    (f'<p style="text-shadow: {"0 0 red, " * 999} 0 0 red">a</p>', "of more than 500 parts"),
])  # fmt: skip
def test_what_is_taken_out_without_a_trace_is_told(html, what):
    told = []
    cleaned = Cleaning().html(html, told.append)
    assert what in told[0] and "x.example" not in cleaned and "hit" not in cleaned


def test_links_lead_to_what_another_cell_has_named():
    cleaning = Cleaning()
    first, last = (cleaning.html(html, pytest.fail) for html in ('<a href="#b">', '<p id="b">'))
    assert cleaning.linked(first + last) == '<a href="#c.2-b"></a><p id="c.2-b"></p>'


# What a style could lay over the rest of the page, or change there.
STYLES = """\
<p style="position:fixed;inset:0;z-index:99">a</p>
<p style="POSITION:\\66ixed;inset:0;z-index:99">a</p>
<style>p{position:fixed;inset:0;z-index:99}</style><p>a</p>
<p style="position:absolute;inset:-999px;background:red;z-index:99">a</p>
<p style="position:relative;top:0;height:5000px;background:red;z-index:99">a</p>
<p style="margin-top:-500px;height:2000px;position:relative;z-index:99">a</p>
<p style="transform:scale(99);position:relative;z-index:99">a</p>
<p style="border:2000px solid red;position:relative;z-index:99">a</p>
<style>.foot{display:none}</style>
<style>.reveal .foot, body, html, :root{color:red!important;--ink:red}</style>
<style>:root{--soft:red}</style>
<style>*{color:red!important}</style>
<style>@media all{.foot{display:none}}</style>
<style>@layer a{.foot{visibility:hidden!important}}</style>
<style>} .foot{display:none} a{</style>
<style>p{--a://**/*;color:red} q{content:"*/ } .foot{display:none} x{"}</style>
<style>~ *, + .foot, > *{display:none}</style>
<style>:is(.foot), :not(a){display:none!important}</style>
<style>a, .frame .foot{opacity:0!important}</style>
<style>@scope (html){.foot{display:none}}</style>
<style>@keyframes a{to{color:red}} .foot{animation:a 1s}</style>
<style>@property --ink{syntax:"*";inherits:false;initial-value:red}</style>
<style>&{display:none} & .foot, html &{display:none}</style>
<p>\U000f0000</p>
<p class="foot">a</p><p class="fragment r-stretch stack notes hidden">a</p>
<p id="contents">a</p><p id="start">a</p><img name="deck" id="Reveal" alt="a" src="PIXEL">
</div></div></section></section><p>a</p>
<table><tr><td></div></div></section><table></td></table></div></section>
<table><div><table></div></table></div></div>
<p><a href="#"><table><a href="#"></table></p></div></section></a></div>
<section><section></section></section><ul><li></div></section><li>
<h2><p></h2></div></section></h2></p></section>
<math><mtext></math></div></section><p><svg></p></div></section></svg>
""".splitlines()
# Of slides: what loads our scripts looks for some of these, and others are names of ours.
NAMES = ["exports", "module", "define", "formula-1", "contents", "contents-2"]
FEET = """() => [document.querySelector("#contents").matches("section"), deck.getTotalSlides(),
  getComputedStyle(document.body).color, ...[...document.querySelectorAll(".foot")].map((foot) => {
    const {h, v} = deck.getIndices(foot.closest("section"));
    deck.slide(h, v, 9);
    const {x, y, height} = foot.getBoundingClientRect();
    const above = document.elementFromPoint(x + 4, y + height / 2);
    const {color, display, opacity, fontFamily} = getComputedStyle(foot);
    return foot.contains(above) && [color, display, opacity, fontFamily].join();
  })]"""


def test_no_style_or_tag_leaves_its_cell(browser, tmp_path):
    def looked(lines):
        cells = []
        for i, line in enumerate(lines):
            if i % 8 == 0:
                cells.append(text("## Next", kind="slide", id=NAMES[i // 8]))
            cells.append(shown({"text/html": line.replace("PIXEL", PIXEL)}))
        path = tmp_path / "page.html"
        path.write_text(LectureSlidesExporter(strict=False).from_notebook_node(notebook(*cells))[0])
        return seen(browser, path, FEET)

    _, (contents, total, ink, *feet) = harmless = looked(["a"] * len(STYLES))
    assert harmless[0] == [] and contents and total == len(feet) > 5 and all(feet)
    assert looked(STYLES) == harmless


# What can be painted far outside of its own box.
PAINTED = (
    "outline: 900px solid red", "box-shadow: 0 0 0 900px red",
    "text-shadow: 0 250px red, 0 400px red",
    "text-decoration: underline 900px red", "padding: 600px; background: red; display: inline",
    "letter-spacing: -400px", "border: 600px solid red; display: inline", "line-height: 0",
)  # fmt: skip


def test_nothing_is_painted_over_the_foot_of_a_slide(browser, tmp_path):
    def feet(styles):
        cells = []
        for style in styles:
            html = f"<div><span style='{style}'>{'words ' * 99}</span></div>"
            cells += [text("## Next", kind="slide"), shown({"text/html": html})]
        path = tmp_path / "page.html"
        path.write_text(LectureSlidesExporter(strict=False).from_notebook_node(notebook(*cells))[0])
        page.goto(path.as_uri())
        page.reload()    # or the address alone would have changed
        wait_until(page, lambda: page.evaluate("() => window.deck?.isReady?.() === true"))
        pictures = []
        for k in range(len(styles)):
            page.evaluate(f"() => deck.slide(2 + {k})")
            page.wait_for_timeout(100)
            pictures.append(page.screenshot(clip={"x": 64, "y": 690, "width": 1000, "height": 30}))
        return pictures

    frame = {"width": 1280, "height": 720}
    with browser.new_context(viewport=frame, reduced_motion="reduce") as context:
        page = context.new_page()
        harmless = feet(["color: inherit"] * len(PAINTED))
        changed = [now != then for now, then in zip(feet(PAINTED), harmless, strict=True)]
    assert [style for style, is_other in zip(PAINTED, changed, strict=True) if is_other] == []
    assert len(set(harmless)) == len(PAINTED)    # each has the number of its slide


# Large enough to lie over another cell, the foot or the head, though nothing in it is set apart.
LARGE = """\
<span style="padding:1200px">a</span>
<b style="border:900px solid red">a</b>
<span style="font-size:1200px;line-height:0">O</span>
<span style="font-size:20em"><span style="font-size:20em;line-height:0">O</span></span>
<div style="height:0">a<br>a<br>a<br>a<br>a<br>a</div>
<p style="line-height:0">a<b style="font-size:90px;vertical-align:200px">aaaa</b></p>
<a href="https://x.example" style="padding:1200px;opacity:0">a</a>
<ruby>a<rt style="font-size:900px">a</rt></ruby>
<math style="font-size:900px"><mi>a</mi></math>
$\\smash{\\rule[-20em]{40em}{40em}}$
$\\llap{\\rule{80em}{20em}}$
""".splitlines()
OUTSIDE = """() => deck.getSlides().slice(2).filter((slide) => {
  const {h, v} = deck.getIndices(slide);
  deck.slide(h, v, 9);
  const large = (part) => part.closest("[data-place*=large]");
  const boxes = [...slide.querySelectorAll("[data-place*=large]")].flatMap((cell) =>
    [...(cell.getClientRects().length ? [cell] : cell.children), ...cell.querySelectorAll("h2")])
    .map((part) => part.getBoundingClientRect());
  const honest = [...slide.querySelectorAll(".foot, h2, [data-place*=honest]")];
  const isHidden = (part) => {
    const {x, y, height} = part.getBoundingClientRect();
    return y + height < 720 && !part.contains(document.elementFromPoint(x + 4, y + height / 2));
  };
  const isOutside = (x, y) => large(document.elementFromPoint(x, y)) && !boxes.some((box) =>
    x > box.left - 10 && x < box.right + 10 && y > box.top - 10 && y < box.bottom + 10);
  const points = Array.from({length: 40 * 40}, (_, k) =>
    [32 * (k % 40) + 4, 18 * Math.floor(k / 40) + 4]);
  return honest.some(isHidden) || points.some(([x, y]) => isOutside(x, y));
}).map((slide) => slide.innerText)"""


@pytest.mark.parametrize("heading", ["", "## Next\n\n"])
def test_nothing_of_a_cell_lies_over_what_is_outside_of_it(browser, tmp_path, heading):
    cells = []
    for i, line in enumerate(LARGE):
        first = text(heading + line, kind="slide" if heading else "fragment", id=f"large-{i}")
        cells += [] if heading else [text("honest\nwords", kind="slide", id=f"honest-{i}")]
        cells += [first, text("honest", id=f"honest-{i}-below")]
    path = tmp_path / "page.html"
    path.write_text(LectureSlidesExporter(strict=False).from_notebook_node(notebook(*cells))[0])
    assert seen(browser, path, OUTSIDE) == ([], [])


def test_notes_lie_over_nothing_in_the_window_of_the_speaker(browser, tmp_path):
    said = '<p style="position:absolute;inset:-999px;padding:999px">a</p>'
    cells = [text("## Next", kind="slide"), text(said, kind="notes")]
    page, _ = LectureSlidesExporter(strict=False).from_notebook_node(notebook(*cells))
    _, _, said = page.partition('<aside class="notes">')
    path = tmp_path / "window.html"
    said, _, _ = said.partition("</aside>")
    path.write_text(f"<title>A lecture</title><p>ours</p><div>{said}</div>")
    look = "() => document.elementFromPoint(12, 24).textContent"
    assert seen(browser, path, look) == ([], "ours")


@pytest.mark.parametrize("content", [
    f"<img alt='' src='{PIXEL}' style='inset:0'><a href='https://x.example/1'>a</a>",
    "<a href='https://x.example/1' style='position:absolute;inset:0'>a</a>",
])  # fmt: skip
def test_the_index_takes_nothing_that_a_notebook_calls_a_figure(tmp_path, monkeypatch, content):
    monkeypatch.setenv("CHROMIUM", "no-such-browser")
    path = tmp_path / "01-a.ipynb"
    html = shown({"text/html": f"<figure>{content}</figure>"})
    nbformat.write(new_notebook(cells=[text("# A\n\nAbout.\n\nto read"), html]), path)
    assert main(["site", str(path), "--to", str(tmp_path / "out")]) == 0
    page = BeautifulSoup((tmp_path / "out/index.html").read_text(encoding="utf-8"), "html.parser")
    assert not page.select(".picture img, a[href*='x.example']")


def test_names_of_files_lead_nowhere_else(tmp_path, monkeypatch):
    monkeypatch.setenv("CHROMIUM", "no-such-browser")
    names = "00-a", "javascript:hit(1);a", '01-#"onclick="hit(2)'
    paths = [tmp_path / f"{name}.ipynb" for name in names]
    for path in paths:
        nbformat.write(notebook(text("## a", kind="slide", id="b")), path)
    assert main(["site", *map(str, paths), "--to", str(tmp_path / "out")]) == 0
    for path in (tmp_path / "out").glob("*.html"):
        page = BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")
        links = [link["href"] for link in page.find_all("a")]
        if path.name == "search.html":
            links += [address for address, *_ in json.loads(page.find(id="texts").text)]
        links = [urlsplit(link) for link in links if not link.startswith(("#", "https:"))]
        assert all((path.parent / unquote(link.path)).is_file() for link in links)
        assert not page.find_all(onclick=True)


COPIES = "".join(
    f'<g id="a{k}">' + f'<use href="#a{k - 1}"/>' * 9 + "</g>" for k in range(1, 9)
)
ENDLESS = [
    COPIES, COPIES.replace('href="', 'mask="url(').replace('"/>', ')"/>'),
    '<g id="a"><use href="#a"/></g>', "<g>" * 400 + "</g>" * 400,
    # A marker is drawn at each corner; and styles, too, lead to copies of copies.
    "".join(f'<marker id="a{k}"><path style="marker-mid: url(#a{k - 1})" d="M0 0{"L1 1" * 300}"/>'
            "</marker>" for k in range(4)) + '<g marker-mid="url(#a3)"><path d="M0 0L1 1"/></g>',
    "<style>" + "".join(f".b{k} {{ fill: url('#a{k}') }}" for k in range(9)) + "</style>" + "".join(
        f'<pattern id="a{k}">' + f'<rect class="c b{k - 1}"/>' * 9 + "</pattern>" for k in range(9)
    ) + '<rect class="b8"/>',
]  # fmt: skip


@pytest.mark.parametrize("parts", ENDLESS)
def test_a_drawing_without_an_end_is_left_out_and_told(parts):
    told = []
    assert Cleaning().svg(f"{SVG}>{parts}</svg>", told.append) == ""
    assert [line for line in told if "never be done" in line] == told != []


FLOODS = [
    text("[" * 200_000), text("<a " * 100_000), text("- a\n" * 50_000),
    new_code_cell("a\n" * 50_000, execution_count=1),
    shown({"text/markdown": "$a " * 50_000}), shown({"text/latex": "{" * 200_000}),
    shown({"text/html": "<b>" * 200_000}), shown({"text/html": "&" * 200_000}),
    shown({"image/svg+xml": f"{SVG}>{'<g>' * 200_000}"}),
]  # fmt: skip


def test_a_flood_is_cut_and_told():
    nb = notebook(*FLOODS, text(f"![a]({PIXEL}{'A' * 500_000})"))
    faults = prepare(nb)
    cut = [fault for fault in faults if "of more than" in fault.what or "only" in fault.what]
    assert [fault.place.split()[1] for fault in cut] == "2 3 4 5 6 7 8 9 10".split()
    assert [cell for cell in nb.cells if len(cell.source) > 50_000] == nb.cells[-1:]
    assert headings_in(f"# a\n{'<!-- ' * 50_000}") == []
    assert Cleaning().image(f"data:image/svg+xml,{'%3Csvg' * 200_000}", pytest.fail) is None
    faults = []
    formulas = Formulas(lambda place, what: faults.append(what), lambda name, text: name)
    formulas.named("$a$ " * 9_000, "html")
    for source in ("---" + "\n" * 300_000, f"---\ntitle: x{' ' * 300_000}y\n---"):
        title_of(new_notebook(cells=[new_raw_cell(source)]), "name")
    assert with_images("<img '" * 100_000, None, {}, {}, pytest.fail) == "<img '" * 100_000
    assert faults == ["formulas after the first 5,000 of the notebook are not typeset"]
