"""The numbers in the pictures, against numbers computed from the CSV files by other means."""

from __future__ import annotations

import csv
import statistics
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from matplotlib.collections import LineCollection, PolyCollection, QuadMesh
from matplotlib.figure import Figure as Canvas

from runner.figures import load
from runner.figures.drawing import _style, paint
from runner.figures.figure import Options
from runner.results import Results


def rows(path: Path) -> list[dict[str, str]]:
    with open(path, newline="") as f:
        return list(csv.DictReader(f))


def errors(folder: Path) -> list[float]:
    return [float(row["error"]) for row in rows(folder / "history.csv")]


def drawn(name: str, folder: Path, **options: str) -> tuple[pd.DataFrame, Canvas]:
    figure = load(name)
    results, chosen = Results(folder), Options(**options)
    assert figure.applies(results, chosen) is None
    numbers = figure.numbers(results, chosen)
    with mpl.rc_context():
        return numbers, paint(figure, numbers)


def drawn_as_paper(name: str, folder: Path) -> tuple[pd.DataFrame, Canvas]:
    with _style("paper"):
        figure, results = load(name), Results(folder)
        numbers = figure.numbers(results, Options())
        return numbers, paint(figure, numbers)


def curves(canvas: Canvas, axes: int = 0) -> list[tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]]:
    """The lines of a panel that are lines: no marks, no legend's."""
    ax = canvas.axes[axes]
    alone = [np.column_stack(line.get_data()) for line in ax.get_lines() if line.get_linestyle() != "None"]
    found = [
        *alone,
        *(path for c in ax.collections if isinstance(c, LineCollection) for path in c.get_segments()),
    ]
    return [(path[:, 0], path[:, 1]) for path in found if len(path) > 1]


def test_learning_curves_are_the_error_columns(rates: Path) -> None:
    numbers, canvas = drawn("learning_curves", rates)
    least = min(error for run in range(6) for error in errors(rates / str(run)) if error > 0)
    for run, (x, y) in enumerate(curves(canvas)):
        expected = errors(rates / str(run))
        assert x.tolist() == list(range(len(expected)))
        assert numbers.loc[numbers["line"] == run, "error"].tolist() == expected
        shown = y < 1000  # of diverged runs, what leaves the axes is drawn just outside
        assert shown.sum() >= 1
        assert y[shown].tolist() == [error or least / 10 for error in expected if error < 1000]
    (crosses,) = [line for line in canvas.axes[0].get_lines() if line.get_marker() == "x"]
    lines = list(curves(canvas))
    for (at, height), run in zip(crosses.get_xydata(), (4, 5), strict=True):  # where its line leaves for good
        x, y = lines[run]
        assert np.interp(at, x, np.log(y)) == pytest.approx(np.log(height))
        assert (y[x > at] > height).all()
    assert "2 of 6 runs diverged; crosses end lines that diverged" in load("learning_curves").caption(numbers)
    assert canvas.axes[0].get_yscale() == "log"


def test_learning_curves_of_seeds_are_medians_with_quartiles(seeds: Path) -> None:
    numbers, canvas = drawn("learning_curves", seeds, metric="final_error")
    group = [errors(seeds / str(run)) for run in range(4)]  # the first rate and penalty
    table = numbers[numbers["line"] == 0]
    for epoch in (0, 7, 250):
        four = sorted(history[epoch] for history in group)
        row = table[table["epoch"] == epoch].iloc[0]
        low, middle, high = statistics.quantiles(four, n=4, method="inclusive")
        assert row["error"] == pytest.approx(middle, rel=1e-14)
        assert (row["low"], row["high"]) == (pytest.approx(low, rel=1e-12), pytest.approx(high, rel=1e-12))
    _, y = curves(canvas)[0]
    assert y.tolist() == table["error"].tolist()
    bands = [c for c in canvas.axes[0].collections if isinstance(c, PolyCollection)]
    band = bands[0].get_paths()[0].vertices
    assert band[:, 1].min() == pytest.approx(table["low"].min())
    assert "median over 4 seeds" in load("learning_curves").caption(numbers)
    assert "first to the third quartile" in load("learning_curves").caption(numbers)


@pytest.mark.parametrize("metric", ["test_error", "accuracy", "test_accuracy"])
def test_curves_and_steps_are_those_of_the_metric(seeds: Path, metric: str) -> None:
    numbers, canvas = drawn("learning_curves", seeds, metric=metric)
    columns = [[float(row[metric]) for row in rows(seeds / str(run) / "history.csv")] for run in range(4)]
    table = numbers[numbers["line"] == 0]
    for epoch in (0, 7, 250):
        middle = statistics.median(column[epoch] for column in columns)
        assert table[metric].iloc[epoch] == pytest.approx(middle, rel=1e-14)
    assert "error" not in numbers
    said = metric.replace("_", " ")
    assert canvas.axes[0].get_ylabel() == said
    assert load("learning_curves").caption(numbers).startswith(said.removeprefix("test ").capitalize())
    numbers, canvas = drawn("learning_rates", seeds, metric=metric)
    level = numbers.attrs["level"]
    more = "accuracy" in metric
    there = [[v >= level if more else v <= level for v in column] for column in columns]
    soon = [float(column.index(True)) if any(column) else float("inf") for column in there]
    first = numbers[(numbers["learning_rate"] == 0.05) & (numbers["regularization.l2"] == 0.01)].iloc[0]
    middle = statistics.median(soon)
    assert first["steps_to_threshold"] == middle or (
        np.isinf(middle) and np.isnan(first["steps_to_threshold"])
    )
    assert canvas.axes[1].get_ylabel().startswith(f"epochs to\n{said} $\\{'g' if more else 'l'}eq$ ")
    assert f"until the {said} is at {'least' if more else 'most'}" in load("learning_rates").caption(numbers)


def test_many_runs_become_quantiles_and_a_sample(many: Path) -> None:
    numbers, canvas = drawn("learning_curves", many)
    whole = numbers[numbers["line"] < 0]
    last = [errors(many / str(run))[20] for run in range(150)]
    assert whole["error"].iloc[20] == pytest.approx(np.median(last), rel=1e-14)
    assert whole["low"].iloc[20] == pytest.approx(np.quantile(last, 0.05), rel=1e-12)
    assert whole["high"].iloc[20] == pytest.approx(np.quantile(last, 0.95), rel=1e-12)
    assert numbers["line"].nunique() == 51
    assert len(curves(canvas)) == 51
    assert "50 of the runs" in load("learning_curves").caption(numbers)
    sample = numbers[numbers["line"] == 149]
    assert sample["error"].tolist() == errors(many / "149")


def test_learning_rates_are_final_errors_and_first_epochs_below(rates: Path) -> None:
    numbers, canvas = drawn("learning_rates", rates)
    histories = [errors(rates / str(run)) for run in range(4)]
    assert numbers["final_error"].tolist()[:4] == [history[-1] for history in histories]
    assert numbers["final_error"].isna().tolist() == [False] * 4 + [True] * 2
    threshold = 0.01 * histories[0][0]
    for history, reached in zip(histories, numbers["steps_to_threshold"], strict=False):
        expected = [epoch for epoch, error in enumerate(history) if error <= threshold]
        assert (reached == expected[0]) if expected else np.isnan(reached)
    x, y = curves(canvas)[0]
    assert x.tolist() == numbers["learning_rate"].tolist()
    smallest = min(error for error in (h[-1] for h in histories) if error > 0)
    drawn_errors = [max(h[-1], smallest / 10) for h in histories]
    assert y[:4].tolist() == pytest.approx(drawn_errors, rel=1e-12)
    best = [line for line in canvas.axes[0].get_lines() if line.get_marker() == "*"]
    finals = [history[-1] for history in histories]
    assert best[0].get_xdata()[0] == numbers["learning_rate"][int(np.argmin(finals))]
    left = canvas.axes[0].patches[0].get_bbox().x0  # the diverged region begins between the rates
    assert left == pytest.approx((0.2 * 3.0) ** 0.5)


def test_learning_rates_with_a_second_key_and_seeds(seeds: Path) -> None:
    numbers, canvas = drawn("learning_rates", seeds, metric="final_error")
    table = rows(seeds / "runs.csv")
    for _, row in numbers.iterrows():
        four = [r for r in table if float(r["learning_rate"]) == row["learning_rate"]
                and float(r["regularization.l2"]) == row["regularization.l2"]]  # fmt: skip
        assert row["runs"] == len(four) == 4
        lost = sum(r["status"] == "diverged" for r in four)
        assert row["diverged"] == lost
        values = [float("inf") if r["status"] == "diverged" else float(r["final_error"]) for r in four]
        middle = statistics.median(values)
        assert (
            row["final_error"] == pytest.approx(middle, rel=1e-14)
            if np.isfinite(middle)
            else np.isnan(row["final_error"])
        )
    assert len(curves(canvas)) == 2
    assert "medians over 4 seeds" in load("learning_rates").caption(numbers)


def test_heatmap_cells_are_medians_and_diverged_ones_have_no_colour(seeds: Path) -> None:
    _, canvas = drawn("heatmap", seeds, metric="test_error")
    table = rows(seeds / "runs.csv")
    (mesh,) = [c for c in canvas.axes[0].collections if isinstance(c, QuadMesh)]
    cells = mesh.get_array()
    for i, rate in enumerate([0.05, 0.1, 0.2, 2000.0]):
        for j, l2 in enumerate([0.01, 0.02]):
            four = [
                r for r in table if float(r["learning_rate"]) == rate and float(r["regularization.l2"]) == l2
            ]
            done = [float(r["test_error"]) for r in four if r["status"] == "completed"]
            if len(done) <= 2:
                assert cells[j, i] is np.ma.masked
            else:
                assert cells[j, i] == pytest.approx(statistics.median(done), rel=1e-14)
    hatched = [patch for patch in canvas.axes[0].patches if patch.get_gid() == "diverged"]
    assert len(hatched) == int(np.ma.getmaskarray(cells).sum()) > 0
    assert canvas.axes[0].get_xscale() == "log"
    names = [t.get_text() for t in canvas.axes[0].get_xticklabels()]
    assert names[0] == "0.05"
    assert names[-1] == "2000"


def test_heatmap_takes_the_keys_asked_for(seeds: Path) -> None:
    numbers, canvas = drawn("heatmap", seeds, x="regularization.l2", y="learning_rate")
    assert list(numbers.columns[:2]) == ["regularization.l2", "learning_rate"]
    assert canvas.axes[0].get_ylabel() == r"learning rate $\eta$"


def test_weight_paths_are_the_weight_columns(alone: Path) -> None:
    numbers, canvas = drawn("weight_paths", alone)
    history = rows(alone / "history.csv")
    for axes, names in ((0, ["w1", "w2", "w3", "w4"]), (1, ["w5", "w6"])):
        for name, (_, y) in zip(names, curves(canvas, axes), strict=True):
            assert y.tolist() == [float(row[name]) for row in history]
    assert len(numbers) == 6 * len(history)


def test_weight_paths_of_a_sweep_have_a_panel_a_weight(rates: Path) -> None:
    _, canvas = drawn("weight_paths", rates)
    panels = [ax for ax in canvas.axes if ax.get_ylabel().startswith("$w")]
    assert len(panels) == 6
    expected = [float(row["w6"]) for row in rows(rates / "1" / "history.csv")]
    assert expected in [y.tolist() for _, y in curves(canvas, 5)]


def test_network_edges_are_the_parameters(alone: Path) -> None:
    _, canvas = drawn("network", alone)
    for ax, column in zip(canvas.axes, ("initial", "final"), strict=False):
        texts = [text.get_text() for text in ax.texts]
        for row in rows(alone / "parameters.csv"):
            assert f"$w_{{{row['name'][1:]}}}$ = {float(row[column]):.3g}" in texts
    bar = canvas.axes[-1]
    assert bar.get_ylim()[0] == -bar.get_ylim()[1]  # 0 is in the middle of the colours


def test_large_networks_are_matrices(tmp_path: Path) -> None:
    from making_sweeps import make_sweep

    sweep = make_sweep(tmp_path, {"seed": [0]}, ["experiment=spiral", "epochs=1"])
    _, canvas = drawn("network", sweep / "0")
    meshes = [c for ax in canvas.axes[:6] for c in ax.collections if isinstance(c, QuadMesh)]
    table = rows(sweep / "0" / "parameters.csv")
    layer = [row for row in table if row["layer"] == "2" and row["from"] != "0"]
    for mesh, column in ((meshes[1], "initial"), (meshes[4], "final")):
        shown = np.asarray(mesh.get_array()).ravel().tolist()
        assert shown == [float(row[column]) for row in layer]


def test_decision_boundary_shows_the_output_and_the_data(seeds: Path) -> None:
    numbers, canvas = drawn("decision_boundary", seeds)
    results = Results(seeds)
    best = results.best()
    one = results.experiment(best)
    values = {row["name"]: float(row["final"]) for row in rows(results.path(best) / "parameters.csv")}
    grid = numbers[numbers["kind"] == "grid"].iloc[777]
    x, y = grid["x"], grid["y"]
    hidden = [
        np.tanh(values[f"w{2 * j + 1}"] * x + values[f"w{2 * j + 2}"] * y + values[f"b{j + 1}"])
        for j in range(3)
    ]
    by_hand = sum(values[f"w{7 + j}"] * hidden[j] for j in range(3)) + values["b4"]
    assert grid["value"] == pytest.approx(by_hand, rel=1e-12)
    assert (numbers["kind"] == "training").sum() == one.data.examples == 18
    assert (numbers["kind"] == "held out").sum() == 6
    points = sum(len(line.get_xdata()) for line in canvas.axes[0].get_lines())
    assert points == 24


def test_decision_boundary_is_in_the_units_of_the_data(tmp_path: Path) -> None:
    from making_sweeps import make_sweep

    inputs = [[100, 3e6], [200, 1e6], [300, 2e6], [400, 4e6], [500, 5e6]]
    given = ["network=dense", "data=inline", f"data.inputs={inputs}", "data.targets=[[1],[2],[3],[4],[5]]"]
    sweep = make_sweep(tmp_path, {"seed": [0]}, [*given, "data.scale=standard", "data.test_fraction=0.2"])
    numbers, canvas = drawn("decision_boundary", sweep / "0")
    points = numbers[numbers["kind"] != "grid"][["x", "y"]]
    assert sorted(map(tuple, points.to_numpy().round(6).tolist())) == sorted(map(tuple, inputs))
    assert canvas.axes[0].get_xlim() == pytest.approx((100 - 32, 500 + 32))
    run = Results(sweep / "0").experiment(0)
    grid = numbers[numbers["kind"] == "grid"].iloc[4321]
    values = Results(sweep / "0").parameters(0)["final"].to_numpy()
    scaled = (np.array([[grid["x"], grid["y"]]]) - run.data.scale.shift) / run.data.scale.spread
    layers = run.network.views(values[None])
    (w1, b1), (w2, b2) = [(w[0], b[0]) for w, b in layers]
    by_hand = np.tanh(scaled @ w1.T + b1) @ w2.T + b2
    assert grid["value"] == pytest.approx(by_hand[0, 0], rel=1e-9)


def test_landscape_over_two_weights_is_the_error(alone: Path) -> None:
    numbers, canvas = drawn("landscape", alone, x="w1", y="w6")
    last = rows(alone / "history.csv")[-1]
    w = {name: float(last[name]) for name in ("w2", "w3", "w4", "w5")}
    for _, point in numbers[numbers["kind"] == "grid"].iloc[::500].iterrows():
        h1, h2 = point["x"] * 2 + w["w2"] * 3, w["w3"] * 2 + w["w4"] * 3
        by_hand = 0.5 * (h1 * w["w5"] + h2 * point["y"] - 1) ** 2
        assert point["error"] == pytest.approx(by_hand, rel=1e-9, abs=1e-15)
    path = numbers[numbers["kind"] == "path"]
    history = rows(alone / "history.csv")
    assert path["x"].tolist() == pytest.approx([float(row["w1"]) for row in history])
    assert path["y"].tolist() == pytest.approx([float(row["w6"]) for row in history])
    assert canvas.axes[0].get_xlabel() == "$w_{1}$"


def test_landscape_over_principal_directions(rates: Path) -> None:
    numbers, _ = drawn("landscape", rates)
    ends = numbers[numbers["kind"] == "path"].groupby("run").tail(1)
    assert sorted(ends["run"]) == [0, 1, 2, 3]  # those that did not diverge
    best = Results(rates).best()
    end = ends[ends["run"] == best].iloc[0]
    assert (end["x"], end["y"]) == (pytest.approx(0, abs=1e-12), pytest.approx(0, abs=1e-12))
    shares = [share for _, share in numbers.attrs["axes"]]
    assert 0.9 < sum(shares) <= 1 + 1e-12


def stars(canvas: Canvas) -> tuple[float, float]:
    (star,) = [line for line in canvas.axes[0].get_lines() if line.get_marker() == "*"]
    (x,), (y,) = star.get_data()
    return float(x), float(y)


def sweep_of(folder: Path, swept: dict[str, list[Any]], *overrides: str) -> Path:
    from making_sweeps import make_sweep

    return make_sweep(folder / "s", swept, overrides)


def retold(sweep: Path, **columns: list[Any]) -> Path:
    """The sweep with other words in its table."""
    table = pd.read_csv(sweep / "runs.csv", dtype=str)
    for name, values in columns.items():
        table[name.replace("__", ".")] = values
    table.to_csv(sweep / "runs.csv", index=False)
    return sweep


def test_zeros_of_all_lines_stand_at_one_height(tmp_path: Path) -> None:
    sweep = sweep_of(
        tmp_path, {"learning_rate": [0.01, 0.05, 0.1], "optimizer.momentum": [0.0, 0.9]}, "epochs=5"
    )
    errors_said = ["1e-3", "0", "1e-9", "0", "0", "0"]
    retold(sweep, final_error=errors_said, best_error=errors_said)
    _, canvas = drawn("learning_rates", sweep)
    (_, first), (_, second) = curves(canvas)
    assert first.tolist() == pytest.approx([1e-3, 1e-9, 1e-10])
    assert second.tolist() == pytest.approx([1e-10] * 3)
    assert stars(canvas)[1] == pytest.approx(1e-10)
    low, high = canvas.axes[0].get_ylim()
    assert 1e-13 < low < 1e-10 / 2  # room for the name of the best
    assert high < 1


def test_on_a_linear_axis_zero_is_zero(tmp_path: Path) -> None:
    sweep = retold(
        sweep_of(tmp_path, {"learning_rate": [0.01, 0.1]}, "epochs=5"),
        final_error=["3e-6", "0"], best_error=["3e-6", "0"],
    )  # fmt: skip
    _, canvas = drawn("learning_rates", sweep)
    assert canvas.axes[0].get_yscale() == "linear"
    assert curves(canvas)[0][1].tolist() == [3e-6, 0.0]


def test_weights_are_drawn_over_each_other_only_where_they_are_the_same(tmp_path: Path) -> None:
    sweep = sweep_of(
        tmp_path, {"network.hidden": [[2], [3]], "learning_rate": [0.01, 0.02]}, "network=dense",
        "network.biases=null", "epochs=5",
    )  # fmt: skip
    numbers, _ = drawn("weight_paths", sweep)
    best = Results(sweep).best()
    assert sorted(numbers["run"].unique()) == ([0, 1] if best < 2 else [2, 3])
    assert numbers["name"].nunique() == (6 if best < 2 else 9)
    assert "2 runs of other networks" in load("weight_paths").caption(numbers)


def test_no_two_of_many_values_look_alike() -> None:
    from runner.figures.style.encoding import Shades

    shades = Shades.of("network.activation", [f"name{i}" for i in range(49)])
    assert len({(shades.colors[v], str(shades.dash(v))) for v in shades.values}) == 49


def test_only_seeds_become_medians(tmp_path: Path) -> None:
    swept: dict[str, list[Any]] = {
        "learning_rate": [0.01, 0.02], "optimizer.momentum": [0.0, 0.5], "regularization.l2": [0.0, 0.1],
    }  # fmt: skip
    sweep = sweep_of(tmp_path, swept, "epochs=20")
    numbers, canvas = drawn("learning_rates", sweep)
    assert len(numbers) == 8
    assert (numbers["runs"] == 1).all()
    assert len(curves(canvas)) == 4
    assert "colours tell optimizer.momentum, dashes regularization.l2" in load("learning_rates").caption(
        numbers
    )
    numbers, canvas = drawn("learning_curves", sweep)
    assert len(curves(canvas)) == 8
    assert "look alike differ in regularization.l2" in load("learning_curves").caption(numbers)


def test_a_sweep_over_seeds_alone_is_a_median_with_its_band(tmp_path: Path) -> None:
    sweep = sweep_of(tmp_path, {"seed": [0, 1, 2]}, "network=dense", "epochs=10")
    numbers, canvas = drawn("learning_curves", sweep)
    last = sorted(errors(sweep / str(run))[-1] for run in range(3))
    assert numbers["error"].iloc[-1] == last[1]
    assert numbers["high"].iloc[-1] == pytest.approx((last[1] + last[2]) / 2)
    assert len(curves(canvas)) == 1
    assert "median over 3 seeds" in load("learning_curves").caption(numbers)


def test_what_leaves_the_frame_is_marked(tmp_path: Path) -> None:
    sweep = retold(
        sweep_of(tmp_path, {"learning_rate": [0.01, 0.1, 0.2]}, "epochs=5"),
        initial_error=["0.3", "0.3", "40"],
        final_error=["1e-3", "2e-3", "3e4"],
    )
    numbers, canvas = drawn("learning_rates", sweep)
    (mark,) = [line for line in canvas.axes[0].get_lines() if line.get_gid() == "off scale"]
    (x,), (y,) = mark.get_data()
    assert x == 0.2
    assert canvas.axes[0].get_ylim()[0] < y <= canvas.axes[0].get_ylim()[1] < 1e6
    assert "up to 30000" in load("learning_rates").caption(numbers)


def crosses(canvas: Canvas, axes: int) -> dict[tuple[float, str], float]:
    """The heights of a panel's crosses, in parts of its own, by their rates and colours."""
    marks = [line for line in canvas.axes[axes].get_lines() if line.get_gid() == "lost"]
    return {(x, str(line.get_color())): y for line in marks for x, y in line.get_xydata()}


@pytest.fixture(scope="module")
def lost(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three activations at two rates, four seeds each; runs of two of them are lost at the larger one."""
    swept: dict[str, list[Any]] = {
        "network.activation": ["tanh", "relu", "sin"], "learning_rate": [0.01, 0.1], "seed": [0, 1, 2, 3],
    }  # fmt: skip
    overrides = [
        "network=dense",
        "network.hidden=[2]",
        "data=xor",
        "data.points=24",
        "data.test_fraction=0.5",
    ]
    sweep = sweep_of(tmp_path_factory.mktemp("lost"), swept, *overrides, "epochs=4")
    states, errors_said = ["completed"] * 24, ["0.125"] * 24
    states[12:16] = ["diverged", "diverged", "completed", "completed"]  # relu at 0.1: half of them
    errors_said[20:23] = ["1e34", "1e34", "1e40"]  # sin at 0.1: three of four
    # so small a best error that none of these is soon at a hundredth of the first
    known = {"initial_error": ["1"] * 24, "best_error": ["1e-9"] * 24}
    return retold(sweep, status=states, final_error=errors_said, **known)


def test_lost_runs_are_shown_where_other_lines_survive(lost: Path) -> None:
    numbers, canvas = drawn("learning_rates", lost, metric="final_error")
    lines = [line for line in canvas.axes[0].get_lines() if len(line.get_xdata()) == 2]
    colors = {str(line.get_color()) for line in lines}
    assert len(colors) == 3
    for axes in (0, 1):
        marks = crosses(canvas, axes)
        assert {rate for rate, _ in marks} == {0.1}
        assert len({color for _, color in marks} & colors) == 2  # tanh survives
        assert len(set(marks.values())) == 2  # none hides another
        low, high = canvas.axes[axes].get_ylim()
        assert 0.8 < min(marks.values()) < max(marks.values()) < 1
        scale = canvas.axes[axes].yaxis.get_transform()
        place = (min(marks.values()) - 0.025) * np.diff(scale.transform([low, high])) + scale.transform([low])
        shown = numbers["final_error" if axes == 0 else "steps_to_threshold"].dropna()
        assert (scale.transform(shown) < place).all()  # the room is theirs alone
    by_line = numbers.set_index(["network.activation", "learning_rate"])[["diverged", "blown_up"]]
    assert by_line.loc[("relu", 0.1)].tolist() == [2, 0]
    assert by_line.loc[("sin", 0.1)].tolist() == [0, 3]
    text = load("learning_rates").caption(numbers)
    assert "2 of 24 runs diverged, 3 blew up (to 1,000 times the first error or more)" in text
    assert "crosses at the upper edge mark rates at which at least half of a line's runs did" in text


def test_crosses_among_accuracies_stand_where_bad_ones_do(lost: Path) -> None:
    _, canvas = drawn("learning_rates", lost, metric="accuracy")
    assert max(crosses(canvas, 0).values()) < 0.2


def test_lost_cells_are_hatched(lost: Path) -> None:
    numbers, canvas = drawn("heatmap", lost, metric="final_error")
    hatched = [patch for patch in canvas.axes[0].patches if patch.get_gid() == "diverged"]
    assert len(hatched) == numbers["final_error"].isna().sum() == 2
    text = load("heatmap").caption(numbers)
    assert "2 of 24 runs diverged, 3 blew up (to 1,000 times the first error or more); hatched" in text


@pytest.mark.parametrize("name", ["learning_rates", "heatmap"])
def test_nothing_is_best_where_every_setting_lost_half_of_its_runs(
    name: str, lost: Path, tmp_path: Path
) -> None:
    import shutil

    shutil.copytree(lost, tmp_path / "s")
    retold(tmp_path / "s", status=["diverged", "completed"] * 12)
    reason = load(name).applies(Results(tmp_path / "s"), Options())
    assert reason == "at least half of the runs of every setting diverged or blew up"


def test_lines_that_blow_up_do_not_set_the_scale(tmp_path: Path) -> None:
    """A step of η = 1.5 is beyond the minimum of the parabola, and every one further than that before."""
    line = ["data=inline", "data.inputs=[[2],[1],[-2]]", "data.targets=[[1],[1],[-1]]"]
    sweep = sweep_of(
        tmp_path, {"learning_rate": [0.05, 1.5]}, "network=dense", "network.hidden=[]", *line, "epochs=20"
    )
    assert pd.read_csv(sweep / "runs.csv")["status"].tolist() == ["completed"] * 2
    last = errors(sweep / "1")[-1]
    assert last > 1e6 * errors(sweep / "1")[0]
    numbers, canvas = drawn("learning_curves", sweep)
    assert canvas.axes[0].get_ylim()[1] < 1000 * errors(sweep / "1")[0]
    (mark,) = [line for line in canvas.axes[0].get_lines() if line.get_marker() == "^"]
    assert len(mark.get_xdata()) == 1
    text = load("learning_curves").caption(numbers)
    assert "1 of 2 runs blew up (to 1,000 times the first error or more); triangles end lines" in text
    numbers, _ = drawn("learning_curves", sweep / "1")
    assert "The run blew up" in load("learning_curves").caption(numbers)
    assert load("decision_boundary").applies(Results(sweep / "1"), Options()) == "every run blew up"


def test_runs_of_no_epoch_are_dots_and_reach_what_they_begin_with(tmp_path: Path) -> None:
    sweep = sweep_of(tmp_path, {"learning_rate": [0.01, 0.05]}, "epochs=0")
    _, canvas = drawn("learning_curves", sweep)
    dots = [line for line in canvas.axes[0].get_lines() if line.get_marker() == "o"]
    assert [line.get_ydata()[0] for line in dots] == [errors(sweep / "0")[0]] * 2
    _, canvas = drawn("learning_rates", sweep)
    assert not [text for text in canvas.axes[1].texts if "no run" in text.get_text()]
    assert canvas.axes[1].get_ylim()[0] < 0 < canvas.axes[1].get_ylim()[1]


def test_a_lone_point_among_many_rates_is_marked(many: Path, tmp_path: Path) -> None:
    import shutil

    shutil.copytree(many, tmp_path / "s")
    table = pd.read_csv(tmp_path / "s" / "runs.csv")
    table.loc[[50, 52], "status"] = "diverged"
    table.to_csv(tmp_path / "s" / "runs.csv", index=False)
    _, canvas = drawn("learning_rates", tmp_path / "s")
    dots = [line for line in canvas.axes[0].get_lines() if line.get_marker() == "o"]
    assert dots[0].get_xdata().tolist() == [table.at[51, "learning_rate"]]


def test_heatmap_puts_rates_on_a_log_axis_and_words_in_order(tmp_path: Path) -> None:
    sweep = sweep_of(
        tmp_path, {"learning_rate": [0.01, 0.05, 0.2], "network.hidden": [[], [4], [8, 8], [16]]},
        "network=dense", "epochs=2",
    )  # fmt: skip
    _, canvas = drawn("heatmap", sweep)
    assert canvas.axes[0].get_xscale() == "log"
    assert [t.get_text() for t in canvas.axes[0].get_yticklabels()] == ["[]", "[4]", "[16]", "[8, 8]"]


def test_heatmap_says_what_was_not_swept(rates: Path, tmp_path: Path) -> None:
    import shutil

    shutil.copytree(rates, tmp_path / "s")
    table = pd.read_csv(tmp_path / "s" / "runs.csv", dtype=str)
    table.insert(2, "batch_size", ["1", "1", "2", "2", "3", "3"])
    table.to_csv(tmp_path / "s" / "runs.csv", index=False)
    numbers, canvas = drawn("heatmap", tmp_path / "s")
    assert "12 combinations that were not in the sweep" in load("heatmap").caption(numbers)
    assert sum(line.get_gid() == "absent" for line in canvas.axes[0].get_lines()) == 12


def test_names_of_ticks_do_not_overlap() -> None:
    from runner.figures.heatmap import _apart

    at, widths = np.array([0.0, 0.1, 0.2, 1.0, 2.0]), np.full(5, 0.3)
    shown = _apart(at, widths)
    assert shown[0] == 0
    assert shown[-1] == 4
    assert (np.diff(at[shown]) >= 0.3).all()


def test_negative_edges_are_dashed(alone: Path, tmp_path: Path) -> None:
    import shutil

    shutil.copytree(alone, tmp_path / "r")
    table = pd.read_csv(tmp_path / "r" / "parameters.csv")
    table.loc[2, "initial"] = -0.3
    table.to_csv(tmp_path / "r" / "parameters.csv", index=False)
    summary = pd.read_csv(tmp_path / "r" / "summary.csv").drop(columns="parameters.csv")
    summary.to_csv(tmp_path / "r" / "summary.csv", index=False)
    _, canvas = drawn("network", tmp_path / "r")
    dashes = {line.get_gid(): line.get_linestyle() for line in canvas.axes[0].get_lines() if line.get_gid()}
    assert [name for name, dash in dashes.items() if dash != "-"] == ["w3"]


def test_eight_neurons_do_not_overlap(tmp_path: Path) -> None:
    sweep = sweep_of(tmp_path, {"seed": [0]}, "network=dense", "data=moons", "epochs=2")
    with mpl.rc_context(fname=Path(load.__code__.co_filename).with_name("paper.mplstyle")):
        numbers = load("network").numbers(Results(sweep / "0"), Options())
        canvas = paint(load("network"), numbers)
        canvas.draw_without_rendering()
    ax = canvas.axes[0]
    nodes = [line for line in ax.get_lines() if line.get_marker() == "o" and line.get_xdata()[0] == 1.0]
    heights = sorted(ax.transData.transform((1.0, node.get_ydata()[0]))[1] for node in nodes)
    across = nodes[0].get_markersize() / 72 * canvas.dpi
    assert len(nodes) == 8
    assert np.diff(heights).min() > 1.3 * across


def test_regression_points_have_the_colours_of_their_targets(tmp_path: Path) -> None:
    from matplotlib.collections import PathCollection

    sweep = sweep_of(tmp_path, {"seed": [0]}, "network=dense", "data=plane", "epochs=2")
    numbers, canvas = drawn("decision_boundary", sweep / "0")
    (points,) = [c for c in canvas.axes[0].collections if isinstance(c, PathCollection)]
    (mesh,) = [c for c in canvas.axes[0].collections if isinstance(c, QuadMesh)]
    assert (
        np.asarray(points.get_array()).tolist()
        == numbers.loc[numbers["kind"] == "training", "value"].tolist()
    )
    assert (points.norm.vmin, points.norm.vmax) == (mesh.norm.vmin, mesh.norm.vmax)


def test_the_plane_of_classes_is_monotone_in_lightness() -> None:
    from runner.figures.decision_boundary import PALE

    lightness = PALE(np.linspace(0, 1, 64))[:, :3] @ [0.299, 0.587, 0.114]
    assert (np.diff(lightness) <= 1e-9).all()


def test_held_out_curves_are_in_the_caption(seeds: Path) -> None:
    numbers, canvas = drawn("learning_curves", seeds / "0")
    assert "held-out examples" in load("learning_curves").caption(numbers)
    history = rows(seeds / "0" / "history.csv")
    assert curves(canvas)[1][1].tolist() == [float(row["test_error"]) for row in history]


def test_landscape_says_which_runs_it_shows_and_by_what_they_differ(tmp_path: Path) -> None:
    swept: dict[str, list[Any]] = {"regularization.l2": [0.0, 0.01, 0.1], "learning_rate": [0.01, 0.05, 0.1]}
    numbers, canvas = drawn("landscape", sweep_of(tmp_path, swept, "epochs=20"))
    text = load("landscape").caption(numbers)
    shown = numbers.loc[numbers["kind"] == "path", "run"].nunique()
    assert f"paths of {shown} runs that start alike, evenly chosen of 9," in text
    assert "colours tell regularization.l2, dashes learning_rate" in text
    legend = canvas.axes[0].get_legend()
    assert legend is not None


@pytest.mark.parametrize("metric", ["final_error", "test_error"])
def test_one_setting_is_the_best_in_every_figure(seeds: Path, metric: str) -> None:
    """The best median over seeds; a picture of one run shows the median seed, and says so."""
    keys = ["learning_rate", "regularization.l2"]
    table = pd.read_csv(seeds / "runs.csv")
    table[metric] = table[metric].mask(table["status"] == "diverged", np.inf)
    medians = table.groupby(keys)[metric].median()
    setting = dict(zip(keys, medians.idxmin(), strict=True))
    name = ", ".join(f"{key}={value:g}" for key, value in setting.items())
    alike = table[(table[keys] == pd.Series(setting)).all(axis=1)].sort_values(metric)
    seed = f"seed={alike['seed'].iloc[1]}, the median of 4 seeds"  # of the two in the middle the better
    results, options = Results(seeds), Options(metric=metric)
    said = metric.replace("_", " ")
    for figure in ("decision_boundary", "landscape"):
        caption = load(figure).caption(load(figure).numbers(results, options))
        assert f"the best setting by {said} ({name}; {seed})" in caption
    for figure in ("heatmap", "learning_rates"):
        numbers = load(figure).numbers(results, options)
        assert f"best setting by {said}: {medians.min():.6g} at {name}" in load(figure).caption(numbers)
        (marked,) = numbers[numbers["best"]].to_dict("records")
        assert {key: marked[key] for key in keys} == setting
        assert marked[metric] == pytest.approx(medians.min(), rel=1e-12)


@pytest.mark.parametrize(
    ("low", "high"), [(0.012, 0.5), (0.06, 0.09), (1e-6, 1e2), (1e-31, 10.0), (0.9, 80.0)]
)
def test_ticks_of_log_axes_are_round_and_more_than_one(low: float, high: float) -> None:
    from runner.figures.style.axes import log_ticks

    named, minor, _ = log_ticks(low, high)
    assert 2 <= len(named) <= 8
    assert all(low <= tick <= high * (1 + 1e-9) for tick in named + minor)
    assert all(len(f"{tick:g}".replace("0", "").replace(".", "").partition("e")[0]) <= 2 for tick in named)


def test_where_no_run_gets_there_the_panel_says_so(tmp_path: Path) -> None:
    """Each seed reaches an error of its own: the median of no rate reaches the threshold."""
    swept: dict[str, list[Any]] = {"learning_rate": [0.8, 1.0], "seed": list(range(5))}
    relu = ["network=dense", "network.activation=relu", "data=plane", "epochs=30"]
    numbers, canvas = drawn("learning_rates", sweep_of(tmp_path, swept, *relu))
    assert numbers["steps_to_threshold"].isna().all()
    assert [text.get_text() for text in canvas.axes[1].texts] == ["no run got there"]


def test_bands_are_within_the_axes(tmp_path: Path) -> None:
    sweep = sweep_of(tmp_path, {"seed": list(range(20))}, "network=dense", "data=plane", "epochs=30")
    numbers, canvas = drawn("learning_curves", sweep)
    low, high = canvas.axes[0].get_ylim()
    assert numbers["high"].max() > 1.5 * numbers["error"].max()
    assert low <= numbers["low"].min()
    assert numbers["high"].max() <= high


def test_a_shorter_run_is_not_hidden_by_a_longer_one(tmp_path: Path) -> None:
    _, canvas = drawn("learning_curves", sweep_of(tmp_path, {"epochs": [2, 5, 20, 50]}))
    (lines,) = (c for c in canvas.axes[0].collections if isinstance(c, LineCollection))
    assert [len(path) for path in lines.get_segments()] == [51, 21, 6, 3]


def test_close_values_have_names_of_their_own() -> None:
    from runner.figures.style.encoding import short_names
    from runner.records.runs_table import plain

    close = [0.012345678, 0.012345679, 0.0123456795]
    assert short_names(close) == ["0.012345678", "0.012345679", "0.0123456795"]
    assert [plain(v) for v in (0.1, 1e-4, 5.0, "sgd")] == ["0.1", "0.0001", "5", "sgd"]
    assert short_names(["a long name that ends alike", "another name that ends alike"]) == [
        "a long name that en…",
        "another name that e…",
    ]


def test_ticks_say_what_they_are(tmp_path: Path) -> None:
    """Errors that differ in the tenth digit: no sum of two numbers at the end of the axis."""
    _, canvas = drawn_as_paper(
        "learning_curves", sweep_of(tmp_path, {"learning_rate": [1e-12, 1e-11, 1e-10]})
    )
    canvas.canvas.draw()
    axis = canvas.axes[0].yaxis
    assert axis.get_offset_text().get_text() == ""
    values = [float(tick.get_text()) for tick in axis.get_ticklabels()]
    assert 0.32 < min(values) < max(values) < 0.33


def test_deep_networks_are_drawn_across_the_page(tmp_path: Path) -> None:
    sweep = sweep_of(
        tmp_path, {"epochs": [1]}, "network=dense", "data=sine", f"network.hidden={[1] * 10}".replace(" ", "")
    )
    _, canvas = drawn_as_paper("network", sweep / "0")
    before, after = canvas.axes[:2]
    assert before.get_position().y0 > after.get_position().y1
    canvas.canvas.draw()
    boxes = [text.get_window_extent() for text in after.texts]
    assert not any(a.overlaps(b) for i, a in enumerate(boxes) for b in boxes[i + 1 :] if a.width and b.width)


def test_points_tell_their_dash() -> None:
    from runner.figures.style.encoding import Keys, Looks

    table = pd.DataFrame({"batch_size": [8, 16], "optimizer": ["adam", "sgd"]})
    looks = Looks.of(table, Keys("batch_size", "optimizer"))
    assert [looks.marker(marks) for marks in table.to_dict("records")] == ["o", "s"]
    assert Looks.of(table, Keys("batch_size")).marker(table.iloc[1]) == "o"


def test_numbers_in_sentences_are_decimals() -> None:
    from runner.figures.figure import rounded
    from runner.figures.landscape import _axis_name

    assert [rounded(v) for v in (623.4, 1087.0, 0.00327, 1e-9)] == ["620", "1100", "0.0033", "1e-09"]
    shares = [_axis_name("direction 1", share)[13:-15] for share in (1.0, 0.98765, 0.5, 0.000287)]
    assert shares == ["> 99.9", "98.8", "50.0", "< 0.1"]


def test_landscape_of_diverged_runs_says_so(diverged: Path) -> None:
    numbers, _ = drawn("landscape", diverged)
    caption = load("landscape").caption(numbers)
    assert "2 runs diverged; paths end where weights leave the scale" in caption
    assert "the end of the run learning_rate=5" in caption


def test_only_runs_that_start_alike_share_a_plane(seeds: Path) -> None:
    numbers, _ = drawn("landscape", seeds)
    paths = numbers[numbers["kind"] == "path"]
    table = pd.read_csv(seeds / "runs.csv", index_col="run")
    shown = table.loc[paths["run"].unique()]
    assert shown["seed"].nunique() == 1
    kept = table[(table["status"] == "completed") & (table["final_error"] < 1000 * table["initial_error"])]
    assert len(shown) == (kept["seed"] == shown["seed"].iloc[0]).sum() > 1
    text = load("landscape").caption(numbers)
    assert f"paths of {len(shown)} runs that start alike" in text
    diverged = (table["status"] == "diverged").sum()
    assert f"{diverged} diverged" in text
    assert f"{len(kept) - len(shown)} of other initial weights" in text


def test_seeds_that_change_nothing_share_a_plane(tmp_path: Path) -> None:
    numbers, _ = drawn(
        "landscape", sweep_of(tmp_path, {"seed": [0, 1], "learning_rate": [0.01, 0.1]}, "epochs=5")
    )
    assert numbers.loc[numbers["kind"] == "path", "run"].nunique() == 4
    keys = numbers.attrs["keys"]
    assert "seed" in (keys.color, keys.dash)


def test_landscape_counts_one_reason_a_run(tmp_path: Path) -> None:
    swept: dict[str, list[Any]] = {
        "network.activation": ["tanh", "relu"], "learning_rate": [0.01, 0.1], "seed": [0, 1],
    }  # fmt: skip
    sweep = sweep_of(tmp_path, swept, "network=dense", "network.hidden=[2]", "data=xor", "epochs=5")
    states = ["completed"] * 8
    states[5] = "diverged"  # of the other activation than that of the best, which is the first
    retold(sweep, status=states, final_error=["1e-3", *["0.1"] * 7])
    numbers, _ = drawn("landscape", sweep)
    assert (
        load("landscape")
        .caption(numbers)
        .endswith("Not drawn: 4 of another network, data or loss, 2 of other initial weights.")
    )
    retold(sweep, status=["completed"] * 2 + ["diverged", "completed"] * 3)
    numbers, _ = drawn("landscape", sweep)
    assert (
        load("landscape")
        .caption(numbers)
        .endswith("Not drawn: 4 of another network, data or loss, 1 diverged, 2 of other initial weights.")
    )


def test_paths_lead_to_the_end_however_large_the_weights(tmp_path: Path) -> None:
    cars = sweep_of(tmp_path, {"seed": [0]}, "experiment=cars", "epochs=400") / "0"
    last, result = (
        rows(cars / "history.csv")[-1],
        rows(cars / "summary.csv")[0],
    )
    names = [name for name in last if name[0] in "wb"]
    assert max(abs(float(last[name])) for name in names) > 10
    numbers, _ = drawn("landscape", cars)
    end = numbers[numbers["kind"] == "path"].iloc[-1]
    assert (end["x"], end["y"]) == (pytest.approx(0, abs=1e-9), pytest.approx(0, abs=1e-9))
    assert end["error"] == float(result["final_error"])
    from runner.figures.landscape import errors as errors_at

    weights = np.array([[float(last[name]) for name in names]])
    assert errors_at(Results(cars).experiment(0), weights)[0] == pytest.approx(end["error"], rel=1e-9)
    grid = numbers[numbers["kind"] == "grid"]
    nearest = grid.loc[np.hypot(grid["x"], grid["y"]).idxmin(), "error"]
    assert nearest == pytest.approx(end["error"], rel=0.05)
    numbers, _ = drawn("landscape", cars, x=names[0], y=names[-1])
    end = numbers[numbers["kind"] == "path"].iloc[-1]
    assert (end["x"], end["y"]) == (float(last[names[0]]), float(last[names[-1]]))


def test_only_lost_runs_end_where_weights_leave_the_scale(tmp_path: Path) -> None:
    sweep = sweep_of(tmp_path, {"learning_rate": [0.05, 3.0]}, "epochs=30")
    assert pd.read_csv(sweep / "runs.csv")["status"].tolist() == ["completed", "diverged"]
    numbers, _ = drawn("weight_paths", sweep)
    ends = numbers.groupby(["run", "name"])["epoch"].max().groupby("run").max()
    assert ends[0] == 30
    assert ends[1] < float(rows(sweep / "1" / "history.csv")[-1]["epoch"])
    assert "1 of them diverged: the axes hold the others" in load("weight_paths").caption(numbers)
