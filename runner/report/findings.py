"""What a sweep says, in a handful of sentences: which setting to take, how sure that is, what to try next."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from runner.errors import RunnerError
from runner.report.tables import AGAINST, ALIKE, HIGH, LOW, Table
from runner.results.ranking import HELD_OUT, TRAINING

if TYPE_CHECKING:
    from runner.nn.arrays import Array
    from runner.results import Results

#: The test error at the end is worth a word where it is so many times its least.
OVERFITTED = 1.05


class Finding(NamedTuple):
    """A heading of a word or two, and a sentence; its numbers stand in the tables."""

    heading: str
    text: str


def findings(results: Results, metric: str, settings: Table) -> list[Finding]:
    """Three to five of them for a sweep; of a run alone how it went. `settings` is the table of settings."""
    advice = results.advice(metric)
    said = dict(advice)
    if not results.is_sweep or len(results.finished) < 2:
        pairs = list(_alone(results))
    else:
        pairs = [
            ("Take", _take(results, metric)),
            ("How sure", _sure(results, metric, settings, said.get("too close to call", ""))),
            ("Overfitting", _overfitting(results, metric)),
            ("Lost runs", said.get("unstable", "")),
            ("Try next", _next(advice)),
        ]
    return [Finding(heading, _sentence(text)) for heading, text in pairs if text]


def _sentence(text: str) -> str:
    return text if text.endswith((".", "?")) else f"{text}."


def _take(results: Results, metric: str) -> str:
    """The best setting, its metric, and what training error would have chosen."""
    verdict = dict(results.verdict(metric))
    ranking = results.ranking(metric)
    best = ranking.best
    if best is None:
        return "none: every run, or half of those of each setting, was lost"
    where = results.name(best.middle, results.keys) if len(ranking.settings) > 1 else "the one setting"
    count = len(best.runs)
    over = f", the median of {count} seeds" if count > 1 else ""
    text = f"{where}, with a {ranking.words} of {ranking.value(best):.6g}{over}{ranking.soonest}"
    other = verdict.get("training error would choose")
    return f"{text}. Training error would choose {other}" if other else text


def _sure(results: Results, metric: str, settings: Table, close: str) -> str:
    """The interval of the best, the runner-up, and which settings the seeds do not tell from the best."""
    ranking, rows = results.ranking(metric), settings.rows
    if ranking.best is None or len(ranking.settings) < 2:
        return ""
    parts, best = [], rows.loc[settings.ranked[0]]
    count = len(ranking.best.runs)
    if LOW in rows and np.isfinite(best[[LOW, HIGH]].to_numpy(dtype=float)).all():
        parts.append(f"the 95 % interval of its median is {best[LOW]:.4g} to {best[HIGH]:.4g} ({count} seeds)")
    elif count == 1:
        parts.append("one run a setting: without seeds (seed=0,1,2,3,4) nobody knows what is chance")
    else:
        parts.append(f"{count} seeds, too few for an interval")
    second = ranking.settings[1]
    name = results.name(second.middle, results.keys)
    if np.isfinite(second.cost):
        parts.append(f"the runner-up is {name}, with {ranking.value(second):.4g}")
    alike = int((rows[AGAINST] == ALIKE).sum()) if AGAINST in rows else 0
    if alike:
        them = "1 other setting is" if alike == 1 else f"{alike} other settings are"
        parts.append(f"{them} not distinguishable from the best")
    if close:
        parts.append(f"too close to call: {close}" if not alike else close)
    elif AGAINST in rows and not alike:
        parts.append("the seeds tell the best from every other setting")
    return "; ".join(parts)


def _overfitting(results: Results, metric: str) -> str:
    """When the best setting's test error was least, against its end, and the gap to its training error."""
    if metric not in HELD_OUT or (best := results.ranking(metric).best) is None:
        return ""
    try:
        tested = _median_curve(results, "test_error", best.runs)
        trained = _median_curve(results, TRAINING, best.runs)
        counts = results.curves("test_error").counts
    except RunnerError:  # the figures have said what is wrong with a file
        return ""
    if not np.isfinite(tested).any() or not np.isfinite(tested[-1]):
        return ""
    least, end = int(np.nanargmin(tested)), tested[-1]
    at, of = (f"{counts[place]:g}" for place in (least, -1))
    gap = f"at the end the best setting has a test error of {end:.4g} and a training error of {trained[-1]:.4g}"
    if end > OVERFITTED * tested[least]:
        when = f"its test error was least ({tested[least]:.4g}) at {results.unit} {at} of {of}"
        return f"{gap}; {when}: stopping there would be better"
    return f"{gap}; stopping sooner would not help"


def _median_curve(results: Results, metric: str, runs: Sequence[int]) -> Array:
    """The median of a column over `runs` at every count, (T,): infinite where one of them has ended."""
    curves = results.curves(metric)
    places = [results.rows.index(run) for run in runs]
    values: Array = np.median(np.where(np.isnan(curves.values[places]), np.inf, curves.values[places]), axis=0)
    return values


def _next(advice: Sequence[tuple[str, str]]) -> str:
    """What follows: beyond an edge, more epochs, more seeds; else that there is nothing at hand."""
    parts = [text for heading, text in advice if heading in ("at the edge", "still falling")]
    if "too close to call" in dict(advice):
        parts.append("more seeds, to tell the first settings apart")
    return "; ".join(parts) or "nothing at hand: the best is inside what was searched, and came to its end"


def _alone(results: Results) -> Iterator[tuple[str, str]]:
    """How a run alone went, or the one that has ended."""
    if results.finished.empty:
        return
    run, ending = results.finished.iloc[0], results.endings[results.finished.index[0]]
    yield "Error", f"{run['initial_error']:.6g} before the first update, {run['final_error']:.6g} at the end"
    tests = [name for name in results.metrics if name in (*HELD_OUT, "accuracy")]
    if tests:
        yield "Measured", ", ".join(f"{name.replace('_', ' ')} {run[name]:.6g}" for name in tests)
    yield "Ended", f"{ending or run['status']}, after {run['epochs']:g} epochs"
