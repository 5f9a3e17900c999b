"""What to do about a sweep, from lines of ``runs.csv``: the checks of the "Deep Learning Tuning Playbook".

Its section "Extracting insight from experiment results" asks whether the best point lies at the edge of what
was searched, how many trials were lost, whether training was long enough, and whether differences are more
than the noise of seeds.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from runner.records.lines import Line
from runner.records.names import FINISHED
from runner.results.comparing import CONFIDENT, apart
from runner.results.ranking import HELD_OUT, TRAINING, Ranking, blown_up, cost, rank
from runner.results.rates import RATE
from runner.training.endings import DIVERGED, ENDINGS, FALLING, IRREGULAR, OSCILLATING, ROUNDING

#: What advice is about, as its headings say.
ENDED, UNSTABLE, EDGE = "how they ended", "unstable", "at the edge"
STILL_FALLING, TOO_CLOSE = "still falling", "too close to call"
#: Values that continue a sweep past its edge, and the keys that are worth it: any value above 0 is allowed.
FURTHER, LEAST_FACTOR, OPEN_ENDED = 3, 2.0, (RATE, "regularization.l1", "regularization.l2")
#: More seeds than this are not asked for: it is said that settings may be equal.
MOST_SEEDS, MAY_BE_EQUAL = 100, "they may be equal"


@dataclass(frozen=True)
class Advice:
    """What is known of a sweep, and what follows.

    `fact` is what was found, of the `setting` where it is one's; `number` the epochs that would do, or the
    seeds that there are; `remedy` what to go on with. Not of the best setting of all, it is of that in a
    `part` of the sweep, or of that `by` another metric.
    """

    heading: str
    fact: str = ""
    setting: str = ""
    number: float = math.nan
    remedy: str = ""
    part: str = ""
    by: str = ""

    @property
    def text(self) -> str:
        """The words of it."""
        return WORDS[self.heading](self)

    @property
    def said(self) -> tuple[str, str]:
        """Its heading and its words."""
        return self.heading, self.text


def _with_remedy(a: Advice) -> str:
    where = f" (with {a.part})" if a.part else f" (by {a.by})" if a.by else ""
    return f"{a.setting} {a.fact}".strip() + (f"; go on with {a.remedy}" if a.remedy else "") + where


WORDS: dict[str, Callable[[Advice], str]] = {
    ENDED: lambda a: a.fact,
    UNSTABLE: _with_remedy,
    EDGE: _with_remedy,
    STILL_FALLING: lambda a: f"{a.fact}, {a.number:g} say",
    TOO_CLOSE: lambda a: f"{a.number:g} seeds do not tell the best from {a.setting}; {a.remedy}",
}


def advice(
    lines: Sequence[Line], keys: Sequence[str], ranking: Ranking, name: Callable[[int], str]
) -> list[Advice]:
    """How the runs ended and what follows from it; nothing of a single run.

    `keys` are the swept ones, but for the seed, and `ranking` is that of the lines by these; `name` says
    the setting of the run at a place.
    """
    if len(lines) < 2:
        return []
    said = [_endings(lines), _unstable(lines, keys, lost=ranking.best is None), *_edges(lines, keys, ranking)]
    said += [_falling(lines, ranking), _seeds(lines, ranking, name)]
    return [each for each in said if each is not None]


def ending_of(line: Line) -> str:
    """How a run ended: DIVERGED also where it blew up; nothing where that is not known."""
    return DIVERGED if line.status == DIVERGED or blown_up(line) else line.ending


def _endings(lines: Sequence[Line]) -> Advice | None:
    if not any(line.ending for line in lines):  # a table of an earlier version
        return None
    counts = Counter(ending_of(line) for line in lines)
    return Advice(ENDED, ", ".join(f"{counts[e]:,} {e}" for e in ENDINGS if counts[e]))


def _unstable(lines: Sequence[Line], keys: Sequence[str], lost: bool) -> Advice | None:
    """What share of the runs diverged or did not settle, and the least learning rate of those.

    Where all settings are `lost`, which rates to go on with.
    """
    done = [line for line in lines if line.status in FINISHED]
    kinds = {"diverged": (DIVERGED,), "did not settle": (OSCILLATING, IRREGULAR)}
    parts = []
    for words, endings in kinds.items():
        if unstable := [line for line in done if ending_of(line) in endings]:
            least = min(map(_rate, unstable)) if RATE in keys else math.nan
            first = f", the first at {RATE}={least:g}" if math.isfinite(least) else ""
            parts.append(f"{len(unstable) / len(done):.0%} {words}{first}")
    rates = sorted({_rate(line) for line in done}, reverse=True) if lost and RATE in keys else []
    further = len(rates) > 1 and all(map(math.isfinite, rates))
    return Advice(UNSTABLE, "; ".join(parts), remedy=_beyond(rates) if further else "") if parts else None


def _rate(line: Line) -> float:
    return _number(line.swept.get(RATE))


def _edges(lines: Sequence[Line], keys: Sequence[str], ranking: Ranking) -> Iterator[Advice]:
    """For each key of numbers whether the best setting has the least or the largest of its values.

    Where it does not, whether so does the best with some value of another key: which of those is the
    better cannot be told then; nor can it where training error would choose at the edge.
    """
    for key in keys:
        numbers = np.array([_number(line.swept.get(key)) for line in lines])
        values = np.unique(numbers[[line.status in FINISHED for line in lines]])
        if len(values) < 3 or not np.isfinite(values).all():
            continue
        for which, part, by in _searches(lines, keys, ranking):
            edge = np.unique(numbers[which])
            if len(edge) == 1 and edge[0] in (values[0], values[-1]) and edge[0] != 0.0:
                yield replace(_edge(key, float(edge[0]), values.tolist()), part=part, by=by)
                break


def _searches(
    lines: Sequence[Line], keys: Sequence[str], ranking: Ranking
) -> Iterator[tuple[list[int], str, str]]:
    """The runs in the middle of the best settings, equals all, of the whole sweep and of its parts.

    With each which part it is, and by which metric, if not by that of the ranking.
    """
    yield _best_of(ranking), "", ""
    for key in keys:
        marks = [str(line.swept.get(key)) for line in lines]
        if any(math.isfinite(_number(mark)) for mark in marks):
            continue
        for mark in dict.fromkeys(marks):
            places = [place for place, of in enumerate(marks) if of == mark]
            best = _best_of(rank([lines[place] for place in places], keys, ranking.metric))
            yield [places[run] for run in best], f"{key}={mark}", ""
    if ranking.metric != TRAINING:
        yield _best_of(rank(lines, keys, TRAINING)), "", TRAINING.replace("_", " ")


def _best_of(ranking: Ranking) -> list[int]:
    """The middles of the best settings; errors that are round-off are equals."""
    if ranking.best is None:
        return []
    least = ROUNDING if 0.0 <= ranking.best.cost < ROUNDING else ranking.best.cost
    return [setting.middle for setting in ranking.not_above(least)]


def _edge(key: str, edge: float, values: Sequence[float]) -> Advice:
    inwards, which = (values, "largest") if edge == values[-1] else (values[::-1], "least")
    beyond = _beyond(inwards) if key in OPEN_ENDED else ""
    return Advice(EDGE, f"is the {which} of {len(values)} values", f"{key}={edge:g}", remedy=beyond)


def _beyond(values: Sequence[float]) -> str:
    """The next values after the last one, by a factor as between the last."""
    factors = [b / a for a, b in pairwise(values) if a > 0][-2:]
    factor = math.prod(factors) ** (1 / len(factors))
    factor = max(factor, LEAST_FACTOR) if factor > 1 else min(factor, 1 / LEAST_FACTOR)
    return ", ".join(f"{float(f'{values[-1] * factor**k:.2g}'):g}" for k in range(1, FURTHER + 1))


def _falling(lines: Sequence[Line], ranking: Ranking) -> Advice | None:
    """Whether the best setting, or most runs, would be better yet with more epochs.

    Most runs do not matter where the best has nothing left to gain.
    """
    falling = [line for line in lines if ending_of(line) == FALLING]
    best = ranking.best is not None and ending_of(lines[ranking.best.middle]) == FALLING
    done = sum(line.status in FINISHED for line in lines)
    solved = ranking.best is not None and ranking.metric == TRAINING and ranking.best.cost < ROUNDING
    if not best and (solved or 2 * len(falling) <= done):
        return None
    epochs = max(line.result("epochs") for line in falling)
    which = "the best setting" if best else f"{len(falling):,} of {done:,} runs, not the best"
    others = f" (with {len(falling) - 1:,} other runs)" if best and len(falling) > 1 else ""
    what = "the training error" if ranking.metric in HELD_OUT else "the error"
    return Advice(STILL_FALLING, f"{which}{others}: more epochs would lower {what}", number=2 * epochs)


def _seeds(lines: Sequence[Line], ranking: Ranking, name: Callable[[int], str]) -> Advice | None:
    """Whether the seeds tell the best setting from the next, by the ranks of their runs."""
    if ranking.best is None or len(ranking.settings) < 2:
        return None
    first, second = ranking.settings[:2]
    if min(len(first.runs), len(second.runs)) < 2 or second.cost == first.cost:
        return None
    ours, theirs = ([cost(lines[run], ranking.metric) for run in setting.runs] for setting in (first, second))
    deviations = apart(ours, theirs)
    if deviations >= CONFIDENT:
        return None
    needed = math.ceil(len(first.runs) * (CONFIDENT / max(deviations, 1e-9)) ** 2)
    more = f"about {needed} would" if needed <= MOST_SEEDS else MAY_BE_EQUAL
    return Advice(TOO_CLOSE, setting=name(second.middle), number=len(first.runs), remedy=more)


def _number(value: object) -> float:
    """A swept value as a number; NaN for what is none."""
    try:
        return float(str(value))
    except ValueError:
        return math.nan
