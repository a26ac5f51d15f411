"""The figures to play with live in slides and notes, without a kernel, in a real browser."""

import json
import re
from base64 import b64decode, b64encode
from string import ascii_letters, digits
from types import SimpleNamespace

import numpy as np
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from playwright.sync_api import expect

from lecture_utils import Dense, Network, leaky_relu, sigmoid, tanh
from lecture_utils.activations import Activation
from lecture_utils.interactive import (
    backprop_stepper,
    boundary_player,
    descent_player,
    neuron_playground,
)
from lecture_utils.interactive.boundary import _in_page, train_snapshots
from lecture_utils.interactive.still import PLAYER
from lecture_utils.losses import squared_error
from lecture_utils.plotting import use_style
from lecture_utils.publish.exporters import LectureNotesExporter, LectureSlidesExporter
from lecture_utils.publish.players import compact

WIDGET = "application/vnd.jupyter.widget-view+json"
MOST = 25_000    # bytes that a figure may add to a deck
RNG = np.random.default_rng(7)
X = RNG.normal([3, -20], [1, 6], size=(120, 2))
Y = (X @ [1, 0.2] + RNG.normal(size=120) > -1).astype(float)
NAMES = {"feature_names": ("weight (kg)", "charge (V)"), "class_names": ("plum & <b>", "pear")}
W1, W2, W3 = (RNG.normal(size=shape) for shape in ((2, 5), (5, 3), (3, 1)))
B2, B3, RATE = RNG.normal(size=3), np.array([0.1]), 0.05
XL, YL = np.array([0.3, -1.2, 2.5, 0.9, -0.4]), np.array([1.0, -2.0, 4.1, 1.2, 0.3])


@pytest.fixture(scope="module")
def figures():
    """What a notebook keeps of each figure, with other data and names than in the lectures."""
    use_style()
    network = Network([Dense(W1), tanh, Dense(W2, B2), leaky_relu, Dense(W3, B3), sigmoid])
    made = {
        "playground": neuron_playground(X, Y, trained=(2, 0.4, 3), **NAMES),
        "boundary": boundary_player(
            network, X, Y, learning_rate=RATE, epochs=40, every=1, **NAMES
        ),
        "descent": descent_player(XL[:, None], YL),
        "stepper": backprop_stepper(Network([Dense([[2.0]])]), squared_error, [3], [1]),
    }
    bundles = {name: figure._repr_mimebundle_() for name, figure in made.items()}
    return made, {name: data | {WIDGET: {}} for name, data in bundles.items()}


def notebook(outputs):
    """A notebook that shows each output on a slide of its own."""
    # With all letters, which a deck has anyway.
    title = f"# Figures\n\n{' '.join(ascii_letters + digits)} .,:;()=−×"
    cells = [new_markdown_cell(title, metadata={"slideshow": {"slide_type": "slide"}})]
    for name, data in outputs.items():
        slide, fragment = ({"slideshow": {"slide_type": kind}} for kind in ("slide", "fragment"))
        cells.append(new_markdown_cell(f"## {name}", metadata=slide, id=name))
        output = new_output("display_data", data)
        cells.append(new_code_cell(
            "play()", execution_count=1, outputs=[output],
            metadata=fragment | {"tags": ["hide-input"]},
        ))
    return new_notebook(cells=cells)


@pytest.fixture(scope="module")
def files(figures, tmp_path_factory):
    """Slides and notes with the figures, and with some whose numbers are wrong."""
    folder = tmp_path_factory.mktemp("players")
    slides, notes = LectureSlidesExporter(), LectureNotesExporter()
    _, bundles = figures
    pages = {
        "slides": slides.from_notebook_node(notebook(bundles))[0],
        "notes": notes.from_notebook_node(notebook(bundles))[0],
        "wrong": notes.from_notebook_node(notebook(wrong(bundles)))[0],
    }
    for name, data in bundles.items():
        still = {kind: content for kind, content in data.items() if kind != PLAYER}
        for key, shown in ((f"{name} alive", data), (f"{name} still", still)):
            pages[key] = slides.from_notebook_node(notebook({name: shown}))[0]
    for name, page in pages.items():
        (folder / f"{name}.html").write_text(page, encoding="utf-8")
    return {name: folder / f"{name}.html" for name in pages}


# What is in a state that is wrong, by a name, a kind and the change.
ZEROS = b64encode(np.zeros(5000).tobytes()).decode()
CHANGES = {
    "no X": ("playground", {"X": None}),
    "half X": ("playground", {"X": "AAAA"}),
    "label": ("playground", {"y": "2" * 120}),
    "paint": ("playground", {"ink": "url(https://example.org/a)"}),
    "places": ("playground", {"places": []}),
    "classes": ("playground", {"classes": None}),
    "presets": ("playground", {"presets": {"start": {"w1": "alert(1)"}}}),
    "unknown preset": ("playground", {"presets": {"start": {"__proto__": 1, "x": 2}}}),
    "activations": ("playground", {"activations": [{"name": "constructor"}]}),
    "box": ("boundary", {"places": [{"box": [0, 0, "<b>", 1], "x": [0, 1], "y": [0, 1]}]}),
    "empty axes": ("boundary", {"places": [{"box": [0, 0, 9, 9], "x": [1, 1], "y": [0, 1]}]}),
    "colors": ("boundary", {"colors": "url(//example.org)"}),
    "levels": ("boundary", {"levels": "window.hacked = 1"}),
    "layers": ("boundary", {"layers": ["constructor", [2, 1, 1]]}),
    "huge": ("boundary", {"layers": [[2, 10**7, 1], [10**7, 1, 1]]}),
    "no parameters": ("boundary", {"layers": [[2, 1, 1], [2e9, 1e-9, 0], [1, 1, 0]]}),
    "no inputs": ("boundary", {"layers": [[2, 1, 1], [0, 3 * 10**9, 0]]}),
    "parameters": ("boundary", {"parameters": "AAAA"}),
    "every": ("boundary", {"every": 0}),
    "controls": ("boundary", {"controls": []}),
    "letters": ("playground", {"y": "0" * 119 + "x"}),
    "infinite": ("descent", {"start": [float("inf"), 0]}),
    "steps": ("descent", {"controls": [{"name": "alpha"}, {"name": "n_steps", "max": 10**9}]}),
    "paths": ("descent", {"paths": [{"multiple": "x", "color": "red"}]}),
    "long paths": ("descent", {"paths": [{"multiple": 1}] * 19, "order": [0], "controls": [
        {"name": "alpha"}, {"name": "n_steps", "max": 1000}], "X": ZEROS, "y": ZEROS}),
    "many paths": ("descent", {"order": [0] * 99}),
    "many levels": ("boundary", {"levels": [0] * 99, "colors": " ".join(["#ffffff"] * 100)}),
    "many presets": ("playground", {"presets": {str(i): {"w1": 0} for i in range(99)}}),
    "not there": ("descent", {"y": None, "X": None}),
    "kind": ("descent", {"kind": "constructor"}),
}


def wrong(bundles):
    """The figures with states that are wrong or hostile, and one that only has odd words."""
    made = {name.replace(" ", "-"): bundles[kind] | {PLAYER: bundles[kind][PLAYER] | change}
            for name, (kind, change) in CHANGES.items()}
    for name, state in (("list", [1, 2]), ("text", "'\"><script>hacked = 1</script>")):
        made[name] = bundles["descent"] | {PLAYER: state}
    evil = "\"'><img src=x onerror=hacked=1></figure><script>hacked = 1</script>"
    state = bundles["descent"][PLAYER]
    labels = [control | {"label": evil} for control in state["controls"]]
    return made | {"words": bundles["descent"] | {PLAYER: state | {"controls": labels}}}


@pytest.fixture(scope="module")
def open_page(browser, files):
    """Return a function that opens a page, which must have nothing to complain about."""
    contexts, faults = [], []

    def opened(name, *, id="", **options):
        context = browser.new_context(viewport={"width": 1280, "height": 720}, **options)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("console", lambda message: message.type == "error" and faults.append(message.text))
        page.on("request", lambda request: faults.append(request.url) if not
                request.url.startswith(("file:", "data:")) else None)
        to = "#/" if name == "slides" else "#"
        page.goto(files[name].as_uri() + (to + id if id else ""))
        if name == "slides":
            page.wait_for_function("window.deck?.isReady()")
            page.evaluate("while (deck.availableFragments().next) deck.nextFragment()")
        return page

    yield opened
    for context in contexts:
        context.close()
    assert faults == []


# The numbers, computed a second time

ANSWERS = """([id, settings]) => {
  const { player } = document.querySelector(`#${id} figure`);
  return settings.map((values) => {
    const { numbers, text } = player.answer(values);
    return { ...numbers, text };
  });
}"""


def cross_entropy(z):    # −log σ(z) = log(1 + exp(−z)), and −log(1 − σ(z)) = log(1 + exp(z))
    return np.mean(np.logaddexp(0, np.where(Y == 1, -z, z)))


ACTIVATIONS = {    # each with its targets
    "step": (lambda z: np.where(z > 0, 1.0, 0.0), 0, 1),
    "sigmoid": (lambda z: 1 / (1 + np.exp(-z)), 0, 1),
    "tanh": (lambda z: (np.exp(z) - np.exp(-z)) / (np.exp(z) + np.exp(-z)), -1, 1),
    "relu": (lambda z: z * (z > 0), 0, 1),
    "leaky_relu": (lambda z: np.where(z > 0, z, z / 100), 0, 1),
    "identity": (lambda z: z, 0, 1),
}


@pytest.fixture(scope="module")
def notes_page(open_page):
    return open_page("notes")


def test_the_neuron_of_a_page_computes_what_numpy_does(figures, notes_page):
    rng, (made, _) = np.random.default_rng(1), figures
    settings = [
        {"w1": w1, "w2": w2, "b": b, "activation": name}
        for name in ACTIVATIONS for w1, w2, b in rng.uniform(-1, 1, size=(20, 3)).tolist()
    ]
    answers = notes_page.evaluate(ANSWERS, ["playground", settings])
    assert len(answers) == 120
    assert [*ACTIVATIONS] == made["playground"].controls["activation"].options
    for given, answer in zip(settings, answers, strict=True):
        z = given["w1"] * X[:, 0] + given["w2"] * X[:, 1] + given["b"]
        f, low, high = ACTIVATIONS[given["activation"]]
        loss = (cross_entropy(z) if given["activation"] == "sigmoid"
                else np.mean((f(z) - np.where(Y == 1, high, low)) ** 2) / 2)
        assert answer["loss"] == pytest.approx(loss, rel=1e-12, abs=1e-12)
        assert answer["right"] == np.sum((z > 0) == (Y == 1))
    for k in (3, 25, 47):    # words are those of the widget
        assert answers[k]["text"] == made["playground"]._answer(**settings[k]).text


def plain_training(n_epochs):
    """Parameters of the network at each epoch, by loops of plain NumPy."""
    w1, w2, b2, w3, b3 = (array.copy() for array in (W1, W2, B2, W3, B3))
    for _ in range(n_epochs + 1):
        yield np.concatenate([part.ravel() for part in (w1, w2, b2, w3, b3)])
        h1 = np.tanh(X @ w1)
        z2 = h1 @ w2 + b2
        h2 = np.where(z2 > 0, z2, 0.01 * z2)
        d3 = (1 / (1 + np.exp(-(h2 @ w3 + b3))) - Y[:, None]) / len(Y)
        d2 = d3 @ w3.T * np.where(z2 > 0, 1, 0.01)
        d1 = d2 @ w2.T * (1 - h1**2)
        for part, slope in ((w1, X.T @ d1), (w2, h1.T @ d2), (b2, d2.sum(axis=0)),
                            (w3, h2.T @ d3), (b3, d3.sum(axis=0))):
            part -= RATE * slope


def test_the_boundary_of_a_page_is_that_of_the_network_at_each_epoch(figures, notes_page):
    made, bundles = figures
    text = bundles["boundary"][PLAYER]["parameters"]
    kept = np.frombuffer(b64decode(text), "<f4").reshape(41, -1)
    answers = notes_page.evaluate(ANSWERS, ["boundary", [{"epoch": k} for k in range(41)]])
    for epoch, (trained, answer) in enumerate(zip(plain_training(40), answers, strict=True)):
        assert np.allclose(kept[epoch], trained, rtol=1e-6, atol=1e-7)
        theta = kept[epoch].astype(float)
        w1, w2, b2, w3, b3 = np.split(theta, [10, 25, 28, 31])
        z2 = np.tanh(X @ w1.reshape(2, 5)) @ w2.reshape(5, 3) + b2
        z = np.where(z2 > 0, z2, 0.01 * z2) @ w3 + b3
        loss = cross_entropy(z)
        assert answer["loss"] == pytest.approx(loss, rel=1e-12, abs=1e-12)
        assert answer["right"] == np.sum((z > 0) == (Y == 1))
    assert answers[7]["text"] == made["boundary"]._answer(epoch=7).text


def test_descent_in_a_page_goes_as_numpy_does(figures, notes_page):
    rng, (made, bundles) = np.random.default_rng(2), figures
    start = bundles["descent"][PLAYER]["start"]
    settings = [
        {"alpha": alpha, "n_steps": n}
        for alpha, n in zip(rng.uniform(0.01, 0.9, 39).tolist(), rng.integers(1, 31, 39).tolist())
    ]
    answers = notes_page.evaluate(ANSWERS, ["descent", settings])
    for given, answer in zip(settings, answers, strict=True):
        for k, multiple in enumerate((0.5, 1, 2)):
            w, b = start
            for t in range(given["n_steps"] + 1):
                e = w * XL + b - YL
                assert answer["walks"][k][t] == pytest.approx([w, b], rel=1e-12, abs=1e-12)
                assert answer["losses"][k][t] == pytest.approx(e @ e / 10, rel=1e-12, abs=1e-12)
                w, b = (p - multiple * given["alpha"] * s for p, s in
                        ((w, np.mean(e * XL)), (b, np.mean(e))))
    for k in range(5):
        assert answers[k]["text"] == made["descent"]._answer(**settings[k]).text


# In class


HERE = "deck.getCurrentSlide().id"


def status(page, id):
    return page.locator(f"#{id} [role=status]")


def test_keys_on_a_control_move_it_and_not_the_slide(open_page):
    page = open_page("slides", id="boundary")
    told = status(page, "boundary")
    expect(told).to_contain_text("Epoch 40: ")    # as the still picture shows
    slider = page.get_by_role("slider", name="epoch", exact=True)
    for focused in (slider, page.get_by_role("button", name="Back", exact=True)):
        focused.focus()
        for key, epoch in {"Home": 0, "ArrowRight": 1, "End": 40, "ArrowLeft": 39}.items():
            page.keyboard.press(key)
            expect(told).to_contain_text(f"Epoch {epoch}: ")
    button = page.get_by_role("button", name="First", exact=True)
    button.focus()
    for key in (" ", "Enter"):
        page.keyboard.press(key)
        expect(told).to_contain_text("Epoch 0: ")
    assert button.evaluate("node => getComputedStyle(node).outlineWidth") == "3px"
    drawn = page.locator("#boundary .live").first
    first = drawn.inner_html()
    page.get_by_role("button", name="Play", exact=True).click()
    expect(told).to_contain_text(re.compile("Epoch [1-9]"))
    assert drawn.inner_html() != first and page.evaluate(HERE) == "boundary"
    play = page.get_by_role("button", name="Play", exact=True)
    for away, back in (("next", "prev"), ("toggleOverview", "toggleOverview"),
                       ("togglePause", "togglePause")):
        page.evaluate(f"deck.{away}()")
        page.evaluate(f"deck.{back}()")
        expect(play).to_be_visible()    # it has stopped
        play.click()
    page.get_by_role("button", name="Pause", exact=True).click()
    button.press("ArrowLeft")
    assert page.evaluate(HERE) == "boundary"
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("ArrowLeft")
    page.wait_for_function("deck.getCurrentSlide().id !== 'boundary' || "
                           "!deck.getCurrentSlide().querySelector('.fragment.visible')")


def test_a_clicker_turns_the_slide_and_escape_leaves_the_figure(open_page):
    page = open_page("slides", id="playground")
    for name, role in {"w₁": "slider", "trained": "button", "activation": "combobox",
                       "First handle": "slider"}.items():
        control = page.get_by_role(role, name=name)
        control.focus()
        page.keyboard.press("Escape")
        assert page.evaluate("document.activeElement === document.body && !deck.isOverview()")
        control.focus()
        before = page.locator("#playground desc").text_content()
        page.keyboard.press("PageDown")
        page.wait_for_function("deck.getCurrentSlide().id !== 'playground'")
        page.keyboard.press("PageUp")
        page.wait_for_function("deck.getCurrentSlide().id === 'playground'")
        assert page.locator("#playground desc").text_content() == before
    page.get_by_role("button", name="start", exact=True).click()
    page.keyboard.press("ArrowRight")    # which no such button answers to
    page.wait_for_function("deck.getCurrentSlide().id !== 'playground'")


def test_a_finger_drags_the_boundary_without_turning_the_slide(open_page):
    page = open_page("slides", id="playground", has_touch=True)
    handle = page.locator("#playground .handle").first
    assert handle.evaluate("node => getComputedStyle(node).touchAction") == "none"
    slide = page.locator("#playground")    # what hides it, hides its handles
    seen = "node => getComputedStyle(node.querySelector('.handle')).visibility"
    for value in ("hidden", "visible"):
        slide.evaluate("(node, value) => { node.style.visibility = value }", value)
        assert slide.evaluate(seen) == value
    touch = page.context.new_cdp_session(page)
    w1, w2 = (page.get_by_role("slider", name=name, exact=True) for name in ("w₁", "w₂"))
    before = w1.input_value(), w2.input_value()
    box = page.locator("#playground .handle").first.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    for kind, moved in (("Start", 0), ("Move", 60), ("Move", 200), ("End", None)):
        points = [] if moved is None else [{"x": x - moved, "y": y}]
        touch.send("Input.dispatchTouchEvent", {"type": f"touch{kind}", "touchPoints": points})
    expect(page.locator("#playground desc")).not_to_contain_text("w1 = 1,")
    assert (w1.input_value(), w2.input_value()) != before
    here = page.locator("#playground .handle").first.bounding_box()
    assert page.evaluate(HERE) == "playground"
    # Where the finger is, there is the line.
    assert [here["x"] + here["width"] / 2, here["y"] + here["height"] / 2] == pytest.approx(
        [x - 200, y], abs=1.5)
    page.get_by_role("button", name="trained", exact=True).click()
    expect(status(page, "playground")).to_contain_text("Accuracy 0.")
    expect(page.locator("#playground desc")).to_contain_text("w1 = 2, w2 = 0.4, b = 3.")
    page.get_by_role("combobox", name="activation").select_option("tanh")
    expect(page.locator("#playground .live text").first).to_have_text("−1")
    expect(page.locator("#playground .bar use").first).to_be_hidden()
    expect(page.locator("#playground .bar-name use").first).to_be_visible()
    number = page.locator("#playground .live text").first    # stands beside the bar, and is seen
    assert number.evaluate("node => getComputedStyle(node.parentNode).overflow") == "visible"
    assert page.locator("#playground .live").first.evaluate(
        "node => getComputedStyle(node).overflow") == "hidden"
    page.get_by_role("slider", name="w₁", exact=True).fill("0")
    page.get_by_role("slider", name="w₂", exact=True).fill("0")
    expect(status(page, "playground")).to_contain_text("There is no boundary")
    expect(page.locator("#playground .handle").first).to_be_hidden()


@pytest.mark.parametrize("name", ["slides", "notes"])
def test_arrows_move_a_handle_and_say_where_it_is(open_page, name):
    page = open_page(name, id="playground")
    handle = page.get_by_role("slider", name="Second handle")
    handle.focus()
    box, said = handle.bounding_box(), handle.get_attribute("aria-valuetext")
    assert handle.evaluate("node => getComputedStyle(node.firstChild).strokeWidth") == "3px"
    assert handle.evaluate("node => getComputedStyle(node).outlineStyle") == "none"    # one ring
    for key, axis, way in (("ArrowRight", "x", 1), ("ArrowUp", "y", -1)):
        page.keyboard.press(key)
        expect(handle).not_to_have_attribute("aria-valuetext", said)
        here, said = handle.bounding_box(), handle.get_attribute("aria-valuetext")
        assert way * (here[axis] - box[axis]) > 3
        box = here
    expect(page.locator("#playground desc")).not_to_contain_text("w1 = 1,")
    shown = [float(part.replace("−", "-")) for part in said.split(", ")]
    for key, part in zip(("aria-valuemin", "aria-valuemax"), (X[:, 0].min(), X[:, 0].max())):
        assert abs(float(handle.get_attribute(key)) - part) < 1
    assert float(handle.get_attribute("aria-valuenow")) == pytest.approx(shown[0], rel=0.01)
    assert X[:, 1].min() - 2 < shown[1] < X[:, 1].max() + 2
    assert name == "notes" or page.evaluate(HERE) == "playground"


@pytest.mark.parametrize(("name", "width"), [("slides", 1280), ("notes", 1280), ("notes", 390)])
def test_long_words_move_nothing(open_page, name, width):
    page = open_page(name, id="playground")
    page.set_viewport_size({"width": width, "height": 720})
    tops = """
      // Within the cell: the browser scrolls to what is filled in.
      [...document.querySelectorAll("#playground .player input, #playground figure")]
        .map((part) => part.getBoundingClientRect().top
          - document.querySelector("#playground").getBoundingClientRect().top)
    """
    before = page.evaluate(tops)
    page.get_by_role("slider", name="b", exact=True).first.fill("30")
    expect(status(page, "playground")).to_contain_text("out of sight")
    assert page.evaluate(tops) == before


def test_the_sliders_of_a_figure_begin_at_one_place(open_page):
    page = open_page("notes")
    found = page.evaluate("""[...document.querySelectorAll(".player")].map((player) =>
      [...player.querySelectorAll("input, select")].map((part) => part.getBoundingClientRect().x))
    """)
    assert [len(places) for places in found] == [4, 1, 2]
    assert [len(set(places)) for places in found] == [1, 1, 1]


def test_a_figure_keeps_its_ground_where_a_reader_forces_colours_and_nothing_moves_against_a_wish(
    open_page,
):
    page = open_page("slides", id="playground")
    ground = "getComputedStyle(document.querySelector('#playground figure')).backgroundColor"
    arrow = "getComputedStyle(document.querySelector('.reveal .navigate-right')).transitionDuration"
    page.emulate_media(forced_colors="active", color_scheme="dark", reduced_motion="reduce")
    assert page.evaluate(f"[{ground}, {arrow}]") == ["rgb(252, 252, 252)", "0s"]


def test_what_is_out_of_sight_in_notes_costs_a_figure_nothing(open_page):
    page = open_page("notes")
    first, last = page.locator("#playground figure"), page.locator("#stepper figure")
    is_drawn = "node => node.checkVisibility({contentVisibilityAuto: true})"
    first.scroll_into_view_if_needed()
    assert (first.evaluate(is_drawn), last.evaluate(is_drawn)) == (True, False)
    page.emulate_media(media="print")
    assert last.evaluate(is_drawn)


def test_a_boundary_that_is_dragged_in_notes_stays_in_the_page(open_page):
    page = open_page("notes")
    handle = page.locator(".handle").first
    handle.scroll_into_view_if_needed()
    box = handle.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x - 30, y)
    page.mouse.up()
    expect(page.locator("desc", has_text="Activation").first).not_to_contain_text("w1 = 1,")
    expect(page.get_by_role("dialog")).not_to_be_visible()


def test_what_is_drawn_lies_just_in_the_axes_of_the_picture_at_any_size(open_page):
    places = """() => [...document.querySelectorAll("svg.alive")].map((svg) => {
      const [live] = svg.querySelectorAll(".live"), outer = svg.getBoundingClientRect();
      const box = live.firstChild.getBoundingClientRect(), [, , w, h] =
        svg.getAttribute("viewBox").split(" ").map(Number), scale = outer.width / w;
      return ["x", "y", "width", "height"].map((key, k) =>
        (k > 1 ? box[key] : box[key] - outer[key]) / scale - Number(live.getAttribute(key)));
    })"""
    page = open_page("notes", device_scale_factor=2)
    for width in (1280, 390):
        page.set_viewport_size({"width": width, "height": 800})
        found = np.array(page.evaluate(places))[:2]    # those with shades all over the axes
        assert found.shape == (2, 4) and np.abs(found).max() < 0.1
        assert page.evaluate("document.documentElement.scrollWidth") <= width


# What stays a still picture


def test_without_script_and_on_paper_the_still_pictures_stay(open_page, files):
    page = open_page("notes")
    live, still = page.locator(".player, .live, .handle"), page.locator("#boundary .moving")
    expect(live.first).to_be_visible()
    expect(still).to_be_hidden()
    page.emulate_media(media="print")
    expect(still).to_be_visible()
    assert all(part.is_hidden() for part in live.all())
    page = open_page("notes", java_script_enabled=False)
    expect(page.locator("#boundary .moving")).to_be_visible()
    assert page.locator(".player").count() == 0
    page = open_page("notes")
    page.goto(files["slides"].as_uri() + "?print-pdf")
    page.wait_for_selector("[data-print-ready]")
    assert page.locator(".player, .alive").count() == 0
    assert page.locator(".moving").count() == 3


def test_a_figure_whose_numbers_are_wrong_stays_a_still_picture(open_page):
    page = open_page("wrong")
    n_figures = page.locator("figure").count()
    assert n_figures == len(CHANGES) + 3
    alive = page.evaluate("[...document.querySelectorAll('.player')]"
                          ".map((player) => player.closest('section').id)")
    assert alive == ["words"]
    assert page.evaluate("typeof hacked") == "undefined"
    assert "onerror=hacked" in page.locator("#words .player label").first.text_content()


def test_a_page_has_the_script_only_for_what_is_on_it_and_stays_small(files):
    for name in ("playground", "boundary", "descent"):
        alive, still = (files[f"{name} {kind}"].read_bytes() for kind in ("alive", "still"))
        assert b"CONTROLS" in alive and b"CONTROLS" not in still and b"data-player=" not in still
        assert 5_000 < len(alive) - len(still) <= MOST
        assert re.findall(r"PLAYERS\.(\w+)=", alive.decode()) == [name]
    for kind in ("alive", "still"):
        page = files[f"stepper {kind}"].read_text(encoding="utf-8")
        assert "CONTROLS" not in page and "run this cell" not in page and "<svg role" in page


def test_a_network_that_is_too_large_for_a_page_has_fewer_epochs_or_is_a_still_picture():
    def state(*layers, every=1):
        network, plane = Network([*layers, sigmoid]), SimpleNamespace(numbers=dict)
        snapshots = train_snapshots(
            network, X[:9], Y[:9], learning_rate=0.1, epochs=12 * every, every=every
        )
        return _in_page(snapshots, plane)

    def dense(n_in, n_out):
        return Dense.random(n_in, n_out, rng=np.random.default_rng(0))

    wide = state(dense(2, 60), tanh, dense(60, 1), every=2)
    assert wide["every"] == 6 and len(b64decode(wide["parameters"])) == 5 * 241 * 4
    assert state(dense(2, 1))["every"] == 1
    assert state(dense(2, 900), tanh, dense(900, 1)) is None
    own = Activation("tanh", np.sin, np.cos)
    assert state(dense(2, 3), own, dense(3, 1)) is None


def test_the_script_is_made_compact_without_a_change():
    code = 'f( a , "b  c" ) ; // no\n  x = a + +b ;  return /  {2}/.test( `a  ${ c  +  1 }` )\n}\n'
    assert compact(code) == 'f(a,"b  c");x=a + +b;return /  {2}/.test(`a  ${ c + 1 }`)}'


def test_the_numbers_of_a_figure_are_kept_the_same_each_time(figures):
    _, bundles = figures
    again = descent_player(XL[:, None], YL)._repr_mimebundle_()
    assert json.dumps(again[PLAYER]) == json.dumps(bundles["descent"][PLAYER])
    assert not re.search(r"Infinity|NaN", json.dumps([b.get(PLAYER) for b in bundles.values()]))
