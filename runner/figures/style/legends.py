"""Legends, where they cover no data: above the panels, or beside them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import matplotlib as mpl
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.font_manager import FontProperties
from matplotlib.lines import Line2D

LETTERS = 46  # of a legend that fit above a panel, side by side
ROWS = 2  # of a legend above a panel; a longer one stands beside it
BESIDE = 20  # letters of a name in a legend that leaves a panel room beside it


def add_legend(axes: Sequence[Axes], sections: Sequence[tuple[str | None, Sequence[Artist]]]) -> None:
    """A legend where it covers no data: above the panels if it is short, else beside them.

    Sections stand under each other, each under its name; side by side where a colour bar is beside.
    """
    names = [str(handle.get_label()) for _, handles in sections for handle in handles]
    if len(sections) == 1 and len(names) < 2:
        return
    room, most = (2 * LETTERS, 7) if len(axes) > 1 else (LETTERS, 6)
    longest = max(map(len, names))
    columns = max(1, min(most, room // (longest + 7), len(names)))
    columns = -(-len(names) // -(-len(names) // columns))  # rows as long as each other
    (title, handles), *more = sections
    rows = -(-len(names) // columns)
    columns = -(-len(names) // rows)  # as long as each other
    low, wordy = rows <= ROWS, longest > BESIDE
    if not more and (low or wordy or axes[-1].child_axes):
        _legend(axes, "above", handles=list(handles), title=title, ncols=columns)
    elif axes[-1].child_axes:
        most = max(len(some) for _, some in sections)
        blanks = [[_heading("")] * (most - len(some)) for _, some in sections]
        entries = [[_heading(t), *some, *no] for (t, some), no in zip(sections, blanks, strict=True)]
        _legend(axes, "above", handles=[entry for column in entries for entry in column], ncols=len(sections))
    else:
        _legend(axes, "beside", handles=[e for t, some in sections for e in (_heading(t), *some)])


def legend_line() -> float:
    """The height of a line of a legend, in inches."""
    size = FontProperties(size=mpl.rcParams["legend.fontsize"]).get_size_in_points()
    return float(size) * (1.05 + mpl.rcParams["legend.labelspacing"]) / 72


def _heading(text: str | None) -> Artist:
    return Line2D([], [], ls="none", label=text or " ")


#: Where legends stand: of one panel, and of several.
PLACES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "above": ({"loc": "lower center", "bbox_to_anchor": (0.5, 1.0)}, {"loc": "outside upper center"}),
    "beside": ({"loc": "center left", "bbox_to_anchor": (1.02, 0.5)}, {"loc": "outside center right"}),
}


def _legend(axes: Sequence[Axes], where: str, **more: Any) -> None:
    several = len(axes) > 1
    owner: Any = axes[0].figure if several else axes[0]
    owner.legend(**PLACES[where][several], **more)
