"""What a regression has learnt: its curve through the data, or predicted against target. Trains nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from runner.data.parts import HELD_OUT, TEST, TRAINING, VALIDATION
from runner.figures.figure import DOUBLE, HUGE, Figure, Layout, Options, counted, needs_best
from runner.figures.moments import (
    BEFORE_AND_AFTER,
    Moments,
    is_before_and_after,
    is_titled,
    moments,
    multiples,
    name_panels,
    share_labels,
    when,
)
from runner.figures.style.axes import thin_ticks
from runner.figures.style.labels import escaped
from runner.figures.style.legends import add_legend
from runner.nn.arrays import Array
from runner.results import Results
from runner.training.experiment import Experiment
from runner.training.objective import predict

POINTS = 401  # of a curve
MOST_OUTPUTS = 3  # that have panels
MARGIN = 0.05  # of the data's range, beside it
CURVE = "curve"
BEFORE, AFTER = "#D55E00", "#0072B2"
#: The column of a moment and its title; a function that draws some in a panel, from the rows of an output.
Pair: TypeAlias = tuple[str, str]
DrawPanel: TypeAlias = Callable[[Axes, pd.DataFrame, list[Pair]], None]
Panels: TypeAlias = list[tuple[str, str, list[Pair]]]
_TESTED: dict[str, Any] = {
    "marker": "s",
    "mfc": "white",
    "mec": "black",
    "mew": 0.7,
    "ls": "none",
    "zorder": 3,
}
#: How examples are drawn, by their part.
LOOKS: dict[str, dict[str, Any]] = {
    TRAINING: {"marker": "o", "mfc": "0.35", "mec": "none", "alpha": 0.75, "ls": "none", "zorder": 2},
    VALIDATION: {"marker": "^", "mfc": "0.8", "mec": "black", "mew": 0.7, "ls": "none", "zorder": 3},
    **dict.fromkeys((HELD_OUT, TEST), _TESTED),
}


def numbers(results: Results, options: Options) -> pd.DataFrame:
    """Rows of `kind` training and held out, and of one input also curve: predictions, a column a moment.

    With a validation part these are training, validation and test. `output` is the target's name, `target`
    its value (none on a curve), `x` the only input, all in the data's own units.
    """
    run = results.best(options.metric)
    experiment, shown = results.experiment(run), moments(results, run, options, BEFORE_AND_AFTER)
    data = experiment.data
    own = data.targets_in_own_units
    parts = [(kind, data.in_own_units(part.inputs), own(part.targets)) for kind, part in data.named.items()]
    tables = [_part(kind, experiment, shown, x, y) for kind, x, y in parts]
    has_curve = data.inputs.shape[1] == 1
    if has_curve:
        tables.append(_part(CURVE, experiment, shown, _along(np.concatenate([x for _, x, _ in parts])), None))
    table = pd.concat(tables, ignore_index=True)
    table.attrs = {
        "moments": shown.pairs,
        "said": shown.said,
        "has_curve": has_curve,
        "columns": shown.columns,
        "outputs": list(data.target_names[:MOST_OUTPUTS]),
        "left_out": max(0, len(data.target_names) - MOST_OUTPUTS),
        "input": data.input_names[0],
        "of": results.best_name(options.metric),
    }
    return table


def _along(inputs: Array) -> Array:
    """Points (POINTS, 1) over the range of inputs (N, 1), and a little beyond it."""
    low, high = float(inputs.min()), float(inputs.max())
    return np.linspace(low - MARGIN * (high - low), high + MARGIN * (high - low), POINTS)[:, None]


def _part(kind: str, experiment: Experiment, shown: Moments, x: Array, y: Array | None) -> pd.DataFrame:
    """Predictions for inputs (N, I) and, where there are any, targets (N, O); a row an output and example."""
    predictions = [predict(experiment, parameters, x) for parameters in shown.parameters]
    tables = []
    for k, output in enumerate(experiment.data.target_names[:MOST_OUTPUTS]):
        at = {"x": x[:, 0]} if x.shape[1] == 1 else {}
        target = np.full(len(x), np.nan) if y is None else y[:, k]
        values = dict(zip(shown.columns, (pred[:, k] for pred in predictions), strict=True))
        tables.append(pd.DataFrame({"kind": kind, "output": output, **at, "target": target, **values}))
    return pd.concat(tables, ignore_index=True)


def draw(axes: Sequence[Axes], table: pd.DataFrame) -> None:
    """Axes and, under a curve, the data; with a key to the curve and the data."""
    panels = _panels(table)
    _draw_each(axes, table, BELOW)
    if not is_before_and_after(table):
        share_labels(axes)
    add_legend(axes, [(None, _samples(table, panels[0]))], is_titled(table))


def _draw_moment(axes: Sequence[Axes], table: pd.DataFrame) -> None:
    """The curve through the data, a panel an output; or predicted against target, beside the residuals."""
    _draw_each(axes, table, ABOVE)
    if not is_before_and_after(table):
        name_panels(axes, [drawn[0][1] for _, _, drawn in _panels(table)])


def _draw_each(axes: Sequence[Axes], table: pd.DataFrame, parts: Mapping[str, DrawPanel]) -> None:
    for ax, (kind, output, drawn) in zip(axes, _panels(table), strict=True):
        parts[kind](ax, table[table["output"] == output], drawn)


def _panels(table: pd.DataFrame) -> Panels:
    """What each panel draws, of which output and which moments: before and after share one."""
    shown, has_curve = table.attrs["moments"], table.attrs["has_curve"]
    if not is_before_and_after(table):
        per_output = [("curve" if has_curve else "predicted", [pair]) for pair in shown]
    elif has_curve:
        per_output = [("curve", shown)]
    else:
        per_output = [("predicted", shown[-1:]), ("residuals", shown[-1:])]
    return [(kind, output, drawn) for output in table.attrs["outputs"] for kind, drawn in per_output]


def _samples(table: pd.DataFrame, panel: tuple[str, str, list[Pair]]) -> list[Line2D]:
    """What a legend shows of a panel: examples, and curves."""
    kind, output, drawn = panel
    rows = table[table["output"] == output]
    kinds = [k for k in LOOKS if (rows["kind"] == k).any()]
    examples = [Line2D([], [], label=k, ms=_size(rows), **LOOKS[k]) for k in kinds]
    looks = [_curve_look(name, len(drawn)) for _, name in drawn] if kind == "curve" else []
    return [*examples, *(Line2D([], [], **look) for look in looks)]


def _size(rows: pd.DataFrame) -> float:
    return 3.6 if rows["kind"].isin(LOOKS).sum() < 200 else 2.4


def _draw_examples(ax: Axes, rows: pd.DataFrame, across: str, upwards: str) -> None:
    for kind, look in LOOKS.items():
        part = rows.loc[rows["kind"] == kind, [across, upwards]]
        if len(part):
            many = len(part) > 3000
            ax.plot(part[across], part[upwards], label=kind, ms=_size(rows), rasterized=many, **look)


def _draw_plane(ax: Axes, rows: pd.DataFrame, _drawn: list[Pair]) -> None:
    """The data, and the axes of the curve through it."""
    across = rows.loc[rows["kind"] == CURVE, "x"]
    _draw_examples(ax, rows, "x", "target")
    ends = _limits(rows["target"], rows[rows.attrs["columns"][-1]])
    ax.set(xlim=(across.min(), across.max()), ylim=ends)
    ax.set(xlabel=escaped(rows.attrs["input"]), ylabel=_name_of(rows))
    thin_ticks(ax)


def _draw_curve(ax: Axes, rows: pd.DataFrame, drawn: list[Pair]) -> None:
    """The curve at one moment or at two."""
    curve = rows["kind"] == CURVE
    for column, name in drawn:
        ax.plot(rows.loc[curve, "x"], rows.loc[curve, column], **_curve_look(name, len(drawn)))


def _curve_look(name: str, curves: int) -> dict[str, Any]:
    color, dash = (BEFORE, "--") if name == "before" else (AFTER, "-")
    said = "prediction" if curves == 1 else f"{name} training"
    return {"color": color, "ls": dash, "lw": 1.4, "zorder": 4, "label": said}


def _name_of(rows: pd.DataFrame) -> str:
    return escaped(str(rows["output"].iloc[0]))


def _limits(*values: Any) -> tuple[float, float]:
    """The ends of an axis that shows these, with a margin; what is not known is left out."""
    together = np.concatenate([np.asarray(v, dtype=float) for v in values])
    finite = together[np.isfinite(together)]
    low, high = float(finite.min()), float(finite.max())
    margin = MARGIN * ((high - low) or max(1.0, abs(high)))
    return low - margin, high + margin


def _draw_diagonal(ax: Axes, rows: pd.DataFrame, _drawn: list[Pair]) -> None:
    """Equal units, with the diagonal on which what is predicted and the target are the same."""
    low, high = _limits(rows["target"])
    near = rows[rows.attrs["columns"]].clip(1.5 * low - 0.5 * high, 1.5 * high - 0.5 * low)  # of all moments
    ends = _limits(rows["target"], near.to_numpy().ravel())
    ax.plot(ends, ends, color="0.6", lw=0.8, zorder=1)
    name = _name_of(rows)
    across = name if name == "target" else f"target {name}"
    ax.set(xlim=ends, ylim=ends, xlabel=across, ylabel=f"predicted {name}", aspect="equal")
    ax.locator_params(nbins=5)
    thin_ticks(ax)


def _draw_predicted(ax: Axes, rows: pd.DataFrame, drawn: list[Pair]) -> None:
    _draw_examples(ax, rows, "target", drawn[0][0])


def _draw_zero(ax: Axes, rows: pd.DataFrame, drawn: list[Pair]) -> None:
    """The line on which nothing is left."""
    ((column, _),) = drawn
    reach = max(map(abs, _limits(rows["target"] - rows[column])))
    ax.axhline(0.0, color="0.6", lw=0.8, zorder=1)
    ax.set(xlim=_limits(rows[column]), ylim=(-reach, reach))
    ax.set(xlabel=f"predicted {_name_of(rows)}", ylabel="target − predicted")
    thin_ticks(ax)


def _draw_residuals(ax: Axes, rows: pd.DataFrame, drawn: list[Pair]) -> None:
    """Target minus predicted, against predicted: no pattern is to be left in it."""
    ((column, _),) = drawn
    _draw_examples(ax, rows.assign(residual=rows["target"] - rows[column]), column, "residual")


#: What a kind of panel shows at every moment, and what is of one.
BELOW: dict[str, DrawPanel] = {"curve": _draw_plane, "predicted": _draw_diagonal, "residuals": _draw_zero}
ABOVE: dict[str, DrawPanel] = {
    "curve": _draw_curve,
    "predicted": _draw_predicted,
    "residuals": _draw_residuals,
}


def _layout(table: pd.DataFrame) -> Layout:
    outputs, has_curve = len(table.attrs["outputs"]), table.attrs["has_curve"]
    aspect = 0.68 if has_curve else 0.86
    if not is_before_and_after(table):
        one = multiples(table, Layout(aspect=aspect))
        return one if outputs == 1 else Layout(outputs, len(table.attrs["moments"]), DOUBLE, aspect)
    if not has_curve:
        return Layout(outputs, 2, DOUBLE, aspect)
    return Layout(aspect=aspect) if outputs == 1 else Layout(1, outputs, DOUBLE, 0.75)


def _caption(table: pd.DataFrame) -> str:
    of = f" of {table.attrs['of']}" if table.attrs["of"] else ""
    counts = table.loc[table["output"] == table.attrs["outputs"][0], "kind"].value_counts()
    examples = f"{counted(int(counts[TRAINING]), 'training example')} (dots)"
    looks = {
        VALIDATION: "for validation (triangles)",
        TEST: "for testing (squares)",
        HELD_OUT: "held out (squares)",
    }
    said = [f"{counts[kind]} {words}" for kind, words in looks.items() if kind in counts]
    examples += f" and {', '.join(said)}" if len(said) == 1 else "".join(f", {each}" for each in said)
    at = when(table)
    if table.attrs["has_curve"]:
        at = at.replace("before and after training", "before training (dashed) and after it")
        text = f"The prediction{of} over the input, {at}, with {examples}"
    else:
        at = at.replace("before and after", "after")
        text = f"Predicted against target{of}, {at}: {examples}, on the diagonal where they are the same"
        text += ". Right: the residuals" if is_before_and_after(table) else ""
    more = f". {counted(table.attrs['left_out'], 'more output')} left out" if table.attrs["left_out"] else ""
    return f"{text}{more}{table.attrs['said']}."


def _applies(results: Results, options: Options) -> str | None:
    if reason := needs_best(results, options):
        return reason
    experiment = results.experiment(results.best(options.metric))
    data = experiment.data
    if experiment.classifies:
        return "the targets are classes; confusion counts them"
    if data.examples < 2:
        return "there is only one example to fit"
    if max(float(np.abs(array).max()) for part in data.parts.values() for array in part[:2]) > HUGE:
        return f"numbers beyond {HUGE:g} cannot be drawn"
    return None


FIGURE = Figure(_applies, numbers, draw, _caption, _layout, follows=("metric", "epochs"), moment=_draw_moment)
