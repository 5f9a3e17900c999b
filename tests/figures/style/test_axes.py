"""Ticks at round numbers."""

from __future__ import annotations

import pytest


@pytest.mark.parametrize(
    ("low", "high"), [(0.012, 0.5), (0.06, 0.09), (1e-6, 1e2), (1e-31, 10.0), (0.9, 80.0)]
)
def test_ticks_of_log_axes_are_round_and_more_than_one(low: float, high: float) -> None:
    from runner.figures.style.axes import log_ticks

    named, minor, _ = log_ticks(low, high)
    assert 2 <= len(named) <= 8
    assert all(low <= tick <= high * (1 + 1e-9) for tick in named + minor)
    assert all(len(f"{tick:g}".replace("0", "").replace(".", "").partition("e")[0]) <= 2 for tick in named)


def test_large_letters_have_fewer_ticks() -> None:
    import matplotlib as mpl
    from matplotlib.figure import Figure

    from runner.figures.style.axes import log_axis

    named = {}
    for size in (7, 14):
        with mpl.rc_context({"xtick.labelsize": size}):
            ax = Figure(figsize=(7, 3)).subplots(1, 2)[0]
            ax.set_xlim(0.0025, 0.35)
            log_axis(ax, "x")
            named[size] = ax.get_xticks().tolist()
    assert len(named[7]) > 4
    assert named[14] == [0.01, 0.1]
