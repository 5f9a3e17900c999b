"""How lines are told apart: by colours, by dashes, and the key that says so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.collections import LineCollection
from matplotlib.colors import LinearSegmentedColormap, LogNorm, Normalize
from matplotlib.lines import Line2D

from runner.figures.figure import Options
from runner.figures.style.axes import add_bar, is_numeric, wants_log
from runner.figures.style.labels import escaped, label, spoken
from runner.figures.style.legends import add_legend
from runner.overrides import in_order, plain
from runner.results import Results
from runner.results.rates import RATE

#: inferno as far as its contrast on white paper is 3, which WCAG 2.1 (1.4.11) asks of graphics; as far,
#: viridis has two thirds of its hues.
ORDERED = LinearSegmentedColormap.from_list("ordered", mpl.colormaps["inferno"](np.linspace(0, 0.675, 256)))
#: Okabe and Ito's colours, told apart by the colour-blind; grey levels differ too. Then three of Tol's.
DISTINCT = (
    *("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#000000"),
    *("#882255", "#999933", "#44AA99"),
)
DASHES: tuple[Any, ...] = ("-", "--", ":", "-.", (0, (4, 1, 1, 1, 1, 1)), (0, (1, 0.6)), (0, (6, 2)))
MARKERS = "osDvPXp"  # one a dash; no triangle that points up: that is what is off the scale
CURVE = "curve"  # what tells parts of the data, where no swept key is told
MOST_NAMED = 7  # values that colours, or dashes, alone can tell apart


@dataclass(frozen=True)
class Keys:
    """Which swept key is told by colour, which by dash, which by neither; and which by panels."""

    color: str | None
    dash: str | None = None
    rest: tuple[str, ...] = ()
    col: str | None = None
    row: str | None = None

    @classmethod
    def of(
        cls, runs: pd.DataFrame, keys: Sequence[str], asked: str | None = None, dashes: bool = True
    ) -> Keys:
        """The roles of those `keys` that vary among `runs`; dashes may tell something else.

        Colour goes to what is asked, or to the first :func:`for_color` that leaves dashes to another, or to
        the first.
        """
        counts = {key: runs[key].nunique() for key in for_color(runs, keys)}
        if not counts:
            return cls(None)
        if not dashes:
            color = asked if asked in counts else next(iter(counts))
            return cls(color, rest=tuple(key for key in counts if key != color))
        roles = []
        for color in [asked] if asked in counts else counts:
            others = [key for key in counts if key != color]
            free = is_numeric(runs[color]) or counts[color] <= MOST_NAMED  # then colours suffice for it
            dash = next((key for key in others if free and counts[key] <= MOST_NAMED), None)
            roles.append(cls(color, dash, tuple(key for key in others if key != dash)))
        return next((keys for keys in roles if keys.dash), roles[0])

    @property
    def say(self) -> str:
        """What a caption has to say of it."""
        text = f"; colours tell {spoken(self.color or '')}, dashes {spoken(self.dash)}" if self.dash else ""
        panels = [spoken(key) for key in (self.col, self.row) if key]
        text = (f"; a panel for each value of {' and '.join(panels)}" if panels else "") + text
        *most, last = map(spoken, self.rest or ("",))
        rest = f"{', '.join(most)} and {last}" if most else last
        return text + (f"; lines that look alike differ in {rest}" if rest else "")


def for_color(runs: pd.DataFrame, keys: Sequence[str]) -> list[str]:
    """Those of `keys` that vary among `runs`, in the order in which colour goes to them.

    The learning rate, then numbers by how many there are, then words; the seed, which is no setting, last.
    """
    counts = {key: n for key in keys if (n := runs[key].nunique()) > 1}

    def place(key: str) -> tuple[bool, bool, int]:
        numeric = is_numeric(runs[key]) and key != "seed"
        return key != RATE, not numeric, -counts[key] if numeric else 0

    return sorted(counts, key=place)


def keys_of(results: Results, options: Options, runs: Sequence[int] | None = None) -> Keys:
    """The roles of the swept keys among `runs`, each a line of its own, or among all.

    The seed comes last among `runs`, and where seeds may be medians only if nothing else varies.
    """
    table = results.finished if runs is None else results.runs.loc[list(runs)]
    seeds = [key for key in results.swept if runs is not None and key not in results.keys]
    keys = Keys.of(table, [*results.keys, *seeds], options.color)
    return keys if keys.color else Keys.of(table, results.swept)


@dataclass(frozen=True)
class Shades:
    """A colour and a dash for every value of a swept key: a map where they are ordered and many."""

    key: str
    values: list[Any]
    norm: Normalize | None
    colors: dict[Any, Any]

    @classmethod
    def of(cls, key: str, values: Sequence[Any] | pd.Series[Any]) -> Shades:
        """The colours of the distinct `values` of `key`."""
        distinct = list(pd.unique(pd.Series(values)))
        distinct = distinct if key == CURVE else in_order(distinct)  # training first, as in every figure
        norm: Normalize | None = None
        if not is_numeric(distinct):
            colors: list[Any] = [DISTINCT[at % len(DISTINCT)] for at in range(len(distinct))]
        else:
            norm = (LogNorm if wants_log(distinct, key) else Normalize)(min(distinct), max(distinct))
            few = len(distinct) <= MOST_NAMED  # then they are as unlike as they can be
            colors = list(np.asarray(ORDERED(np.linspace(0, 1, len(distinct)) if few else norm(distinct))))
        return cls(key, distinct, norm, dict(zip(distinct, colors, strict=True)))

    @property
    def is_map(self) -> bool:
        """Whether the colours are told by a bar beside the panels, not one by one."""
        return self.norm is not None and len(self.values) > MOST_NAMED

    def dash(self, value: Any) -> Any:
        """Lines that are told apart by name differ in dash too, for grey paper.

        Where colours come round again, dashes are one further: no two of 49 values look the same.
        """
        if self.is_map:
            return "-"
        again, at = divmod(self.values.index(value), len(DISTINCT))
        return DASHES[(at + again) % len(DASHES)]

    def name(self, value: Any) -> str:
        """A value as a legend says it."""
        return escaped(self._names[self.values.index(value)])

    @cached_property
    def _names(self) -> list[str]:
        return short_names(self.values)


@dataclass(frozen=True)
class Looks:
    """The colour and the dash of a line, by its swept values."""

    shades: Shades | None
    dashes: Shades | None

    @classmethod
    def of(cls, table: pd.DataFrame, keys: Keys) -> Looks:
        """The looks of the lines in `table`, by their roles."""
        return cls(*(Shades.of(key, table[key]) if key else None for key in (keys.color, keys.dash)))

    def style(self, marks: Any) -> tuple[Any, Any]:
        """Colour and dash of a line with the swept values `marks`."""
        if self.shades is None:
            return DISTINCT[0], "-"
        value = marks[self.shades.key]
        dash = self.dashes.dash(marks[self.dashes.key]) if self.dashes else self.shades.dash(value)
        return self.shades.colors[value], dash

    def marker(self, marks: Any) -> str:
        """The marker of a point with the swept values `marks`: a dash of its own cannot be seen on it."""
        return MARKERS[self.dashes.values.index(marks[self.dashes.key])] if self.dashes else MARKERS[0]

    def explain(
        self,
        axes: Sequence[Axes],
        marked: bool = False,
        notes: tuple[str, Mapping[Any, str]] = ("", {}),
        curves: Mapping[str, Any] | None = None,
        titled: bool = False,
    ) -> None:
        """Adds the key: a bar of the colours beside the panels, or legends, whatever it takes.

        `notes` are what the title is to add, and each value's name, where colours are told one by one.
        `curves` are dashes that tell curves of one run, by their names, which may have colours, too.
        """
        sections: list[tuple[str | None, list[Artist]]] = []
        handles: list[Artist] = []
        coloured = bool(curves and self.shades and {*self.shades.values} <= {*curves})
        if (shades := self.shades) is None:
            pass
        elif shades.is_map:
            add_bar(axes, ScalarMappable(shades.norm, ORDERED), label(shades.key))
        else:
            alike = dict.fromkeys(shades.values, "-") if self.dashes or curves else {}
            alike |= curves if curves and coloured else {}
            dashes = [alike.get(value) or shades.dash(value) for value in shades.values]
            what, said = notes
            names = [shades.name(value) + said.get(value, "") for value in shades.values]
            looks = zip(shades.colors.values(), dashes, names, strict=True)
            handles = [_sample(*look) for look in looks]
            sections.append((label(shades.key) + what, handles))
        if self.dashes:
            handles = [_sample("0.3", self.dashes.dash(v), self.dashes.name(v)) for v in self.dashes.values]
            sections.append((label(self.dashes.key), handles))
        if marked and sections:  # the last tells markers
            markers = MARKERS if self.dashes else MARKERS[0] * len(handles)
            for handle, marker in zip(handles, markers, strict=False):
                handle.set(marker=marker)
        if curves and not coloured:
            sections.append((None, [_sample("0.3", dash, name) for name, dash in curves.items()]))
        if sections:
            add_legend(axes, sections, titled)


def short_names(values: Sequence[Any], most: int = 20) -> list[str]:
    """Values as a reader wants them: numbers of three digits where these suffice, long words by their end."""
    short = [min(f"{v:.3g}", plain(v), key=len) if is_numeric([v]) else plain(v) for v in values]
    names = short if len(set(short)) == len(values) else [plain(value) for value in values]
    names = [name.strip("{}") if len(name) > most else name for name in names]
    ends = [name if len(name) <= most else "…" + name[1 - most :] for name in names]
    begins = [name if len(name) <= most else name[: most - 1] + "…" for name in names]
    return max(ends, begins, key=lambda shorter: len(set(shorter)))  # as many as can be told apart


def _sample(color: Any, dash: Any, name: str) -> Line2D:
    return Line2D([], [], color=color, ls=dash, label=name, ms=3)


def add_lines(
    ax: Axes, lines: Sequence[tuple[Any, Any]], looks: Sequence[tuple[Any, Any]], **more: Any
) -> None:
    """Many lines at once, each (x, y), in their colours and dashes; a line of one point is a dot."""
    if not lines:
        return
    paths = [np.column_stack(line) for line in lines]
    colors, dashes = [color for color, _ in looks], [dash for _, dash in looks]
    ax.add_collection(LineCollection(paths, colors=colors, linestyles=dashes, **more), autolim=False)
    for path, color in zip(paths, colors, strict=True):
        if len(path) == 1:
            ax.plot(*path.T, "o", color=color, ms=3, clip_on=False)
