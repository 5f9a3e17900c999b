"""Moments of training: the weights of one run that a figure shows, a panel or a frame each.

A table that shows several has a column a moment; its ``attrs["moments"]`` has pairs of the column and
the title. Any of them may be left out there: what is drawn of one does not depend on the others.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from runner.figures.figure import DOUBLE, Layout, Options
from runner.nn.arrays import Array
from runner.results import Results

#: From where in ``parameters.csv`` a moment is taken, its column, and its title.
Stored = tuple[str, str, str]
BEFORE_AND_AFTER: Sequence[Stored] = (("initial", "initial", "before"), ("final", "final", "after"))


class Moments(NamedTuple):
    """K moments of a run: their columns, their titles, epochs (K,) and parameters (K, P).

    `said` is what a caption has to say of epochs that were not recorded.
    """

    columns: list[str]
    titles: list[str]
    epochs: Array
    parameters: Array
    said: str = ""

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """What a table's ``attrs`` has of them."""
        return list(zip(self.columns, self.titles, strict=True))


def moments(results: Results, run: int, options: Options, stored: Sequence[Stored]) -> Moments:
    """The moments of a run at the epochs that are asked for, or `stored` ones where none are.

    Of an epoch that was not recorded it is the nearest one that was; frames are spread over all rows.
    """
    if options.epochs is None and options.frames is None:
        table = results.parameters(run)
        ends = dict(zip(("initial", "final"), _ends(results, run), strict=True))
        sources, columns, titles = (list(part) for part in zip(*stored, strict=True))
        values = table[sources].to_numpy(dtype=float).T
        return Moments(columns, titles, np.array([ends[source] for source in sources]), values)
    epochs, parameters = _recorded(results, run)
    if options.epochs is None:
        places, said = _spread(len(epochs), options.frames or 1), ""
    else:
        places = [int(np.abs(epochs - epoch).argmin()) for epoch in options.epochs]
        said = _not_recorded(options.epochs, epochs[places])
        places = list(dict.fromkeys(places))
    names = [f"epoch {epoch:g}" for epoch in epochs[places]]
    return Moments(names, names, epochs[places], parameters[places], said)


def _ends(results: Results, run: int) -> tuple[float, float]:
    """The first epoch of a run, and the last."""
    # swept, it is not said again what was reached
    reached: Any = results.runs["epochs"].get(run) if "epochs" in results.runs else None
    return 0.0, float(results.experiment(run).epochs if reached is None else reached)


def _recorded(results: Results, run: int) -> tuple[Array, Array]:
    """The epochs (T,) whose weights are known, and these (T, P): at least those before and after."""
    parameters = results.parameters(run)
    names = list(parameters["name"])
    unit, *columns = results.header(run)
    if not set(names) <= set(columns):
        return np.array(_ends(results, run)), parameters[["initial", "final"]].to_numpy(dtype=float).T
    history = results.history(run, names)
    per_epoch = results.experiment(run).updates_per_epoch if unit == "update" else 1
    return history[unit].to_numpy() / per_epoch, history[names].to_numpy(dtype=float)


def _spread(count: int, most: int) -> list[int]:
    """The places of at most `most` of so many rows: all, or ever farther apart, as training slows down."""
    if count <= most:
        return list(range(count))
    return np.unique(np.geomspace(1, count, most).round().astype(int) - 1).tolist()


def _not_recorded(asked: Sequence[float], shown: Array) -> str:
    unlike = [f"{a:g} (shown: {s:g})" for a, s in zip(asked, shown, strict=True) if a != s]
    return f". Not among the recorded epochs: {', '.join(unlike)}" if unlike else ""


def is_before_and_after(table: pd.DataFrame) -> bool:
    """Whether a table has these two, and no epochs that were asked for."""
    return [column for column, _ in table.attrs["moments"]] == [column for _, column, _ in BEFORE_AND_AFTER]


def is_titled(table: pd.DataFrame) -> bool:
    """Whether panels bear the names of their moments."""
    return table.attrs["moments"][0][1] != "" and not is_before_and_after(table)


def when(table: pd.DataFrame) -> str:
    """When a table's moments are, as a caption says it."""
    if is_before_and_after(table):
        return "before and after training"
    *most, last = [title.removeprefix("epoch ") for _, title in table.attrs["moments"]]
    if not last:
        return "after training"
    return f"at epochs {', '.join(most)} and {last}" if most else f"at epoch {last}"


def frames(table: pd.DataFrame) -> Iterator[pd.DataFrame]:
    """The table of each moment alone, for a film."""
    for moment in table.attrs["moments"]:
        frame = pd.DataFrame(table, copy=False)  # a copy would copy all that is in attrs, too
        frame.attrs = {**table.attrs, "moments": [moment]}
        yield frame


def multiples(table: pd.DataFrame, single: Layout) -> Layout:
    """Panels side by side as `single` is, one for each moment."""
    if (count := len(table.attrs["moments"])) == 1:
        return replace(single, aspect=single.aspect + 0.08) if is_titled(table) else single
    columns = 2 if count in (2, 4) else 3
    taller = 0.06 if columns == 2 else 0.14  # titles and labels are as high over smaller panels
    return Layout(-(-count // columns), columns, DOUBLE, single.aspect + taller, count)


def name_panels(axes: Sequence[Axes], titles: Sequence[str]) -> None:
    """Puts each title over its panel."""
    for ax, title in zip(axes, titles, strict=True):
        if title:
            ax.set_title(title, loc="left", weight="bold")


def share_labels(axes: Sequence[Axes]) -> None:
    """Leaves labels at the outer ones of panels of equal axes only."""
    for at, ax in enumerate(axes):
        columns = _columns(ax)
        if at % columns:
            ax.tick_params(labelleft=False)
            ax.set_ylabel("")
        if at < len(axes) - columns:
            ax.tick_params(labelbottom=False)
            ax.set_xlabel("")


def _columns(ax: Axes) -> int:
    place = ax.get_subplotspec()
    return place.get_gridspec().ncols if place else 1
