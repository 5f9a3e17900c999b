"""Axes and colours that fit the values: log or linear, a colour bar or a legend."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import LinearSegmentedColormap, LogNorm, Normalize
from matplotlib.ticker import FixedLocator, FuncFormatter, LogLocator, NullFormatter, NullLocator
from numpy.typing import NDArray

from runner.arrays import Array
from runner.results import plain

#: viridis without its end that is lost on white paper.
ORDERED = LinearSegmentedColormap.from_list("ordered", mpl.colormaps["viridis"](np.linspace(0, 0.88, 256)))
#: Okabe and Ito's colours, told apart by the colour-blind; grey levels differ too.
DISTINCT = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#000000")
DASHES = ("-", "--", ":", "-.", (0, (4, 1, 1, 1, 1, 1)), (0, (1, 0.6)), (0, (6, 2)))
DIVERGED_GREY = "0.88"
MOST_NAMED = 7  # lines that a legend can tell apart

LABELS = {
    "learning_rate": r"learning rate $\eta$",
    "batch_size": "batch size",
    "network.hidden": "hidden neurons",
    "network.activation": "activation",
    "optimizer.momentum": r"momentum $\mu$",
    "regularization.l1": r"$L_1$ penalty",
    "regularization.l2": r"$L_2$ penalty",
    "error": "error $E$",
    "final_error": "final error $E$",
    "best_error": "best error $E$",
    "initial_error": "initial error $E$",
    "test_error": "test error",
    "test_accuracy": "test accuracy",
}


def label(key: str) -> str:
    """A key or a column as an axis says it; a name of the user's own, as it is."""
    return LABELS.get(key, escaped(key.replace("_", " ") if "." not in key else key))


def escaped(text: str) -> str:
    """Text that mathtext is not to read."""
    return text.replace("\\", "\\\\").replace("$", r"\$")


def is_numeric(values: Sequence[Any] | pd.Series[Any] | NDArray[Any]) -> bool:
    series = pd.Series(values)
    return bool(pd.api.types.is_numeric_dtype(series) and not pd.api.types.is_bool_dtype(series))


def wants_log(values: Sequence[Any] | pd.Series[Any] | NDArray[Any]) -> bool:
    """Whether values want a log axis: all positive, and over a wide range or in equal ratios."""
    if not is_numeric(values):
        return False
    numbers = np.unique(np.asarray(values, dtype=float))
    numbers = numbers[np.isfinite(numbers)]
    if len(numbers) < 2 or numbers[0] <= 0:
        return False
    steps = np.diff(np.log(numbers))
    in_ratio = len(numbers) > 2 and np.ptp(steps) < 0.05 * steps.mean()
    return bool(numbers[-1] / numbers[0] >= 30 or in_ratio)


def errors_want_log(values: Array) -> bool:
    """Whether errors want a log axis; an error of exactly 0 is as small as they come."""
    numbers = values[np.isfinite(values)]
    above = numbers[numbers > 0]
    return bool(numbers.size and above.size and numbers.min() >= 0 and above.max() / above.min() >= 30)


SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def power_of_ten(value: float, position: int | None = None) -> str:
    """A tick's label, 10⁻³: as matplotlib's own, without setting each as mathematics (5 ms)."""
    exponent = np.log10(value) if value > 0 else np.nan
    if not abs(exponent - np.round(exponent)) < 1e-9:
        return f"{value:g}"
    return f"10{f'{exponent:.0f}'.translate(SUPERSCRIPTS)}"


def log_axis(ax: Axes, which: str) -> None:
    """A log axis with a few ticks at powers of ten, whatever its range."""
    getattr(ax, f"set_{which}scale")("log")
    axis = getattr(ax, f"{which}axis")
    axis.set_major_formatter(FuncFormatter(power_of_ten))
    low, high = axis.get_view_interval()
    decades = np.log10(high) - np.log10(low)
    if decades > 4:
        axis.set_major_locator(LogLocator(numticks=7))
        axis.set_minor_locator(NullLocator())
    elif decades < 2.2:  # powers of ten alone would be one tick or none
        axis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
        axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axis.set_minor_formatter(NullFormatter())


def ticks_at(ax: Axes, which: str, places: Array, names: Sequence[str], most: int) -> None:
    """Ticks where the values are, with names at `most` of them at the most."""
    axis = getattr(ax, f"{which}axis")
    shown = np.unique(np.linspace(0, len(places) - 1, min(most, len(places))).round().astype(int))
    axis.set_major_locator(FixedLocator([places[i] for i in shown]))
    axis.set_minor_locator(FixedLocator(list(places)) if len(places) <= 60 else NullLocator())
    axis.set_minor_formatter(NullFormatter())
    axis.set_ticklabels([names[i] for i in shown])


@dataclass(frozen=True)
class Shades:
    """A colour and a dash for every value of a swept key: a map where they are ordered and many."""

    key: str
    values: list[Any]
    norm: Normalize | None
    colors: dict[Any, Any]

    @classmethod
    def of(cls, key: str, values: Sequence[Any] | pd.Series[Any]) -> Shades:
        distinct = sorted(pd.unique(pd.Series(values)), key=lambda v: v if is_numeric([v]) else str(v))
        norm: Normalize | None = None
        if not is_numeric(distinct):
            colors: list[Any] = [DISTINCT[at % len(DISTINCT)] for at in range(len(distinct))]
        else:
            norm = (LogNorm if wants_log(distinct) else Normalize)(min(distinct), max(distinct))
            few = len(distinct) <= MOST_NAMED  # then they are as unlike as they can be
            colors = list(np.asarray(ORDERED(np.linspace(0, 1, len(distinct)) if few else norm(distinct))))
        return cls(key, distinct, norm, dict(zip(distinct, colors, strict=True)))

    @property
    def is_map(self) -> bool:
        return self.norm is not None and len(self.values) > MOST_NAMED

    def color(self, value: Any) -> Any:
        return self.colors[value]

    def dash(self, value: Any) -> Any:
        """Lines that are told apart by name differ in dash too, for grey paper."""
        return "-" if self.is_map else DASHES[self.values.index(value) % len(DASHES)]

    def name(self, value: Any) -> str:
        return escaped(plain(value))

    def add_bar(self, axes: Sequence[Axes]) -> None:
        """A colour bar beside the panels."""
        bar = axes[0].figure.colorbar(
            ScalarMappable(self.norm, ORDERED), ax=list(axes), pad=0.02, aspect=25, fraction=0.06
        )
        if isinstance(self.norm, LogNorm) and max(self.values) >= 100 * min(self.values):
            bar.formatter = FuncFormatter(power_of_ten)
        bar.minorticks_off()
        bar.set_label(label(self.key))


LETTERS = 46  # of a legend that fit above a panel, side by side


def legend_above(ax: Axes, title: str | None = None, handles: Sequence[Artist] | None = None) -> None:
    """A legend above the panel, where it covers no data; none for a single line."""
    handles = handles if handles is not None else ax.get_legend_handles_labels()[0]
    names = [str(handle.get_label()) for handle in handles]
    if len(handles) < 2:
        return
    columns = max(1, min(6, LETTERS // (max(len(name) for name in names) + 7)))
    ax.legend(
        handles,
        names,
        title=title,
        loc="lower center",
        bbox_to_anchor=(0.5, 1.0),
        ncols=min(columns, len(names)),
    )


def floor_of(values: Array) -> float:
    """Where an error of exactly 0 is drawn on a log axis: below the smallest that is not."""
    above = values[np.isfinite(values) & (values > 0)]
    return float(max(above.min() / 10, 1e-320)) if above.size else 1e-320
