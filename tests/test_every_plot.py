"""What holds for every plot: it can be read from the last row, and it is drawn on given axes."""

import matplotlib
import numpy as np
import pytest
import test_plotting
import test_speed_plots
import test_training_plots
from figure_checks import drawn_texts, faults_of_texts
from matplotlib import pyplot
from matplotlib.colors import to_rgb
from matplotlib.text import Text

from lecture_utils.display import picture
from lecture_utils.plotting import new_axes, use_style
from lecture_utils.style import GROUND

pytestmark = pytest.mark.long
HELPERS = test_plotting.HELPERS | test_training_plots.HELPERS
PLOTS = test_plotting.PLOTS | test_training_plots.PLOTS
PLOTS |= {
    name: lambda plot=plot: plot(test_speed_plots.RECORD)
    for name, plot in test_speed_plots.PLOTS.items()
}
every_helper = pytest.mark.parametrize("helper", HELPERS.values(), ids=HELPERS)


@pytest.fixture(autouse=True, scope="module")
def style():
    """The style of the notebooks, and afterwards what was there before."""
    with matplotlib.rc_context():
        use_style()
        yield


@pytest.fixture(scope="module", params=PLOTS)
def plot(request, style):
    """Name and figure of a plot, which is made once."""
    return request.param, np.ravel(PLOTS[request.param]())


def test_a_plot_can_be_read_on_a_slide(plot):
    _, axes = plot
    figure = axes[0].figure
    assert tuple(figure.get_size_inches()) == (9, 4.2)
    assert len(drawn_texts(figure)) > 1 and faults_of_texts(figure) == []
    texts = figure.findobj(lambda artist: isinstance(artist, Text) and artist.get_text())
    assert min(text.get_fontsize() for text in texts) >= 13
    grounds = {patch.get_facecolor() for patch in (figure.patch, axes[0].patch)}
    assert grounds == {(*to_rgb(GROUND), 1.0)}
    assert pyplot.get_fignums() == []


def test_a_letter_that_the_font_has_not_beside_a_formula_is_found():
    ax = new_axes()
    ax.set(xlabel="10⁻³ of $J$", ylabel="10⁻³ of J")  # where no formula is, another font has it
    [fault] = faults_of_texts(ax.figure)
    assert fault == "'10⁻³ of $J$' has the letters {'⁻'} beside a formula"


def test_every_axis_is_named(plot):
    name, axes = plot
    for ax in axes[0].figure.axes if name in HELPERS else ():
        names_of_bars = [label.get_text() for label in ax.get_xticklabels()] == ["h1", "h2"]
        assert ax.get_ylabel()
        assert ax.get_xlabel() or names_of_bars or ax.get_label() == "<colorbar>"


@pytest.mark.parametrize("name", ["digits", "lines", "regions", "spread"])  # with many shapes
def test_a_picture_is_small_and_made_of_vectors(name):
    svg, _ = picture(PLOTS[name](), "A plot.")
    assert len(svg) < 100_000 and "<image" not in svg


@pytest.mark.parametrize("name", ["surface", "history"])
def test_a_picture_is_the_same_each_time_also_when_it_was_shown_before(name):
    shown = PLOTS[name]()
    drawn_texts(np.ravel(shown)[0].figure)  # with other pixels
    assert picture(shown, "A plot.") == picture(PLOTS[name](), "A plot.")


@every_helper
def test_given_axes_are_drawn_on_and_returned(helper):
    ax = new_axes(1, 2)[1]
    before = len(ax.get_children())
    assert helper(ax=ax) is ax
    assert len(ax.get_children()) > before


@every_helper
def test_anything_but_axes_is_refused(helper):
    with pytest.raises(TypeError, match="ax must be matplotlib axes, got (int|str)"):
        helper(ax="ax")
