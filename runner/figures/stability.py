"""Error and sharpness against epoch, with where the learning rate is the largest stable one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from runner.figures.figure import Figure, Layout, Options, counted, evenly, losses_of, needs_finished
from runner.figures.style.axes import Heights, log_axis, unit_axis
from runner.figures.style.encoding import Keys, Looks, add_lines, keys_of
from runner.figures.style.labels import label
from runner.nn.arrays import Array
from runner.nn.optimizers import OPTIMIZERS
from runner.nn.schedules import SCHEDULES
from runner.records.names import CURVATURE
from runner.records.reading import read_finished
from runner.results import Results
from runner.training.endings import OFF_SCALE
from runner.training.experiment import Experiment

MOST_RUNS = 7  # told apart by name: of more, sharpness and limits cannot be followed
POINTS = 1000  # of a line
#: From above.
PANELS = ("error", "sharpness")


def applies(results: Results, options: Options) -> str | None:
    """The reason why nothing can be drawn: no run has ended, or none measured its curvature."""
    if reason := needs_finished(results, options):
        return reason
    return (
        None if _measured(results) else "no run measured its curvature; log.curvature=10 does, each 10 epochs"
    )


def _measured(results: Results) -> list[int]:
    """The finished runs that measured their curvature, by their rows."""
    if "sharpness" not in results.runs:
        return []
    sharpness = results.finished["sharpness"]
    return [int(run) for run in sharpness.index[np.isfinite(sharpness)]]


def numbers(results: Results, options: Options) -> pd.DataFrame:
    """A row a point: `run`, the swept values, `curve` (error, sharpness or edge), epoch and value."""
    measured = _measured(results)
    by = results.keys or results.swept or ["run"]
    table = results.runs.loc[measured].sort_values(by, kind="stable")
    chosen = [int(run) for run in table.index[evenly(len(measured), MOST_RUNS)]]
    experiments = [results.experiment(run) for run in chosen]
    parts = [
        part for run, made in zip(chosen, experiments, strict=True) for part in _curves(results, run, made)
    ]
    tall = pd.concat(parts, ignore_index=True)
    adaptive = [OPTIMIZERS[made.optimizer].preconditioner is not None for made in experiments]
    tall.attrs = {
        "keys": keys_of(results, options, chosen) if results.is_sweep else Keys(None),
        "preconditioned": "all" if all(adaptive) else "some" if any(adaptive) else "none",
        "factors": any(made.rates for made in experiments),
        "measured": len(measured),
        "losses": losses_of(results),
    }
    return tall


def _curves(results: Results, run: int, made: Experiment) -> list[pd.DataFrame]:
    """The error, the sharpness and the edge of a run against the epoch."""
    history, curvature = results.history(run, ["error"]), read_finished(results.path(run) / CURVATURE)
    per_epoch = made.updates_per_epoch if made.log.unit == "update" else 1
    epochs = curvature["epoch"].to_numpy(dtype=float)
    factor, shift = _edge(made)
    lines = {
        "error": (history.iloc[:, 0].to_numpy() / per_epoch, history["error"].to_numpy()),
        "sharpness": (epochs, curvature["sharpness"].to_numpy(dtype=float)),
        "edge": (epochs, factor / _rates(made, epochs) - shift),
    }
    marks = results.marks(run) | {"lost": bool(results.lost[run]), "factor": factor}
    tables = [pd.DataFrame(marks | {"curve": name, "epoch": x, "value": y}) for name, (x, y) in lines.items()]
    return [table[np.isfinite(table["value"])].iloc[_few(table["value"])] for table in tables]


def _few(values: pd.Series[float]) -> Any:
    return evenly(int(np.isfinite(values).sum()), POINTS) if len(values) else slice(None)


def _edge(made: Experiment) -> tuple[float, float]:
    """c and d such that a rate η is the largest stable one at a sharpness of c/η − d.

    One over the limit is linear in the sharpness, and only the decay of weights has a share of its own in it.
    """
    h = {name: np.array([[value]], dtype=float) for name, value in made.optimizer_options.items()}
    limit = OPTIMIZERS[made.optimizer].stability_limit
    assert limit is not None, "or there were no curvature to draw"
    one, two = (1.0 / limit(np.array([[sharpness]]), h).item() for sharpness in (1.0, 2.0))
    return 1.0 / (two - one), (2.0 * one - two) / (two - one)


def _rates(made: Experiment, epochs: Array) -> Array:
    """The learning rate of the updates from each of `epochs` on; that of the last ones after the end."""
    schedule, options = SCHEDULES[made.schedule], made.schedule_options
    arrays = {name: np.array([[value]], dtype=float) for name, value in options.items()}
    eta, last = np.array([[made.learning_rate]]), max(0, made.epochs - 1)
    numbers = (
        schedule.rate(eta, int(min(e, last)), np.array([[made.epochs]]), arrays).item() for e in epochs
    )
    return np.array(list(numbers))


def draw(axes: Sequence[Axes], table: pd.DataFrame) -> None:
    """The error above the sharpness, a line a run, with the edge dotted in its colour."""
    looks = Looks.of(table, table.attrs["keys"])
    last = table["epoch"].max()
    for ax, name in zip(axes, PANELS, strict=True):
        shown = _lines(table, name)
        heights = heights_of(table, name)
        paths = [(line["epoch"].to_numpy(), heights.place(line["value"])) for line in shown]
        add_lines(ax, paths, [looks.style(line.iloc[0]) for line in shown], linewidths=1.0, zorder=2)
        ends = np.array([np.nan if np.isinf(heights.top) else heights.top])
        ax.set_ylim(*heights.limits(np.concatenate([*(y for _, y in paths), ends]), 0.04, 0.06))
        if name == "sharpness":
            _draw_edges(ax, table, looks, heights)
        if heights.log:
            log_axis(ax, "y")
        unit_axis(ax, "epoch", last)
        preconditioned = name == "sharpness" and table.attrs["preconditioned"] == "all"
        ax.set_ylabel("preconditioned\nsharpness" if preconditioned else label(name))
    axes[0].set_xlabel("")
    axes[0].tick_params(labelbottom=False)
    looks.explain(axes[:1])


def _lines(table: pd.DataFrame, name: str) -> list[pd.DataFrame]:
    """The lines of a curve, a table a run."""
    return [line for _, line in table[table["curve"] == name].groupby("run", sort=False)]


def _draw_edges(ax: Axes, table: pd.DataFrame, looks: Looks, heights: Heights) -> None:
    """The edges within the frame, thin, named at their right ends where there is room."""
    low, high = ax.get_ylim()
    scale = np.log if heights.log else np.asarray
    taken: list[tuple[float, float]] = []
    for line in _lines(table, "edge"):
        color, _ = looks.style(line.iloc[0])
        x, y = line["epoch"].to_numpy(), heights.place(line["value"])
        ax.plot(x, y, color=color, lw=0.5, zorder=1)
        if not (y <= high).any():
            continue
        end = int(np.flatnonzero(y <= high)[-1])  # where it leaves, if the rate falls
        if end == len(x) - 1 and x[end] < table["epoch"].max():  # of a run that diverged, amid the others
            continue
        at = (float(x[end]), float(y[end]))
        share = float((scale(at[1]) - scale(low)) / (scale(high) - scale(low)))
        if any(x == at[0] and abs(share - other) < 0.08 for x, other in taken):
            continue
        taken.append((at[0], share))
        beside: dict[str, Any] = {"xytext": (3, 0), "textcoords": "offset points", "va": "center"}
        ax.annotate(
            _named(line["factor"].iloc[0]), at, color="0.2", fontsize="small", annotation_clip=False, **beside
        )


def _named(factor: float) -> str:
    return f"{factor:.3g}/η"


def heights_of(table: pd.DataFrame, name: str) -> Heights:
    """Up to what calm runs reach, or a little above where they begin: not where divergence ends.

    Of the sharpness up to the edges that are not far above it, or the nearest one.
    """
    lines = table[table["curve"] == name]
    calm = lines.loc[~lines["lost"], "value"]
    first = float(lines.groupby("run")["value"].first().max())
    if name == "error":
        top = max([first * (100 if lines["lost"].any() else 1), *calm])
        return Heights.of(lines["value"].to_numpy(), float(min(top, first * OFF_SCALE)))
    edges = table.loc[table["curve"] == "edge", "value"]
    reached = max([first, *calm])
    near = edges[edges <= 1.5 * reached]
    top = max([reached, *(near if len(near) else edges.nsmallest(1))])
    return Heights.of(np.append(lines["value"], top), top)


def _caption(table: pd.DataFrame) -> str:
    runs, measured = table["run"].nunique(), table.attrs["measured"]
    of_optimizers = "Hessian of what is minimised divided by what the optimizer divides by"
    which = {
        "none": "Hessian of what is minimised",
        "all": of_optimizers,
        "some": f"Hessian of what is minimised; of adaptive optimizers of the {of_optimizers}",
    }[table.attrs["preconditioned"]]
    edges = " or ".join(map(_named, table["factor"].unique()))
    text = f"Error over the training set, and below it the sharpness (the largest eigenvalue of the {which})"
    text += (
        f" against the epoch, a line for each of {counted(runs, 'run')}" if runs > 1 else " against the epoch"
    )
    text += f", evenly chosen of {measured:,}" if runs < measured else ""
    text += table.attrs["keys"].say
    if table.attrs["factors"]:
        text += ". It is that in the steps of each layer, by the layer's factor on the rate"
    text += f". Thin: where the learning rate is the largest stable one ({edges}); above it"
    text += " the steps along the steepest direction grow"
    losses = table.attrs["losses"]
    return f"{text}. {losses}." if losses else f"{text}."


FIGURE = Figure(
    applies, numbers, draw, _caption, lambda _: Layout(rows=2, aspect=0.5), follows=("color", "xlim", "ylim")
)
