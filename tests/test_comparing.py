"""What the tests allow another processor, and what they do not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from comparing import SQUARE, same_but_for_hairs, same_but_for_rounding


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("3,0.16856394541011357,w1\n", "3,0.16856394541011363,w1\n"),
        ("E = 0.327241\n", "E = 0.327240\n"),  # a tie, rounded for show
        ("2.77557e−17", "2.77558e−17"),
        ("0.19099999999999998", "0.191"),
    ],
)
def test_last_digits_may_differ(text: str, expected: str) -> None:
    assert text != expected
    assert same_but_for_rounding(text, expected)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("3,0.16856394541,w1\n", "3,0.16856394542,w2\n"),
        ("E = 0.327242\n", "E = 0.327240\n"),
        ("0.16856394541011363", "0.16856394551011363"),
        ("w6 = 0.15", "w6 = 0.16"),
        ("w6 = 0.16", "w6 = −0.16"),
        ("epoch 100", "epoch 101"),
        ("h1   = 0.85", "h1  = 0.85"),
        ("0.5 0.5", "0.5"),
        ("2.77557e−17", "2.77557e−16"),
    ],
)
def test_nothing_else_may(text: str, expected: str) -> None:
    assert not same_but_for_rounding(text, expected)


def test_a_picture_may_differ_by_hairs_and_not_by_a_mark(tmp_path: Path) -> None:
    from matplotlib.image import imsave

    white = np.ones((5 * SQUARE, 7 * SQUARE, 3))
    line, moved, mark = (white.copy() for _ in range(3))
    line[30], moved[31] = 0, 0
    mark[30], mark[40:48, 40:48] = 0, 0
    for name, picture in {"line": line, "moved": moved, "mark": mark}.items():
        imsave(tmp_path / f"{name}.png", picture)
    others = {n: same_but_for_hairs(tmp_path / f"{n}.png", tmp_path / "line.png") for n in ("moved", "mark")}
    assert others == {"moved": True, "mark": False}
    imsave(tmp_path / "wide.png", np.ones((5 * SQUARE, 8 * SQUARE, 3)))
    assert not same_but_for_hairs(tmp_path / "wide.png", tmp_path / "line.png")
