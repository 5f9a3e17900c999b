"""The network with its weights before and after training: nodes and edges, or matrices of large ones."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.collections import LineCollection
from matplotlib.colors import Normalize
from matplotlib.text import Text
from matplotlib.ticker import FixedLocator
from matplotlib.transforms import offset_copy

from runner.figures.figure import DOUBLE, PAGE, Figure, Layout, Options, needs_best, needs_finished
from runner.figures.moments import BEFORE_AND_AFTER, is_before_and_after, moments, when
from runner.figures.style.axes import add_bar
from runner.nn.arrays import Array
from runner.results import Results

PANELS = 0.84  # of a figure's width
LARGE, SMALL = 2.6, 1.9  # diameters of a neuron in sizes of letters, where there is room and where not
APART = 3.0  # from one to the next with a bias between them, likewise
LETTER = 0.58  # the width of one, in sizes of it
FLAT = 0.1  # of a panel's height: an edge so flat is crossed by none amid its layer
LARGEST = 8  # neurons of a layer that are drawn one by one
NAMED = 16  # edges that bear their weight in numbers
DEEP = 4  # layers, the inputs among them, that have room in half a page
LONG = 7  # and those that leave edges room for a number across a page
SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
PAPER = {"facecolor": "white", "edgecolor": "none", "alpha": 0.85}  # behind a number on lines
COLORS = mpl.colormaps["PuOr_r"]  # diverging, safe for the colour-blind; white is 0


def numbers(results: Results, options: Options) -> pd.DataFrame:
    """The parameters, as ``parameters.csv`` has them; or with a column for each epoch that is asked for."""
    run = results.best(options.metric) if results.is_sweep else 0
    shown = moments(results, run, options, BEFORE_AND_AFTER)
    names = results.parameters(run)[["name", "layer", "to", "from"]]
    columns = pd.DataFrame(dict(zip(shown.columns, shown.parameters, strict=True)), names.index)
    table = pd.concat([names, columns], axis=1)
    weights = shown.parameters[:, (table["from"] > 0).to_numpy()]
    table.attrs = {
        "moments": shown.pairs,
        "sizes": _sizes(names),
        "reach": float(np.abs(weights).max()) or 1.0,
        "said": shown.said,
        "of": results.best_name(options.metric),
    }
    return table


def _sizes(table: pd.DataFrame) -> list[int]:
    """Neurons a layer, the inputs' among them."""
    weights = table[table["from"] > 0]
    sizes = weights.groupby("layer")[["from", "to"]].max()
    return [int(sizes["from"].iloc[0]), *map(int, sizes["to"])]


def _is_large(table: pd.DataFrame) -> bool:
    return max(table.attrs["sizes"]) > LARGEST


def _layout(table: pd.DataFrame) -> Layout:
    sizes, count = table.attrs["sizes"], len(table.attrs["moments"])
    if _is_large(table):
        return Layout(count, len(sizes) - 1, DOUBLE, 0.78)
    has_biases = bool((table["from"] == 0).any())
    needed = 1.24 * max(sizes) * (APART if has_biases else SMALL) * float(mpl.rcParams["font.size"]) / 72
    if len(sizes) > DEEP:  # before above after
        return Layout(count, 1, DOUBLE, max(0.2, 0.06 * max(sizes), needed / PAGE))
    if count == 1:
        return Layout(aspect=max(0.62, 0.13 * max(sizes), needed / float(mpl.rcParams["figure.figsize"][0])))
    aspect = max(0.62, 0.13 * max(sizes), needed / (PAGE / 2))
    return Layout(-(-count // 2), 2, DOUBLE, aspect, count)


def draw(axes: Sequence[Axes], table: pd.DataFrame) -> None:
    """The neurons, or the axes of matrices, and what the colours of weights are, centred on 0."""
    if _is_large(table):
        _draw_axes(axes, table.attrs["sizes"])
    else:
        for ax in axes:
            _draw_nodes(ax, table)
    add_bar(axes, ScalarMappable(_norm(table), COLORS), "weight")


def _draw_moment(axes: Sequence[Axes], table: pd.DataFrame) -> None:
    """The weights, before beside after or above it, and the biases."""
    if _is_large(table):
        _draw_matrices(axes, table)
    else:
        for ax, (column, title) in zip(axes, table.attrs["moments"], strict=True):
            _draw_graph(ax, table, column)
            ax.text(0.0, 1.0, title, transform=ax.transAxes, va="top", weight="bold")


def _norm(table: pd.DataFrame) -> Normalize:
    return Normalize(-table.attrs["reach"], table.attrs["reach"])


def _draw_axes(axes: Sequence[Axes], sizes: Sequence[int]) -> None:
    """Of matrices, a layer a column of panels, whose rows are moments."""
    for at, ax in enumerate(axes):
        column = at % (len(sizes) - 1)
        m, n = sizes[column : column + 2]
        ax.set(xlim=(0.5, m + 0.5), ylim=(n + 0.5, 0.5))  # the first row on top, as of any matrix
        ax.set_xlabel("from input" if column == 0 else f"from layer {column}")
        ax.set_ylabel(f"to layer {column + 1}")
        for axis, size in ((ax.xaxis, m), (ax.yaxis, n)):
            axis.set_major_locator(FixedLocator(np.unique(np.linspace(1, size, 4).round()).tolist()))


def _draw_matrices(axes: Sequence[Axes], table: pd.DataFrame) -> None:
    weights, norm = table["from"] > 0, _norm(table)
    shapes = [*pairwise(table.attrs["sizes"])]
    for row, (moment, title) in enumerate(table.attrs["moments"]):
        for column, (m, n) in enumerate(shapes):
            ax = axes[row * len(shapes) + column]
            layer = table.loc[weights & (table["layer"] == column + 1), ["to", "from", moment]]
            matrix = layer.pivot(index="to", columns="from", values=moment).to_numpy()
            edges = (np.arange(size + 1) + 0.5 for size in (m, n))
            ax.pcolormesh(*edges, matrix, cmap=COLORS, norm=norm, rasterized=matrix.size > 2000)
            if column == 0:
                ax.set_title(title, loc="left", weight="bold")  # a panel's name: the caption has the rest


def _draw_graph(ax: Axes, table: pd.DataFrame, column: str) -> None:
    """The edges with their names, and the biases."""
    sizes, place, (size, room) = table.attrs["sizes"], _places(table.attrs["sizes"]), _diameter(ax, table)
    rows: Any = table[["name", "layer", "to", "from"]].assign(value=table[column]).to_dict("records")
    edges = [row for row in rows if row["from"] > 0]
    edges.sort(key=lambda edge: abs(edge["value"]), reverse=True)  # the thinner above: none is lost
    ends = [(place[edge["layer"] - 1, edge["from"]], place[edge["layer"], edge["to"]]) for edge in edges]
    _draw_edges(ax, np.array(ends), np.array([edge["value"] for edge in edges]), _norm(table))
    names = []
    for edge, (a, b) in zip(edges, ends, strict=True) if len(edges) <= NAMED and len(sizes) <= LONG else ():
        alone = 1 in (sizes[int(edge["layer"]) - 1], sizes[int(edge["layer"])])
        symbol = _symbol(edge["name"][1:], as_mathematics=column in ("initial", "final"))
        flat = abs(a[1] - b[1]) < FLAT
        names.append(_name_edge(ax, a, b, f"{symbol} = {edge['value']:.3g}", alone or flat))
    _fit(names, room)
    for bias in (row for row in rows if row["from"] == 0):
        _draw_bias(ax, place[bias["layer"], bias["to"]], size, bias["value"])


def _diameter(ax: Axes, table: pd.DataFrame) -> tuple[float, float]:
    """The diameter of a neuron, and the room between two layers of them, in points."""
    sizes, font = table.attrs["sizes"], float(mpl.rcParams["font.size"])
    panels = _layout(table).columns  # side by side
    pitch = float(PANELS * 72 * ax.figure.bbox.width / ax.figure.dpi / panels / (len(sizes) - 0.4))
    large = max(sizes) <= 3 and len(sizes) <= 4 and pitch > (LARGE + 4) * font
    size = (LARGE if large else SMALL) * font
    return size, pitch - size


def _draw_nodes(ax: Axes, table: pd.DataFrame) -> None:
    sizes, (size, _) = table.attrs["sizes"], _diameter(ax, table)
    for (layer, neuron), at in _places(sizes).items():
        _draw_node(ax, at, size, node_name(layer, neuron, sizes))
    ax.set(xlim=(-0.3, len(sizes) - 0.7), ylim=(-0.12, 1.12))
    ax.axis("off")


def _fit(names: Iterable[Text], room: float) -> None:
    """Letters that are small enough for the longest name to stand between neurons, `room` points apart."""
    longest = max((len(re.sub(r"[${}_]", "", name.get_text())) for name in names), default=1)
    for name in names:
        name.set_fontsize(min(name.get_fontsize(), room / (LETTER * longest)))


def _places(sizes: Sequence[int]) -> dict[tuple[int, int], tuple[float, float]]:
    """Layers from left to right, neurons from the top down."""
    neurons = [(layer, i, size) for layer, size in enumerate(sizes) for i in range(size)]
    return {(layer, i + 1): (float(layer), 1.0 - (i + 0.5) / size) for layer, i, size in neurons}


def _draw_edges(ax: Axes, ends: Any, weights: Array, norm: Normalize) -> None:
    """Lines between `ends` (E, 2, 2), the first the lowest, each on one that is darker and a little wider.

    As wide and strong in colour as a weight is large; dashed where it is negative, for grey paper.
    """
    widths = 4 * np.abs(weights) / float(norm.vmax or 1)
    gaps = 6 * (0.9 + widths) / (1 + widths)  # in points
    for zorder, more, colors in ((1, 0.9, "0.35"), (1.5, 0.5, COLORS(norm(weights)))):
        dashes = gaps / (more + widths)  # in widths of the line
        styles = [(0, (1.2 * d, 0.7 * d)) if w < 0 else "-" for d, w in zip(dashes, weights, strict=True)]
        look: dict[str, Any] = {"linewidths": more + widths, "linestyles": styles, "colors": colors}
        ax.add_collection(LineCollection(ends, zorder=zorder, capstyle="butt", **look), autolim=False)


def _name_edge(
    ax: Axes, a: tuple[float, float], b: tuple[float, float], name: str, crossed_by_none: bool
) -> Text:
    t = 0.5 if crossed_by_none else 0.36  # off the middle, where edges cross
    x, y = a[0] + t * (b[0] - a[0]), a[1] + t * (b[1] - a[1])
    look: dict[str, Any] = {"ha": "center", "va": "center", "fontsize": "small", "zorder": 3}
    return ax.text(x, y, name.replace("-", "\N{MINUS SIGN}"), bbox={**PAPER, "pad": 0.6}, **look)


def _symbol(number: str, as_mathematics: bool) -> str:
    """The name of a weight; a film has no time to set mathematics, frame by frame."""
    return f"$w_{{{number}}}$" if as_mathematics else f"w{number.translate(SUBSCRIPTS)}"


def node_name(layer: int, neuron: int, sizes: Sequence[int]) -> str:
    """A neuron as explanations have it: x, h or pred with its number."""
    last = len(sizes) - 1
    if layer == 0:
        return f"$x_{{{neuron}}}$"
    if layer == last:
        return r"$\mathrm{pred}$" if sizes[last] == 1 else rf"$\mathrm{{pred}}_{{{neuron}}}$"
    return f"$h_{{{neuron}}}$" if last == 2 else f"$h^{{({layer})}}_{{{neuron}}}$"


def _draw_node(ax: Axes, at: tuple[float, float], size: float, name: str) -> None:
    ax.plot(*at, "o", ms=size, mfc="white", mec="black", mew=0.8, zorder=4)
    fits = size > 2 * mpl.rcParams["font.size"]
    letters = ("medium" if fits else "small") if "pred" not in name else ("small" if fits else "xx-small")
    ax.text(*at, name, ha="center", va="center", zorder=5, fontsize=letters)


def _draw_bias(ax: Axes, at: tuple[float, float], size: float, bias: float) -> None:
    """The bias below its neuron, whose diameter is `size` points."""
    name = f"{bias:.2g}".replace("-", "\N{MINUS SIGN}")
    below = offset_copy(ax.transData, ax.get_figure(root=True), 0, -0.56 * size, "points")
    look: dict[str, Any] = {"ha": "center", "va": "top", "fontsize": "x-small", "zorder": 3.5}
    ax.text(*at, name, transform=below, bbox={**PAPER, "pad": 0.4}, **look)


def _caption(table: pd.DataFrame) -> str:
    sizes = "-".join(map(str, table.attrs["sizes"]))
    has_biases = bool((table["from"] == 0).any())
    of = f" of {table.attrs['of']}" if table.attrs["of"] else ""
    if _is_large(table):
        above = "before (top) and after training (bottom)"
        at = above if is_before_and_after(table) else f"{when(table)} (from the top)"
        text = f"The weights of the {sizes} network{of} {at}, a matrix a "
        biases = ", biases are left out"
        text += "layer, a row a neuron; the colours are centred on 0"
    else:
        text = f"The {sizes} network{of} {when(table)}. Width and colour of an edge are the size and "
        text += "the sign of its weight, centred on 0; negative ones are dashed"
        biases = ". Numbers under neurons are their biases"
    return f"{text}{biases if has_biases else ''}{table.attrs['said']}."


def _applies(results: Results, options: Options) -> str | None:
    if results.is_sweep:
        return needs_best(results, options)
    if reason := needs_finished(results):
        return reason
    diverged = results.runs.at[0, "status"] == "diverged"
    return "the run diverged: there are no weights after it" if diverged else None


FIGURE = Figure(_applies, numbers, draw, _caption, _layout, follows=("metric", "epochs"), moment=_draw_moment)
