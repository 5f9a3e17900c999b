"""Every weight against epoch: of a run by layers, of a sweep by weights."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from runner.arrays import Array
from runner.figures.figure import DOUBLE, Figure, Layout, Options, counted, needs_finished, needs_weights
from runner.figures.scales import DISTINCT, Shades, label
from runner.results import Results, thinned

MOST_PANELS = 9  # weights that get a panel each, with the runs of a sweep as lines
MOST_RUNS = 25
NAMED = 8  # weights of a layer whose lines are named
MOST_LINES = 200  # of a layer; beyond, evenly chosen ones
POINTS = 200


def numbers(results: Results, options: Options) -> pd.DataFrame:
    """A row a point: `run`, `name` and `layer` of the weight, epoch and value."""
    runs = results.rows
    few = _few_weights(results, runs[0])
    by_weight = results.is_sweep and few
    chosen = _spread(results, runs) if by_weight else [_one(results, runs)]
    names = _parameters(results, chosen[0])
    columns = list(names["name"])
    step = results.step
    parts = []
    for run, history in zip(chosen, results.histories(chosen, columns), strict=True):
        diverged = str(results.runs.at[run, "status"]) == "diverged"
        kept = thinned(_readable(history, diverged), POINTS)
        tall = {
            step: np.tile(kept[step], len(columns)),
            "name": np.repeat(columns, len(kept)),
            "value": kept[columns].to_numpy().ravel(order="F"),
            "layer": np.repeat(names["layer"].to_numpy(), len(kept)),
        }
        parts.append(pd.DataFrame({**tall, **results.marks(run), "diverged": diverged}))
    table = pd.concat(parts, ignore_index=True)
    color = options.color or next(iter(results.keys or results.swept), None)
    table.attrs = {
        "step": step,
        "color": color if by_weight else None,
        "total": len(names),
        "runs": len(runs),
        "of": "" if by_weight else results.name(chosen[0]),
    }
    return table


def _readable(history: pd.DataFrame, diverged: bool) -> pd.DataFrame:
    """The rows of a diverged run before its weights leave every scale; all rows of others."""
    if not diverged:
        return history
    weights = history.iloc[:, 1:].abs().max(axis=1)
    return history[weights <= 10 * max(1.0, weights.iloc[0])]


def _few_weights(results: Results, run: int) -> bool:
    count = sum(name[:1] in "wb" and name[1:].isdigit() for name in results.header(run))
    return count <= MOST_PANELS


def _one(results: Results, runs: list[int]) -> int:
    completed = (results.runs["status"] == "completed").any()
    return results.best() if completed and results.is_sweep else runs[0]


def _spread(results: Results, runs: list[int]) -> list[int]:
    if len(runs) <= MOST_RUNS:
        return runs
    order = results.finished.sort_values(results.keys or results.swept, kind="stable").index
    return [int(order[i]) for i in np.unique(np.linspace(0, len(order) - 1, MOST_RUNS).round().astype(int))]


def _parameters(results: Results, run: int) -> pd.DataFrame:
    """Names and layers of the parameters, at most MOST_LINES of a layer."""
    from runner.api import read_parameters

    names = read_parameters(results.path(run))[["name", "layer"]]
    return names.groupby("layer", group_keys=False)[["name", "layer"]].apply(lambda g: thinned(g, MOST_LINES))


def _panels(table: pd.DataFrame) -> list[tuple[str, pd.DataFrame]]:
    """What each panel is called and shows: a weight of many runs, or a layer of one."""
    if table.attrs["color"]:
        return [(str(name), part) for name, part in table.groupby("name", sort=False)]
    return [(f"layer {layer}", part) for layer, part in table.groupby("layer", sort=True)]


def layout(table: pd.DataFrame) -> Layout:
    count = len(_panels(table))
    if count == 1:
        return Layout()
    columns = min(3, count)
    return Layout(-(-count // columns), columns, DOUBLE, 0.68 if columns > 2 else 0.62, count)


def draw(axes: Sequence[Axes], table: pd.DataFrame) -> None:
    color, step = table.attrs["color"], table.attrs["step"]
    shades = Shades.of(color, table[color]) if color else None
    for ax, (name, part) in zip(axes, _panels(table), strict=True):
        if shades:
            _draw_runs(ax, part, step, shades)
        else:
            _draw_layer(ax, part, step)
        ax.set_ylabel(_symbol(name) if shades else "weights" if len(axes) == 1 else f"weights of {name}")
        ax.set_xlim(0, max(1, table[step].max()))
        ax.locator_params(nbins=5)
    below = min(3, len(axes)) if shades else len(axes)
    for ax in axes[:-below]:
        ax.tick_params(labelbottom=False)
    for ax in axes[-below:]:
        ax.set_xlabel(step)
    if shades and shades.is_map:
        shades.add_bar(axes)
    elif shades:
        handles, names = axes[0].get_legend_handles_labels()
        axes[0].figure.legend(handles, names, title=label(shades.key), loc="outside upper center", ncols=7)


def _symbol(name: str) -> str:
    """w12 as mathematics has it."""
    return f"${name[0]}_{{{name[1:]}}}$"


def _draw_runs(ax: Axes, part: pd.DataFrame, step: str, shades: Shades) -> None:
    seen: set[Any] = set()
    for _, line in reversed(list(part.groupby("run", sort=False))):  # the calmer runs above the wilder
        value = line[shades.key].iloc[0]
        name = shades.name(value) if value not in seen else "_"
        seen.add(value)
        ax.plot(
            line[step], line["value"], color=shades.color(value), ls=shades.dash(value), lw=0.9, label=name
        )
    kept = part.loc[~part["diverged"], "value"]
    if len(kept) and part["diverged"].any():  # diverged runs would leave nothing else to see
        margin = 0.15 * (np.ptp(kept) or 1.0)
        ax.set_ylim(kept.min() - margin, kept.max() + margin)


def _draw_layer(ax: Axes, part: pd.DataFrame, step: str) -> None:
    lines = list(part.groupby("name", sort=False))
    named = len(lines) <= NAMED
    ends = _apart(np.array([line["value"].iloc[-1] for _, line in lines]), part["value"].to_numpy())
    for i, (name, line) in enumerate(lines):
        bias = str(name).startswith("b")
        color = DISTINCT[i % len(DISTINCT)] if named else ("#D55E00" if bias else "#0072B2")
        ax.plot(
            line[step],
            line["value"],
            color=color,
            ls="--" if bias else "-",
            lw=1.2 if named else 0.4,
            label="_" if named else ("biases" if bias else "weights"),
        )
        if named:
            ax.annotate(
                _symbol(str(name)),
                (line[step].iloc[-1], ends[i]),
                xytext=(3, 0),
                color=color,
                va="center",
                textcoords="offset points",
                fontsize="small",
                annotation_clip=False,
            )
    if not named:
        handles, names = ax.get_legend_handles_labels()
        unique = dict(zip(names, handles, strict=True))
        ax.legend(unique.values(), unique.keys(), loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=2)


def _apart(ends: Array, values: Array) -> Array:
    """Heights for labels at the ends of lines: in their order, and no two closer than a letter."""
    gap = 0.085 * (np.ptp(values) or 1.0)
    order = np.argsort(ends, kind="stable")
    heights = ends[order].copy()
    for _ in range(50):  # push pairs apart until all have room
        close = np.diff(heights) < gap - 1e-12
        if not close.any():
            break
        shift = np.where(close, (gap - np.diff(heights)) / 2, 0.0)
        heights[:-1] -= shift
        heights[1:] += shift
    placed = np.empty_like(heights)
    placed[order] = heights
    return placed


def caption(table: pd.DataFrame) -> str:
    step, shown = table.attrs["step"], table["name"].nunique()
    has_biases = table["name"].str.startswith("b").any()
    text = f"{'Weights and biases' if has_biases else 'Weights'} against the {step}"
    runs = table["run"].nunique()
    if table.attrs["color"]:
        text += f", a panel a weight, a line for each of {counted(runs, 'run')}"
        if runs < table.attrs["runs"]:
            text += f", evenly chosen of {table.attrs['runs']:,}"
        if table["diverged"].any():
            text += ". The axes hold the runs that did not diverge; lines of the others leave them"
    else:
        if table.attrs["of"]:
            text += f" of the best run ({table.attrs['of']})"
        if table["layer"].nunique() > 1:
            text += ", a panel a layer"
        if shown < table.attrs["total"]:
            text += f"; {shown:,} of {table.attrs['total']:,}, evenly chosen"
    return text + "."


def _applies(results: Results, options: Options) -> str | None:
    if reason := needs_finished(results):
        return reason
    if options.color:
        results.check_key("--color", options.color)
    return needs_weights(results, results.rows[0])


FIGURE = Figure(_applies, numbers, draw, caption, layout)
