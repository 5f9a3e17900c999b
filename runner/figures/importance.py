"""Shares of the variance of a metric: how much each swept key matters, and each pair of them."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from runner.figures.figure import DOUBLE, SINGLE, Figure, Layout, Options, counted
from runner.figures.style.axes import letter_width
from runner.figures.style.encoding import DISTINCT
from runner.figures.style.labels import label
from runner.records.histories import NotShownError
from runner.records.names import words_of
from runner.results import Results
from runner.results.importance import HIGHER, MAIN, PAIR, SEEDS, WIDE, importance_table

#: Pairs that are shown, the largest first; main effects and remainders all are.
MOST_PAIRS = 6
COLORS = {MAIN: DISTINCT[0], PAIR: DISTINCT[5], HIGHER: "0.45", SEEDS: "0.72"}
LETTERS = 7  # of a share beside its bar, with some room
LONG = 36  # letters of a name; a longer one needs the page
ROW = 0.075  # of a panel's width: what a bar takes of its height


def numbers(results: Results, options: Options) -> pd.DataFrame:
    """A row an effect, the largest first of each kind: its keys and its share; `shown` in the picture."""
    table = importance_table(results, results.metric(options.metric))
    kinds = table["kind"].map({kind: at for at, kind in enumerate(COLORS)})
    order = kinds.to_frame("kind").assign(less=-table["share"]).sort_values(["kind", "less"], kind="stable")
    ordered = table.loc[order.index].reset_index(drop=True)
    pairs = ordered.index[ordered["kind"] == PAIR]
    left_out = [*pairs[MOST_PAIRS:]]
    if len(results.keys) < 3:
        left_out += [*ordered.index[ordered["kind"] == HIGHER]]
    if ordered.attrs["seeds"] == 1:
        left_out += [*ordered.index[ordered["kind"] == SEEDS]]
    return ordered.assign(shown=~ordered.index.isin(left_out))


def draw(axes: Sequence[Axes], table: pd.DataFrame) -> None:
    """A bar an effect, from above: main effects, pairs, what is left."""
    (ax,) = axes
    rows = table[table["shown"]].reset_index(drop=True)
    for kind, bars in rows.groupby("kind", sort=False):
        ax.barh(bars.index, bars["share"], height=0.7, color=COLORS[str(kind)], label=str(kind))
    for at, share in enumerate(rows["share"]):
        ax.annotate(
            _percent(share), (share, at), (3, 0), textcoords="offset points", va="center", fontsize="small"
        )
    # the space keeps a margin: as other formats set them, names may be a little longer than measured
    names = [f" {_name(*row)}" for row in rows[["kind", "key", "other"]].to_numpy()]
    ax.set_yticks(range(len(rows)), names)
    ax.tick_params(axis="y", length=0)
    ax.set_ylim(len(rows) - 0.4, -0.6)
    most = float(rows["share"].max())
    ax.set_xlim(0, most * _room(ax, names))
    ax.set_xticks([tick for tick in MaxNLocator(4).tick_values(0, most) if 0 <= tick <= 1.05 * most])
    ax.xaxis.set_major_formatter(lambda share, _: f"{100 * share:.3g} %")
    ax.set_xlabel(f"share of variance of {_measure(table)}")


def _room(ax: Axes, names: Sequence[str]) -> float:
    """How much longer the axis is than its longest bar, so that a share fits beside it."""
    letters = ax.figure.bbox.width / ax.figure.dpi / letter_width()
    panel = max(letters - max(map(len, names)), letters / 3)
    return panel / (panel - LETTERS)


def _name(kind: str, key: str, other: str) -> str:
    return f"{label(key)} \N{MULTIPLICATION SIGN} {label(other)}" if other else label(key) if key else kind


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %" if share >= 0.095 else f"{100 * share:.1f} %" if share >= 0.0005 else "0 %"


def _measure(table: pd.DataFrame) -> str:
    words = words_of(table.attrs["metric"])
    return f"log {words}" if table.attrs["log"] else words


def _caption(table: pd.DataFrame) -> str:
    said = table.attrs
    text = f"Shares of the variance of the {_measure(table)} of {counted(said['runs'], 'run')}, a full grid"
    text += ": main effects, pairs of keys beyond these"
    text += ", higher orders beyond both" if table.loc[table["kind"] == HIGHER, "shown"].any() else ""
    text += f", and the {said['seeds']} seeds of every setting" if said["seeds"] > 1 else ""
    text += " (functional ANOVA, every swept value as likely as another); they sum to 1"
    hidden = table[~table["shown"] & (table["kind"] == PAIR)]
    if len(hidden):
        text += f". {len(hidden)} more pairs have {_percent(hidden['share'].sum())} between them"
    if said["log"]:
        text += f". Errors are compared by their logarithms, as they span more than a factor of {WIDE}"
    if said["lost"]:
        verb = "counts" if said["lost"] == 1 else "count"
        text += f". {counted(said['lost'], 'lost run')} {verb} as the worst of the others"
    return text + "."


def _applies(results: Results, options: Options) -> str | None:
    if not results.is_sweep:
        return "it needs a sweep, and this is one run"
    try:
        importance_table(results, results.metric(options.metric))
    except NotShownError as reason:
        return str(reason)
    return None


def _layout(table: pd.DataFrame) -> Layout:
    shown = table[table["shown"]]
    long = max(len(_name(*row)) for row in shown[["kind", "key", "other"]].to_numpy()) > LONG
    wide, width = (DOUBLE, 2) if long else (SINGLE, 1)
    return Layout(columns_wide=wide, aspect=(0.22 + ROW * len(shown)) / width)


FIGURE = Figure(_applies, numbers, draw, _caption, _layout, follows=("metric",))
