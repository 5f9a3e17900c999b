"""The chain rule on the network itself: forward values above, derivatives of the error below.

The form is that of Stanford's CS231n ("Backpropagation, Intuitions"). All numbers are those of
:mod:`runner.training.objective`, which training takes; nothing is trained.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.transforms import Transform, offset_copy

from runner.explain.diagram import Point
from runner.explain.notation.digits import is_rounding
from runner.figures.backprop.places import LINE, NODE, TO_ERROR, Places, down_of, down_to, places_on
from runner.figures.figure import DOUBLE, Figure, Layout, Options, needs_best
from runner.figures.moments import moments, when
from runner.figures.network import SUBSCRIPTS, node_name
from runner.nn.arrays import Array
from runner.results import Results
from runner.training.experiment import Experiment
from runner.training.objective import Examples, Objective

LARGEST, MOST_EDGES = 8, 32  # neurons of a layer, and weights, that leave room for their numbers
#: Okabe and Ito's blue and vermilion, told apart by the colour-blind; they differ in place, too.
VALUE, DERIVATIVE = "#0072B2", "#D55E00"
FIRST = (("initial", "value", ""),)
GREY = "0.35"
#: Behind numbers on lines, twice as wide as high or more; with its widths, in sizes of letters.
PAPER: dict[str, Any] = {"ls": "none", "mfc": "white", "mec": "none", "alpha": 0.85, "zorder": 2}
ON_EDGE: tuple[Any, float] = ([(-3, -1.5), (3, -1.5), (3, 1.5), (-3, 1.5)], 4.2)
AT_NODE: tuple[Any, float] = ([(-3, -1), (3, -1), (3, 1), (-3, 1)], 3.6)


def derivative_of(column: str) -> str:
    """The column of derivatives beside that of values."""
    return "derivative" if column == "value" else f"{column} derivative"


def numbers(results: Results, options: Options) -> pd.DataFrame:
    """A row a neuron, weight, bias, slope f′(z) and error: `kind`, `layer`, `to`, `from`, value, derivative.

    They are of the first training example alone. `derivative` is that of its error by the value; a slope
    has none, and stands there as 0.
    """
    run = results.best(options.metric)
    experiment, shown = results.experiment(run), moments(results, run, options, FIRST)
    passes = [pd.DataFrame(list(_pass(experiment, parameters))) for parameters in shown.parameters]
    columns: dict[str, pd.Series[float]] = {}
    for column, values in zip(shown.columns, passes, strict=True):
        columns |= {column: values["value"], derivative_of(column): values["derivative"]}
    table = passes[0][["kind", "layer", "to", "from"]].join(pd.DataFrame(columns))
    table.attrs = {
        "moments": shown.pairs,
        "said": shown.said,
        "sizes": experiment.sizes,
        "lines": _lines(table, len(experiment.sizes)),
        "examples": experiment.data.examples,
        "penalised": experiment.l1 > 0 or experiment.l2 > 0,
        "of": results.best_name(options.metric),
    }
    return table


def _pass(experiment: Experiment, parameters: Array) -> Iterator[dict[str, Any]]:
    """The rows of one pass forward and back over the first example, at parameters (P,)."""
    data, network = experiment.data, experiment.network
    example = Examples.of(data.inputs[:1], data.targets[:1])
    point = Objective.of([experiment]).at(np.ascontiguousarray(parameters)[None], example)
    forward, backward = point.forward, point.backward
    by_inputs = backward.dE_dz[0] @ forward.layers[0][0]
    for layer, (a, dE_da) in enumerate(zip(forward.a, [by_inputs, *backward.dE_da], strict=True)):
        for j, (value, derivative) in enumerate(zip(a[0, 0], dE_da[0, 0], strict=True), start=1):
            yield _row("neuron", layer, j, 0, value, derivative)
            if layer and experiment.activations[layer - 1] != "identity":
                slopes = np.broadcast_to(backward.da_dz[layer - 1], a.shape)
                yield _row("slope", layer, j, 0, slopes[0, 0, j - 1], 0.0)
    for p, value, derivative in zip(network.names, parameters, backward.gradient[0], strict=True):
        yield _row("weight" if p.from_ else "bias", p.layer, p.to, p.from_, value, derivative)
    for k, target in enumerate(data.targets[0], start=1):
        yield _row("target", len(experiment.sizes) - 1, k, 0, target, 0.0)
    yield _row("error", len(experiment.sizes), 1, 0, point.error[0], 1.0)


def _row(kind: str, layer: int, to: int, from_: int, value: float, derivative: float) -> dict[str, Any]:
    place = {"kind": kind, "layer": layer, "to": to, "from": from_}
    return place | {"value": float(value), "derivative": float(derivative)}


def draw(axes: Sequence[Axes], table: pd.DataFrame) -> None:
    """The network, from the inputs to the error, in points of the page."""
    sizes, most = table.attrs["sizes"], max(table.attrs["lines"])
    letter = float(mpl.rcParams["font.size"])
    for ax in axes:
        places = places_on(ax, table)
        last, (across, down) = len(sizes) - 1, places.apart
        for k in range(1, sizes[-1] + 1):
            _draw_edge(ax, places.neuron(last, k), places.neuron(last + 1, 1))
        for p in (edge.parameter for edge in places.drawing.edges):
            _draw_edge(ax, places.neuron(p.layer - 1, p.from_), places.neuron(p.layer, p.to))
        for layer, size in enumerate([*sizes, 1]):
            for neuron in range(1, size + 1):
                name = node_name(layer, neuron, sizes) if layer <= last else "$E$"
                _draw_node(ax, places.neuron(layer, neuron), name)
        _draw_paper(ax, places, sizes)
        top = down * (max(sizes) - 1) / 2
        ax.set(xlim=(-0.35 * across, across * (last + TO_ERROR) + 0.2 * across))
        ax.set(ylim=(-top - (3.2 + LINE * most) * letter, top + 3.2 * letter))
        ax.axis("off")


def _draw_paper(ax: Axes, places: Places, sizes: Sequence[int]) -> None:
    """Behind all numbers, of three digits: behind each by itself it would take a film too long."""
    letter = float(mpl.rcParams["font.size"])
    shape, width = ON_EDGE
    ax.plot(*zip(*places.names.values(), strict=True), marker=shape, ms=width * letter, **PAPER)
    shape, width = AT_NODE
    neurons = [places.neuron(layer, k + 1) for layer, size in enumerate(sizes) for k in range(size)]
    for up in (1, -1):
        beside = _offset(ax, 0, up * (NODE / 2 + width / 6) * letter)
        ax.plot(*zip(*neurons, strict=True), marker=shape, ms=width * letter, transform=beside, **PAPER)


def _draw_moment(axes: Sequence[Axes], table: pd.DataFrame) -> None:
    """The numbers of a moment, which change at every place."""
    for ax, (column, title) in zip(axes, table.attrs["moments"], strict=True):
        rows = _rows(table, column)
        for row in _roundings(rows):
            row["v"] = 0.0
        _write_numbers(ax, rows, places_on(ax, table), table.attrs["sizes"])
        ax.set_title(title, loc="left", weight="bold")


def _rows(table: pd.DataFrame, column: str) -> list[dict[str, Any]]:
    """What stands at each place at a moment: its value `v` and its derivative `d`."""
    bare = pd.DataFrame(table, copy=False)  # of a table with attrs each column is a slow one
    columns = ("kind", "layer", "to", "from", column, derivative_of(column))
    values = zip(*(bare[name].tolist() for name in columns), strict=True)
    return [dict(zip(("kind", "layer", "to", "from", "v", "d"), row, strict=True)) for row in values]


def _has_roundings(table: pd.DataFrame) -> bool:
    return any(_roundings(_rows(table, column)) for column, _ in table.attrs["moments"])


def _roundings(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The neurons whose sums are nothing but rounding."""
    neurons = {(row["layer"], row["to"]): row for row in rows if row["kind"] == "neuron"}
    terms: Counter[tuple[int, int]] = Counter()
    for row in rows:
        if row["kind"] in ("weight", "bias"):
            before = neurons[row["layer"] - 1, row["from"]]["v"] if row["from"] else 1.0
            terms[row["layer"], row["to"]] += abs(row["v"] * before)
    return [row for at, row in neurons.items() if is_rounding(row["v"], terms[at])]


def _write_numbers(ax: Axes, rows: Sequence[dict[str, Any]], places: Places, sizes: Sequence[int]) -> None:
    aside = NODE * float(mpl.rcParams["font.size"]) / 2 + 1.5
    beside = (_offset(ax, 0, aside), _offset(ax, 0, -aside))
    lines: Counter[Point] = Counter()
    for row in rows:
        if row["kind"] == "weight":
            _write_both(ax, places.names[row["layer"], row["to"], row["from"]], row, places.size)
            continue
        at = places.neuron(row["layer"], row["to"])
        if row["kind"] in BELOW:
            lines[at] += 1
            _write_below(ax, at, lines[at], BELOW[row["kind"]](row, sizes))
        else:
            _write_both(ax, at, row, places.size, beside)


def _draw_edge(ax: Axes, a: Point, b: Point) -> None:
    ax.plot(*zip(a, b, strict=True), color="0.75", lw=0.7, zorder=1)


def _number(value: float) -> str:
    return f"{value:.3g}".replace("-", "\N{MINUS SIGN}")


def _write_both(
    ax: Axes, at: Point, row: dict[str, Any], size: str, beside: Sequence[Transform | None] = (None, None)
) -> None:
    """The value above a place, the derivative below it; `beside`: from where in the panel."""
    both = (("value", row["v"], VALUE, "bottom"), ("derivative", row["d"], DERIVATIVE, "top"))
    for (gid, number, color, va), transform in zip(both, beside, strict=True):
        look: dict[str, Any] = {"ha": "center", "va": va, "fontsize": size, "zorder": 3}
        ax.text(*at, _number(number), color=color, gid=gid, transform=transform or ax.transData, **look)


def _draw_node(ax: Axes, at: Point, name: str) -> None:
    size = NODE * float(mpl.rcParams["font.size"])
    ax.plot(*at, "o", ms=size, mfc="white", mec="black", mew=0.8, zorder=4)
    letters = "medium" if "pred" not in name else "x-small"
    ax.text(*at, name, ha="center", va="center", zorder=5, fontsize=letters)


#: What stands in small letters below a neuron and its derivative: pieces of a line, each in its colour.
BELOW: dict[str, Callable[[dict[str, Any], Sequence[int]], list[tuple[str, str]]]] = {
    "bias": lambda row, _: [(f"b {_number(row['v'])}", VALUE), (_number(row["d"]), DERIVATIVE)],
    "slope": lambda row, _: [(f"f′ {_number(row['v'])}", GREY)],
    "target": lambda row, sizes: [(f"{_name_of_target(row['to'], sizes)} {_number(row['v'])}", GREY)],
}


def _name_of_target(output: int, sizes: Sequence[int]) -> str:
    return "y" if sizes[-1] == 1 else f"y{output}".translate(SUBSCRIPTS)


def _write_below(ax: Axes, at: Point, line: int, pieces: Sequence[tuple[str, str]]) -> None:
    """A line of one piece in the middle, or of two on either side of it."""
    letter = float(mpl.rcParams["font.size"])
    down = down_to(line) * letter
    sides = [("center", 0)] if len(pieces) == 1 else [("right", -2), ("left", 2)]
    for (text, color), (side, aside) in zip(pieces, sides, strict=True):
        look: dict[str, Any] = {"ha": side, "va": "top", "fontsize": "x-small", "zorder": 3}
        ax.text(*at, text, color=color, transform=_offset(ax, aside, down), **look)


def _offset(ax: Axes, right: float, up: float) -> Transform:
    """Places in the panel, and so many points beside them."""
    return offset_copy(ax.transData, ax.get_figure(root=True), right, up, "points")


def _lines(table: pd.DataFrame, layers: int) -> list[int]:
    """How many lines stand below the neurons of each layer."""
    below = table[table["kind"].isin(list(BELOW)) & (table["to"] == 1)]
    return [int((below["layer"] == layer).sum()) for layer in range(layers)]


def _layout(table: pd.DataFrame) -> Layout:
    letter = float(mpl.rcParams["font.size"])
    lines = max(table.attrs["lines"])
    height = (down_of(lines) * (max(table.attrs["sizes"]) - 1) + 7.2 + LINE * lines) * letter
    return Layout(len(table.attrs["moments"]), 1, DOUBLE, height / (72 * 7.2))


def _caption(table: pd.DataFrame) -> str:
    of, count = f" of {table.attrs['of']}" if table.attrs["of"] else "", table.attrs["examples"]
    at = "at the first weights" if table.attrs["moments"][0][1] == "" else when(table)
    text = f"The pass through the network{of} and back, {at}: above (blue) the values, below (red) the "
    text += "derivatives of the error by them; of biases b beside each other"
    text += "; f′ is the slope of the activation" if (table["kind"] == "slope").any() else ""
    if count > 1:
        text += (
            f". All are of the first of {count:,} training examples alone; training takes the mean over them"
        )
    text += ". Sums that are nothing but rounding are drawn as 0" if _has_roundings(table) else ""
    text += ". Penalties on the weights are left out" if table.attrs["penalised"] else ""
    return f"{text}{table.attrs['said']}."


def _applies(results: Results, options: Options) -> str | None:
    if reason := needs_best(results, options):
        return reason
    sizes = results.experiment(results.best(options.metric)).sizes
    edges = sum(n * m for n, m in pairwise(sizes))
    if max(sizes) > LARGEST or edges > MOST_EDGES:
        shape = "-".join(map(str, sizes))
        most = f"at most {LARGEST} neurons a layer and {MOST_EDGES} weights fit"
        return f"the {shape} network is too large: {most}"
    return None


FIGURE = Figure(_applies, numbers, draw, _caption, _layout, follows=("metric", "epochs"), moment=_draw_moment)
