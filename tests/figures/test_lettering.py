"""Texts that are drawn as one: each where matplotlib puts it, in its colour."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from runner.figures.lettering import Lettering, is_plain

NUMBER = "b \N{MINUS SIGN}0.0268 fg"


def drawn(together: bool, **look: Any) -> Any:
    """The ink (H, W, 3) of two texts, drawn one by one or together."""
    agg = FigureCanvasAgg(figure := Figure((3, 1), dpi=200))
    texts = [
        figure.text(0.5, at, NUMBER, **look, color=color) for at, color in ((0.7, "red"), (0.3, "black"))
    ]
    assert all(map(is_plain, texts))
    renderer: Any = agg.get_renderer()
    if together:
        Lettering(renderer).draw(texts)
    else:
        for text in texts:
            text.draw(renderer)
    rgba = np.asarray(renderer.buffer_rgba(), dtype=float) / 255
    return (1 - rgba[..., :3]) * rgba[..., 3:]


@pytest.mark.parametrize(
    ("ha", "va"), [("left", "top"), ("center", "center"), ("right", "bottom"), ("center", "baseline")]
)
def test_texts_are_where_matplotlib_puts_them(ha: str, va: str) -> None:
    at_once, one_by_one = (drawn(together, ha=ha, va=va, fontsize=8) for together in (True, False))
    for a, b in zip(extent(at_once), extent(one_by_one), strict=True):
        assert abs(a - b) <= 3  # dots of 200 an inch: hinted letters are wider by a fraction of one each
    assert np.allclose(at_once.sum(axis=(0, 1)), one_by_one.sum(axis=(0, 1)), rtol=0.1)  # of each colour


def extent(ink: Any) -> tuple[int, ...]:
    rows, columns = (np.flatnonzero(ink.sum(axis=2).max(axis=axis) > 0.5) for axis in (1, 0))
    return rows[0], rows[-1], columns[0], columns[-1]


def test_mathematics_boxes_and_other_lines_are_not_plain() -> None:
    figure = Figure()
    others = [figure.text(0, 0, text) for text in ("$x$", "one\ntwo")]
    others += [figure.text(0, 0, "1", rotation=90), figure.text(0, 0, "1", bbox={"pad": 1})]
    assert not any(map(is_plain, others))
