"""Axes that fit the values: log or linear, with ticks at round numbers and room for zeros."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colorbar import Colorbar
from matplotlib.colors import LogNorm
from matplotlib.font_manager import FontProperties
from matplotlib.text import Annotation
from matplotlib.ticker import (
    FixedFormatter,
    FixedLocator,
    FuncFormatter,
    MaxNLocator,
    NullFormatter,
    NullLocator,
)
from matplotlib.transforms import Bbox
from numpy.typing import NDArray

from runner.figures.style.labels import label
from runner.figures.style.panel import is_ours
from runner.nn.arrays import Array
from runner.results.rates import RATE
from runner.training.endings import OFF_SCALE

DIVERGED_GREY = "0.88"
#: From so many times the smallest on, positive values want a log axis; errors sooner.
WIDE = 30
ERRORS_WIDE = 3
PANEL, HIGH = 0.62, 0.57  # of a figure's width, and of its height: about what its panels take
MOST_TICKS = 8  # more swept values than these have round numbers for ticks
SHORT = "{:g}".format  # a tick's label; of its place, which comes second, nothing is said
SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def is_numeric(values: Sequence[Any] | pd.Series[Any] | NDArray[Any]) -> bool:
    """Whether all values are numbers, no truth values among them."""
    series = pd.Series(values)
    return bool(pd.api.types.is_numeric_dtype(series) and not pd.api.types.is_bool_dtype(series))


def wants_log(values: Sequence[Any] | pd.Series[Any] | NDArray[Any], key: str = "") -> bool:
    """Whether values want a log axis: all positive, and over a wide range or in equal ratios.

    Learning rates always do.
    """
    numbers = np.unique(np.asarray(values, dtype=float)) if is_numeric(values) else np.zeros(0)
    numbers = numbers[np.isfinite(numbers)]
    if len(numbers) < 2 or numbers[0] <= 0:
        return False
    steps = np.diff(np.log(numbers))
    in_ratio = len(numbers) > 2 and np.ptp(steps) < 0.05 * steps.mean()
    return bool(key == RATE or steps.sum() >= np.log(WIDE) or in_ratio)


def errors_want_log(values: Array, wide: float = ERRORS_WIDE) -> bool:
    """Whether errors want a log axis; an error of exactly 0 is as small as they come."""
    finite = values[np.isfinite(values)]
    above = np.log(finite[finite > 0])
    return bool(above.size and finite.min() >= 0 and np.ptp(above) >= np.log(wide))


@dataclass(frozen=True)
class Heights:
    """Where errors stand on their axis, the same for all lines and marks of a panel.

    On a log axis an error of exactly 0 stands at `floor`, a decade below the smallest other one. What
    is above `top` is off the scale. The axis ends at `most` at the latest, and at 0 where nothing is below.
    """

    log: bool = False
    floor: float = -np.inf
    top: float = np.inf
    zeros: bool = False
    most: float = np.inf

    @classmethod
    def of(cls, values: Array, top: float = np.inf, wide: float = ERRORS_WIDE) -> Heights:
        """The heights of errors, of which those above `top` are off the scale; log where they are `wide`."""
        log = errors_want_log(values, wide)
        zeros = log and bool((values == 0).any())
        above = values[np.isfinite(values) & (values > 0)]
        least = float(above.min()) if log else -np.inf
        return cls(log, least / 10 if zeros and least > 1e-306 else least, top, zeros)

    def place(self, values: Any) -> Array:
        """Heights of `values`; far off the scale they stop, where numbers cannot overflow."""
        return np.clip(np.asarray(values, dtype=float), self.floor, OFF_SCALE * self.top)

    def off(self, values: Any) -> Any:
        """Which of `values` are finite and off the scale."""
        return np.isfinite(values) & (np.asarray(values, dtype=float) > self.top)

    def end(self, counts: Array, errors: Array) -> tuple[float, float]:
        """Where a line ends: at its last point, or where it leaves the picture for good."""
        if errors[-1] <= self.top:
            return float(counts[-1]), float(errors[-1])
        last = int(max(np.flatnonzero(errors <= self.top), default=0))
        around = slice(last, last + 2)
        scale: Callable[[Any], Any] = np.log if self.log else np.asarray
        return float(np.interp(scale(self.top), scale(errors[around]), counts[around])), self.top

    def limits(self, values: Array, below: float, above: float) -> tuple[float, float]:
        """The ends of an axis that shows `values`, with shares of its length to spare on either side."""
        finite = values[np.isfinite(values)]
        within = np.clip(finite if finite.size else np.zeros(1), self.floor, self.top)
        ends = np.array([within.min(), within.max()])
        low, high = np.log(ends) if self.log else ends
        length = (high - low) or (abs(high) or 1.0)
        lower, high = low - below * length, high + above * length
        if self.log:
            return float(np.exp(lower)), float(np.exp(high))
        return float(max(0.0, lower) if low >= 0 else lower), float(min(high, self.most))


def brief(value: float) -> str:
    """A number as a cell has room for it: two digits, 0.012 or 1.2e-4."""
    mantissa, exponent = f"{value:.1e}".split("e")
    if value == 0 or -4 < int(exponent) < 6:
        return f"{float(f'{value:.2g}'):g}"
    return f"{float(mantissa):g}e{int(exponent)}"


def power_of_ten(value: float, _position: int | None = None) -> str:
    """A tick's label, 10⁻³: as matplotlib's own, without setting each as mathematics (5 ms)."""
    exponent = np.log10(value) if value > 0 else np.nan
    if not abs(exponent - np.round(exponent)) < 1e-9:
        return f"{value:g}"
    return f"10{f'{exponent:.0f}'.translate(SUPERSCRIPTS)}"


def log_ticks(low: float, high: float, most: int = 7) -> tuple[list[float], list[float], bool]:
    """Ticks of a log axis: those with names, those without, and whether the names are powers of ten."""
    first, last = np.log10(low), np.log10(high)
    decades = range(int(np.floor(first)), int(np.ceil(last)) + 1)
    if last - first > 2.2:
        ones = _within([10.0**e for e in decades], low, high)
        between = [m * 10.0**e for e in decades for m in (2, 5) if last - first <= 4]
        stride = -(-len(ones) // most)  # at whole multiples of it
        named = [tick for tick in ones if round(np.log10(tick)) % stride == 0]
        return named, _within(between, low, high), True
    named = _within([m * 10.0**e for e in decades for m in (1, 2, 5)], low, high)
    if len(named) < 3:
        named = _within(MaxNLocator(4, steps=[1, 2, 2.5, 5, 10]).tick_values(low, high), low, high)
    return named, [], False


def clear(names: Sequence[str], at: Array) -> list[str]:
    """The names, which stand `at` these inches, none over another.

    One that would run into the one before it stands a line lower; where there is no room, it is left out.
    """
    shown: list[str] = []
    ends = [-np.inf, -np.inf]
    for name, place in zip(names, at, strict=True):
        half = (len(name) + 0.5) / 2 * letter_width()
        line = next((line for line, end in enumerate(ends) if place - half >= end), None)
        shown.append("" if line is None else "\n" * line + name)
        if line is not None:
            ends[line] = place + half
    return shown


def rate_axis(ax: Axes, rates: Sequence[float], low: float, high: float) -> None:
    """A log x axis from `low` to `high` with ticks at the `rates`, if they are few, else at round numbers."""
    ax.set_xlim(low, high)
    log_axis(ax, "x")
    if 1 < len(rates) <= MOST_TICKS:
        along = np.log(np.asarray(rates) / low) / np.log(high / low) * panel_width(ax)
        ax.xaxis.set_major_locator(FixedLocator(list(rates)))
        ax.xaxis.set_major_formatter(FixedFormatter(clear([SHORT(rate) for rate in rates], along)))
        ax.xaxis.set_minor_locator(NullLocator())


def set_ends(ax: Axes, which: str, ends: tuple[float, float]) -> None:
    """Gives an axis its ends and the ticks that go with them, and hides the texts at what lies beyond.

    Of a log axis an end that is not above 0 stays where it was.
    """
    before = getattr(ax, f"get_{which}lim")()
    is_log = getattr(ax, f"get_{which}scale")() == "log"
    low, high = (end if end > 0 or not is_log else old for end, old in zip(ends, before, strict=True))
    getattr(ax, f"set_{which}lim")(low, high)
    if is_log:
        log_axis(ax, which)
    for artist in (*ax.lines, *ax.collections):
        artist.set_clip_on(True)
    at = "xy".index(which)
    for text in ax.texts:
        if isinstance(text, Annotation) and not low <= text.xy[at] <= high:
            text.set_visible(False)


def _within(ticks: Any, low: float, high: float) -> list[float]:
    return [float(f"{tick:.12g}") for tick in ticks if low * (1 - 1e-9) <= tick <= high * (1 + 1e-9)]


def log_axis(ax: Axes, which: str) -> None:
    """A log axis with a few ticks at round numbers, whatever its range, which is to stand already."""
    low, high = getattr(ax, f"get_{which}lim")()
    getattr(ax, f"set_{which}scale")("log")
    getattr(ax, f"set_{which}lim")(low, high)
    axis = getattr(ax, f"{which}axis")
    named, minor, powers = log_ticks(low, high)
    if which == "x" and len(named) > _room(ax, max(len(SHORT(tick)) for tick in named)) and not powers:
        tens = [tick for tick in named if round(np.log10(tick), 9) % 1 == 0]
        named, minor = (tens, named) if len(tens) > 1 else (named[:: len(named) - 1], named)
    axis.set_major_locator(FixedLocator(named))
    axis.set_major_formatter(FuncFormatter(power_of_ten if powers else SHORT))
    axis.set_minor_locator(FixedLocator(minor) if minor else NullLocator())
    axis.set_minor_formatter(NullFormatter())


class _UpTo(MaxNLocator):
    """Ticks that end where the data do, and not with the room beside them."""

    def __init__(self, last: float, **more: Any) -> None:
        self.last = last
        super().__init__(**more)

    def tick_values(self, vmin: float, vmax: float) -> Sequence[float]:
        return [tick for tick in super().tick_values(vmin, min(vmax, self.last)) if tick <= self.last]


def unit_axis(ax: Axes, unit: str, last: float, beside: float = 0.0) -> None:
    """Epochs or updates along the x axis, which are whole; no more ticks than have room.

    A share of its width, `beside`, is kept free on the right.
    """
    last = max(1.0, last)
    ax.set_xlim(0, last / (1 - beside))
    most = int(_room(ax, len(f"{last:.0f}")) * (1 - beside))
    ax.xaxis.set_major_locator(_UpTo(last, nbins=min(max(1, most - 1), 5), integer=True))
    ax.set_xlabel(label(unit))


def thin_ticks(ax: Axes) -> None:
    """No more ticks along a linear x axis than their labels have room."""
    ticks = list(ax.xaxis.get_majorticklocs())
    most = _room(ax, max(map(len, ax.xaxis.get_major_formatter().format_ticks(ticks)), default=1))
    if len(ticks) > most:  # finer ones would be longer, too
        ax.locator_params(axis="x", nbins=most)


def _room(ax: Axes, letters: int) -> int:
    """How many labels of so many letters stand side by side below a panel, which is not laid out yet."""
    return max(1, int(panel_width(ax) / letter_width() / (letters + 0.7)))


def panel_width(ax: Axes) -> float:
    """How wide a panel will be that is not laid out yet: about, in inches."""
    _, columns = _grid(ax)
    return float(PANEL * ax.figure.bbox.width / ax.figure.dpi / columns)


def panel_height(ax: Axes) -> float:
    """How high it will be, about, in inches."""
    rows, _ = _grid(ax)
    return float(HIGH * ax.figure.bbox.height / ax.figure.dpi / rows)


def _grid(ax: Axes) -> tuple[int, int]:
    place = ax.get_subplotspec()
    return place.get_gridspec().get_geometry() if place else (1, 1)


def add_bar(axes: Sequence[Axes], mappable: ScalarMappable, name: str, **more: Any) -> Colorbar:
    """A colour bar beside the panels, as tall as they are, with its ticks at round numbers."""
    (ax, *others), figure = axes, axes[0].figure
    if others and not is_ours(axes):
        return figure.colorbar(mappable, ax=list(axes), label=name, **more)
    # one panel has it within its own box: the bar keeps to its height, whatever its aspect
    place = figure.add_axes((0.9, 0.1, 0.02, 0.8)) if others else ax.inset_axes((1.03, 0.0, 0.04, 1.0))
    bar = figure.colorbar(mappable, cax=place, **more)
    if isinstance(mappable.norm, LogNorm):
        named, _, powers = log_ticks(float(mappable.norm.vmin or 1), float(mappable.norm.vmax or 1))
        bar.locator = FixedLocator(named)
        bar.formatter = FuncFormatter(power_of_ten if powers else SHORT)
    else:
        bar.locator = MaxNLocator(5)
    bar.minorticks_off()
    bar.set_label(name)
    if others:
        _stand_beside(figure, axes, place)
    return bar


def _stand_beside(figure: Any, axes: Sequence[Axes], bar: Any) -> None:
    """Keeps room on the right for a bar, and the bar there: laid out, it would be measured once a panel."""
    em, high = mpl.rcParams["font.size"] / 72 / figure.get_size_inches()
    labels = (bar.get_tightbbox().x1 - bar.bbox.x1) / figure.bbox.width
    left = 1 - em / 3 - labels - em

    def place(*_: object) -> Bbox:
        panels = Bbox.union([ax.get_position() for ax in axes])
        return Bbox.from_extents(left, panels.y0, left + em, panels.y1)

    bar.set_axes_locator(place)
    if engine := figure.get_layout_engine():
        over = high / 3  # labels at its ends stand above and below it
        engine.set(rect=(0, over, left - em / 2, 1 - 2 * over))


def letter_width(size: str | None = None) -> float:
    """The width of a letter of a tick's label, or of a text of some size, in inches."""
    font = FontProperties(size=size or mpl.rcParams["xtick.labelsize"])
    return 0.62 * float(font.get_size_in_points()) / 72
