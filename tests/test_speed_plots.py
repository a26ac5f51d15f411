"""The measured speed: what the record holds, and that its plots show it."""

import json
from importlib.resources import files

import figure_checks
import matplotlib
import numpy as np
import pandas as pd
import pytest

from lecture_utils.plotting.speed import measured_speed, plot_growth, plot_speed
from lecture_utils.style import new_axes, use_style

RECORD = measured_speed()
SETTINGS = {("float64", 1), ("float64", 2), ("float32", 1), ("float32", 2)}
# How many times as fast as PyTorch and as scikit-learn a step is to be
BOUNDS = {
    ("2-3-1", 1): (3.5, 3.2),
    ("4-16-3", 150): (3, 4),
    ("64-64-10", 64): (3, 3),
    ("64-128-64-10", 200): (1.9, 2),
    ("784-128-10", 64): (2, 1.7),
    ("784-512-512-10", 128): (1.7, 1.5),
}
# How many times as long it may take
BARE = {
    ("2-3-1", "plain loop"): 1.3,
    ("4-16-3", "plain loop"): 1.3,
    ("64-64-10", "plain loop"): 1.3,
    ("784-128-10", "matrix products"): 1.2,
    ("784-512-512-10", "matrix products"): 1.12,
}
PLOTS = {"speed": lambda record: plot_speed(record), "growth": lambda r: plot_growth(r)[0]}
every_plot = pytest.mark.parametrize("plot", PLOTS.values(), ids=PLOTS)


@pytest.fixture(autouse=True, scope="module")
def style():
    """The style of the notebooks, and afterwards what was there before."""
    with matplotlib.rc_context():
        use_style()
        yield


def rows(against, task="training step"):
    found = RECORD["comparisons"]
    return found[(found["against"] == against) & (found["task"] == task)]


def spans(ax):
    """Return (least, largest) of each pair of dots, by library, each from the top to the bottom."""
    assert ax.yaxis_inverted()
    return [[(low, high) for _, low, high in sorted(pairs_of(line))] for line in pairs(ax)]


def pairs(ax):
    """Return the line of each library, whose dots are joined two by two."""
    return [line for line in ax.lines if line.get_marker() not in ("", "None")]


def pairs_of(line):
    """Return (height, least, largest) of each pair of dots of a library."""
    x, y = line.get_data()
    assert np.isnan(x[2::3]).all() and (y[::3] == y[1::3]).all()
    return list(zip(y[::3], x[::3], x[1::3]))


def record_of(*rows):
    return {"comparisons": pd.DataFrame(rows)}


def row(network, against, ratio, **other):
    return {"task": "training step", "network": network, "batch": 8, "threads": 1,
            "against": against, "ratio": ratio, **other}


# The record


ALONE = {setting for setting in SETTINGS if setting[1] == 1}


@pytest.mark.parametrize("task, settings", [("training step", SETTINGS), ("Adam step", ALONE)])
@pytest.mark.parametrize("library, which", [("PyTorch", 0), ("scikit-learn", 1)])
def test_every_network_is_compared_in_every_setting_against_its_bound(
    library, which, task, settings
):
    found = rows(library, task).set_index(["network", "batch", "dtype", "threads"])["at_least"]
    assert found.to_dict() == {
        (*network, *setting): bounds[which]
        for network, bounds in BOUNDS.items()
        for setting in settings
    }


def test_step_is_compared_with_a_plain_loop_or_its_matrix_products():
    found = RECORD["products"]
    assert found.set_index(["network", "against"])["at_most"].to_dict() == BARE
    assert set(zip(found["dtype"], found["threads"])) == {("float64", 1)}


@pytest.mark.parametrize("library", ["autograd", "micrograd"])
def test_libraries_that_follow_each_operation_are_compared_on_two_networks(library):
    assert rows(library)["network"].tolist() == ["2-3-1", "64-64-10"]


def test_epoch_of_the_convolutional_network_is_compared_in_every_setting():
    found = rows("PyTorch", "digits epoch")
    assert set(zip(found["dtype"], found["threads"])) == SETTINGS
    assert set(found["at_least"]) == {1.5}


def test_what_is_met_is_what_the_ratios_say():
    compared, products = RECORD["comparisons"], RECORD["products"]
    bound = compared["at_least"].notna()
    assert compared["met"].notna().equals(bound)
    compared = compared[bound]
    assert (compared["met"] == (compared["ratio"] >= compared["at_least"])).all()
    assert (products["met"] == (products["ratio"] <= products["at_most"])).all()


def test_ratio_is_near_that_of_the_medians():
    found, products = RECORD["comparisons"], RECORD["products"]
    found = found[found["threads"] == 1]  # it varies less
    for ratio, medians in (
        (found["ratio"], found["their_seconds"] / found["seconds"]),
        (products["ratio"], products["seconds"] / products["their_seconds"]),
    ):
        assert ratio.to_numpy() == pytest.approx(medians.to_numpy(), rel=0.5)


def test_record_tells_the_machine_the_day_and_the_versions():
    assert RECORD["machine"]["processor"] and RECORD["machine"]["processors"] >= 1
    assert "threads: " in RECORD["machine"]["blas"]
    assert RECORD["date"].count("-") == 2 and RECORD["missing"] == []
    assert {"Python", "numpy", "torch", "scikit-learn", "autograd", "micrograd"} == {
        *RECORD["versions"]
    }


def test_growth_is_measured_at_powers_of_two_and_nears_the_theory():
    by = dict(list(RECORD["growth"].groupby("by")))
    assert {quantity: {*found["theory"]} for quantity, found in by.items()} == {
        "batch": {1}, "width": {2}, "depth": {1},
    }
    for found in by.values():
        assert set(found["sizes"].to_numpy()[1:] / found["sizes"].to_numpy()[:-1]) == {2}
        slope, _ = np.polyfit(*np.log(found[["sizes", "seconds"]].tail(4)).T.to_numpy(), 1)
        (exponent,) = {*found["exponent"]}
        assert exponent == pytest.approx(slope, abs=1e-3)
        assert exponent == pytest.approx(found["theory"].iloc[0], abs=0.4)


def test_each_layer_keeps_its_input_and_that_of_its_activation_which_the_last_has_not():
    memory = RECORD["memory"]
    assert (memory["kept"] == (2 * memory["sizes"] - 1) * memory["kept"][0]).all()
    assert (memory["peak"] > memory["kept"]).all()


def test_differences_fall_further_behind_with_each_parameter():
    found = RECORD["differences"]
    behind = found["seconds"] / found["backprop_seconds"]
    assert behind.is_monotonic_increasing
    assert behind.iloc[-1] > found["parameters"].iloc[-1] / 4


def test_digits_are_read_as_well_as_is_asked_for():
    models = RECORD["digits"].groupby("model", sort=False)
    found = models["accuracies"].agg(["count", "mean", "std"])
    assert (found["count"] == 5).all()
    assert models["mean"].first().to_numpy() == pytest.approx(found["mean"], abs=1e-4)
    assert models["spread"].first().to_numpy() == pytest.approx(found["std"], abs=1e-4)
    network, sklearn, convolution = zip(found["mean"], models["seconds"].max())
    assert network[0] >= max(0.97, sklearn[0]) and network[1] < 3
    assert convolution[0] >= 0.982 and convolution[1] < 30


def test_each_item_of_a_list_in_the_file_is_a_row(tmp_path):
    written = json.loads((files("lecture_utils") / "data/speed.json").read_text("utf-8"))
    written["growth"]["batch"] |= {"sizes": [3, 5], "seconds": [0.7, 0.2], "exponent": 1.5}
    (tmp_path / "own.json").write_text(json.dumps(written))
    growth = measured_speed(tmp_path / "own.json")["growth"].set_index("by")
    found = growth.loc["batch", ["sizes", "seconds", "exponent"]]
    assert found.to_numpy().tolist() == [[3, 0.7, 1.5], [5, 0.2, 1.5]]
    assert growth["sizes"].dtype == int and growth["seconds"].dtype == float


# The plots


def test_each_pair_of_dots_spans_the_ratios_for_both_floating_point_types_with_one_thread():
    ax = plot_speed(RECORD)
    assert [text.get_text() for text in ax.get_legend().get_texts()] == [
        "against PyTorch", "against scikit-learn",
    ]
    assert [label.get_text() for label in ax.get_yticklabels()] == [
        f"{name}, batch {batch}" for name, batch in BOUNDS
    ]
    for library, found in zip(["PyTorch", "scikit-learn"], spans(ax), strict=True):
        for (network, _), span in zip(BOUNDS, found, strict=True):
            found = rows(library)
            ratios = found["ratio"][(found["network"] == network) & (found["threads"] == 1)]
            assert len(ratios) == 2
            assert span == pytest.approx((min(ratios), max(ratios)))


def test_numbers_stand_beside_the_dots_and_a_line_at_equal_speed():
    found = [row("a", "PyTorch", r) for r in (3.04, 2, 4.12)] + [row("b", "PyTorch", 0.5)]
    found += [row("c", "PyTorch", r) for r in (0.97, 104.2)]
    ax = plot_speed(record_of(*found))
    assert [text.get_text() for text in ax.texts] == ["2 to 4.1×", "0.5×", "0.97 to 104×"]
    assert [line.get_xdata() for line in ax.lines if line not in pairs(ax)] == [[1, 1]]
    assert spans(ax) == [[(2, 4.12), (0.5, 0.5), (0.97, pytest.approx(104.2))]]


def test_faster_networks_are_further_right_and_libraries_of_one_network_side_by_side():
    ax = plot_speed(record_of(row("a", "PyTorch", 2), row("a", "scikit-learn", 9)))
    [(one, *_)], [(other, *_)] = map(pairs_of, pairs(ax))
    assert -0.5 < one < 0 < other < 0.5 and other - one > 0.3
    assert len({(line.get_color(), line.get_marker()) for line in pairs(ax)}) == 2
    assert ax.get_xscale() == "log" and ax.get_xlim()[0] < 1 < 9 < ax.get_xlim()[1]


def test_other_tasks_and_libraries_and_two_threads_are_left_out_of_the_plot():
    found = [row("a", "PyTorch", 2), row("a", "autograd", 70), row("a", "PyTorch", 9, threads=2),
             row("a", "PyTorch", 50) | {"task": "digits epoch"},
             row("a", "PyTorch", 40) | {"task": "Adam step"}]
    assert spans(plot_speed(record_of(*found))) == [[(2, 2)]]


def test_growth_shows_the_dots_and_the_slope_of_theory_through_the_last():
    axes = plot_growth(RECORD)
    for ax, (quantity, slope) in zip(axes, {"batch": 1, "width": 2, "depth": 1}.items()):
        dots, line = ax.lines
        found = RECORD["growth"].set_index("by").loc[quantity]
        assert dots.get_xdata().tolist() == found["sizes"].tolist()
        assert dots.get_ydata().tolist() == found["seconds"].tolist()
        x, y = line.get_data()
        assert np.allclose(np.diff(np.log(y)) / np.diff(np.log(x)), slope)
        assert y[-1] == found["seconds"].iloc[-1]
        assert (ax.get_xscale(), ax.get_yscale()) == ("log", "log")
        [text] = ax.texts
        assert (text.get_text(), text.get_color()) == (f"slope {slope}", line.get_color())
    [legend] = filter(None, (ax.get_legend() for ax in axes))
    assert [text.get_text() for text in legend.get_texts()] == ["measured", "as theory says"]
    assert [ax.get_xlabel() for ax in axes] == ["batch size", "neurons per layer", "layers"]


@pytest.mark.parametrize("factor", [0.1, 10])
def test_speed_can_be_read_whatever_the_ratios_are(factor):
    comparisons = RECORD["comparisons"]
    record = {"comparisons": comparisons.assign(ratio=comparisons["ratio"] * factor)}
    assert figure_checks.faults_of_texts(plot_speed(record).figure) == []


def test_given_axes_are_drawn_on():
    ax, axes = new_axes(), new_axes(1, 3)
    assert plot_speed(RECORD, ax) is ax and pairs(ax)
    assert plot_growth(RECORD, axes).tolist() == axes.tolist()
    assert all(panel.lines for panel in axes)


@every_plot
def test_anything_but_a_record_is_refused(plot):
    with pytest.raises(TypeError, match="record must be a dict, as of measured_speed, got list"):
        plot([])
    with pytest.raises(ValueError, match="record must have the data frame .*, got date"):
        plot({"date": "2025-01-01"})


def test_record_without_the_two_libraries_and_axes_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="one thread against PyTorch or scikit-learn, got none"):
        plot_speed(record_of(row("a", "autograd", 3), row("a", "PyTorch", 3, threads=2)))
    with pytest.raises(TypeError, match="ax must be matplotlib axes, got int"):
        plot_speed(RECORD, ax=3)
    with pytest.raises(ValueError, match="axes must be 3 axes, got 2"):
        plot_growth(RECORD, axes=new_axes(1, 2))
