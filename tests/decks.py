"""Opens decks of slides and other pages in a browser, and tells what is wrong with them there."""

import re
from collections import Counter
from contextlib import closing, contextmanager

from browsing import SECONDS
from pypdfium2 import PdfDocument

FRAME = {"width": 1280, "height": 720}
WORD = re.compile(r"\w{3,}")

# A picture keeps its shape, and so may be smaller than its element, in the middle of which it is.
DRAWN = """function drawn(node) {
  const element = node.getBoundingClientRect();
  const [width, height] = node.localName === "img"
    ? [node.naturalWidth, node.naturalHeight]
    : [node.viewBox.baseVal.width * 96 / 72, node.viewBox.baseVal.height * 96 / 72];
  const scale = Math.min(element.width / width, element.height / height);
  const [x, y] = [element.left + element.width / 2, element.top + element.height / 2];
  const [dx, dy] = [scale * width / 2, scale * height / 2];
  return {scale, left: x - dx, right: x + dx, top: y - dy, bottom: y + dy};
}"""

# Slides are drawn and measured at once, with nothing to wait for but the fonts, which a browser
# loads when it first needs them.
WALK = "async () => {" + DRAWN + """
  await Promise.all([...document.fonts].map(face => face.load()));
  const [left, right, top, margin] = [64, 64, 34, 8];    // of the frame; the foot limits it below
  const isShown = node => node.checkVisibility({opacityProperty: true, visibilityProperty: true});

  function owner(node) {
    if (node.closest("pre")) return node.closest("pre");
    while (/^(inline|contents)/.test(getComputedStyle(node).display)) node = node.parentElement;
    return node;
  }

  // What can be seen: its box in pixels of the frame, its block, its text, the size of its letters.
  function* pieces(slide) {
    const frame = slide.getBoundingClientRect();
    const piece = (node, box, text = null) => ({
      node, text, owner: owner(node), size: parseFloat(getComputedStyle(node).fontSize),
      left: box.left - frame.left, right: box.right - frame.left,
      top: box.top - frame.top, bottom: box.bottom - frame.top,
    });
    const nodes = document.createTreeWalker(slide, NodeFilter.SHOW_ALL, node => {
      const skipped = node.ownerSVGElement || node.matches?.("aside.notes, mjx-assistive-mml");
      return skipped ? NodeFilter.FILTER_REJECT : NodeFilter.FILTER_ACCEPT;
    });
    while (nodes.nextNode()) {
      const node = nodes.currentNode;
      if (node.nodeType === Node.TEXT_NODE && node.data.trim() && isShown(node.parentElement)) {
        const range = document.createRange();
        range.selectNodeContents(node);
        for (const box of range.getClientRects())
          yield piece(node.parentElement, box, node.data.trim());
      } else if (node.nodeType === Node.ELEMENT_NODE && isShown(node)) {
        if (node.matches("figure > *")) {
          const {scale, ...box} = drawn(node);
          yield {...piece(node, box), scale};
        } else if (node.matches("svg, img, pre")) {
          yield piece(node, node.getBoundingClientRect());
        }
      }
    }
    for (const button of document.querySelectorAll(".controls button.enabled"))
      yield piece(button, button.getBoundingClientRect());
  }

  function look(slide) {
    const faults = new Set();
    const seen = [...pieces(slide)];
    const name = ({text, node}) => text?.slice(0, 40) ?? `<${node.localName}>`;
    const foot = seen.find(({node}) => node.closest(".foot"));
    for (const a of seen) {
      const {node, owner, size} = a;
      if (owner !== foot.owner && !node.closest(".controls, .cover, .opener")) {
        const isOut = a.left < left - margin || a.right > 1280 - right + margin
          || a.top < top - margin || a.bottom > foot.top + 1;
        if (isOut) faults.add(`"${name(a)}" leaves the frame`);
        // A task is for later, and parts are looked over: on a slide they say that they are there.
        const least = node.closest("pre, code, .task, .parts ul, .player") ? 18 : 25;
        if (a.text && size < least) faults.add(`"${name(a)}" has letters of ${size} px`);
      }
      for (const b of seen.slice(0, seen.indexOf(a))) {
        const width = Math.min(a.right, b.right) - Math.max(a.left, b.left);
        const height = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
        if (owner !== b.owner && width > 2 && height > 2)
          faults.add(`"${name(b)}" and "${name(a)}" overlap`);
      }
      if (node.localName === "pre" && node.scrollWidth > node.clientWidth + 1)
        faults.add(`the code is cut by ${node.scrollWidth - node.clientWidth} px`);
    }
    const [tasks, others] = [true, false].map((is) =>
      seen.filter(({node}) => Boolean(node.closest(".task")) === is));
    const bottom = ({owner}) => owner.getBoundingClientRect().bottom;
    const first = tasks[0]?.node.closest(".task").getBoundingClientRect().top;
    if (first - Math.max(...others.map(bottom).filter((each) => each < first + 3)) < 4)
      faults.add("a task touches what is above it");
    const figures = seen.filter(({node}) => node.matches(":not(.cover) > figure > *"));
    // One to play with has its controls above it, which are not on paper.
    const printed = figures.filter(({node}) => !node.closest("[data-player]"));
    const low = seen.filter(({node, owner}) => owner !== foot.owner && !node.closest(".controls"));
    for (const {scale} of figures)
      if (!(scale >= 0.84)) faults.add(`a figure has ${scale.toFixed(3)} of its size`);
    return {
      faults: [...faults],
      end: Math.max(...low.map(({bottom}) => bottom)),
      texts: seen.filter(({text, node}) => text && !node.closest(".player")).map(({text}) => text),
      figures: printed.map(({left, right, top, bottom}) => [left, top, right, bottom]),
      n_steps: [...slide.querySelectorAll(".step")].filter(isShown).length,
    };
  }

  const states = [];
  for (const slide of deck.getSlides()) {
    const {h, v} = deck.getIndices(slide);
    const last = slide.querySelectorAll(".fragment").length - 1;
    const is_stacked = slide.querySelector(".step") !== null;
    for (let f = is_stacked ? -1 : last; f <= last; f++) {
      deck.slide(h, v, f);
      states.push({slide: slide.id, step: f + 2, is_stacked, ...look(slide)});
    }
  }
  deck.slide(0);
  return states;
}"""

PRINTED = f"""() => [...document.querySelectorAll(".pdf-page")].map(page => {{
  {DRAWN}
  const frame = page.getBoundingClientRect();
  return [...page.querySelectorAll(":not(.cover) > figure:not([data-player]) > *")].map(node => {{
    const {{left, top, right, bottom}} = drawn(node);
    return [left - frame.left, top - frame.top, right - frame.left, bottom - frame.top];
  }});
}})"""

PRINTED_TEXTS = """() => [...document.querySelectorAll(".pdf-page")].map(page => {
  const texts = document.createTreeWalker(page, NodeFilter.SHOW_TEXT);
  const shown = [];
  while (texts.nextNode())
    if (texts.currentNode.parentElement.checkVisibility({opacityProperty: true,
      visibilityProperty: true})) shown.push(texts.currentNode.data);
  return shown.join(" ");
})"""
PLACE = """() => {
  const slide = deck.getCurrentSlide();
  return [slide.id, slide.querySelectorAll(".fragment.visible").length];
}"""
PLACES = """() => {
  const places = [];
  for (const slide of deck.getSlides()) {
    const indices = [...slide.querySelectorAll(".fragment")].map(f => +f.dataset.fragmentIndex);
    for (let n = 0; n <= new Set(indices).size; n++) places.push([slide.id, n]);
  }
  return places;
}"""
RECORD = f"""() => {{
  const place = {PLACE};
  window.places = [place()];
  window.record ??= () => window.places.push(place());
  document.addEventListener("keydown", window.record);    // after reveal.js
}}"""
GO = """([id, f]) => {
  const {h, v} = deck.getIndices(document.getElementById(id));
  deck.slide(h, v, f);
}"""
HERE = f"([id, n]) => {{ const place = ({PLACE})(); return place[0] === id && place[1] === n }}"


@contextmanager
def watched(browser, **options):
    """Open a context without a network.

    Parameters
    ----------
    browser : playwright.sync_api.Browser
    **options
        Of the context, such as `viewport`.

    Yields
    ------
    context : playwright.sync_api.BrowserContext
    requests, faults : list of str
        What its pages asked for, and what they complained of, so far.
    """
    requests, faults = [], []
    with browser.new_context(**{"viewport": FRAME, "offline": True} | options) as context:
        context.set_default_timeout(1000 * SECONDS)
        context.on("request", lambda request: requests.append(request.url))
        context.on("weberror", lambda event: faults.append(f"error: {event.error}"))
        context.on("console", lambda message: faults.append(f"{message.type}: {message.text}"))
        yield context, requests, faults


def open_deck(context, path, place=""):
    """Open a deck in a new page of a context, and wait until it can be used.

    `place` is the end of its address, such as ``#/recap``.
    """
    page = context.new_page()
    page.goto(path.as_uri() + place)
    page.wait_for_function("window.deck?.isReady()")
    return page


def open_print_view(context, path):
    """Open a deck as it is printed, in a new page of a context."""
    page = context.new_page()
    page.goto(f"{path.as_uri()}?print-pdf")
    page.wait_for_selector("html[data-print-ready]", state="attached")
    return page


def place_of(page):
    """Return the id of a deck's slide, and how many of its fragments are uncovered."""
    return tuple(page.evaluate(PLACE))


def go(page, slide, fragment=-1):
    """Show a slide of a deck."""
    page.evaluate(GO, [slide, fragment])


def expect_place(page, slide, n_fragments):
    """Wait until a deck is at a slide, with a number of fragments uncovered."""
    page.wait_for_function(HERE, arg=[slide, n_fragments])


def press(page, key, n):
    """Press a key a number of times; return the first place and that after each press."""
    page.evaluate(RECORD)
    for _ in range(n):
        page.keyboard.press(key)
    return [tuple(place) for place in page.evaluate("window.places")]


def swipe(page, dx):
    """Draw a finger over the screen, `dx` pixels to the right."""
    touch = page.context.new_cdp_session(page)
    x, y = (size / 2 for size in page.viewport_size.values())
    for kind, moved in [("Start", -dx / 2), ("Move", 0), ("Move", dx / 2), ("End", None)]:
        points = [] if moved is None else [{"x": x + moved, "y": y}]
        touch.send("Input.dispatchTouchEvent", {"type": f"touch{kind}", "touchPoints": points})
    touch.detach()


# What is where


def walk(page):
    """Return how each slide of a deck looks, in the order of the deck.

    Parameters
    ----------
    page : playwright.sync_api.Page
        At 1280 by 720 pixels.

    Returns
    -------
    list of dict
        For each slide with all its fragments, or for each step of a slide that has steps: the id
        of the `slide`, the `step` from 1, whether it `is_stacked`, `faults` of its layout in
        words, the `texts` on it, the boxes of its `figures`, `n_steps` that can be seen, and the
        `end` of what is lowest but for the foot, in pixels from the top.
    """
    return page.evaluate(WALK)


def faults_of_layout(states):
    """Return what is out of its place, cut or too small, with its slide."""
    return [f"{state['slide']} {state['step']}: {fault}" for state in states
            for fault in state["faults"]]


def faults_of_steps(states):
    """Return where a step lies beside the others, or the picture moves from step to step."""
    faults, first = [], {}
    for state in states:
        where = f"{state['slide']} {state['step']}"
        if state["is_stacked"]:
            if state["n_steps"] != 1:
                faults.append(f"{where}: {state['n_steps']} steps are shown")
            if not same_boxes(first.setdefault(state["slide"], state)["figures"], state["figures"]):
                faults.append(f"{where}: the picture moves")
    return faults


def same_boxes(first, second, within=0.01):
    """Return whether there are the same boxes, up to some pixels."""
    pairs = [*zip(sum(first, []), sum(second, []), strict=False)]
    return len(first) == len(second) and all(abs(a - b) <= within for a, b in pairs)


def printed_figures(page):
    """Return for each page of the print view the boxes of its figures."""
    return page.evaluate(PRINTED)


def words_of(text):
    """Return the words of a text, but for the shortest ones."""
    return {*WORD.findall(text)}


def words_of_pages(file):
    """Return the words of each page of a PDF file."""
    with closing(PdfDocument(file)) as document:
        return [words_of(page.get_textpage().get_text_range()) for page in document]


def expected_places(sections):
    """Return the places of a deck from its start to its end, as its notebook has them.

    Parameters
    ----------
    sections : list of list of lecture_utils.publish.outline.Slide

    Returns
    -------
    list of tuple
        The id of a slide and how many of its fragments are uncovered.
    """
    places = []
    for slide in (slide for section in sections for slide in section):
        kinds = Counter(group.kind for group in slide.groups)
        n_fragments = kinds["fragment"] + max(0, kinds["step"] - 1)
        places += [(slide.id, k) for k in range(n_fragments + 1)]
    start = [place for place in places if place[0] == sections[0][0].id]
    return [*start, ("contents", 0), *places[len(start):]]
