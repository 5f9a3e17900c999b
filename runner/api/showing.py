"""Runs and sweeps as a notebook shows them: HTML that needs nothing else, with the errors as SVG."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from runner.data.parts import PARTS, TRAINING, names_of
from runner.escaping import html as escape
from runner.nn.arrays import Array
from runner.records.names import words_of
from runner.story import as_text, ends, facts, notes
from runner.training.experiment import measures

if TYPE_CHECKING:
    from runner.api.run import Run
    from runner.api.sweep import Sweep

#: Rows of a sweep that are shown.
MOST_ROWS = 10
#: The picture of a curve, its frame within it, and the most points of a line, in pixels.
WIDTH, HEIGHT = 380, 150
LEFT, RIGHT, TOP, BOTTOM = 62, 290, 10, 118
POINTS = 228
#: From so many times the smallest on, errors have a log axis.
WIDE = 3.0
#: The curves of a history that are drawn: their colours, and dashes.
CURVES = {
    "error": ("#0072b2", ""),
    "validation_error": ("#009e73", "6 2 1 2"),
    "test_error": ("#d55e00", "5 3"),
}


def run_html(run: Run) -> str:
    """What was trained in a sentence, the errors against the epoch, and the story's table."""
    made, ended = run.experiment, run.result
    said = [*notes(made), *ends(made, ended)]
    parts = [f"<p><b>{escape(made.title)}</b>{''.join(f'<br/>{escape(line)}' for line in said)}</p>"]
    parts += [_curve(run)] if len(run.steps) > 1 else []
    (header, *rows) = ([name, *map(as_text, pair), note] for name, *pair, note in facts(made, ended))
    return f"<div>{''.join(parts)}{_table(header, rows)}</div>"


def sweep_html(sweep: Sweep) -> str:
    """The runs, the best setting's first, at most `MOST_ROWS`."""
    if not sweep:
        return "<p>no runs</p>"
    ranking, table = sweep.ranking, sweep.runs
    order = [run for setting in ranking.settings for run in setting.runs]
    shown = table.loc[order[:MOST_ROWS]].drop(columns=["initial_error", "seconds"]).dropna(axis=1, how="all")
    rows = [list(map(_cell, row)) for row in shown.itertuples(index=False)]
    more = f"; the first {MOST_ROWS} of {len(sweep):,}" if len(sweep) > MOST_ROWS else ""
    said = f"{len(sweep):,} runs, settings ranked by {ranking.words}{more}"
    return f"<div><p>{escape(said)}</p>{_table(list(shown.columns), rows)}</div>"


def _cell(value: Any) -> str:
    if isinstance(value, float):
        return "" if np.isnan(value) else f"{value:.6g}"
    return str(value)


def _table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    head = "".join(f"<th>{escape(name)}</th>" for name in header)
    body = "".join(f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _curve(run: Run) -> str:
    """The errors against the epoch (or the update), on a log axis where they are wide."""
    names = [name for name in measures(run.experiment) if name in CURVES]
    lines = {name: run.rows[:, measures(run.experiment).index(name)] for name in names}
    values = np.concatenate(list(lines.values()))
    low, high = float(values.min()), float(values.max())
    is_log = low > 0 and high >= WIDE * low
    scale = np.log if is_log else np.asarray
    bottom, top = float(scale(low)), float(scale(high))
    x = _within(np.asarray(run.steps, dtype=float), run.steps[0], run.steps[-1], LEFT, RIGHT)
    drawn = [_line(name, x, _within(scale(y), bottom, top, BOTTOM, TOP)) for name, y in lines.items()]
    drawn += _legend(names) if len(names) > 1 else []
    y_label = "error (log)" if is_log else "error"
    texts = [
        _text(LEFT - 4, TOP + 4, f"{high:.3g}", "end"),
        _text(LEFT - 4, BOTTOM, f"{low:.3g}", "end"),
        _text(LEFT, BOTTOM + 15, f"{run.steps[0]}", "middle"),
        _text(RIGHT, BOTTOM + 15, f"{run.steps[-1]}", "middle"),
        _text((LEFT + RIGHT) // 2, BOTTOM + 28, run.experiment.log.unit, "middle"),
        f"<text transform='translate(14 64) rotate(-90)' text-anchor='middle'>{y_label}</text>",
    ]
    frame = f"<path d='M{LEFT} {TOP}V{BOTTOM}H{RIGHT}' fill='none' stroke='currentColor' stroke-width='0.8'/>"
    size = f"width='{WIDTH}' height='{HEIGHT}' viewBox='0 0 {WIDTH} {HEIGHT}'"
    style = "style='font: 11px sans-serif' fill='currentColor' role='img' aria-label='error against epoch'"
    return f"<svg xmlns='http://www.w3.org/2000/svg' {size} {style}>{frame}{''.join([*drawn, *texts])}</svg>"


def _within(values: Array, low: float, high: float, first: int, last: int) -> Array:
    """Values from `low` to `high` as places from `first` to `last`."""
    return first + (values - low) / ((high - low) or 1.0) * (last - first)


def _line(name: str, x: Array, y: Array) -> str:
    color, dash = CURVES[name]
    few = np.unique(np.linspace(0, len(x) - 1, min(len(x), POINTS)).round().astype(int))
    points = " ".join(f"{a:.1f},{b:.1f}" for a, b in zip(x[few], y[few], strict=True))
    dashed = f" stroke-dasharray='{dash}'" if dash else ""
    return f"<polyline points='{points}' fill='none' stroke='{color}' stroke-width='1.5'{dashed}/>"


def _legend(names: Sequence[str]) -> list[str]:
    """The curves' names to the right of the frame, each beside a piece of its line."""
    at = [TOP + 10 + 16 * place for place in range(len(names))]
    held_out = [part for part in PARTS if f"{part}_error" in names]
    ends = np.array([RIGHT + 6.0, RIGHT + 22.0])
    pieces = [_line(name, ends, np.full(2, y - 4.0)) for name, y in zip(names, at, strict=True)]
    said = {"error": TRAINING, **{f"{part}_error": name for part, name in names_of(held_out).items()}}
    return pieces + [
        _text(RIGHT + 26, y, said.get(n, words_of(n)), "start") for n, y in zip(names, at, strict=True)
    ]


def _text(x: float, y: float, text: str, anchor: str) -> str:
    return f"<text x='{x:g}' y='{y:g}' text-anchor='{anchor}'>{escape(text)}</text>"
