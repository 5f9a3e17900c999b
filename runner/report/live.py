"""The numbers that a page's scripts draw: curves of settings, swept values, as a screen shows them."""

from __future__ import annotations

import math
from base64 import b64encode
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from runner.errors import RunnerError
from runner.figures.style.axes import ERRORS_WIDE
from runner.nn.arrays import Array
from runner.overrides import in_order, plain
from runner.records.histories import every
from runner.records.names import higher_is_better
from runner.report.naming import NAMES, Called
from runner.report.tables import MOST_ROWS, Table, setting_of
from runner.results import COLUMNS
from runner.results.rates import RATE

if TYPE_CHECKING:
    from runner.results import Results

#: Numbers of all curves together, and points of one: a window has no more of these.
MOST_NUMBERS, MOST_POINTS = 300_000, 800
#: Columns of a history that are drawn, as the page calls them.
MEASURES = {
    "error": "training error",
    "validation_error": "validation error",
    "test_error": "test error",
    "accuracy": "training accuracy",
    "validation_accuracy": "validation accuracy",
    "test_accuracy": "test accuracy",
}
#: Not a number, as a float32.
NAN = 0x7FC00000
#: Categories that get a panel each.
MOST_PANELS = 6


def live_of(results: Results, metric: str, settings: Table, called: Called = NAMES) -> dict[str, Any] | None:
    """What a page's scripts draw, as plain values; None where there is nothing to draw.

    `lines` has a line a setting, the best first, and of repeats its median at each count; `axes` its swept
    values for the parallel coordinates.
    """
    if results.finished.empty:
        return None
    by = setting_of(results)[results.finished.index].to_numpy()
    finished = set(by.tolist())
    kept = [setting for setting in settings.ranked if setting in finished][:MOST_ROWS]
    try:
        counts, measures = _measures(results, [np.flatnonzero(by == setting) for setting in kept], called)
    except RunnerError:  # the figures have said what is wrong with a file
        return None
    rows = settings.rows.loc[kept]
    return {
        "unit": called.column(results.unit),
        "counted": results.unit,
        "counts": counts,
        "measures": measures,
        "measure": COLUMNS[metric],
        "best": results.ranking(metric).best is not None,
        "facet": _facet(results),
        "lines": [{"setting": int(row), "name": called.setting(rows.loc[row], results.keys)} for row in kept],
        "color": _color(results),
        "axes": [
            *(_axis(rows, key) | {"label": called.key(key)} for key in results.keys),
            _axis(rows, metric, _wide(metric)) | {"label": called.key(metric)},
        ],
        "repeats": int(results.outcomes.groupby(setting_of(results)).size().max()),
    }


def _measures(results: Results, groups: Sequence[Any], called: Called) -> tuple[str, list[dict[str, Any]]]:
    """The counts, and of each column the medians of `groups` of finished runs, (groups, T), thinned alike."""
    header = results.header(results.rows[0])
    names = [name for name in MEASURES if name in header and _has(results, name)]
    curves = {name: results.curves(_metric(name)) for name in names}
    counts = next(iter(curves.values())).counts
    keep = np.arange(len(counts))[
        every(len(counts), MOST_POINTS)
    ]  # where the linked figures have points, too
    keep = keep[every(len(keep), max(2, MOST_NUMBERS // (len(groups) * len(names))))]
    measures = []
    for name, curve in curves.items():
        medians = np.array([_median(curve.values[group][:, keep]) for group in groups])
        measures.append(
            {"column": name, "title": called.column(name, MEASURES[name]), "values": packed(medians)}
        )
    return packed(counts[keep]), measures


def _has(results: Results, column: str) -> bool:
    """Whether every finished run has the column."""
    return column == "error" or bool(results.finished[column].notna().all())


def _metric(column: str) -> str:
    return next(metric for metric, name in COLUMNS.items() if name == column)


def _median(values: Array) -> Array:
    """The median of runs (R, T), NaN where a run has ended: what the rest is then says little."""
    return values[0] if len(values) == 1 else np.asarray(np.median(values, axis=0))


def packed(values: Array) -> str:
    """Numbers as float32 without its last byte, little-endian in base64: 4 letters each, 4 digits and more.

    NaN for what is not finite, or beyond 3e38.
    """
    with np.errstate(over="ignore"):
        short = np.ascontiguousarray(values, dtype="<f4").ravel()
    finite = np.isfinite(short)
    bits = short.view("<u4").astype(np.uint64) + 0x80  # to the nearest
    bits = np.where(finite, np.minimum(bits, np.uint64(0xFFFFFFFF)), np.uint64(NAN)).astype("<u4")
    return b64encode(bits.view(np.uint8).reshape(-1, 4)[:, 1:].tobytes()).decode()


def _color(results: Results) -> str | None:
    """The key whose values are the colours of lines: the learning rate, else that of most numbers."""
    if RATE in results.keys or not results.keys:
        return RATE if results.keys else None
    runs = results.runs[results.keys]
    numeric = [key for key in results.keys if runs[key].dtype.kind in "fi"]
    return max(numeric or results.keys, key=lambda key: runs[key].astype(str).nunique())


def _facet(results: Results) -> str | None:
    """The first key of few categories, which get a panel each, if it is not told by colour."""
    words = (
        key for key in results.keys if results.runs[key].dtype.kind not in "fi" and key != _color(results)
    )
    return next((key for key in words if results.runs[key].astype(str).nunique() <= MOST_PANELS), None)


def _wide(metric: str) -> float:
    """From which factor on a metric is on a log axis, as in the pictures; accuracies never are."""
    return math.inf if higher_is_better(metric) else ERRORS_WIDE


def _axis(rows: Any, key: str, wide: float = 10.0) -> dict[str, Any]:
    """A column of the settings as an axis: numbers, or categories with their places; None for no value.

    Positive numbers that span a factor of `wide` or more are on a log axis.
    """
    values = rows[key]
    if values.dtype.kind in "fi":
        numbers = [float(v) if np.isfinite(v) else None for v in values]
        return {"name": key, "values": numbers, "log": _spans(values, wide)}
    written = [plain(value) for value in values]
    return {"name": key, "values": written, "categories": [str(value) for value in in_order(written)]}


def _spans(values: Any, wide: float) -> bool:
    finite = values[np.isfinite(values)]
    return bool(len(finite) and finite.min() > 0 and finite.max() >= wide * finite.min())
