"""Legends, where they cover no data: above the panels, or beside them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import matplotlib as mpl
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.font_manager import FontProperties
from matplotlib.lines import Line2D

from runner.figures.style.panel import is_ours

LETTERS = 46  # of a legend that fit above a panel, side by side
ROWS = 2  # of a legend above a panel; a longer one stands beside it
BESIDE = 20  # letters of a name in a legend that leaves a panel room beside it


def add_legend(
    axes: Sequence[Axes], sections: Sequence[tuple[str | None, Sequence[Artist]]], titled: bool = False
) -> None:
    """A legend where it covers no data: above the panels if it is short, else beside them.

    A panel that is `titled` has it above its title. Sections stand under each other, each under its name;
    side by side where a colour bar is beside.
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
        _legend(axes, "above", titled, handles=list(handles), title=title, ncols=columns)
    elif axes[-1].child_axes:
        most = max(len(some) for _, some in sections)
        blanks = [[_heading("")] * (most - len(some)) for _, some in sections]
        entries = [[_heading(t), *some, *no] for (t, some), no in zip(sections, blanks, strict=True)]
        together = [entry for column in entries for entry in column]
        _legend(axes, "above", titled, handles=together, ncols=len(sections))
    else:
        _legend(axes, "beside", titled, handles=[e for t, some in sections for e in (_heading(t), *some)])


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


def _legend(axes: Sequence[Axes], where: str, titled: bool, **more: Any) -> None:
    if len(axes) > 1 and not is_ours(axes):  # their figure may have other panels
        above = {"loc": "lower left", "bbox_to_anchor": (0.0, 1.12 if axes[0].get_title() else 1.0)}
        ax, place = (axes[0], above) if where == "above" else (axes[-1], PLACES[where][0])
        ax.legend(**place, **more)
        return
    several = len(axes) > 1 or (titled and where == "above")
    owner: Any = axes[0].figure if several else axes[0]
    owner.legend(**PLACES[where][several], **more)
