"""The values of a key, each at its best of all else: over seeds, and how far from the best, seed by seed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from runner.figures.figure import DOUBLE, Figure, Layout, Options, losses_of, needs_best, spread_of
from runner.figures.style.accuracies import as_drawn, lowest_of, more_is_better
from runner.figures.style.axes import Heights, is_numeric, log_axis, power_of_ten, thin_ticks
from runner.figures.style.encoding import DISTINCT, Keys, short_names
from runner.figures.style.labels import escaped, label, letter, spoken
from runner.figures.style.legends import add_legend
from runner.figures.style.samples import interval_ends, spread
from runner.nn.arrays import Array
from runner.records.names import starting, words_of
from runner.results import Results
from runner.results.comparison import ENOUGH_TO_SPLIT, SEED, VALUE, comparison_table
from runner.results.intervals import LEAST_SEEDS
from runner.results.rates import RATE
from runner.results.several import SOURCE
from runner.training.endings import ROUNDING

MOST_ROWS = 20  # the best of more
ROW = 0.085  # of a panel's width: what a row takes of its height
SPREAD = 0.22  # of a row, to either side, which seeds take
WIDE = 30  # times the least difference: from there on decades are the ticks
MOST_DECADES = 4  # ticks on either side of 0
LETTERS = 22  # of a setting's name that fits below its row's
DOT: dict[str, Any] = {"ls": "none", "marker": "o", "ms": 2.8, "mew": 0, "alpha": 0.5, "zorder": 3}
STROKE: dict[str, Any] = {"ls": "none", "marker": "|", "ms": 9, "mew": 1.6, "zorder": 5}
DIAMOND: dict[str, Any] = {"ls": "none", "marker": "D", "ms": 4, "mew": 0.8, "mfc": "white", "zorder": 6}
COLOR, BEST = DISTINCT[0], DISTINCT[1]


def key_of(results: Results, options: Options) -> str:
    """The key that is compared: as asked for, the source, the words with most values, else the first."""
    if options.compare or results.sources:
        return options.compare or SOURCE
    words = [key for key in results.keys if not is_numeric(results.runs[key])]
    return max(words or [options.color or results.keys[0]], key=lambda key: results.runs[key].nunique())


def numbers(results: Results, options: Options) -> pd.DataFrame:
    """Values, the best first, then their seeds: :func:`runner.results.comparison.comparison_table`."""
    key, metric = key_of(results, options), results.metric(options.metric)
    table = comparison_table(results, key, metric)
    table.attrs |= {"key": key, "metric": metric, "keys": Keys(key), "losses": losses_of(results)}
    table.attrs["others"] = [name for name in results.keys if name != key]
    table.attrs["unlike"] = results.unlike if results.sources else []
    return table


def draw(axes: Sequence[Axes], table: pd.DataFrame) -> None:
    """Left the values, a row each; right their differences from the best."""
    table = drawn_of(table)
    left, *right = axes
    values = table[table["layer"] == VALUE].iloc[:MOST_ROWS]
    seeds = table[(table["layer"] == SEED) & table["value"].isin(values["value"])]
    places = {value: float(at) for at, value in enumerate(values["value"])}
    colors = [BEST, *[COLOR] * (len(values) - 1)]
    metric, key = table.attrs["metric"], table.attrs["key"]
    _draw_values(left, values, seeds, places, colors)
    _draw_lost(left, values, more_is_better(metric))
    names = _names(values["value"])
    rows = zip(names, _chosen(values, table.attrs["others"]), strict=True)
    left.set_yticks(range(len(names)), ["\n".join(filter(None, row)) for row in rows])
    left.set_ylabel(label(key))
    left.set_xlabel(label(metric))
    for ax in right:
        _draw_differences(ax, values, seeds, places)
        ax.set_yticks([])
        best = f"{letter(key)} = {names[0]}" if _is_number(names[0]) else names[0]
        ax.set_xlabel(f"difference from {best}")
    for ax in axes:
        ax.set_ylim(len(names) - 0.4, -0.6)
        ax.tick_params(axis="y", length=0)
    add_legend(axes, [(None, _handles(values))])


def drawn_of(table: pd.DataFrame) -> pd.DataFrame:
    """The table as it is drawn: high accuracies as error rates, whose differences have the other sign."""
    turned = as_drawn(table, "metric", ("low", "high"), ["iqm"])
    if turned is table:
        return table
    low, high = -turned["difference_high"], -turned["difference_low"]
    return turned.assign(difference=-turned["difference"], difference_low=low, difference_high=high)


def _draw_values(
    ax: Axes, values: pd.DataFrame, seeds: pd.DataFrame, places: dict[str, float], colors: Sequence[str]
) -> None:
    """Seeds as dots, medians as strokes, interquartile means as diamonds, and intervals of the medians."""
    metric, every = values.attrs["metric"], np.concatenate([_numbers(values), _numbers(seeds)])
    heights = Heights(floor=lowest_of(metric)) if more_is_better(metric) else Heights.of(every)
    for color, (value, at) in zip(colors, places.items(), strict=True):
        sample = seeds.loc[seeds["value"] == value, metric].dropna()
        ax.plot(
            heights.place(sample), at + spread(range(len(sample)), SPREAD), color=color, gid="seed", **DOT
        )
        row = heights.place(values.loc[values["value"] == value, [metric, "low", "high", "iqm"]])[0]
        _draw_interval(ax, at, row, color, heights.log)
        ax.plot(row[3], at, color=color, gid="iqm", **DIAMOND)
    ax.set_xlim(*heights.limits(heights.place(every), 0.05, 0.05))
    if heights.log:
        log_axis(ax, "x")
    else:
        thin_ticks(ax)


def _numbers(table: pd.DataFrame) -> Array:
    """All that is drawn on the left of rows of a table."""
    return table[[table.attrs["metric"], "low", "high", "iqm"]].to_numpy(dtype=float).ravel()


def _draw_interval(ax: Axes, at: float, row: Array, color: str, log: bool = False) -> None:
    """The median of a row, and a bar between the ends of its interval; to the edge where that is infinite."""
    low, high = interval_ends(row[1:2], row[2:3], log)
    ax.plot(row[0], at, color=color, gid="median", **STROKE)
    ax.hlines(at, low, high, color=color, lw=1.4, zorder=4, gid="interval")


def _draw_lost(ax: Axes, values: pd.DataFrame, below: bool) -> None:
    """How many seeds of a row were lost, at the edge of bad numbers, the lower or the upper."""
    edge, side = (0.02, "left") if below else (0.98, "right")
    for at, (lost, count) in enumerate(values[["diverged", "n"]].to_numpy(dtype=int)):
        if lost:
            look: dict[str, Any] = {"ha": side, "va": "center", "fontsize": "x-small", "color": "0.2"}
            place = ax.get_yaxis_transform()
            ax.text(
                edge, at, f"\N{MULTIPLICATION SIGN} {lost} of {count}", transform=place, gid="lost", **look
            )


def _draw_differences(ax: Axes, values: pd.DataFrame, seeds: pd.DataFrame, places: dict[str, float]) -> None:
    """Paired differences from the best, which is at 0, and beside each P(improvement)."""
    ax.axvline(0, color=BEST, lw=0.8, zorder=1, gid="best")
    columns = ["difference", "difference_low", "difference_high"]
    for value, at in list(places.items())[1:]:
        sample = seeds.loc[seeds["value"] == value, "difference"].dropna()
        ax.plot(sample, at + spread(range(len(sample)), SPREAD), color=COLOR, gid="seed", **DOT)
        row = values[values["value"] == value].iloc[0]
        _draw_interval(ax, at, row[columns].to_numpy(dtype=float), COLOR)
        look: dict[str, Any] = {"ha": "left", "va": "center", "fontsize": "small", "gid": "improvement"}
        place = ax.get_yaxis_transform()
        ax.text(1.02, at, f"P = {row['improvement']:.2f}", transform=place, **look)
    ax.margins(x=0.08)
    if _are_wide(values):
        _set_ticks(ax, _medians(values))
    else:
        thin_ticks(ax)


def _medians(values: pd.DataFrame) -> Array:
    """How far the rows are from the best, those that are apart from it."""
    apart = values["difference"].abs().to_numpy(dtype=float)
    return apart[np.isfinite(apart) & (apart > 0)]


def _are_wide(values: pd.DataFrame) -> bool:
    """Whether differences are so unlike that the small ones would all lie at 0."""
    apart = _medians(values)
    return bool(apart.size and apart.max() > WIDE * apart.min())


def _set_ticks(ax: Axes, apart: Array) -> None:
    """An axis in decades on either side of 0, with few ticks."""
    least = int(np.floor(np.log10(apart.min())))
    ax.set_xscale("symlog", linthresh=10.0**least, linscale=0.5)
    low, high = ax.get_xlim()
    decades = [10.0**e for e in range(least, int(np.log10(max(-low, high))) + 1)]
    decades = decades[:: -(-len(decades) // MOST_DECADES)][1:]  # what is nearest to 0 would run into it
    ticks = [*(-tick for tick in reversed(decades)), 0.0, *decades]
    ax.xaxis.set_major_locator(FixedLocator([tick for tick in ticks if low <= tick <= high]))
    ax.xaxis.set_major_formatter(FuncFormatter(_name_of_tick))
    ax.xaxis.set_minor_locator(NullLocator())


def _name_of_tick(tick: float, _position: int | None = None) -> str:
    sign = "\N{MINUS SIGN}" if tick < 0 else ""
    return f"{sign}{power_of_ten(abs(tick))}" if tick else "0"


def _chosen(values: pd.DataFrame, others: Sequence[str]) -> list[str]:
    """The settings that the rows show, where their names are short; else nothing."""
    chosen = list(values["chosen"].fillna(""))
    if not re.search(r"\[[^\]]*,", " ".join(chosen)):  # lists of one number alone
        chosen = [re.sub(r"\[(.*?)\]", r"\1", text) for text in chosen]
    for key in others:
        short = r"$\eta$" if key == RATE else label(key)
        chosen = [text.replace(f"{key}=", f"{short} = ") for text in chosen]
    longest = max((len(text.replace("$", "").replace("\\", "")) for text in chosen), default=0)
    return chosen if longest <= LETTERS else [""] * len(chosen)


def _names(values: pd.Series[str]) -> list[str]:
    """Values as rows say them: numbers as short as they can be."""
    numbers = pd.to_numeric(values, errors="coerce")
    return [escaped(name) for name in short_names(list(values if numbers.isna().any() else numbers), 24)]


def _is_number(name: str) -> bool:
    """Whether a value is a number, which does not say of what."""
    return name.replace(".", "", 1).replace("e-", "", 1).isdigit()


def _handles(values: pd.DataFrame) -> list[Artist]:
    looks = {"a seed": DOT, "median": STROKE, "interquartile mean": DIAMOND}
    handles: list[Artist] = [Line2D([], [], color="0.3", label=name, **look) for name, look in looks.items()]
    if values["low"].notna().any():
        handles.append(Line2D([], [], color="0.3", lw=1.4, label="95 % interval of the median"))
    return handles


def _caption(table: pd.DataFrame) -> str:
    said, values = table.attrs, table[table["layer"] == VALUE]
    key, best = said["key"], str(values["value"].iloc[0])
    best = f"{key}={best}" if _is_number(best) else best
    at_best = ", at its best of all else" if said["choices"] > 1 else ""
    text = f"{starting(words_of(said['metric']))} of each {spoken(key)}{at_best}: a dot a seed, the median of"
    text += f" {spread_of(values['n'])} and the interquartile mean{_say_intervals(values['n'])}"
    text += _say_choice(said["split"], said["choices"], int(values["n"].max()))
    if len(values) > 1:
        text += f". Right: the differences from {best}, paired by seed, with their median"
        text += " (in decades on either side of 0)" if _are_wide(values.iloc[:MOST_ROWS]) else ""
        text += f"; P: how likely a run of {best} is better than one of the other (0.5: as likely as not)"
    if len(values) > MOST_ROWS:
        text += f". The best {MOST_ROWS} of {len(values)} are shown"
    if (turned := drawn_of(table)) is not table:
        text += ". Drawn is the error rate, 1 − accuracy"
        if Heights.of(_numbers(turned)).zeros:
            text += "; a rate of exactly 0 stands at the left edge, a tenth of the smallest other one"
    if not more_is_better(said["metric"]) and (table[said["metric"]] <= ROUNDING).any():
        text += f". Errors below {ROUNDING:g} are round-off, and compared as equal"
    if said["losses"]:
        text += f". {said['losses']}"
    if said["unlike"]:
        text += f". The sources are unlike in: {'; '.join(said['unlike'])}"
    return text + "."


def _say_intervals(counts: pd.Series[int]) -> str:
    """What bars are, or why there are none."""
    if counts.max() < LEAST_SEEDS:
        return f"; {counts.max()} seeds are too few for an interval, {LEAST_SEEDS} would do"
    few = f", none below {LEAST_SEEDS} seeds" if counts.min() < LEAST_SEEDS else ""
    return f", with the 95 % bootstrap interval of the median{few}"


def _say_choice(split: bool, choices: int, seeds: int) -> str:
    """By which seeds the best of all else was chosen; nothing where there was no choice."""
    if choices == 1:
        return ""
    if split:
        return ". Each half of the seeds is judged in the setting that the other half has chosen"
    return (
        f". Choice and judgement share the {seeds} seeds, so that the best of several looks better than it is"
        f" ({ENOUGH_TO_SPLIT} would be halved)"
    )


def _applies(results: Results, options: Options) -> str | None:
    if not results.is_sweep:
        return "it needs a sweep, or several folders, and this is one run"
    if not results.keys:
        return "nothing but the seed was swept"
    if reason := needs_best(results, options):
        return reason
    if results.finished[key_of(results, options)].nunique() < 2:
        return f"runs of one {key_of(results, options)} only have a result"
    if not results.sources and "seed" not in results.swept:
        return "seeds were not swept, by which to judge (seed=range(0,10))"
    return None


def _layout(table: pd.DataFrame) -> Layout:
    rows = min(MOST_ROWS, int((table["layer"] == VALUE).sum()))
    return Layout(columns=2, columns_wide=DOUBLE, aspect=0.3 + ROW * rows)


FIGURE = Figure(_applies, numbers, draw, _caption, _layout, ("metric", "compare", "color"), several=True)
