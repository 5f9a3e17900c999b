"""Crosses and regions where runs were lost."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure as Canvas
from reading_figures import drawn

from runner.figures import load


def crosses(canvas: Canvas, axes: int) -> dict[tuple[float, str], float]:
    """The heights of a panel's crosses, in parts of its own, by their rates and colours."""
    marks = [line for line in canvas.axes[axes].get_lines() if line.get_gid() == "lost"]
    return {(x, str(line.get_color())): y for line in marks for x, y in line.get_xydata()}


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
