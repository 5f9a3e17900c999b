"""What a sweep says, in a handful of sentences: which setting to take, how sure that is, what to try next."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from runner.errors import RunnerError
from runner.records.names import FAILED, INTERRUPTED, words_of
from runner.report.tables import AGAINST, ALIKE, HIGH, LOW, WORSE, Table
from runner.results.advice import EDGE, MAY_BE_EQUAL, STILL_FALLING, TOO_CLOSE, UNSTABLE
from runner.results.intervals import LEAST_SEEDS
from runner.results.ranking import CHOOSING, HELD_OUT, TRAINING, VALIDATION, tested
from runner.results.rates import RATE

if TYPE_CHECKING:
    from runner.nn.arrays import Array
    from runner.results import Results
    from runner.results.advice import Advice

#: The error of held-out examples at the end is worth a word where it is so many times its least; and it is
#: overfitting where the training error has come down as much since.
OVERFITTED = 1.05


class Finding(NamedTuple):
    """A heading of a word or two, and a sentence; its numbers stand in the tables."""

    heading: str
    text: str


class Course(NamedTuple):
    """How the median of a held-out error of the best setting went, and its training error beside the least
    and at the end.
    """

    least: float
    least_at: float
    end: float
    end_at: float
    trained_then: float
    trained: float
    name: str = "test error"

    @property
    def rises(self) -> bool:
        """Whether the end is clearly worse than what had been reached."""
        return self.end > OVERFITTED * self.least

    @property
    def overfitted(self) -> bool:
        """Whether it rises as the training error falls."""
        return self.rises and self.trained_then > OVERFITTED * self.trained

    @property
    def falls(self) -> bool:
        """Whether the least stands in the last twentieth."""
        return not self.rises and self.least_at >= 0.95 * self.end_at


def findings(results: Results, metric: str, settings: Table) -> list[Finding]:
    """Three to five of them for a sweep; of a run alone how it went. `settings` is the table of settings."""
    if not results.is_sweep or len(results.finished) < 2:
        pairs = list(_alone(results))
    else:
        advice, course = _advice(results, metric), _course(results, metric)
        pairs = [
            ("Take", _take(results, metric, settings)),
            ("How sure", _sure(results, metric, settings, advice.get(TOO_CLOSE))),
            ("Overfitting", _overfitting(course, results.unit) if course else ""),
            ("Lost runs" if _are_lost(results) else "Unsettled", _lost(results, advice.get(UNSTABLE))),
            ("Try next", _next(results, metric, course)),
        ]
    return [Finding(heading, _sentence(text)) for heading, text in pairs if text]


def _advice(results: Results, metric: str) -> dict[str, Advice]:
    """What there is to say, by its headings; of several edges the last."""
    return {each.heading: each for each in results.advice(metric)}


def _sentence(text: str) -> str:
    """A text as a sentence; a key with its value stays as it is."""
    first, _, rest = text.partition(" ")
    begun = text if "=" in first else f"{first[:1].upper()}{first[1:]} {rest}".strip()
    return begun if begun.endswith(".") else f"{begun}."


def _take(results: Results, metric: str, settings: Table) -> str:
    """The best setting, its metric, and what training error would have chosen."""
    verdict = dict(results.verdict(metric))
    ranking = results.ranking(metric)
    best = ranking.best
    if best is None:
        return "none: every run, or half of those of each setting, was lost"
    where = results.name(best.middle, results.keys) if len(ranking.settings) > 1 else "the one setting"
    count = len(best.runs)
    over = f", the median of {count} seeds" if count > 1 else ""
    if (measure := tested(metric)) and f"its {words_of(measure)}" in verdict:
        over += f"; its {words_of(measure)} is {verdict[f'its {words_of(measure)}']}"
    if "test_accuracy" in settings.rows and metric != "test_accuracy":
        over += f"; test accuracy {settings.rows['test_accuracy'].iloc[0]:.4g}"
    is_best = (
        f"the best setting by {ranking.words}:" if len(ranking.settings) > 1 else f"with a {ranking.words} of"
    )
    text = f"{where}, {is_best} {ranking.value(best):.6g}{over}{ranking.soonest}"
    other = verdict.get("training error would choose")
    return f"{text}. Training error would choose {other}" if other else text


def _sure(results: Results, metric: str, settings: Table, close: Advice | None) -> str:
    """The interval of the best, the runner-up, and which settings the seeds do not tell from the best."""
    ranking, rows = results.ranking(metric), settings.rows
    if ranking.best is None or len(ranking.settings) < 2:
        return ""
    parts, best = [], rows.loc[settings.ranked[0]]
    count = len(ranking.best.runs)
    if LOW in rows and np.isfinite(best[[LOW, HIGH]].to_numpy(dtype=float)).all():
        parts.append(
            f"the 95 % interval of its median is {best[LOW]:.4g} to {best[HIGH]:.4g} ({count} seeds)"
        )
    elif count == 1:
        parts.append("one run a setting: without seeds (seed=0,1,2,3,4) nobody knows what is chance")
    else:
        parts.append(f"{count} seeds, too few for an interval")
    second = ranking.settings[1]
    name = results.name(second.middle, results.keys)
    if np.isfinite(second.cost):
        told = f": {close.number:g} seeds do not tell them apart; {close.remedy}" if close else ""
        parts.append(f"the runner-up is {name}, with {ranking.value(second):.4g}{told}")
    if AGAINST in rows:
        alike, others = (int(rows[AGAINST].isin(words).sum()) for words in ([ALIKE], [ALIKE, WORSE]))
        are = "is" if alike == 1 else "are"
        texts = {
            0: "the seeds tell the best from every other setting",
            others: f"{count} seeds tell none of the {others} other settings from the best",
        }
        some = f"{alike} of the {others} other settings {are} not distinguishable from the best"
        parts.append(texts.get(alike, some))
    return "; ".join(parts)


def _are_lost(results: Results) -> bool:
    return bool(results.lost.any()) or len(results.finished) < len(results.runs)


def _lost(results: Results, unstable: Advice | None) -> str:
    """How many runs failed, and what share of the others diverged or did not settle."""
    failed, count = int((results.runs["status"] == FAILED).sum()), len(results.runs)
    interrupted = int((results.runs["status"] == INTERRUPTED).sum())
    parts = [f"{failed:,} of {count:,} runs failed (reasons below)"] if failed else []
    parts += [f"{interrupted:,} of {count:,} runs were interrupted"] if interrupted else []
    if unstable:
        parts.append(f"of the others {unstable.fact}" if parts else unstable.fact)
    return "; ".join(parts)


def _course(results: Results, metric: str) -> Course | None:
    """How the best setting went, where held-out examples are what counts."""
    if metric not in HELD_OUT or (best := results.ranking(metric).best) is None:
        return None
    name = VALIDATION if metric in CHOOSING else "test_error"
    try:
        held_out = _median_curve(results, name, best.runs)
        trained = _median_curve(results, TRAINING, best.runs)
        counts = results.curves(name).counts
    except RunnerError:  # the figures have said what is wrong with a file
        return None
    least = int(np.argmin(held_out))
    if not np.isfinite(held_out[-1]):
        return None
    ends = float(held_out[-1]), float(counts[-1]), float(trained[least]), float(trained[-1])
    return Course(float(held_out[least]), float(counts[least]), *ends, words_of(name))


def _overfitting(course: Course, unit: str) -> str:
    """When the best setting's held-out error was least, against its end, and the gap to training error."""
    ends = f"a {course.name} of {course.end:.4g}, and a training error of {course.trained:.4g}"
    text = f"the best setting ends at {ends}"
    if course.rises:
        when = f"its {course.name} was least, {course.least:.4g}, at {unit} {course.least_at:g}"
        since = "it overfits from there on" if course.overfitted else "the training error hardly fell since"
        return f"{text}; {when}: {since}"
    after = "still falls at the end" if course.falls else "does not rise again"
    return f"{text}; its {course.name} {after}"


def _median_curve(results: Results, metric: str, runs: Sequence[int]) -> Array:
    """The median of a column over `runs` at every count, (T,): infinite where one of them has ended."""
    curves = results.curves(metric)
    places = [results.rows.index(run) for run in runs]
    values: Array = np.median(
        np.where(np.isnan(curves.values[places]), np.inf, curves.values[places]), axis=0
    )
    return values


def _next(results: Results, metric: str, course: Course | None) -> str:
    """What follows: beyond an edge, more or fewer epochs, more seeds; else that there is nothing at hand.

    What concerns the best setting comes first, an edge at which only a part of the sweep has its best last.
    Not what training error alone asks for, where that is not what settings are compared by.
    """
    advice, unit = _advice(results, metric), results.unit
    if results.ranking(metric).best is None:
        rates = advice[UNSTABLE].remedy if UNSTABLE in advice else ""
        return f"{RATE}={rates}" if rates else "what lets runs come to an end"
    edges = [each for each in results.advice(metric) if each.heading == EDGE and not each.by]
    parts = [each.text for each in edges if not each.part]
    if course and course.overfitted:
        parts.append(f"stopping at {unit} {course.least_at:g}, from which on the best overfits")
    elif STILL_FALLING in advice and (course is None or course.falls):
        parts.append(advice[STILL_FALLING].text)
    if TOO_CLOSE in advice:
        parts.append(_more_seeds(advice[TOO_CLOSE]))
    elif EDGE not in advice:
        parts += _finer(results, metric)
    parts += [each.text for each in edges if each.part]
    return (
        " ".join(map(_sentence, parts))
        or "nothing at hand: the best is inside what was searched, and came to its end"
    )


def _more_seeds(close: Advice) -> str:
    """What to do about settings that the seeds do not tell apart."""
    if close.remedy == MAY_BE_EQUAL:
        few = close.number < LEAST_SEEDS
        return "any of the first settings, as they may be equal" + (
            f"; {LEAST_SEEDS} seeds would give an interval" if few else ""
        )
    return f"more seeds, to tell the first settings apart: {close.remedy}"


def _finer(results: Results, metric: str) -> Iterator[str]:
    """The range around the best value of each key of numbers, which a finer sweep would search."""
    best = results.ranking(metric).best
    for key in results.keys if best else ():
        values = results.finished[key]
        if values.dtype.kind not in "fi" or values.nunique() < 3 or best is None:
            continue
        here = values[best.middle]
        low, high = values[values < here].max(), values[values > here].min()
        if low == low and high == high:
            yield f"more values of {key} between {low:g} and {high:g}"


def _alone(results: Results) -> Iterator[tuple[str, str]]:
    """How a run alone went, or the one that has ended."""
    if results.finished.empty:
        return
    run, ending = results.finished.iloc[0], results.endings[results.finished.index[0]]
    yield "Error", f"{run['initial_error']:.6g} before the first update, {run['final_error']:.6g} at the end"
    tests = [name for name in results.metrics if name in (*HELD_OUT, "accuracy")]
    if tests:
        yield "Measured", ", ".join(f"{name.replace('_', ' ')} {run[name]:.6g}" for name in tests)
    how = ", ".join(["interrupted"] * results.is_interrupted + [ending or run["status"]])
    yield "Ended", f"{how}, after {run['epochs']:g} epochs"
