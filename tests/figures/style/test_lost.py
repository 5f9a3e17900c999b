"""Crosses and regions where runs were lost."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure as Canvas
from reading_figures import drawn, sweep_of

from runner.figures import load
from runner.figures.style.lost import begins_to_lose


def crosses(canvas: Canvas, axes: int) -> dict[tuple[float, str], float]:
    """The heights of a panel's crosses, in parts of its own, by their rates and colours."""
    marks = [line for line in canvas.axes[axes].get_lines() if line.get_gid() == "lost"]
    return {(x, str(line.get_color())): y for line in marks for x, y in line.get_xydata()}


def test_lost_runs_are_shown_where_other_lines_survive(lost: Path) -> None:
    numbers, canvas = drawn("learning_rates", lost, metric="final_error")
    lines = [line for line in canvas.axes[0].get_lines() if len(line.get_xdata()) == 2 and not line.get_gid()]
    colors = {str(line.get_color()) for line in lines}
    assert len(colors) == 3
    marks = crosses(canvas, 0)
    assert {rate for rate, _ in marks} == {0.1}
    assert len({color for _, color in marks} & colors) == 2  # tanh survives
    assert len(set(marks.values())) == 2  # none hides another
    low, high = canvas.axes[0].get_ylim()
    assert 0.8 < min(marks.values()) < max(marks.values()) < 1
    scale = canvas.axes[0].yaxis.get_transform()
    place = (min(marks.values()) - 0.025) * np.diff(scale.transform([low, high])) + scale.transform([low])
    assert (scale.transform(numbers["final_error"].dropna()) < place).all()  # the room is theirs alone
    counts = [text.get_text() for text in canvas.axes[0].texts if text.get_gid() == "count"]
    assert sorted(counts) == ["2 of 4", "3 of 4"]
    by_line = numbers.set_index(["network.activation", "learning_rate"])[["diverged", "blown_up"]]
    assert by_line.loc[("relu", 0.1)].tolist() == [2, 0]
    assert by_line.loc[("sin", 0.1)].tolist() == [0, 3]
    text = load("learning_rates").caption(numbers)
    assert "2 of 24 runs diverged, 3 blew up (to 1,000 times the first error or more)" in text
    assert (
        "crosses at the upper edge mark where a line begins to lose runs, with how many of its seeds" in text
    )


def test_equal_counts_at_a_rate_are_said_once_and_regions_named_beside_points(tmp_path: Path) -> None:
    swept: dict[str, list[Any]] = {"optimizer": ["sgd", "rmsprop"], "learning_rate": [0.1, 1e6],
                                   "seed": [0, 1]}  # fmt: skip
    _, canvas = drawn("learning_rates", sweep_of(tmp_path, swept, "epochs=30"))
    assert len(crosses(canvas, 0)) == 2
    (count,) = [text for text in canvas.axes[0].texts if text.get_gid() == "count"]
    assert count.get_text() == "2 of 2 each"
    assert count.xy[1] == np.mean(list(crosses(canvas, 0).values()))
    (name,) = [text for text in canvas.axes[0].texts if text.get_rotation() == 90]
    assert np.sqrt(0.1 * 1e6) < name.get_position()[0] < 1e5  # the region begins halfway between the rates


def test_a_line_is_crossed_where_it_begins_to_lose_runs() -> None:
    """Also where fewer than half of its seeds are lost, and anew where it came back."""
    table = pd.DataFrame({"key": [*"aaaaa", *"bbbbb"], "diverged": [0, 1, 4, 0, 1, 0, 0, 0, 0, 0]})
    begins = begins_to_lose(table.assign(blown_up=[0] * 9 + [2]), ["key"])
    assert begins.tolist() == [False, True, False, False, True, *[False] * 4, True]


def test_of_very_many_lines_the_crosses_are_counted(tmp_path: Path) -> None:
    swept: dict[str, list[Any]] = {"regularization.l2": [i / 1000 for i in range(9)],
                                   "learning_rate": [0.1, 0.2, 10.0]}  # fmt: skip
    _, canvas = drawn("learning_rates", sweep_of(tmp_path, swept, "epochs=30"))
    (count,) = [text.get_text() for text in canvas.axes[0].texts if text.get_gid() == "count"]
    assert count == "9 of 9"
    never = [text for text in canvas.axes[1].texts if text.get_gid() == "never"]
    assert (never[-1].get_text(), never[-1].get_position()[0]) == ("9", 10.0)


def test_crosses_among_accuracies_stand_where_bad_ones_do(lost: Path) -> None:
    _, canvas = drawn("learning_rates", lost, metric="accuracy")
    assert max(crosses(canvas, 0).values()) < 0.2
