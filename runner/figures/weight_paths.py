"""Every weight against epoch: of a run by layers, of a sweep by weights."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from runner.figures.figure import DOUBLE, Figure, Layout, Options, counted, evenly, verb_of
from runner.figures.style.axes import unit_axis
from runner.figures.style.encoding import DISTINCT, Keys, Looks, add_lines, keys_of
from runner.figures.style.labels import symbol
from runner.figures.style.names import apart
from runner.figures.trajectories import is_weight, needs_weights, paths_of, reference
from runner.records.histories import NotShownError
from runner.results import Results

MOST_PANELS = 9  # weights that get a panel each, with the runs of a sweep as lines
MOST_RUNS = 25
NAMED = 8  # weights of a layer whose lines are named
MOST_LINES = 20  # of a layer; of more there are medians and bands
FAN = (0.05, 0.25, 0.5, 0.75, 0.95)  # the quantiles of these
#: How weights and biases are told apart where they have no names.
KINDS = (("weights", DISTINCT[0], "-"), ("biases", DISTINCT[1], "--"))


def numbers(results: Results, options: Options) -> pd.DataFrame:
    """A row a point: `run`, `name` and `layer` of the weight, epoch and value.

    Runs are drawn over each other only where their weights are the same ones: of networks of as many
    inputs and neurons as that of the best setting.
    """
    best = reference(results, options.metric, results.with_weights)
    alike = results.like(best)
    has_few = sum(map(is_weight, results.header(best))) <= MOST_PANELS
    by_weight = results.is_sweep and len(alike) > 1 and has_few
    chosen = _spread(results, alike) if by_weight else [best]
    unit, parameters = results.header(best)[0], results.parameters(best)
    weights = parameters[["name", "layer"]]
    paths = paths_of(results, chosen, list(weights["name"]), unit, options.counts or ())
    if not by_weight:
        paths[best], weights = _with_fans(paths[best], weights, unit)
    table = _tall(results, paths, weights, unit)
    of_best = not by_weight and not results.lost[best]
    table.attrs = {
        "unit": unit,
        "keys": keys_of(results, options, chosen) if by_weight else Keys(None),
        "by_weight": by_weight,
        "alike": len(alike),
        "others": len(results.rows) - len(alike),
        "of": results.best_name(options.metric, results.with_weights) if of_best else "",
        "verb": verb_of(results.outcomes[chosen]),
    }
    return table


def _with_fans(path: pd.DataFrame, weights: pd.DataFrame, unit: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """A run's path with quantiles in the place of the weights of a layer that has many; and their names."""
    columns: dict[str, Any] = {unit: path[unit]}
    layers = []
    for layer, names in weights.groupby("layer")["name"]:
        before = len(columns)
        if len(names) <= MOST_LINES:
            columns |= {name: path[name] for name in names}
        else:
            for kind, of_kind in (
                ("weights", names[~names.map(is_bias)]),
                ("biases", names[names.map(is_bias)]),
            ):
                fan = np.quantile(path[of_kind].to_numpy(), FAN, axis=1) if len(of_kind) else ()
                columns |= {f"{kind} of layer {layer}, {q:.0%}": at for q, at in zip(FAN, fan, strict=False)}
        layers += [layer] * (len(columns) - before)
    return pd.DataFrame(columns), pd.DataFrame({"name": [*columns][1:], "layer": layers})


def _tall(results: Results, paths: dict[int, pd.DataFrame], names: pd.DataFrame, unit: str) -> pd.DataFrame:
    """The histories of the chosen runs, a row a run, weight and epoch or update."""
    chosen, columns, layers = list(paths), list(names["name"]), names["layer"].to_numpy()
    lines = [(path[unit].to_numpy(), path[columns].to_numpy()) for path in paths.values()]
    lost = results.lost[chosen].to_numpy()
    lengths = [len(counts) for counts, _ in lines]
    if max(lengths) < 2 and lost.any():
        raise NotShownError("the weights of every run are beyond any scale after the first step")
    rows = np.array(lengths) * len(columns)
    marks = results.runs.loc[chosen, ["run", *results.swept]]
    tall: dict[str, Any] = {
        unit: np.concatenate([np.tile(counts, len(columns)) for counts, _ in lines]),
        "name": np.concatenate([np.repeat(np.array(columns, dtype=object), n) for n in lengths]),
        "value": np.concatenate([values.ravel(order="F") for _, values in lines]),
        "layer": np.concatenate([np.repeat(layers, n) for n in lengths]),
        **{str(key): np.repeat(column.to_numpy(), rows) for key, column in marks.items()},
        "lost": np.repeat(lost, rows),
    }
    return pd.DataFrame(tall)


def _spread(results: Results, runs: list[int]) -> list[int]:
    if len(runs) <= MOST_RUNS:
        return runs
    table = results.runs.loc[runs]
    order = table.sort_values(results.keys or results.swept, kind="stable").index.to_numpy()
    return [int(run) for run in order[evenly(len(order), MOST_RUNS)]]


def _panels(table: pd.DataFrame) -> list[tuple[str, pd.DataFrame]]:
    """What each panel is called and shows: a weight of many runs, or a layer of one."""
    if table.attrs["by_weight"]:
        return [(str(name), part) for name, part in table.groupby("name", sort=False)]
    return [(f"layer {layer}", part) for layer, part in table.groupby("layer", sort=True)]


def _layout(table: pd.DataFrame) -> Layout:
    count = len(_panels(table))
    if count == 1:
        return Layout()
    columns = 2 if count == 4 else min(3, count)
    return Layout(-(-count // columns), columns, DOUBLE, 0.68 if columns > 2 else 0.62, count)


def draw(axes: Sequence[Axes], table: pd.DataFrame) -> None:
    """A panel a weight with the runs as lines, or a panel a layer with its weights."""
    by_weight, unit = table.attrs["by_weight"], table.attrs["unit"]
    looks = Looks.of(table, table.attrs["keys"]) if by_weight else None
    last = table[unit].max()
    below = min(3, len(axes)) if looks else len(axes)
    for at, (ax, (name, part)) in enumerate(zip(axes, _panels(table), strict=True)):
        if looks:
            _draw_runs(ax, part, unit, looks)
        else:
            _draw_layer(ax, part, unit)
        unit_axis(ax, unit, last)
        ax.locator_params(axis="y", nbins=4 if len(axes) > 3 else 5)
        small = len(axes) > 6  # the caption says what is drawn
        of = "\n" if len(axes) > 2 else " "  # lower than the words are long
        said = "weights" if len(axes) == 1 else name if small else f"weights of{of}{name}"
        ax.set_ylabel(symbol(name) if looks else said)
        if at < len(axes) - below:
            ax.tick_params(labelbottom=False)
            ax.set_xlabel("")
    if looks:
        looks.explain(axes)


def _draw_runs(ax: Axes, part: pd.DataFrame, unit: str, looks: Looks) -> None:
    firsts = np.flatnonzero(np.diff(part["run"].to_numpy(), prepend=-1))
    ends = [*firsts[1:].tolist(), len(part)]
    counts, values = part[unit].to_numpy(dtype=float), part["value"].to_numpy()
    lines = [(counts[a:b], values[a:b]) for a, b in zip(firsts, ends, strict=True)]
    styles = [looks.style(marks) for marks in part.iloc[firsts].to_dict("records")]
    add_lines(ax, lines[::-1], styles[::-1], linewidths=0.9)  # the calmer runs above the wilder
    kept = part.loc[~part["lost"], "value"]
    visible = kept if len(kept) else part["value"]  # lost runs would leave nothing else to see
    margin = (0.15 if part["lost"].any() and len(kept) else 0.05) * (np.ptp(visible) or 1.0)
    ax.set_ylim(visible.min() - margin, visible.max() + margin)


def _draw_layer(ax: Axes, part: pd.DataFrame, unit: str) -> None:
    lines = list(part.groupby("name", sort=False))
    if is_fan(lines[0][0]):
        _draw_fans(ax, dict(lines), unit)
        return
    if len(lines) > NAMED:
        _draw_unnamed(ax, lines, unit)
        return
    low, high = part["value"].min(), part["value"].max()
    at_end = np.array([line["value"].iloc[-1] for _, line in lines])
    ends = apart(at_end, 0.085 * (high - low or 1.0), low, high)
    for i, (name, line) in enumerate(lines):
        color, dash = DISTINCT[i % len(DISTINCT)], "--" if is_bias(name) else "-"
        alone = "o" if len(line) == 1 else None
        ax.plot(line[unit], line["value"], color=color, ls=dash, lw=1.2, marker=alone, ms=3, label=str(name))
        beside: dict[str, Any] = {"xytext": (3, 0), "textcoords": "offset points", "va": "center"}
        at = (line[unit].iloc[-1], ends[i])
        ax.annotate(symbol(str(name)), at, color=color, fontsize="small", annotation_clip=False, **beside)


def _draw_unnamed(ax: Axes, lines: Sequence[tuple[Any, pd.DataFrame]], unit: str) -> None:
    """Lines too many to name: the weights in one colour, the biases dashed in another."""
    for kind, color, dash in KINDS:
        of_kind = [line for name, line in lines if is_bias(name) == (kind == "biases")]
        for i, line in enumerate(of_kind):
            look: dict[str, Any] = {"marker": "o" if len(line) == 1 else None, "label": "_" if i else kind}
            ax.plot(line[unit], line["value"], color=color, ls=dash, lw=0.7, ms=3, **look)
    ax.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=2)


def is_bias(name: Any) -> bool:
    """Whether a line is that of a bias, or of biases."""
    return str(name).startswith("b")


def is_fan(name: Any) -> bool:
    """Whether a line is a quantile of many weights."""
    return str(name).endswith("%")


def _draw_fans(ax: Axes, lines: dict[Any, pd.DataFrame], unit: str) -> None:
    """The median of the weights of a layer, and of its biases, in bands from quantile to quantile."""
    for kind, color, dash in KINDS:
        fan = [line for name, line in lines.items() if str(name).startswith(kind)]
        if not fan:
            continue
        counts, at = fan[0][unit].to_numpy(dtype=float), [line["value"].to_numpy() for line in fan]
        for low, high, alpha in ((0, -1, 0.15), (1, -2, 0.3)):
            ax.fill_between(counts, at[low], at[high], color=color, alpha=alpha, lw=0)
        alone = "o" if len(counts) == 1 else None
        ax.plot(counts, at[len(FAN) // 2], color=color, ls=dash, lw=1.2, marker=alone, ms=3, label=kind)
    ax.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=2)


def _caption(table: pd.DataFrame) -> str:
    unit = table.attrs["unit"]
    has_biases = table["name"].str.startswith("b").any()
    text = f"{'Weights and biases' if has_biases else 'Weights'} against the {unit}"
    runs, alike, others = table["run"].nunique(), table.attrs["alike"], table.attrs["others"]
    if table.attrs["by_weight"]:
        text += f", a panel a weight, a line for each of {counted(runs, 'run')}"
        text += f", evenly chosen of {alike:,}" if runs < alike else ""
        text += table.attrs["keys"].say
        text += f". {counted(others, 'run')} of other networks or steps are left out" if others else ""
        lost, verb = table.groupby("run")["lost"].first(), table.attrs["verb"]
        if lost.all():
            text += f". Every run {verb}; lines end where weights leave the scale"
        elif lost.any():
            text += f". {lost.sum():,} of them {verb}: the axes hold the others, and lines of these "
            text += "end where a weight leaves the scale"
        return text + "."
    if table.attrs["of"]:
        text += f" of {table.attrs['of']}"
    if table["layer"].nunique() > 1:
        text += ", a panel a layer"
    if table["name"].map(is_fan).any():
        text += (
            f"; of layers with more than {MOST_LINES} their medians, in bands from the first to the third "
        )
        text += "quartile and from the 5 % to the 95 % quantile"
    if table["lost"].any():
        text += f". The run {table.attrs['verb']}; lines end where weights leave the scale"
    return text + "."


FIGURE = Figure(needs_weights, numbers, draw, _caption, _layout, follows=("metric", "color", "xlim"))
