"""The lectures and their figures to play with work in JupyterLab, in a real browser."""

import re
import shutil
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

import notebook_checks as checks
import numpy as np
import pytest
from browsing import SECONDS, Lab, serve_lab, wait_until
from matplotlib.image import imread
from playwright.sync_api import expect

from conftest import give_up
from lecture_utils import Dense, Network, backprop, binary_cross_entropy, interactive, sigmoid
from lecture_utils.diagrams import draw_network, stages
from lecture_utils.display import picture
from lecture_utils.execute import WIDGET

ROOT = Path(__file__).parents[1]
PATHS = sorted((ROOT / "notebooks").glob("*.ipynb"))
in_a_row = pytest.mark.elsewhere    # of the matrix, as it takes long
TO_PLAY = re.compile(rf"display\(({'|'.join(interactive.__all__)})\(")


@pytest.fixture(scope="module")
def open_lab(browser, tmp_path_factory):
    folder = tmp_path_factory.mktemp("Zoë's lab")
    shutil.copytree(
        ROOT / "notebooks", folder / "root", ignore=shutil.ignore_patterns(".ipynb_checkpoints")
    )
    expect.set_options(timeout=1000 * SECONDS)
    with serve_lab(folder) as address:
        yield Lab(browser, folder, address)


@pytest.fixture
def lab(open_lab):
    """JupyterLab, which closes the notebook after a test, and had nothing to complain about."""
    open_lab.faults.clear()
    yield open_lab
    open_lab.catch_up()
    faults = list(open_lab.faults)    # closing leaves some more, of what is cut short
    open_lab.close()
    assert faults == []


# The lectures


# What cells compute is checked without a browser; only here it is seen whether a figure lives.
# The shortest has pictures; a row of the matrix takes all, with those to play with.
@pytest.mark.parametrize("name", [
    PATHS[0].stem, *(pytest.param(path.stem, marks=in_a_row) for path in PATHS[1:])
])
def test_a_lecture_shows_its_figures_and_with_those_to_play_with_it_runs(lab, name):
    lab.open(f"{name}.ipynb")    # nobody trusts it
    saved = lab.notebook()
    assert faults_of_pictures(saved, lab.pictures()) == []
    assert lab.faults_of_places() == []
    assert not lab.is_changed()
    players = [k for k, cell in enumerate(saved["cells"], 1) if TO_PLAY.search(cell["source"])]
    if not players:
        return
    lab.keep(players[-1])    # what follows runs elsewhere, as all that comes before
    saved["cells"] = saved["cells"][:players[-1]]
    made = lab.run_all()
    assert checks.check_execution_order(made) == []
    assert changed_cells(saved, made) == []
    assert faults_of_pictures(saved, lab.pictures()) == []


@in_a_row
@pytest.mark.parametrize("kind", ["slides", "notes"])
def test_the_menu_exports_a_notebook_as_one_file(lab, kind):
    lab.open("00-overview.ipynb")
    lab.wait_for_formats()
    lab.page.get_by_role("menuitem", name="File", exact=True).click()
    entries = lab.page.locator(".lm-Menu-item")
    entries.filter(has_text="Save and Export Notebook As").hover()
    with lab.page.expect_download() as download:
        entries.filter(has_text=f"Lecture-{kind}").click()
    assert download.value.suggested_filename == f"00-overview.{kind}.html"
    page = Path(download.value.path()).read_text(encoding="utf-8")
    assert "Neural networks, every number checked" in page and "<mjx-container" in page


def changed_cells(saved, made):
    """Places of the cells whose outputs are of other kinds than those in the file.

    What they say is compared elsewhere.
    """
    notebooks = [checks.cells_of(notebook, "code") for notebook in (saved, made)]
    pairs = zip(*notebooks, strict=True)
    return [where for (where, old, _), (_, new, _) in pairs if kinds(old) != kinds(new)]


def kinds(cell):
    """Of each output its type and the name of its stream or its formats; not whether it lives."""
    return [
        (output["output_type"], output.get("name"), {*output.get("data", {})} - {WIDGET})
        for output in cell["outputs"]
    ]


def faults_of_pictures(saved, pictures):
    """Pictures of the file that are not in the page, and those that can't be seen there."""
    faults = []
    expected = [where for where, _ in checks.pictures(saved)]
    for place, (where, _, _) in enumerate(checks.cells_of(saved)):
        here = [shown for shown in pictures if shown["place"] == place]
        if len(here) != expected.count(where):
            faults.append(f"{where} shows {len(here)} pictures, not {expected.count(where)}")
        for shown in here:
            if not shown["is_shown"] or min(shown["width"], shown["height"]) < 100:
                faults.append(f"{where} has a picture that can't be seen")
            if len(shown["told"]) < 20:
                faults.append(f"{where} has a picture without a text alternative")
            if not shown["is_opaque"]:
                faults.append(f"{where} has a picture that the page shines through")
            if shown["n_colours"] < 5:
                faults.append(f"{where} has an empty picture")
    return faults


# Figures to play with

STEPPER = """import numpy as np
from lecture_utils import Dense, Network, binary_cross_entropy, sigmoid
from lecture_utils.interactive import backprop_stepper
from lecture_utils.plotting import use_style

use_style()
hidden, output = Dense([[1, -1, 3], [2, 2, -1]]), Dense([[0.1], [0.5], [-0.1]])
network = Network([hidden, sigmoid, output, sigmoid])
backprop_stepper(network, binary_cross_entropy, [[5, 3]], [[1]])"""
PLAYGROUND = """from lecture_utils.datasets import iris_sepal
from lecture_utils.interactive import neuron_playground
from lecture_utils.plotting import use_style

use_style()
names = {"feature_names": ["length (cm)", "width (cm)"], "class_names": ["setosa", "other"]}
neuron_playground(*iris_sepal(), **names)"""
OUTPUT = ".jp-OutputArea-output"
CONTROLS = "button, input, select, textarea, [tabindex]"


def play_with(lab, source):
    """Open a notebook that shows the figure of `source`, run it, and return its output."""
    lab.write("figure.ipynb", source)
    (cell,) = lab.run_all()["cells"]
    assert [kind for kind, _, _ in kinds(cell)] == ["execute_result"], cell["outputs"]
    return lab.page.locator(OUTPUT).first


def stages_of_worked_example(x):
    """Return what the drawing of each stage says of itself."""
    layers = [Dense([[1, -1, 3], [2, 2, -1]]), sigmoid, Dense([[0.1], [0.5], [-0.1]]), sigmoid]
    network = Network(layers)
    trace = backprop(network, binary_cross_entropy, np.array([x]), np.array([[1.0]]))
    names = stages(network)
    drawn = [names[: k + 1] for k in range(len(names))]
    return [picture(draw_network(network, trace=trace, reveal=reveal))[1] for reveal in drawn]


def expect_picture(figure, alt):
    """Wait until the one picture of a figure tells a screen reader just this."""
    title, stop, rest = alt.partition(". ")
    svg = figure.get_by_role("img", name=title + stop.strip(), exact=True)
    expect(svg).to_have_accessible_description(rest)
    expect(figure.get_by_role("img")).to_have_count(1)


@in_a_row
def test_the_stepper_answers_to_mouse_keys_and_fields(lab):
    figure = play_with(lab, STEPPER)
    pictures = stages_of_worked_example([5, 3])
    last = len(pictures)
    texts = set()

    def expect_step(step):
        expect(figure.get_by_role("status")).to_contain_text(f"Step {step} of {last}")
        expect_picture(figure, pictures[step - 1])
        expect(figure.locator("mjx-container").first).to_be_visible()    # typeset formulas
        texts.add(figure.locator(".jp-RenderedMarkdown").inner_html())

    expect_step(1)
    for button, step in {"Forward": 2, "Last": last, "Back": last - 1, "First": 1}.items():
        figure.get_by_role("button", name=button, exact=True).click()
        expect_step(step)
    slider = figure.get_by_role("slider", name="step", exact=True)
    for focused in (figure.get_by_role("button", name="First"), slider):
        focused.focus()
        for key, step in {"ArrowRight": 2, "End": last, "ArrowLeft": last - 1, "Home": 1}.items():
            lab.page.keyboard.press(key)
            expect_step(step)
        expect(focused).to_be_focused()
    assert len(texts) == 4
    for name, x in {"x1": [0.5, 3], "x2": [0.5, 0.3]}.items():
        field = figure.get_by_role("spinbutton", name=name, exact=True)
        field.fill(str(x[int(name[1]) - 1]))
        field.press("Tab")
        pictures = stages_of_worked_example(x)
        expect_step(1)
    slider.press("End")
    expect_step(last)
    expect_for_everybody(lab, figure)


def test_the_playground_answers_to_keys_and_mouse(lab):
    figure = play_with(lab, PLAYGROUND)
    svg, status = figure.get_by_role("img"), figure.get_by_role("status")
    seen = {svg.inner_html()}
    figure.get_by_role("slider", name="w₁", exact=True).focus()
    for key, w1 in {"ArrowRight": "1.1", "End": "10", "ArrowLeft": "9.9"}.items():
        lab.page.keyboard.press(key)
        expect(svg).to_have_accessible_description(re.compile(f"w1 = {w1},"))
        seen.add(svg.inner_html())
    figure.get_by_role("combobox", name="activation", exact=True).select_option("tanh")
    expect(svg).to_have_accessible_description(re.compile("Activation tanh"))
    expect(status).to_contain_text("squared error")
    assert len(seen) == 4
    expect_for_everybody(lab, figure)


def expect_for_everybody(lab, figure):
    """Controls have names and are reached by keys, and a dark page hides nothing."""
    assert faults_of_controls(lab.page, figure.locator(CONTROLS)) == []
    svg = figure.get_by_role("img")
    texts = figure.locator("[role=status], mjx-container, label:has([type=range])")
    for theme in ("JupyterLab Dark", "JupyterLab Light"):
        lab.use_theme(theme)
        (seen,) = lab.pictures()
        assert seen["is_shown"] and seen["is_opaque"] and seen["n_colours"] > 5
        corners = pixels(svg)[[5, 5, -5, -5], [5, -5, 5, -5]]
        assert corners.min() > 0.8, f"the ground is not light in {theme}"
        for text in texts.filter(visible=True).all():
            assert contrast(pixels(text)) > 4.5, f"{text.inner_text()} can't be read in {theme}"


def faults_of_controls(page, controls):
    """Controls without a name for screen readers, and those that the Tab key does not reach."""
    faults = []
    for control in controls.all():
        try:
            expect(control).to_have_accessible_name(re.compile(r"\w"))
        except AssertionError:
            faults.append(f"{control} has no name")
    reached = []
    controls.first.focus()
    for _ in range(controls.count()):
        reached.append(controls.evaluate_all("all => all.indexOf(document.activeElement)"))
        page.keyboard.press("Tab")
    if reached != [*range(controls.count())]:
        faults.append(f"Tab reaches the controls in the order {reached}")
    return faults


def pixels(locator):
    """Return an element as it is on the screen, colours from 0 to 1 in the last axis."""
    return imread(BytesIO(locator.screenshot()))[..., :3]


def contrast(colours):
    """Return the contrast of the lightest to the darkest pixel, as WCAG 2 defines it."""
    linear = np.where(colours <= 0.04045, colours / 12.92, ((colours + 0.055) / 1.055) ** 2.4)
    luminance = linear @ [0.2126, 0.7152, 0.0722]
    return (luminance.max() + 0.05) / (luminance.min() + 0.05)


@in_a_row
def test_a_progress_bar_moves_and_leaves_nothing(lab):
    bar = """import os, time
os.environ["TQDM_DISABLE"] = "0"
from tqdm import tqdm
from lecture_utils._progress import progress_bar
with tqdm(total=1, file=open(os.devnull, "w")), progress_bar(2, True) as bar:
    time.sleep(0.2)  # more often it is not drawn
    bar.update()
    while not os.path.exists("seen"):
        time.sleep(0.01)"""
    lab.write("bar.ipynb", bar)
    lab.page.evaluate("void jupyterapp.commands.execute('notebook:run-all-cells')")
    output = lab.page.locator(OUTPUT)
    expect(output).to_contain_text("1.00/2.00")
    (lab.folder / "root/seen").touch()
    expect(output).to_have_text("")
    ((left,),) = [cell["outputs"] for cell in lab.notebook()["cells"]]
    assert left["data"] == {"text/plain": ""}


# What goes wrong is seen

DISPLAY = "from IPython.display import HTML, SVG\n"
SQUARE = '<svg xmlns="http://www.w3.org/2000/svg" width="200" height="200">{}</svg>'
GROUND = '<rect width="200" height="200" style="fill: #eeeeee"/>'
CIRCLES = "".join(f'<circle cx="{20 * i}" cy="90" r="9" fill="#{i}0{i}"/>' for i in range(1, 9))


@in_a_row
def test_a_cell_that_fails_or_warns_is_seen(lab):
    lab.write("faulty.ipynb", "print(1)", "import sys\nprint(2, file=sys.stderr)", "1 / 0", "3")
    saved = lab.notebook()
    made = lab.run_all()
    assert [where.split()[1] for where in changed_cells(saved, made)] == ["1", "2", "3"]
    outputs = [cell["outputs"] for cell in made["cells"]]
    assert outputs[1][0]["name"] == "stderr"
    assert outputs[2][0]["ename"] == "ZeroDivisionError"
    assert len(checks.check_execution_order(made)) == 1    # the cell after the error did not run


@pytest.mark.parametrize(
    ("script", "fault"),
    [
        ("console.error('wrong')", "console: wrong"),
        ("setTimeout(() => { throw new Error('late') })", "error: late"),
        ("fetch('http://lectures.example/').catch(() => 0)", "request: http://lectures.example/"),
        ("fetch('http://192.0.2.1/').catch(() => 0)", "request: http://192.0.2.1/"),
        ("new WebSocket('ws://lectures.example/')", "request: ws://lectures.example/"),
        ("new Image().src = 'http://[2001:db8::1]/a.png'", "request: http://[2001:db8::1]/a.png"),
    ],
)
def test_what_goes_wrong_in_the_page_is_seen(open_lab, script, fault):
    open_lab.faults.clear()
    open_lab.page.evaluate(f"() => {{ {script} }}")
    parts = [fault, "net::ERR"] if fault.startswith("request") else [fault]

    def is_seen():
        return all(any(part in found for found in open_lab.faults) for part in parts)

    wait_until(open_lab.page, is_seen)
    assert is_seen(), open_lab.faults


@in_a_row
def test_a_picture_that_can_not_be_seen_is_found(lab):
    good = SQUARE.format("<title>Eight circles in a row.</title>" + GROUND + CIRCLES)
    found = {
        good: None,
        SQUARE.format(GROUND + CIRCLES): "without a text alternative",
        SQUARE.format(CIRCLES): "that the page shines through",
        SQUARE.format(GROUND): "an empty picture",
        good.replace("<svg", '<svg style="opacity: 0"'): "that can't be seen",
        good.replace('"200"', '"20"'): "that can't be seen",
    }
    sources = [f"HTML({svg!r})" for svg in found] + [f"SVG({good!r})", "1"]
    lab.write("pictures.ipynb", *(DISPLAY + source for source in sources))
    saved = lab.run_all()
    for cell in saved["cells"]:
        cell["outputs"][0]["data"].setdefault("image/svg+xml", good)
    faults = faults_of_pictures(saved, lab.pictures())
    # Of an SVG that is an output itself, JupyterLab drops the text alternative.
    wanted = [*found.values(), "without a text alternative", "shows 0 pictures, not 1"]
    for place, words in enumerate(wanted, 1):
        here = [fault for fault in faults if fault.startswith(f"cell {place} ")]
        assert any(words in fault for fault in here) if words else not here, faults


@in_a_row
def test_a_picture_that_is_cut_off_or_too_large_is_found(lab):
    source = "data:image/svg+xml," + SQUARE.format("").replace('"', "'")
    image = f'<img alt="A square." src="{source}" style="{{}}">'
    wide = image.format("max-width: none; width: 2000px; height: 20px")
    tall = image.format("width: 20px; height: 700px")
    shown = [wide, f'<div style="overflow: hidden">{wide}</div>', tall]
    lab.write("places.ipynb", *(f"{DISPLAY}HTML({html!r})" for html in shown))
    assert lab.faults_of_places() == []
    lab.run_all()
    faults = lab.faults_of_places()
    assert [fault for fault in faults if "1920" in fault] == [
        "cell 1 scrolls sideways at 1920 x 1080",
        "cell 1 has a picture that is cut off at 1920 x 1080",
        "cell 2 has a picture that is cut off at 1920 x 1080",
    ]
    assert "cell 3 has a picture that is not in sight with what is above at 1366 x 768" in faults


@contextmanager
def impatient():
    """Do not wait for long for what never comes."""
    expect.set_options(timeout=500)
    try:
        yield
    finally:
        expect.set_options(timeout=1000 * SECONDS)


@pytest.fixture
def page(browser):
    with browser.new_page() as page:
        yield page


def test_a_control_without_a_name_or_out_of_reach_is_found(page):
    page.set_content("<button>One</button><button></button><button tabindex=-1>3</button>")
    with impatient():
        faults = faults_of_controls(page, page.locator(CONTROLS))
    assert len(faults) == 2
    assert "has no name" in faults[0]
    assert "in the order [0, 1, -1]" in faults[1]


def test_a_text_that_can_not_be_read_is_found(page):
    page.set_content(
        "<style>p { font-size: 99px }</style>"    # so that letters of any font have whole pixels
        "<p style='color: #777'>grey</p><p style='color: #767676'>darker</p>"
    )
    grey, darker = (contrast(pixels(text)) for text in page.locator("p").all())
    assert grey < 4.5 < darker


def test_a_figure_that_does_not_change_is_found(page):
    texts = "<title id=t>A line.</title><desc id=d>It rises.</desc>"
    page.set_content(f"<svg role=img aria-labelledby=t aria-describedby=d>{texts}</svg>")
    figure = page.locator("body")
    expect_picture(figure, "A line. It rises.")
    for other in ("A line. It falls.", "A curve. It rises.", "A. It rises."):
        with impatient(), pytest.raises(AssertionError):
            expect_picture(figure, other)


# Without a browser


def test_what_needs_a_browser_is_marked(request, page):
    assert request.node.get_closest_marker("browser")


def test_what_needs_a_browser_is_skipped_without_one_and_fails_where_it_is_required():
    with pytest.raises(pytest.skip.Exception, match="no browser"):
        give_up("no browser", required=False)
    with pytest.raises(pytest.fail.Exception, match="no browser"):
        give_up("no browser", required=True)
