"""The figures over epochs as numbers that a page's scripts draw, under one crosshair."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from runner.errors import RunnerError
from runner.figures import load
from runner.figures.stability import PANELS, heights_of
from runner.figures.style.axes import Heights
from runner.figures.style.encoding import Keys
from runner.figures.weight_paths import FAN, NAMED, is_bias, is_fan
from runner.nn.arrays import Array
from runner.records.histories import every
from runner.report.live import MOST_POINTS, packed
from runner.report.naming import Called
from runner.report.tables import setting_of

if TYPE_CHECKING:
    import pandas as pd

    from runner.figures.drawing import Rendered
    from runner.figures.figure import Options
    from runner.results import Results

#: Numbers of a figure, and entries that are hidden one by one; of more it is whole layers.
MOST_NUMBERS, MOST_NAMED = 60_000, 24
#: How a line looks that is not the first of its entry: the limit of a sharpness, the end of a band.
THIN, EDGE, DASHED = "thin", "edge", "dashed"
#: The figures whose panels stand below each other.
BELOW = ("stability",)
#: What the axes of norms say.
NORMS = {"gradient": "‖∂E/∂w‖ a layer", "step": "‖Δw‖ / ‖w‖ a layer"}


@dataclass(frozen=True)
class Entry:
    """What is hidden and followed as one: a run, a weight, or a layer; hidden with its `group`.

    Its colour is that of its `setting` among the curves, a `share` of those in order, or one of the `hue`s.
    """

    name: str
    group: str
    setting: int | None = None
    share: float | None = None
    hue: int | None = None


class Line(NamedTuple):
    """A line of the entry at a place: its counts (T,) and values (T,)."""

    entry: int
    look: str
    counts: Array
    values: Array


@dataclass(frozen=True)
class Panel:
    """Lines on one axis; `bands` are pairs of them, the upper and the lower."""

    label: str
    log: bool
    ends: tuple[float, float]
    lines: Sequence[Line]
    bands: Sequence[tuple[int, int]] = ()


#: The entries of a figure, and its panels.
Chart = tuple[Sequence[Entry], Sequence[Panel]]


def linked_of(
    results: Results, options: Options, figures: Sequence[Rendered], called: Called
) -> dict[str, Any]:
    """By the names of those `figures` that are drawn: their panels as plain values."""
    drawn = {figure.name for figure in figures if figure.reason is None}
    asked = replace(options, counts=_counts(results)) if drawn.intersection(MAKERS) else options
    charts = {name: _chart(results, asked, name, called) for name in MAKERS if name in drawn}
    return {name: chart for name, chart in charts.items() if chart}


def _counts(results: Results) -> tuple[float, ...]:
    """The counts of the learning curves, of which a page draws these or some."""
    try:
        counts = results.curves("final_error").counts
    except RunnerError:  # the figures have said what is wrong with a file
        return ()
    return tuple(counts[every(len(counts), MOST_POINTS)].tolist())


def _chart(results: Results, options: Options, name: str, called: Called) -> dict[str, Any] | None:
    figure = load(name)
    try:
        table = figure.numbers(results, options)
    except RunnerError:  # a file has changed since it was drawn
        return None
    entries, panels = MAKERS[name](results, table, called)
    table.attrs = table.attrs | {"keys": Keys(None)}  # the page has colours of its own
    unit = table.attrs.get("unit", "epoch")
    lines = sum(len(panel.lines) for panel in panels)
    most = max(2, MOST_NUMBERS // lines)
    of_settings = any(entry.setting is not None for entry in entries)
    said = " Colours are those of the learning curves." if of_settings else ""
    return {
        "title": name.replace("_", " ").capitalize(),
        "unit": called.column(unit),
        "columns": 1 if name in BELOW else len(panels),
        "counted": unit,
        "said": figure.caption(table) + said,
        "entries": [vars(entry) for entry in entries],
        "panels": [_packed(panel, options.counts or (), most) for panel in panels],
    }


def _packed(panel: Panel, counts: Sequence[float], most: int) -> dict[str, Any]:
    """A panel as plain values: its lines (L, T) over common counts, NaN where a line has none."""
    common = np.unique(np.concatenate([line.counts for line in panel.lines]))
    shared = np.isin(common, counts)
    if len(common) > MOST_POINTS and shared.any():
        common = common[shared]
    common = common[every(len(common), most)]
    values = np.full((len(panel.lines), len(common)), np.nan)
    for row, line in zip(values, panel.lines, strict=True):
        there = np.isin(line.counts, common)
        row[np.searchsorted(common, line.counts[there])] = line.values[there]
    return {
        "label": panel.label,
        "log": panel.log,
        "low": panel.ends[0],
        "high": panel.ends[1],
        "bands": panel.bands,
        "lines": [[line.entry, line.look] for line in panel.lines],
        "counts": packed(common),
        "values": packed(values),
    }


def _ends(heights: Heights, values: Any) -> tuple[float, float]:
    return heights.limits(np.asarray(values, dtype=float), 0.05, 0.05)


def _of_runs(results: Results, table: pd.DataFrame, called: Called) -> dict[int, Entry]:
    """An entry a run of the table, by its number."""
    settings = dict(zip(results.runs["run"], setting_of(results), strict=True))
    firsts = table.drop_duplicates("run")
    several = len({settings[run] for run in firsts["run"]}) > 1
    names = [called.setting(row, results.swept) for _, row in firsts.iterrows()]
    entries = {}
    for at, (run, name) in enumerate(zip(firsts["run"], names, strict=True)):
        setting = int(settings[run]) if several else None
        entries[int(run)] = Entry(name, name, setting, hue=None if several else at)
    return entries


def _lines(
    table: pd.DataFrame,
    by: str,
    unit: str,
    places: Mapping[Any, int],
    looks: Callable[[Any], str] = lambda _: "",
) -> list[Line]:
    """The lines of a table by what tells them apart, each of the entry at its place."""
    return [
        Line(places[key], looks(key), *(line[name].to_numpy(dtype=float) for name in (unit, "value")))
        for key, line in table.groupby(by, sort=False)
    ]


def _weight_paths(results: Results, table: pd.DataFrame, called: Called) -> Chart:
    """A panel a weight with the runs as lines, or a panel a layer with its weights."""
    if not table.attrs["by_weight"]:
        return _layers(table)
    entries, panels = _of_runs(results, table, called), []
    places = {run: at for at, run in enumerate(entries)}
    for name, part in table.groupby("name", sort=False):
        kept = part[~part["lost"]] if not part["lost"].all() else part
        lines = _lines(part, "run", table.attrs["unit"], places)
        panels.append(Panel(str(name), False, _ends(Heights(), kept["value"]), lines))
    return [*entries.values()], panels


def _layers(table: pd.DataFrame) -> Chart:
    """A panel a layer: its weights one by one, or as bands about their median, which are one entry."""
    entries: dict[str, Entry] = {}
    panels = []
    for layer, part in table.groupby("layer", sort=True):
        names, places = [str(name) for name in part["name"].unique()], {}
        for at, name in enumerate(names):
            group = f"{'biases' if is_bias(name) else 'weights'} of layer {layer}"
            entry = group if is_fan(name) else name
            hue = at if len(names) <= NAMED else int(is_bias(name))
            places[name] = [*entries, entry].index(entry)
            entries.setdefault(entry, Entry(entry, group, hue=hue))
        lines = _lines(part, "name", table.attrs["unit"], places, _look)
        first = [at for at, name in enumerate(names) if is_fan(name)][:: len(FAN)]
        bands = [pair for at in first for pair in ((at + 4, at), (at + 3, at + 1))]
        panels.append(
            Panel(f"weights of layer {layer}", False, _ends(Heights(), part["value"]), lines, bands)
        )
    few = len(entries) <= MOST_NAMED
    return [replace(entry, group=entry.name) if few else entry for entry in entries.values()], panels


def _look(name: Any) -> str:
    """How the line of a weight, or of a quantile of several, looks."""
    return EDGE if is_fan(name) and not name.endswith(" 50%") else DASHED if is_bias(name) else ""


def _gradients(_results: Results, table: pd.DataFrame, _called: Called) -> Chart:
    """A panel a quantity, a line a layer."""
    layers = sorted(table["layer"].unique())
    names, shares = [f"layer {layer}" for layer in layers], np.linspace(0, 1, len(layers))
    entries = [Entry(name, name, share=float(share)) for name, share in zip(names, shares, strict=True)]
    places, panels = {layer: at for at, layer in enumerate(layers)}, []
    for quantity, part in table.groupby("quantity", sort=False):
        heights = Heights.of(part["value"].to_numpy())
        lines = _lines(part, "layer", table.attrs["unit"], places)
        panels.append(Panel(NORMS[str(quantity)], heights.log, _ends(heights, part["value"]), lines))
    return entries, panels


def _stability(results: Results, table: pd.DataFrame, called: Called) -> Chart:
    """The error, and the sharpness with the largest stable one thin, a line a run."""
    entries, panels = _of_runs(results, table, called), []
    places = {run: at for at, run in enumerate(entries)}
    for name in PANELS:
        part, edges = table[table["curve"] == name], table[table["curve"] == "edge"]
        heights = heights_of(table, name)
        reach = np.append(heights.place(part["value"]), np.nan if np.isinf(heights.top) else heights.top)
        lines = _lines(part, "run", "epoch", places)
        if name == "sharpness":
            lines += _lines(edges, "run", "epoch", places, lambda _: THIN)
        panels.append(Panel(called.column(name), heights.log, _ends(heights, reach), lines))
    return [*entries.values()], panels


#: How the numbers of a figure become panels.
MAKERS: dict[str, Callable[[Results, pd.DataFrame, Called], Chart]] = {
    "weight_paths": _weight_paths,
    "gradients": _gradients,
    "stability": _stability,
}
