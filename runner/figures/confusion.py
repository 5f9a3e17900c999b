"""Which classes are taken for which: counts, and the worst misread digits as images. Trains nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import Normalize
from matplotlib.ticker import FixedLocator

from runner.data.examples import Classes
from runner.figures.decision_boundary import PALE
from runner.figures.figure import DOUBLE, Figure, Layout, Options, counted, needs_best
from runner.figures.style.encoding import short_names
from runner.figures.style.labels import escaped
from runner.nn.arrays import Array
from runner.nn.losses import LOSSES
from runner.results import Results
from runner.training.objective import predict
from runner.training.predictions import classes_of, likelihoods, of_classes

IMAGES = {"digits": 8}  # data whose inputs are square images, and their side in pixels
ROWS, COLUMNS = 3, 4  # of misread images
TALL = 1.35  # of an image's place: what it is high, with its title
MOST_CLASSES = 20  # that have numbers in their cells
PERCENT = 6  # classes whose cells have room for percentages below the counts in a column
COUNT, MISREAD = "count", "misread"


def numbers(results: Results, options: Options) -> pd.DataFrame:
    """Rows of `kind` count: `true` and `predicted` class, `count`, and its `share` of the true class.

    Of images also rows of `kind` misread, the surest of them first: the `example` of the part, its
    `probability`, and the pixels.
    """
    run = results.best(options.metric)
    experiment, final = results.experiment(run), results.parameters(run)["final"].to_numpy()
    data = experiment.data
    *_, (part, (x, y, _)) = data.named.items()
    x = data.in_own_units(x)
    pred, names = predict(experiment, final, x), data.class_names
    true, given = classes_of(y, 0.5), classes_of(pred, LOSSES[experiment.loss].threshold)
    table = _counts(true, given, names)
    side = IMAGES.get(data.name)
    if side is not None and (true != given).any():
        worst = _misread(true, given, probabilities(experiment.loss, pred))
        table = pd.concat([table, _images(worst, x, names)], ignore_index=True)
    table.attrs = {"names": names, "part": part, "side": side, "of": results.best_name(options.metric)}
    return table


def probabilities(loss: str, pred: Array) -> Array:
    """Those of the classes (N, K) by predictions (N, O), cut to 0 to 1 where the loss knows none."""
    likely = likelihoods(loss, pred)
    return of_classes(np.clip(pred, 0, 1) if likely is None else likely)


def _counts(true: Classes, given: Classes, names: Sequence[str]) -> pd.DataFrame:
    count = np.zeros((len(names), len(names)), dtype=int)
    np.add.at(count, (true, given), 1)
    with np.errstate(invalid="ignore"):  # of a class without examples there are no shares
        share = count / count.sum(axis=1, keepdims=True)
    rows, columns = np.indices(count.shape)
    classes = {"true": np.array(names)[rows.ravel()], "predicted": np.array(names)[columns.ravel()]}
    return pd.DataFrame({"kind": COUNT, **classes, "count": count.ravel(), "share": share.ravel()})


def _misread(true: Classes, given: Classes, probability: Array) -> list[tuple[int, int, int, float]]:
    """Examples whose class is misread, the surest first: example, true and predicted class, probability."""
    wrong = np.flatnonzero(true != given)
    sure = probability[wrong, given[wrong]]
    order = np.argsort(-sure, kind="stable")[: ROWS * COLUMNS]
    return [
        (int(n), int(true[n]), int(given[n]), float(p))
        for n, p in zip(wrong[order], sure[order], strict=True)
    ]


def _images(
    worst: Sequence[tuple[int, int, int, float]], inputs: Array, names: Sequence[str]
) -> pd.DataFrame:
    rows: list[dict[str, Any]] = []
    for n, true, given, p in worst:
        pixels = {f"pixel {i}": value for i, value in enumerate(inputs[n], start=1)}
        marks = {"kind": MISREAD, "true": names[true], "predicted": names[given]}
        rows.append(marks | {"example": n, "probability": p} | pixels)
    return pd.DataFrame(rows)


def draw(axes: Sequence[Axes], table: pd.DataFrame) -> None:
    """The matrix of counts, a row a true class; beside it the misread images."""
    _draw_matrix(axes[0], table[table["kind"] == COUNT], table.attrs["names"], wide=len(axes) > 1)
    if len(axes) > 1:
        _draw_images(axes[1], table[table["kind"] == MISREAD], table.attrs["side"])


def _draw_matrix(ax: Axes, cells: pd.DataFrame, names: Sequence[str], wide: bool) -> None:
    size = len(names)
    share, count = (cells[name].to_numpy().reshape(size, size) for name in ("share", "count"))
    edges = np.arange(size + 1) - 0.5
    ax.pcolormesh(edges, edges, share, cmap=PALE, norm=Normalize(0, 1), edgecolors="white", linewidth=0.5)
    small = "small" if size <= PERCENT else "xx-small" if size > 12 or not wide else "x-small"
    for i, j in np.ndindex(count.shape) if size <= MOST_CLASSES else ():
        percent = f"\n{_percent(share[i, j])}" if size <= PERCENT else ""
        if count[i, j] or size <= PERCENT:
            ax.text(j, i, f"{count[i, j]:.0f}{percent}", ha="center", va="center", fontsize=small)
    ax.set(
        xlim=(-0.5, size - 0.5), ylim=(size - 0.5, -0.5), aspect="equal", xlabel="predicted", ylabel="true"
    )
    shown = [escaped(name) for name in short_names(names, 12)]
    turned = size > 2 and sum(map(len, shown)) > 18
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_major_locator(FixedLocator(list(range(size))))
        axis.set_ticklabels(shown)
    ax.tick_params(length=0)
    if turned:
        ax.tick_params(axis="x", labelrotation=45)
    _name_accuracies(ax, share)


def _name_accuracies(ax: Axes, share: Array) -> None:
    """Each class's accuracy at the right end of its row, and below what that is."""
    size = len(share)
    ax.text(size - 0.4, size - 0.4, "right", ha="left", va="top", fontsize="small", color="0.3")
    for i in range(size):
        ax.text(size - 0.4, i, _percent(share[i, i]), va="center", ha="left", fontsize="small", color="0.3")


def _percent(share: Any) -> str:
    return "\N{EN DASH}" if np.isnan(share) else f"{100 * share:.0f} %"


def _draw_images(ax: Axes, misread: pd.DataFrame, side: int) -> None:
    """The images in rows, each below what it is taken for, and what it is."""
    pixels = misread[[f"pixel {i + 1}" for i in range(side * side)]].to_numpy(dtype=float)
    for at, (image, row) in enumerate(zip(pixels, misread.to_dict("records"), strict=True)):
        down, across = divmod(at, COLUMNS)
        top = -TALL * down
        ax.imshow(image.reshape(side, side), cmap="gray_r", extent=(across, across + 0.86, top - 0.86, top))
        said = f"{row['predicted']}, is {row['true']}\n{row['probability']:.2f}"
        ax.text(
            across + 0.43, top + 0.04, said, ha="center", va="bottom", fontsize="x-small", linespacing=1.0
        )
    ax.set(xlim=(-0.05, COLUMNS), ylim=(-TALL * (ROWS - 1) - 0.95, 0.5), aspect="equal")
    ax.axis("off")


def _layout(table: pd.DataFrame) -> Layout:
    if (table["kind"] == MISREAD).any():
        return Layout(1, 2, DOUBLE, 0.9)
    return Layout(aspect=0.86 if len(table.attrs["names"]) > 2 else 0.7)


def _caption(table: pd.DataFrame) -> str:
    counts = table[table["kind"] == COUNT]
    total, right = counts["count"].sum(), counts.loc[counts["true"] == counts["predicted"], "count"].sum()
    of = f" of {table.attrs['of']}" if table.attrs["of"] else ""
    which = table.attrs["part"].replace(" ", "-")
    text = (
        f"The {counted(int(total), f'{which} example')}{of} by their true class (rows) and the predicted one"
    )
    none = "; no part was held out" if which == "training" else ""
    text += f": {right:.0f} are right ({100 * right / total:.1f} %{none}). Colours are shares of a row, and"
    text += " what stands beside it is how much of the class is right"
    if counts["share"].isna().any():
        text += " (\N{EN DASH}: there is no example of it)"
    if (misread := int((table["kind"] == MISREAD).sum())) > 0:
        text += (
            f". Right: the {counted(misread, 'misread image')} of which the network is surest, with what it "
        )
        text += "takes each for, what it is, and the probability that it gives"
    return text + "."


def _applies(results: Results, options: Options) -> str | None:
    if reason := needs_best(results, options):
        return reason
    classifies = results.experiment(results.best(options.metric)).classifies
    return None if classifies else "the targets are no classes; fit shows regressions"


FIGURE = Figure(_applies, numbers, draw, _caption, _layout, follows=("metric",))
