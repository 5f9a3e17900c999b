"""Legends where they cover no data."""

from __future__ import annotations


def test_a_legend_in_rows_is_even() -> None:
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D

    from runner.figures.style.legends import add_legend

    ax = Figure().subplots()
    add_legend([ax], [(None, [Line2D([], [], label=f"layer {i}") for i in range(4)])])
    legend = ax.get_legend()
    assert legend is not None
    assert legend._ncols in (2, 4)
