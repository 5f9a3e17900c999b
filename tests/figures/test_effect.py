"""Lines, rows and crosses against the table of runs; where a zero stands, and what captions say."""

from __future__ import annotations

import math
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from making_tables import make_table
from matplotlib.axes import Axes
from reading_figures import drawn

from runner.figures import load
from runner.figures.effect.scale import Scale, clear
from runner.figures.figure import Options
from runner.records.reading import exact_floats
from runner.results import Results
from runner.results.intervals import interval


def marked(ax: Axes, gid: str) -> list[tuple[float, float]]:
    """The points of the lines of a name."""
    lines = [line for line in ax.get_lines() if line.get_gid() == gid]
    return [(float(x), float(y)) for line in lines for x, y in zip(*line.get_data(), strict=True)]


def bars(ax: Axes, gid: str) -> list[Any]:
    """The ends of the bars of a name, (2, 2) each."""
    return [path for c in ax.collections if c.get_gid() == gid for path in c.get_segments() if len(path)]  # type: ignore[attr-defined]


def caption(numbers: pd.DataFrame) -> str:
    return load("effect").caption(numbers)


def medians(sweep: Path, key: str, metric: str) -> dict[str, float]:
    table = pd.read_csv(sweep / "runs.csv", dtype={key: str}, **exact_floats(pd.__version__))
    return table.groupby(key, sort=False)[metric].median().to_dict()


@pytest.fixture
def penalties(tmp_path: Path) -> Path:
    """Moons that few points and many neurons fit by heart, unless a penalty keeps them from it: 36 runs."""
    shutil.copy(Path(__file__).parent.parent / "reference" / "penalties.csv", tmp_path / "runs.csv")
    return tmp_path


def test_a_penalty_shows_its_u_with_the_least_test_error_at_a_hundredth(penalties: Path) -> None:
    numbers, canvas = drawn("effect", penalties)
    (ax,) = canvas.axes
    known = medians(penalties, "regularization.l2", "test_error")
    points = dict.fromkeys([*marked(ax, "apart test_error"), *marked(ax, "median test_error")])
    heights = [height for _, height in sorted(points)]
    assert heights == list(known.values())
    assert int(np.argmin(heights)) == list(known).index("0.01")
    assert heights[:4] == sorted(heights[:4], reverse=True)
    assert heights[3:] == sorted(heights[3:])
    ((x, y),) = marked(ax, "best")
    assert (round(math.log10(x), 1), y) == (-2.0, min(heights))
    training = [height for _, height in sorted(marked(ax, "median final_error"))]
    assert training == sorted(training)
    assert "test error: 0." in caption(numbers)


def test_a_zero_stands_left_of_a_broken_log_axis(penalties: Path) -> None:
    _, canvas = drawn("effect", penalties)
    (ax,) = canvas.axes
    assert ax.get_xscale() == "log"
    ticks = dict(zip([t.get_text() for t in ax.get_xticklabels()], ax.get_xticks(), strict=True))
    assert list(ticks) == ["0", "0.0001", "0.001", "0.01", "0.1", "1"]
    assert ticks["0"] == pytest.approx(1e-5)
    breaks = {x for x, _ in marked(ax, "break")}
    assert len(breaks) == 1
    assert ticks["0"] < breaks.pop() < ticks["0.0001"]
    dotted = [line for line in ax.get_lines() if line.get_gid() == "apart test_error"]
    assert [line.get_linestyle() for line in dotted] == [":"]


def test_intervals_are_those_of_the_seeds(penalties: Path) -> None:
    numbers, canvas = drawn("effect", penalties)
    table = pd.read_csv(penalties / "runs.csv", **exact_floats(pd.__version__))
    ends = bars(canvas.axes[0], "interval test_error")
    for bar, (_, runs) in zip(ends, table.groupby("regularization.l2"), strict=True):
        assert tuple(bar[:, 1]) == interval(runs["test_error"].to_numpy())
    assert "a dot a seed, and the median of 6 seeds, with its 95 % bootstrap interval" in caption(numbers)
    assert len(marked(canvas.axes[0], "test_error")) == 36


INITIALIZERS = [
    *("zeros", "uniform", "normal", "xavier_uniform", "xavier_normal", "he_uniform", "he_normal"),
    *("lecun_normal", "orthogonal"),
]


def test_words_are_rows_of_their_seeds_the_best_on_top(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    swept = {"network.weights": INITIALIZERS, "seed": list(range(6))}
    sweep = make_table(tmp_path, swept, lambda *_: {"test_error": rng.lognormal(), "final_error": 0.5})
    numbers, canvas = drawn("effect", sweep)
    (ax,) = canvas.axes
    names = [text.get_text() for text in ax.get_yticklabels()]
    known = medians(sweep, "network.weights", "test_error")
    assert names == sorted(known, key=lambda name: known[name])
    assert ax.get_ylim()[0] > ax.get_ylim()[1]
    table = pd.read_csv(sweep / "runs.csv", **exact_floats(pd.__version__))
    dots = marked(ax, "test_error")
    for row, name in enumerate(names):
        sixes = sorted(x for x, y in dots if row - 0.5 < y < row + 0.5)
        assert sixes == sorted(table.loc[table["network.weights"] == name, "test_error"])
        assert len(sixes) == 6
    assert [x for x, _ in sorted(marked(ax, "median test_error"), key=lambda p: p[1])] == sorted(
        known.values()
    )
    assert "Rows are sorted, the best on top" in caption(numbers)


def wide(optimizer: str, rate: float, size: str, seed: int) -> dict[str, float] | None:
    return (
        None if rate == 1 and seed else {"final_error": rate * (2 if optimizer == "sgd" else 1) + 0.1 * seed}
    )


WIDE: dict[str, list[Any]] = {
    "optimizer": ["sgd", "adam"], "learning_rate": [0.1, 0.3, 1.0], "batch_size": ["16", "null"],
    "seed": [0, 1, 2],
}  # fmt: skip


def test_several_keys_have_a_panel_each_with_all_other_runs(tmp_path: Path) -> None:
    numbers, canvas = drawn("effect", make_table(tmp_path, WIDE, wide))
    assert [ax.get_xlabel() or ax.get_ylabel() for ax in canvas.axes][1] == r"learning rate $\eta$"
    assert len(canvas.axes) == 3
    middle = canvas.axes[1]
    assert sorted(y for _, y in marked(middle, "median final_error") if y == y) == pytest.approx([0.2, 0.4])
    assert len(marked(middle, "other")) == 3 * 12 - 3 * 3
    ((_, best),) = marked(middle, "best")
    assert best == pytest.approx(0.2)
    assert "each value at its best of all else by final error, over all other runs with it (grey)" in caption(
        numbers
    )
    assert "3 seeds are too few for one, 5 would do" in caption(numbers)
    assert not bars(middle, "interval final_error")


def test_lost_runs_are_crosses_with_counts(tmp_path: Path) -> None:
    numbers, canvas = drawn("effect", make_table(tmp_path, WIDE, wide), x="learning_rate")
    (ax,) = canvas.axes
    assert [x for x, _ in marked(ax, "lost")] == [1.0]
    assert [text.get_text() for text in ax.texts if text.get_gid() == "count"] == ["2 of 3"]
    assert "8 of 36 runs diverged; crosses: lost runs of those at their best" in caption(numbers)
    assert "Left out: optimizer, batch_size (--x shows one)" in caption(numbers)


def test_keys_that_make_no_settings_have_no_effect(rates: Path, tmp_path: Path) -> None:
    figure = load("effect")
    said = figure.applies(Results(rates), Options(x="w1"))
    assert said == "--x w1 is a weight, not a swept key"
    table = make_table(tmp_path, WIDE, wide)
    assert "no swept key that makes settings" in str(figure.applies(Results(table), Options(x="seed")))


def test_a_full_batch_stands_right_of_the_others() -> None:
    scale = Scale.of("batch_size", ["1", "full", "4", "16", "64"])
    assert scale is not None
    assert list(scale.places) == ["1", "4", "16", "64", "full"]
    assert scale.places["full"] == pytest.approx(256)
    assert scale.names["full"] == "full"
    assert Scale.of("network.biases", ["1", "full"]) is None
    assert Scale.of("optimizer", ["sgd", "adam"]) is None
    narrow = Scale.of("optimizer.momentum", ["0.9", "0", "0.5"])
    assert narrow is not None
    assert (narrow.log, narrow.apart) == (False, ())


def test_names_of_ticks_keep_clear_of_each_other() -> None:
    assert clear(["0.1", "0.2", "0.3"], np.array([0.0, 0.05, 1.0])) == ["0.1", "\n0.2", "0.3"]
    assert clear(["0.1", "0.2", "0.3"], np.array([0.0, 0.05, 0.1])) == ["0.1", "\n0.2", ""]


def test_round_off_is_drawn_as_equal(tmp_path: Path) -> None:
    errors = {0.1: 0.5, 0.2: 1e-30, 0.3: 3e-33, 0.4: 0.0}
    sweep = make_table(
        tmp_path / "a", {"learning_rate": list(errors)}, lambda rate: {"final_error": errors[rate]}
    )
    numbers, canvas = drawn("effect", sweep)
    (line,) = [line for line in canvas.axes[0].get_lines() if line.get_gid() == "median final_error"]
    assert line.get_ydata().tolist() == pytest.approx([0.5, 1e-25, 1e-25, 1e-25])
    assert "Errors below 1e-24 are round-off, and drawn as equal" in load("effect").caption(numbers)
    alone = make_table(
        tmp_path / "b", {"learning_rate": [0.1, 0.2]}, lambda rate: {"final_error": rate * 1e-30}
    )
    _, canvas = drawn("effect", alone)
    (line,) = [line for line in canvas.axes[0].get_lines() if line.get_gid() == "median final_error"]
    assert line.get_ydata().tolist() == pytest.approx([1e-25, 1e-25])
    assert canvas.axes[0].get_yscale() == "log"


def high(activation: str, seed: int) -> dict[str, float]:
    """Accuracies near 1, held out and not."""
    wrong = {"tanh": 0.01, "relu": 0.04, "sin": 0.2}[activation] * (1 + 0.1 * seed)
    return {"accuracy": 1 - wrong / 2, "test_accuracy": 1 - wrong}


def test_high_accuracies_are_error_rates_on_a_log_axis(tmp_path: Path) -> None:
    sweep = make_table(tmp_path, {"network.activation": ["sin", "tanh", "relu"], "seed": range(3)}, high)
    numbers, canvas = drawn("effect", sweep, metric="test_accuracy")
    (ax,) = canvas.axes
    assert ax.get_xscale() == "log"
    assert [x for x, _ in sorted(marked(ax, "median test_error_rate"))] == pytest.approx([0.011, 0.044, 0.22])
    assert [text.get_text() for text in ax.get_yticklabels()] == ["tanh", "relu", "sin"]  # the best on top
    assert numbers["number"].max() < 1  # the table has what runs.csv has
    assert "Drawn is the error rate, 1 − accuracy" in caption(numbers)


def test_a_run_far_above_where_it_began_does_not_take_the_axis(tmp_path: Path) -> None:
    """It is a triangle at the edge; what is compared always has its place."""

    def ended(momentum: float, rate: float, seed: int) -> dict[str, float]:
        return {"final_error": 200.0 if (momentum, rate, seed) == (0.9, 1.0, 2) else 0.1 * momentum + rate}

    swept = {"optimizer.momentum": [0.5, 0.9], "learning_rate": [0.01, 0.1, 1.0], "seed": range(3)}
    numbers, canvas = drawn("effect", make_table(tmp_path, swept, ended))
    for ax in canvas.axes:
        low, top = ax.get_ylim()
        assert low < 0.06 < 1.0 < top < 5
        ((_, y),) = marked(ax, "beyond")
        assert y < top
    assert "Triangles: runs that ended far above where they began, up to 200" in caption(numbers)
