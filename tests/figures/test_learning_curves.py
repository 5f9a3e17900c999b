"""Its numbers against numbers computed from the CSV files by other means; its marks, and its words."""

from __future__ import annotations

import statistics
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from matplotlib.collections import LineCollection
from matplotlib.colors import to_hex
from matplotlib.figure import Figure as Canvas
from matplotlib.legend import Legend
from matplotlib.path import Path as Outline
from reading_figures import curves, drawn, drawn_as_paper, errors, retold, rows, sweep_of

from runner.figures import load
from runner.figures.drawing import paint
from runner.figures.figure import Options
from runner.figures.options import Look
from runner.figures.style.encoding import DISTINCT, Keys
from runner.figures.style.sheets import in_force
from runner.results import Results


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
    crosses = [line for line in canvas.axes[0].get_lines() if line.get_marker() == "x"]
    assert [cross.get_xdata()[0] for cross in crosses] == [len(errors(rates / run)) - 1 for run in "45"]
    low, high = canvas.axes[0].get_ylim()
    assert all(low < cross.get_ydata()[0] <= high for cross in crosses)
    assert "2 of 6 runs diverged; crosses end lines that diverged" in load("learning_curves").caption(numbers)
    assert canvas.axes[0].get_yscale() == "log"


def test_learning_curves_of_few_seeds_are_medians_and_a_thin_line_each(seeds: Path) -> None:
    """Over the training set solid, held out dashed, with a dot at the least error of the median."""
    numbers, canvas = drawn("learning_curves", seeds, metric="final_error")
    table = numbers[(numbers["line"] == 0) & (numbers["kind"] == "median")]
    by_curve = {str(curve): part for curve, part in table.groupby("curve")}
    for curve, column in (("training", "error"), ("held out", "test_error")):
        group = [[float(row[column]) for row in rows(seeds / str(run) / "history.csv")] for run in range(4)]
        medians = [statistics.median(epoch) for epoch in zip(*group, strict=True)]
        assert by_curve[curve]["error"].tolist() == pytest.approx(medians, rel=1e-14)
    of_seeds = numbers[(numbers["line"] == 0) & (numbers["kind"] == "seed")]
    for run, line in of_seeds.groupby("run"):
        assert line["error"].tolist() == errors(seeds / str(run))
    styles = {lines.get_gid(): lines.get_linestyles() for lines in line_groups(canvas)}
    assert len({str(style) for style in styles["full"]}) == 2  # solid and dashed
    assert len(styles["seed"]) == 4 * 4  # rates of the first penalty, seeds
    best = by_curve["held out"]["error"].idxmin()
    dots = [line for line in canvas.axes[0].get_lines() if line.get_gid() == "best"]
    assert (numbers.at[best, "epoch"], numbers.at[best, "error"]) in [
        tuple(*dot.get_xydata()) for dot in dots
    ]
    text = load("learning_curves").caption(numbers)
    assert "held-out examples (dashed; a dot at its least error)" in text
    assert "median over 4 seeds, thin lines of the training error the seeds" in text
    assert bands(canvas) == []


def line_groups(canvas: Canvas, axes: int = 0) -> list[LineCollection]:
    return [c for c in canvas.axes[axes].collections if isinstance(c, LineCollection) and c.get_gid()]


def bands(canvas: Canvas) -> list[Any]:
    return [c for ax in canvas.axes for c in ax.collections if c.get_gid() == "band"]


def test_of_many_lines_a_sample_is_drawn_and_three_are_named(many: Path) -> None:
    """No band and no median: they are of unlike settings."""
    numbers, canvas = drawn("learning_curves", many)
    last = [errors(many / str(run))[20] for run in range(150)]
    assert 50 <= numbers["line"].nunique() <= 53
    assert set(numbers["kind"]) == {"run"}
    named = numbers[numbers["named"] != ""].drop_duplicates("line").set_index("named")["line"]
    order = np.argsort(last, kind="stable")
    assert named.to_dict() == {"best": order[0], "median": order[74], "worst": order[149]}
    assert len(curves(canvas)) == numbers["line"].nunique()
    assert bands(canvas) == []
    names = [text.get_text().split()[0] for text in canvas.axes[0].texts if text.get_gid() == "name"]
    assert sorted(names) == ["best", "median", "worst"]
    (full,) = [lines for lines in line_groups(canvas) if lines.get_gid() == "full"]
    assert {tuple(path[-1]) for path in full.get_segments()} == {(20.0, last[run]) for run in named}
    assert f"{numbers['line'].nunique()} are drawn" in load("learning_curves").caption(numbers)
    sample = numbers[numbers["line"] == 149]
    assert sample["error"].tolist() == errors(many / "149")


def test_settings_of_unlike_numbers_of_seeds_are_counted_and_a_bar_takes_no_lines(tmp_path: Path) -> None:
    """One seed a rate, and more of some. A legend of as many colours would be tall."""
    swept = {"optimizer": ["sgd", "adam"], "learning_rate": np.geomspace(1e-3, 1, 30).round(5).tolist()}
    given = ("network=dense", "data=sine", "data.points=8", "data.test_fraction=0.25", "epochs=2")
    sweep = sweep_of(tmp_path, swept | {"seed": [0, 1]}, *given)
    runs = pd.read_csv(sweep / "runs.csv", dtype=str)
    runs[(runs["seed"] == "0") | (runs["learning_rate"] == "1.0")].to_csv(sweep / "runs.csv", index=False)
    numbers, canvas = drawn_as_paper("learning_curves", sweep)
    assert "median over 1 to 2 seeds" in load("learning_curves").caption(numbers)
    assert canvas.get_size_inches()[1] < 3


@pytest.mark.parametrize("count", [3, 5])
def test_a_sweep_over_seeds_alone_is_a_median_with_a_band_from_five_on(tmp_path: Path, count: int) -> None:
    sweep = sweep_of(tmp_path, {"seed": list(range(count))}, "network=dense", "epochs=10")
    numbers, canvas = drawn("learning_curves", sweep)
    histories = [errors(sweep / str(run)) for run in range(count)]
    middle = numbers[numbers["kind"] == "median"]
    assert middle["error"].tolist() == [statistics.median(epoch) for epoch in zip(*histories, strict=True)]
    assert f"median over {count} seeds" in load("learning_curves").caption(numbers)
    if count < 5:
        assert (numbers["kind"] == "seed").sum() == count * 11
        assert bands(canvas) == []
        return
    low, _, high = statistics.quantiles([history[-1] for history in histories], n=4, method="inclusive")
    assert middle["low"].iloc[-1] == pytest.approx(low, rel=1e-12)
    assert middle["high"].iloc[-1] == pytest.approx(high, rel=1e-12)
    (band,) = bands(canvas)
    assert band.get_paths()[0].vertices[:, 1].max() == pytest.approx(middle["high"].max())
    assert "first to the third quartile" in load("learning_curves").caption(numbers)


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


def test_held_out_curves_are_in_the_caption(seeds: Path) -> None:
    numbers, canvas = drawn("learning_curves", seeds / "0")
    assert "held-out examples" in load("learning_curves").caption(numbers)
    (lines,) = line_groups(canvas)
    assert [to_hex(color).upper() for color in lines.get_colors()] == list(DISTINCT[:2])  # training, held out
    history = rows(seeds / "0" / "history.csv")
    assert curves(canvas)[1][1].tolist() == [float(row["test_error"]) for row in history]


def test_bands_are_within_the_axes(tmp_path: Path) -> None:
    sweep = sweep_of(tmp_path, {"seed": list(range(20))}, "network=dense", "data=plane", "epochs=30")
    numbers, canvas = drawn("learning_curves", sweep)
    low, high = canvas.axes[0].get_ylim()
    assert numbers["high"].max() > 1.5 * numbers["error"].max()
    assert low <= numbers["low"].min()
    assert numbers["high"].max() <= high


def test_a_shorter_run_is_not_hidden_by_a_longer_one(tmp_path: Path) -> None:
    _, canvas = drawn("learning_curves", sweep_of(tmp_path, {"epochs": [2, 5, 20, 50]}))
    (lines,) = (lines for lines in line_groups(canvas) if len(lines.get_segments()))
    assert [len(path) for path in lines.get_segments()] == [51, 21, 6, 3]


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


def painted(table: pd.DataFrame, **attrs: Any) -> tuple[pd.DataFrame, Canvas]:
    """A picture of lines that are given: the columns that all have, and what the table says of itself."""
    figure = load("learning_curves")
    common = {"line": 0, "curve": "", "kind": "median", "runs": 8, "named": ""}
    table = table.assign(**{name: value for name, value in common.items() if name not in table})
    table = table.assign(**{name: False for name in ("diverged", "blown_up") if name not in table})
    said = {"unit": "epoch", "keys": Keys(None), "losses": "", "runs": 8, "settings": 1, "primary": ""}
    table.attrs = said | attrs
    return table, paint(figure, table)


def test_a_band_whose_quartile_is_infinite_is_whiskers_from_there_on() -> None:
    high = [3.0, 2.5, np.inf, np.inf]
    lines = {"epoch": range(4), "error": [2.0, 1.0, 0.5, 0.25], "low": [1.0, 0.5, 0.2, 0.1], "high": high}
    _, canvas = painted(pd.DataFrame(lines), column="error")
    ax = canvas.axes[0]
    (band,) = bands(canvas)
    assert max(path.vertices[:, 0].max() for path in band.get_paths()) == 1.0
    (whiskers,) = [c for c in ax.collections if c.get_gid() == "whiskers"]
    ends = [path[:, 1].tolist() for path in whiskers.get_segments()]
    assert ends == [[low, pytest.approx(ax.get_ylim()[1])] for low in (0.2, 0.1)]
    assert ax.get_yscale() == "log"


@pytest.mark.parametrize(
    ("column", "values", "scale", "limits"),
    [
        ("error", [1.0, 0.2], "log", (0.0, 1.5)),
        ("error", [1.0, 0.5], "linear", (0.0, 1.5)),  # less than three times the least
        ("error", [0.02, 0.01], "linear", (0.0, 0.03)),
        ("accuracy", [0.5, 0.8], "linear", (0.0, 1.0)),
        ("accuracy", [0.5, 1.0], "linear", (0.0, 1.0)),  # of an error rate of 0 alone no log axis can be made
        ("accuracy", [0.5, 0.99], "log", (0.0, 1.0)),
    ],
)
def test_errors_are_never_below_0_and_accuracies_never_above_1(
    column: str, values: list[float], scale: str, limits: tuple[float, float]
) -> None:
    numbers, canvas = painted(pd.DataFrame({"epoch": [0, 1], column: values, "kind": "run"}), column=column)
    ax = canvas.axes[0]
    assert ax.get_yscale() == scale
    assert limits[0] <= ax.get_ylim()[0] < ax.get_ylim()[1] <= limits[1]
    as_rates = column == "accuracy" and scale == "log"
    assert (ax.get_ylabel() == "error rate, 1 − accuracy") == as_rates
    assert ("1 − accuracy" in load("learning_curves").caption(numbers)) == as_rates
    drawn_values = curves(canvas)[0][1].tolist()
    assert drawn_values == pytest.approx([1 - value for value in values] if as_rates else values)


def test_where_all_diverged_the_axes_hold_them(diverged: Path) -> None:
    _, canvas = drawn("learning_curves", diverged)
    ax = canvas.axes[0]
    crosses = {tuple(*line.get_xydata()) for line in ax.get_lines() if line.get_marker() == "x"}
    histories = [errors(diverged / str(run)) for run in range(2)]
    assert crosses == {(len(history) - 1, history[-1]) for history in histories}
    assert ax.get_xlim()[1] == max(map(len, histories)) - 1
    assert ax.get_ylim()[1] >= max(history[-1] for history in histories)


def test_of_equals_the_best_is_the_one_of_every_figure(tmp_path: Path) -> None:
    """The soonest, as all figures mark it."""
    rates: list[Any] = [round(0.01 * 1.2**i, 4) for i in range(14)]
    xor = ("network=dense", "data=xor", "data.points=12", "data.test_fraction=0.25")
    sweep = sweep_of(tmp_path, {"learning_rate": rates}, *xor, "epochs=3")
    tied = [*(["0.5"] * 10), "0.01", "0.01", "0.01", "0.5"]
    retold(sweep, test_error=tied, best_epoch=[*(["3"] * 11), "1", "2", "3"])
    numbers, canvas = drawn("learning_curves", sweep)
    (best,) = numbers.loc[numbers["named"] == "best", "learning_rate"].unique()
    assert best == rates[11] == Results(sweep).runs.at[Results(sweep).best("test_error"), "learning_rate"]
    ax = canvas.axes[0]
    assert f"best\n{best:.3g}" in [text.get_text() for text in ax.texts if text.get_gid() == "name"]


@pytest.mark.parametrize("style", ["paper", pytest.param("slides", marks=pytest.mark.thorough)])
@pytest.mark.parametrize(
    "swept",
    [
        {"learning_rate": list(np.geomspace(1e-4, 0.3, 14).round(6))},
        {"optimizer": ["sgd", "adam", "rmsprop"], "learning_rate": list(np.geomspace(1e-3, 1, 9).round(4))},
        {"epochs": [3, 40], "learning_rate": list(np.geomspace(1e-3, 1, 9).round(4))},
    ],
)
def test_names_lie_over_no_line_and_over_no_other(
    tmp_path: Path, swept: dict[str, list[Any]], style: str
) -> None:
    """And within their panel; each is led to from where its line ends."""
    given = ("network=dense", "network.hidden=[3]", "data=sine", "data.test_fraction=0.25", "epochs=40")
    sweep = sweep_of(tmp_path, swept, *given)
    with in_force(Look(style=style)):
        figure = load("learning_curves")
        numbers = figure.numbers(Results(sweep), Options())
        canvas = paint(figure, numbers)
        canvas.canvas.draw()
    named = 0
    for at, ax in enumerate(ax for ax in canvas.axes if ax.get_xlabel() or ax.get_title()):
        boxes = [text.get_window_extent() for text in ax.texts if text.get_gid() == "name"]
        named += len(boxes)
        leads = [line.get_xydata() for line in ax.get_lines() if line.get_gid() == "lead"]
        lines = [np.column_stack(line) for line in curves(canvas, at)]
        outlines = [Outline(ax.transData.transform(line)) for line in (*lines, *leads)]
        for box in boxes:
            assert not any(outline.intersects_bbox(box, filled=False) for outline in outlines)
            assert sum(box.overlaps(other) for other in boxes) == 1  # itself
            assert ax.bbox.containsx(box.x0)
            assert ax.bbox.containsx(box.x1)
        assert {tuple(lead[0]) for lead in leads} <= {tuple(line[-1]) for line in lines}
        assert len(leads) == len(boxes)
    assert named >= 3


def test_a_validation_part_has_a_curve_of_its_own_and_the_dot(tmp_path: Path) -> None:
    given = ("network=dense", "data=xor", "data.points=16", "data.noise=0.2", "epochs=9")
    parts = ("data.test_fraction=0.25", "data.validation_fraction=0.25")
    sweep = sweep_of(tmp_path, {"learning_rate": [0.1, 1.0]}, *given, *parts)
    for folder, primary in ((sweep, "validation"), (sweep / "0", "training")):
        numbers, canvas = drawn("learning_curves", folder)
        assert set(numbers["curve"]) == {"training", "validation", "test"}
        assert set(numbers.loc[numbers["best"].astype(bool), "curve"]) == {"validation"}
        assert numbers.attrs["primary"] == primary
        said = load("learning_curves").caption(numbers)
        assert (
            "validation examples (dash-dotted; a dot at its least error) and over the test examples" in said
        )
        (legend,) = [child for child in canvas.findobj(Legend) if child.get_texts()]
        names = [text.get_text() for text in legend.get_texts()]
        patterns = dict(zip(names, (str(line._dash_pattern) for line in legend.get_lines()), strict=False))
        assert len({patterns[name] for name in ("training", "validation", "test")}) == 3
