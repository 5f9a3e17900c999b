"""The output over the plane of two inputs, with the data on it. Evaluates the network; trains nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Colormap, ListedColormap, Normalize

from runner.data.parts import HELD_OUT, TEST, TRAINING, VALIDATION
from runner.figures.figure import HUGE, Figure, Layout, Options, needs_best
from runner.figures.moments import is_titled, moments, multiples, name_panels, share_labels, when
from runner.figures.style.axes import add_bar, thin_ticks
from runner.figures.style.encoding import DISTINCT, short_names
from runner.figures.style.labels import escaped
from runner.figures.style.legends import add_legend
from runner.nn.arrays import Array
from runner.nn.losses import LOSSES
from runner.results import Results
from runner.training.experiment import Experiment

POINTS = 121  # a side
BLOCKS = 16  # of the plane: what one's layers hold fits into the caches
MARKERS = ("o", "^", "s", "D", "v", "P", "X")
PALE = ListedColormap(mpl.colormaps["Blues"](np.linspace(0.0, 0.65, 256)))  # points stand out from it
CLASSES = ("#8C2D04", "black")  # of points where one output tells two classes
#: How points are drawn that were held out: what fills them where a marker is a class, and else the markers.
HOLLOW = {VALIDATION: "0.75", TEST: "white", HELD_OUT: "white"}
SHAPES = {TRAINING: "o", VALIDATION: "^", TEST: "s", HELD_OUT: "s"}
#: What these looks are called in a caption, by filling and by marker; and the parts.
LOOKS = {
    TRAINING: ("filled", "circles"),
    VALIDATION: ("grey", "triangles"),
    **dict.fromkeys((TEST, HELD_OUT), ("hollow", "squares")),
}
WORDS = {VALIDATION: "for validation", TEST: "for testing", HELD_OUT: "held out"}
AFTER = (("final", "value", ""),)
#: Where the plane and the boundary lie, below all data.
PLANE: dict[str, Any] = {"zorder": 0.9, "rasterized": True}
LINE: dict[str, Any] = {"zorder": 0.95, "linewidths": 1.0}


def numbers(results: Results, options: Options) -> pd.DataFrame:
    """Rows of `kind` grid (the output over the plane), training and held out (the data), in its own units.

    With a validation part these are training, validation and test.

    `value` is the output on the grid, the class where there are several outputs; the target of data. Where
    epochs are asked for, each has a column in its place.
    """
    from runner.training.objective import predict

    run = results.best(options.metric)
    experiment = results.experiment(run)
    shown = moments(results, run, options, AFTER)
    across, upwards = (_range(experiment, i) for i in (0, 1))
    grid = np.stack([v.ravel() for v in np.meshgrid(across, upwards)], axis=1)
    data = experiment.data

    def over_grid(parameters: Array) -> Array:
        blocks = np.array_split(grid, BLOCKS)
        return np.concatenate([_output(experiment, predict(experiment, parameters, b)) for b in blocks])

    tables = [
        _part(
            "grid",
            grid,
            {name: over_grid(p) for name, p in zip(shown.columns, shown.parameters, strict=True)},
        ),
    ]
    for kind, part in data.named.items():
        targets = dict.fromkeys(shown.columns, _classes(data.targets_in_own_units(part.targets)))
        tables.append(_part(kind, data.in_own_units(part.inputs), targets))
    table = pd.concat(tables, ignore_index=True)
    values = table[shown.columns].to_numpy()
    table.attrs = {
        "moments": shown.pairs,
        "said": shown.said,
        "range": (float(values.min()), float(values.max())),
        "names": data.input_names,
        "outputs": data.target_names,
        "classes": data.class_names,
        "classifies": experiment.classifies,
        "level": 0.5 if experiment.classifies else None,
        "of": results.best_name(options.metric),
    }
    return table


def _part(kind: str, inputs: Array, values: Mapping[str, Array]) -> pd.DataFrame:
    return pd.DataFrame({"kind": kind, "x": inputs[:, 0], "y": inputs[:, 1], **values})


def _all_inputs(experiment: Experiment) -> Array:
    """The inputs (N, I) of all parts, in the data's own units."""
    data = experiment.data
    return data.in_own_units(np.concatenate([part.inputs for part in data.parts.values()]))


def _range(experiment: Experiment, column: int) -> Array:
    values = _all_inputs(experiment)[:, column]
    margin = 0.08 * (np.ptp(values) or max(1.0, 1e-6 * abs(values[0])))
    return np.linspace(values.min() - margin, values.max() + margin, POINTS)


def _output(experiment: Experiment, pred: Array) -> Array:
    """A single output, as a probability where it is a logit; the class of several."""
    if pred.shape[1] > 1:
        return pred.argmax(axis=1).astype(float)
    if LOSSES[experiment.loss].threshold == 0.0:
        return 1.0 / (1.0 + np.exp(-np.clip(pred[:, 0], -700, 700)))
    return pred[:, 0]


def _classes(targets: Array) -> Array:
    return targets[:, 0] if targets.shape[1] == 1 else targets.argmax(axis=1).astype(float)


def draw(axes: Sequence[Axes], table: pd.DataFrame) -> None:
    """The points of the data over the plane, and what the colours of the plane are of."""
    x, y = _sides(table)
    data = table.loc[table["kind"] != "grid", ["kind", "x", "y"]]
    data = data.assign(value=table[table.attrs["moments"][0][0]])  # targets are the same at every moment
    data.attrs = table.attrs
    across, upwards = map(escaped, table.attrs["names"])
    for ax in axes:
        (_draw_classes if _has_classes(table) else _draw_targets)(ax, data)
        ax.set(xlim=(x[0], x[-1]), ylim=(y[0], y[-1]), aspect="equal" if _alike(x, y) else "auto")
        thin_ticks(ax)
        ax.set(xlabel=across, ylabel=upwards)
    if len(table.attrs["outputs"]) == 1:
        colors, norm = _colors(table)
        name = "output" if table.attrs["level"] is None else "output (boundary at 0.5)"
        add_bar(axes, ScalarMappable(norm, colors), name)
    share_labels(axes)
    add_legend(axes, [(None, axes[0].get_legend_handles_labels()[0])], is_titled(table))


def _draw_moment(axes: Sequence[Axes], table: pd.DataFrame) -> None:
    """The output, or the regions of classes, under the points; a panel a moment."""
    x, y = _sides(table)
    for ax, (column, _) in zip(axes, table.attrs["moments"], strict=True):
        _draw_plane(ax, x, y, table[column].to_numpy()[: POINTS**2].reshape(POINTS, POINTS), table)
    name_panels(axes, [title for _, title in table.attrs["moments"]])


def _sides(table: pd.DataFrame) -> tuple[Array, Array]:
    """The points along either side of the grid, whose rows are the first."""
    x, y = (table[name].to_numpy()[: POINTS**2].reshape(POINTS, POINTS) for name in ("x", "y"))
    return x[0], y[:, 0]


def _draw_plane(ax: Axes, x: Array, y: Array, values: Array, table: pd.DataFrame) -> None:
    """Regions of classes, or an output in lightness alone, which grey paper keeps."""
    if (count := len(table.attrs["outputs"])) > 1:
        colors = ListedColormap([DISTINCT[i % len(DISTINCT)] for i in range(count)])
        ax.pcolormesh(x, y, values, cmap=colors, vmin=-0.5, vmax=count - 0.5, alpha=0.35, **PLANE)
        return
    shades, norm = _colors(table)
    ax.pcolormesh(x, y, values, cmap=shades, norm=norm, **PLANE)
    level = table.attrs["level"]
    if level is not None and values.min() < level < values.max():
        ax.contour(x, y, values, [level], colors="black", **LINE)


def _has_classes(table: pd.DataFrame) -> bool:
    return table.attrs["classifies"] or len(table.attrs["outputs"]) > 1


def _alike(x: Array, y: Array) -> bool:
    return bool(0.5 < np.ptp(x) / np.ptp(y) < 2)


def _colors(table: pd.DataFrame) -> tuple[Colormap, Normalize]:
    """Of outputs, and of the targets too where they are no classes."""
    if table.attrs["classifies"]:
        return PALE, Normalize(0.0, 1.0)
    return mpl.colormaps["viridis"], Normalize(*table.attrs["range"])


def _draw_classes(ax: Axes, table: pd.DataFrame) -> None:
    """Training points filled, held-out ones hollow, those for validation grey; a marker a class."""
    data = table[table["kind"] != "grid"]
    several = len(table.attrs["outputs"]) > 1
    for kind in data["kind"].unique():
        for i, value in enumerate(sorted(data["value"].unique())):
            part = data[(data["kind"] == kind) & (data["value"] == value)]
            color = DISTINCT[i % len(DISTINCT)] if several else CLASSES[i % 2]
            fill, edge = (color, "white") if kind == TRAINING else (HOLLOW[kind], "black")
            name = _name(table, kind, value) if len(part) else "_"
            look: dict[str, Any] = {"ms": _size(data), "mew": 0.5, "ls": "none", "mfc": fill, "mec": edge}
            ax.plot(part["x"], part["y"], MARKERS[i % len(MARKERS)], label=name, **look)


def _draw_targets(ax: Axes, table: pd.DataFrame) -> None:
    """Points in the colours of their targets: those that the output should have there."""
    colors, norm = _colors(table)
    data = table[table["kind"] != "grid"]
    for kind, marker in SHAPES.items():
        part = data[data["kind"] == kind]
        if len(part):
            edge = "black" if kind == TRAINING else "white"
            look: dict[str, Any] = {"marker": marker, "edgecolors": edge, "linewidths": 0.5, "label": kind}
            size = _size(data) ** 2 * 1.5
            ax.scatter(part["x"], part["y"], size, c=part["value"], cmap=colors, norm=norm, **look)


def _size(data: pd.DataFrame) -> float:
    return 5.0 if len(data) < 30 else 3.2


def _name(table: pd.DataFrame, kind: str, value: float) -> str:
    name = short_names(table.attrs["classes"])[int(value)]
    return f"{escaped(name)}, {kind}"


def _caption(table: pd.DataFrame) -> str:
    counts = table["kind"].value_counts()
    of = f" of {table.attrs['of']}" if table.attrs["of"] else ""
    what = "The class of the largest output" if len(table.attrs["outputs"]) > 1 else "The output"
    text = f"{what}{of} over the plane of the two inputs, {when(table)}, "
    text += f"with {counts[TRAINING]} training examples"
    if len(held_out := {kind: looks for kind, looks in LOOKS.items() if kind in counts}) > 1:
        at = 0 if _has_classes(table) else 1
        (_, first), *others = held_out.items()
        said = [f"{counts[kind]} {WORDS[kind]} ({looks[at]})" for kind, looks in others]
        text += f" ({first[at]}) and {' and '.join(said)}"
    if not _has_classes(table):
        text += ", in the colours of their targets"
    has_boundary = table.attrs["level"] and len(table.attrs["outputs"]) == 1
    return text + ("; the black line is the boundary" if has_boundary else "") + f"{table.attrs['said']}."


def _applies(results: Results, options: Options) -> str | None:
    if reason := needs_best(results, options):
        return reason
    inputs = _all_inputs(results.experiment(results.best(options.metric)))
    if (count := inputs.shape[1]) != 2:
        return f"it needs two inputs, and there {'is' if count == 1 else 'are'} {count}"
    if len(np.unique(inputs, axis=0)) < 2:
        return "a single example spans no plane"
    if np.abs(inputs).max() > HUGE:
        return f"inputs beyond {HUGE:g} cannot be drawn"
    return None


def _layout(table: pd.DataFrame) -> Layout:
    """As high as the plane, where its sides are drawn alike."""
    x, y = _sides(table)
    aspect = 0.24 + 0.62 * min(1.0, float(np.ptp(y) / np.ptp(x))) if _alike(x, y) else 0.86
    return multiples(table, Layout(aspect=aspect))


FIGURE = Figure(_applies, numbers, draw, _caption, _layout, follows=("metric", "epochs"), moment=_draw_moment)
