"""Which keys become panels, where panels stand, and which lines are named."""

from __future__ import annotations

from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from reading_figures import curves, drawn, sweep_of

from runner.figures.figure import Options
from runner.figures.style.encoding import Keys
from runner.figures.style.panels import Grid, _panels, named_lines

WORDS = {"optimizer": ["sgd", "adam", "rmsprop", "adagrad"], "activation": ["tanh", "relu"]}
NUMBERS = {"learning_rate": [0.001, 0.01, 0.1], "batch_size": [1, 4], "l2": [0.0, 0.1]}
INITIALIZERS = {"weights": [f"init {i}" for i in range(9)]}


def table(**swept: list[Any]) -> pd.DataFrame:
    return pd.DataFrame([dict(zip(swept, values, strict=True)) for values in product(*swept.values())])


@pytest.mark.parametrize(
    ("swept", "options", "expected"),
    [
        ({**WORDS, **NUMBERS}, Options(), ("optimizer", "activation")),
        ({"learning_rate": NUMBERS["learning_rate"], **WORDS}, Options(), ("optimizer", "activation")),
        (NUMBERS, Options(), ("batch_size", None)),  # six lines a panel need no rows
        (NUMBERS, Options(color="l2"), ("learning_rate", None)),
        ({"optimizer": WORDS["optimizer"]}, Options(), (None, None)),  # colours compare them in one panel
        ({"learning_rate": NUMBERS["learning_rate"], **INITIALIZERS}, Options(), (None, None)),
        ({**WORDS, **NUMBERS}, Options(row="l2"), (None, "l2")),
        ({**WORDS, **NUMBERS}, Options(color="optimizer"), ("learning_rate", "activation")),
    ],
)
def test_words_become_panels_and_the_rate_colour(
    swept: dict[str, list[Any]], options: Options, expected: tuple[str | None, str | None]
) -> None:
    runs = table(**swept)
    assert _panels(runs, list(swept), options) == expected


def test_panels_show_all_lines_once_in_order() -> None:
    runs = table(**WORDS, **NUMBERS)
    grid = Grid.of(runs, Keys("learning_rate", col="optimizer", row="activation"))
    assert (grid.shape, len(grid)) == ((2, 4), 8)
    parts = grid.parts(runs)
    assert sorted(place for part in parts for place in part.index) == list(runs.index)
    assert grid.titles()[0] == "optimizer = adagrad\nactivation = relu"
    marks = [(part["optimizer"].iloc[0], part["activation"].iloc[0]) for part in parts]
    assert marks[:4] == [(name, "relu") for name in ("adagrad", "adam", "rmsprop", "sgd")]


@pytest.mark.parametrize(("count", "shape"), [(1, (1, 1)), (4, (1, 4)), (5, (2, 3)), (6, (2, 3))])
def test_more_than_four_panels_begin_anew_below(count: int, shape: tuple[int, int]) -> None:
    runs = table(key=[f"name{i}" for i in range(count)])
    assert Grid.of(runs, Keys(None, col="key")).shape == shape


def test_long_titles_have_room() -> None:
    """At font size 10 fewer than four stand side by side."""
    runs = table(optimizer=[f"a long name {i}" for i in range(4)])
    grid = Grid.of(runs, Keys(None, col="optimizer"))
    assert grid.shape == (2, 2)
    assert grid.titles(30)[0] == "optimizer = a long name 0"
    assert grid.titles(15)[0] == "a long name 0"
    assert all(len(title) <= 8 for title in grid.titles(8))


def test_best_median_and_worst_are_named_of_what_was_not_lost() -> None:
    assert named_lines([3.0, np.inf, 1.0, 2.0]) == {"best": 2, "median": 3, "worst": 0}
    assert named_lines([1.0, np.inf]) == {"best": 0}
    assert named_lines([np.inf]) == {}


def test_panels_share_their_axes_and_one_key(tmp_path: Path) -> None:
    swept: dict[str, list[Any]] = {
        "network.activation": ["tanh", "relu", "sin"], "learning_rate": [0.01, 0.1], "seed": [0, 1],
    }  # fmt: skip
    overrides = ["network=dense", "network.hidden=[2]", "data=xor", "data.points=12", "epochs=4"]
    _, canvas = drawn("learning_curves", sweep := sweep_of(tmp_path, swept, *overrides))
    panels = canvas.axes[:3]
    assert [ax.get_title() for ax in panels] == [f"activation = {name}" for name in ("relu", "sin", "tanh")]
    assert len({(ax.get_xlim(), ax.get_ylim(), ax.get_yscale()) for ax in panels}) == 1
    assert [ax.get_ylabel() for ax in panels] == ["error $E$", "", ""]
    assert [len(curves(canvas, at)) for at in range(3)] == [6, 6, 6]  # medians of two rates, and their seeds
    (legend,) = canvas.legends
    assert [text.get_text() for text in legend.get_texts()] == ["0.01", "0.1"]
    _, canvas = drawn("learning_rates", sweep, col="network.activation")
    assert [len(curves(canvas, at)) for at in range(3)] == [1, 1, 1]
    assert len({(ax.get_xlim(), ax.get_ylim()) for ax in canvas.axes[:3]}) == 1


def test_a_pair_that_was_not_run_is_an_empty_panel(tmp_path: Path) -> None:
    sweep = sweep_of(tmp_path, {"learning_rate": [0.01, 0.1], "optimizer.momentum": [0.0, 0.5]}, "epochs=3")
    runs = pd.read_csv(sweep / "runs.csv", dtype=str)
    runs.insert(1, "a", ["x", "y", "y", "y"])
    runs.insert(2, "b", ["x", "x", "x", "y"])
    runs.to_csv(sweep / "runs.csv", index=False)
    for name in ("learning_curves", "learning_rates"):
        _, canvas = drawn(name, sweep, col="a", row="b")
        drawn_in = [any(line.get_gid() is None for line in ax.get_lines()) or bool(ax.collections)
                    for ax in canvas.axes[:4]]  # fmt: skip
        assert drawn_in == [True, True, False, True]
