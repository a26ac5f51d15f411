"""What plots say is true: shades, lines and marks are read off and held against functions."""

from functools import cache

import matplotlib
import numpy as np
import pytest
from matplotlib.colors import to_rgb
from plot_reader import (
    colour_bar,
    contour_lines,
    handles,
    hue,
    line_named,
    look,
    number_in,
    readings,
    shades_at,
)
from sklearn.linear_model import LogisticRegression

from lecture_utils import relu, sigmoid, step
from lecture_utils.interactive.descent import Bowl, DescentScene
from lecture_utils.interactive.plane import Plane
from lecture_utils.interactive.playground import NeuronState
from lecture_utils.plotting import (
    new_axes,
    plot_bars,
    plot_confusion,
    plot_decision_boundary,
    plot_images,
    plot_loss_surface,
    plot_paths,
    plot_regions,
    use_style,
)
from lecture_utils.style import GROUND

RNG = np.random.default_rng(0)  # for these data alone
# Nothing is the same in both axes or in both classes.
X = RNG.normal(size=(60, 2)) * [1.5, 0.4] + [3, -1]
Y = (X @ [0.9, -1.6] + RNG.normal(0, 0.3, 60) > 4).astype(int)
THREE = np.digitize(X @ [0.5, 1.5], [-0.4, 0.6])
NAMES = {"feature_names": ("length", "depth"), "class_names": ("early", "late")}
MODEL, MODEL_OF_THREE = LogisticRegression(C=9).fit(X, Y), LogisticRegression(C=9).fit(X, THREE)
SAMPLES = RNG.uniform(size=(250, 2))


@pytest.fixture(autouse=True, scope="module")
def style():
    """The style of the notebooks, and afterwards what was there before."""
    with matplotlib.rc_context():
        use_style()
        yield


def chance(points):
    return MODEL.predict_proba(points)[:, 1]


def hard(points):
    return MODEL.predict(points).astype(float)


def valley(points):
    a, b = np.transpose(points)
    return (a + 1) ** 2 / 2 + 2 * (b - 0.3) ** 2 + 0.6 * a * b + 1.7


SURFACE = {"x_limits": (-3, 1.5), "y_limits": (-1, 2), "x_name": "$u$", "y_name": "$v$"}
PATHS = {"plain": [[-2.5, 1.5], [-1, 0.5]], "fast": [[-2.5, 1.5], [0, -0.5], [1, 0]]}
PLOTS = {
    "surface": (lambda: plot_loss_surface(valley, point=[-2, 1.5], gradient=[3, 1], **SURFACE),
                valley),
    "paths": (lambda: plot_paths(valley, PATHS, **SURFACE), valley),
    "boundary": (lambda: plot_decision_boundary(chance, X, Y, **NAMES), chance),
    "hard boundary": (lambda: plot_decision_boundary(hard, X, Y, **NAMES), hard),
}  # fmt: skip
every_plane = pytest.mark.parametrize("name", PLOTS)
with_classes = pytest.mark.parametrize("name", ["boundary", "hard boundary"])


@cache
def plotted(name):
    return PLOTS[name][0]()


def in_view(ax):
    """Points all over the axes."""
    low, high = np.sort(np.transpose([ax.get_xlim(), ax.get_ylim()]), axis=0)
    return low + (high - low) * SAMPLES


def inside(ax):
    """Points where something is drawn: the limits of the areas, a little less."""
    low, high = ax.dataLim.min, ax.dataLim.max
    return low + (high - low) * (0.02 + 0.96 * SAMPLES)


# Shades, lines and colour bars


@every_plane
def test_a_shade_is_that_of_the_value_there_by_the_colour_bar(name):
    ax, function = plotted(name), PLOTS[name][1]
    points = inside(ax)
    shown = readings(colour_bar(ax.figure), shades_at(ax, points))
    values, slack = function(points), 0.03 * np.ptp(function(points))
    sure = np.full(len(points), True)
    if function is hard:
        sure = abs(MODEL.decision_function(points)) > 0.5  # the edge is as fine as the grid
    right = (shown[:, 0] - slack <= values) & (values <= shown[:, 1] + slack)
    assert right[sure].all()
    assert len(np.unique(shown, axis=0)) >= (2 if function is hard else 4)


@every_plane
def test_a_contour_line_lies_where_the_value_is_the_one_it_stands_for(name):
    ax, function = plotted(name), PLOTS[name][1]
    bar = colour_bar(ax.figure)
    named = {
        tick: number_in(label.get_text())
        for tick, label in zip(bar.get_yticks(), bar.get_yticklabels())
    }
    half = [float(text.split()[1]) for text in handles(ax) if text.startswith("probability")]
    n_lines = 0
    for level, points in contour_lines(ax):
        wanted = half[0] if half else next((named[t] for t in named if np.isclose(t, level)), None)
        if function is hard:
            assert abs(MODEL.decision_function(points)).max() < 0.3
        elif wanted is not None:
            assert function(points) == pytest.approx(wanted, rel=0.03, abs=0.02)
        n_lines += wanted is not None
    assert n_lines >= (1 if half else 2)


@every_plane
def test_the_axes_have_the_names_of_what_is_on_them(name):
    expected = NAMES["feature_names"] if "boundary" in name else ("$u$", "$v$")
    assert (plotted(name).get_xlabel(), plotted(name).get_ylabel()) == expected


@with_classes
def test_each_class_has_its_samples_its_name_and_the_hue_of_its_side(name):
    ax = plotted(name)
    assert_samples_are_of_their_class(ax, X, Y, NAMES["class_names"])
    points = inside(ax)
    p, shades = MODEL.decision_function(points), shades_at(ax, points)
    bar = colour_bar(ax.figure)
    assert bar.get_ylabel() == "probability of late"
    for name, there in (("early", p < -4), ("late", p > 4)):
        assert there.sum() > 5
        assert {hue_of(shade, ax, NAMES["class_names"]) for shade in shades[there]} == {name}


def assert_samples_are_of_their_class(ax, X, y, names):
    for k, name in enumerate(names):
        [dots] = line_named(ax, name)
        assert sorted(map(tuple, dots.get_xydata())) == sorted(map(tuple, X[y == k]))
    assert len({look(handles(ax)[name]) for name in names}) == len(names)


def hue_of(color, ax, names):
    """The class whose marks have the hue of a shade."""
    away = hue(color, GROUND)
    return max(names, key=lambda name: away @ hue(to_rgb(handles(ax)[name].get_color()), GROUND))


def test_regions_are_of_the_class_that_has_most_of_the_probability_there():
    names = ("low", "middle", "high")
    ax = plot_regions(MODEL_OF_THREE, X, THREE, feature_names=("a", "b"), class_names=names)
    assert_samples_are_of_their_class(ax, X, THREE, names)
    points = inside(ax)
    shades, chances = shades_at(ax, points), MODEL_OF_THREE.predict_proba(points)
    clear = (abs(chances[:, :, None] - [0.5, 0.7, 0.9]) > 0.02).all(axis=(1, 2))
    strength = np.linalg.norm(shades - to_rgb(GROUND), axis=1)
    assert not strength[clear & (chances.max(axis=1) < 0.5)].any()
    for k, name in enumerate(names):
        sure = clear & (chances[:, k] > 0.5)
        assert {hue_of(shade, ax, names) for shade in shades[sure]} == {name}
        bands = [strength[sure & (np.digitize(chances[:, k], [0.7, 0.9]) == i)] for i in range(3)]
        assert all(band.size and np.ptp(band) < 1e-6 for band in bands)
        assert bands[0][0] < bands[1][0] < bands[2][0]
    lines = contour_lines(ax)
    assert len(lines) == 3
    for (_, line), k in zip(lines, range(3)):
        assert MODEL_OF_THREE.predict_proba(line)[:, k] == pytest.approx(0.5, abs=0.02)


def test_arrows_from_the_point_are_the_ways_downhill_and_uphill():
    ax = plotted("surface")
    tips = {
        handle: [t for t in ax.texts if t.arrow_patch.get_edgecolor()[:3] == to_rgb(handle)]
        for handle in {line.get_color() for line in handles(ax).values()}
    }
    for name, sign in ((r"$-\nabla J$, downhill", -1), (r"$+\nabla J$, uphill", 1)):
        [arrow] = tips[handles(ax)[name].get_color()]
        way = np.subtract(arrow.xy, arrow.xyann)
        assert tuple(arrow.xyann) == (-2, 1.5)
        assert np.allclose(way / np.linalg.norm(way), sign * np.array([3, 1]) / np.sqrt(10))
    assert [[-2, 1.5]] in [line.get_xydata().tolist() for line in ax.lines]
    assert len({handle.get_linestyle() for handle in handles(ax).values()}) == 2


# Cells and bars


def test_the_colour_bar_of_images_tells_the_number_of_each_cell():
    images = np.random.default_rng(1).normal(size=(2, 3, 5)) * [[[1]], [[2.5]]]
    axes = plot_images(images, label="weight")
    bar = colour_bar(axes[0].figure)
    largest = abs(images).max()
    for ax, image in zip(axes, images):
        height, width = image.shape
        cells = [(i, j) for i in range(height) for j in range(width)]
        screen = ax.transData.transform([(j + 0.5, i + 0.5) for i, j in cells])
        for (i, j), (x, y) in zip(cells, screen):
            assert x == pytest.approx(np.unique(screen[:, 0])[j])  # row 0 above, column 0 left
            assert y == pytest.approx(np.unique(screen[:, 1].round(6))[::-1][i])
            color = cell_color(ax, (j + 0.5, i + 0.5))
            low, high = reading(bar, color)
            assert low - largest / 30 <= image[i, j] <= high + largest / 30
            red, _, blue = color
            assert red > blue or image[i, j] < largest / 15  # orange is above 0, blue below
            assert red < blue or image[i, j] > -largest / 15
    tops = [ax.get_position().y1 for ax in axes]
    assert tops[0] == tops[1] and axes[0].get_position().x0 < axes[1].get_position().x0


def cell_color(ax, point):
    for patch in ax.patches:
        if patch.get_path().contains_point(point):
            return to_rgb(patch.get_facecolor())
    return to_rgb(GROUND)


def reading(bar, color):
    """The ends of the numbers for which a bar with a linear scale has a colour."""
    [mesh] = [each for each in bar.collections if hasattr(each, "get_coordinates")]
    edges, shown = mesh.get_coordinates()[:, 0, 1], mesh.to_rgba(mesh.get_array().ravel())[:, :3]
    k = np.abs(shown - color).sum(axis=1).argmin()
    numbers = [number_in(label.get_text()) for label in bar.get_yticklabels()]
    scale = np.polyfit(bar.get_yticks(), numbers, 1)
    return sorted(np.polyval(scale, edges[k : k + 2]))


def test_dark_cells_are_large_and_light_ones_are_small():
    [ax] = plot_images(np.arange(12.0).reshape(1, 3, 4))
    lightness = [sum(cell_color(ax, (j + 0.5, i + 0.5))) for i in range(3) for j in range(4)]
    assert lightness == sorted(lightness, reverse=True) and len(set(lightness)) == 12


def test_a_confusion_matrix_has_the_true_class_of_each_count_beside_its_row():
    rng = np.random.default_rng(1)
    true = rng.integers(3, size=90)
    guess = np.where(rng.random(90) < 0.6, true, (true + 1) % 3)
    names = ["cat", "dog", "eel"]
    matrix = [[int(np.sum((true == i) & (guess == j))) for j in range(3)] for i in range(3)]
    ax = plot_confusion(matrix, class_names=names)
    rows, columns = (
        {place: label.get_text() for place, label in zip(ticks, labels)}
        for ticks, labels in (
            (ax.get_yticks(), ax.get_yticklabels()), (ax.get_xticks(), ax.get_xticklabels()),
        )
    )  # fmt: skip
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("predicted class", "true class")
    assert ax.yaxis_inverted() and not ax.xaxis_inverted()  # the first row above, as in a matrix
    for text in ax.texts:
        x, y = text.get_position()
        i, j = names.index(rows[y]), names.index(columns[x])
        assert int(text.get_text()) == matrix[i][j]
    fills = {tuple(patch.get_center()): patch.get_facecolor() for patch in ax.patches}
    assert len(fills) == np.count_nonzero(matrix) < 9
    for (x, y), fill in fills.items():
        assert matrix[names.index(rows[y])][names.index(columns[x])]
        assert (fill[2] > fill[0]) == (rows[y] == columns[x])  # right ones are blue


def test_a_bar_stands_over_its_name_and_has_its_value_on_it():
    ax = plot_bars(["first", "second", "third"], [2.0, 0.25, -1.5], ylabel="score")
    names = dict(zip(ax.get_xticks(), (label.get_text() for label in ax.get_xticklabels())))
    found = [
        (names[bar.get_x() + bar.get_width() / 2], bar.get_height(), text.xy[1], text.get_text())
        for bar, text in zip(ax.patches, ax.texts)
    ]  # fmt: skip
    assert found == [
        ("first", 2, 2, "2"), ("second", 0.25, 0.25, "0.25"), ("third", -1.5, -1.5, "−1.5"),
    ]  # fmt: skip
    assert (ax.get_ylabel(), ax.get_yscale()) == ("score", "linear")


# Figures to play with


def z_of(points):
    return points @ [0.9, -1.6] - 4


@pytest.mark.parametrize("activation", [sigmoid, relu, step], ids=str)
def test_the_plane_of_a_neuron_is_shaded_with_its_output(activation, monkeypatch):
    still = new_axes(width=8.4, height=4.2)
    monkeypatch.setattr("lecture_utils.interactive.plane.new_axes", lambda **size: still)
    plane = Plane(X, Y, activation=activation, **NAMES)
    state = NeuronState(0.9, -1.6, -4.0, activation)
    plane.picture(state.pre_activation, "A neuron.")
    moving = plane.live.moving[0]
    assert moving.get_xlim() == still.get_xlim() and moving.get_ylim() == still.get_ylim()
    points = in_view(moving)
    z, output = z_of(points), activation(z_of(points))
    shades = shades_at(moving, points)
    shown = readings(colour_bar(still.figure), shades)
    assert (shown[:, 0] - 0.01 <= output).all() and (output <= shown[:, 1] + 0.01).all()
    assert len(np.unique(shown, axis=0)) >= 2
    [(_, line)] = contour_lines(moving)
    assert line @ [0.9, -1.6] == pytest.approx(4)
    assert_samples_are_of_their_class(still, X, Y, NAMES["class_names"])
    for name, there in (("early", z < -4), ("late", z > 4)):
        assert {hue_of(shade, still, NAMES["class_names"]) for shade in shades[there]} == {name}
    right = np.sum((z_of(X) > 0) == Y)
    assert f": {right} of 60 right" in state.text(X, Y)
    assert "w1 = 0.9, w2 = −1.6, b = −4." in state.description(X, Y)


def test_descent_is_drawn_as_plain_numpy_computes_it():
    x, y = X[:, 0], 1.7 * X[:, 0] - 2 + 0.3 * np.sin(9 * X[:, 1])
    scene = DescentScene(Bowl.of(x[:, None], y))
    alpha = 0.1
    paths = scene.paths(alpha, 6)
    scene.picture(paths, "Three paths.")
    surface, curves = scene.live.moving
    still, still_curves = scene.surface.figure.axes
    assert (still.get_xlabel(), still.get_ylabel()) == ("weight $w$", "bias $b$")

    def J(w, b):
        return np.mean((w * x + b - y) ** 2) / 2

    low, high = np.transpose([surface.get_xlim(), surface.get_ylim()])
    start, top = paths["α"][0], curves.get_ylim()[1]
    for name, multiple in (("α/2", 0.5), ("α", 1), ("2α", 2)):
        w, b = start
        expected = [(w, b)]
        for _ in range(6):
            error = w * x + b - y
            w, b = w - multiple * alpha * np.mean(error * x), b - multiple * alpha * np.mean(error)
            expected.append((w, b))
        expected = np.array(expected)
        wanted = look(handles(still_curves)[name])
        [line] = [line for line in surface.lines if look(line) == wanted]
        [curve] = [line for line in curves.lines if look(line) == wanted]
        is_out = ((expected < low) | (expected > high)).any(axis=1)
        seen = is_out.argmax() + 1 if is_out.any() else 7    # up to the frame
        assert np.allclose(line.get_xydata(), expected[:seen])
        losses = [(t, J(*theta)) for t, theta in enumerate(expected)]
        assert np.allclose(curve.get_xydata(), losses[: len(curve.get_xydata())])
        assert len(curve.get_xydata()) == 7 or losses[len(curve.get_xydata()) - 1][1] > top
    assert (low <= start).all() and (start <= high).all()
    [star] = [line for line in surface.lines if look(line) == look(handles(still)["minimum"])]
    assert np.allclose(star.get_xydata(), [np.polyfit(x, y, 1)])
    points = in_view(still)
    heights = np.array([J(*point) for point in points])
    darkness = 3 - shades_at(still, points).sum(axis=1)
    assert np.ptp(darkness) > 0.2
    darker_the_higher = abs(darkness[np.argsort(heights)] - np.sort(darkness))
    assert darker_the_higher.mean() < 0.01
