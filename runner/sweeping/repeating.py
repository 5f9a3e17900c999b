"""The best setting of a sweep again, with fresh seeds: ``hydra.sweeper.repeat``.

So a sweep with one seed, in which a setting may be the best by luck, ends with an honest number:
Schneider, Balles and Hennig, "DeepOBS: a deep learning optimizer benchmark suite" (2019), section 3.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from runner.errors import ConfigError
from runner.overrides import key_of
from runner.records.lines import Line, swept_keys
from runner.results.ranking import cost, default_metric, rank
from runner.results.rates import RATE
from runner.sweeping.grid import SEED


@dataclass(frozen=True)
class Repeating:
    """What follows the jobs of a sweep: `count` more of each best setting, with the seeds after `seed`.

    That is the largest of those jobs.
    Where learning rates are swept with other keys, each setting of those has a best rate of its own.
    """

    count: int
    seed: int

    @classmethod
    def of(cls, count: int, jobs: Iterable[Sequence[str]]) -> Repeating:
        """That of a sweep's jobs, each of which has a seed. Raises ConfigError where one is no number."""
        return cls(count, max(map(_seed, jobs)))

    def next_jobs(self, jobs: Sequence[Sequence[str]], lines: Iterable[Line]) -> list[list[str]]:
        """The jobs of the best settings with each fresh seed; none once they are there."""
        if any(map(self._is_fresh, jobs)):
            return []
        bests = (_best(pairs) for pairs in _searches(zip(jobs, lines, strict=True)))
        seeds = range(self.seed + 1, self.seed + 1 + self.count)
        return [[*_without_seed(best), f"{SEED}={seed}"] for best in bests if best for seed in seeds]

    def _is_fresh(self, job: Sequence[str]) -> bool:
        return _seed(job) > self.seed

    def verdicts(self, jobs: Sequence[Sequence[str]], lines: Iterable[Line]) -> list[tuple[str, str]]:
        """What came of the repeats: a pair of a heading and a text for each setting that has some."""
        settings: dict[tuple[str, ...], list[Line]] = {}
        for job, line in zip(jobs, lines, strict=True):
            if self._is_fresh(job):
                settings.setdefault(_without_seed(job), []).append(line)
        heading = f"again with {self.count} fresh seeds"
        return [
            (heading, _summed_up(repeats) + _where(setting, repeats[0]))
            for setting, repeats in settings.items()
        ]


def _where(setting: Sequence[str], line: Line) -> str:
    """What was swept, of the overrides of a job."""
    swept = ", ".join(override for override in setting if key_of(override) in line.swept)
    return f" at {swept}" if swept else ""


def _seed(job: Sequence[str]) -> int:
    value = next(o.partition("=")[2] for o in reversed(job) if key_of(o) == SEED)
    try:
        return int(value)
    except ValueError:
        raise ConfigError(SEED, value, "must be a whole number, for fresh seeds to follow it") from None


def _without_seed(job: Sequence[str]) -> tuple[str, ...]:
    return tuple(o for o in job if key_of(o) != SEED)


def _searches(pairs: Iterable[tuple[Sequence[str], Line]]) -> list[list[tuple[Sequence[str], Line]]]:
    """The jobs among which there is a best: where rates are swept, those that differ in them and seeds."""
    pairs = list(pairs)
    if all(RATE not in line.swept for _, line in pairs):
        return [pairs]
    searches: dict[tuple[str, ...], list[tuple[Sequence[str], Line]]] = {}
    for job, line in pairs:
        searches.setdefault(tuple(o for o in job if key_of(o) not in (RATE, SEED)), []).append((job, line))
    return list(searches.values())


def _best(pairs: Sequence[tuple[Sequence[str], Line]]) -> Sequence[str] | None:
    """A job of the best setting; None where there is none."""
    lines = [line for _, line in pairs]
    keys = [key for key in swept_keys(lines) if key != SEED]
    best = rank(lines, keys, default_metric(lines)).best
    return None if best is None else pairs[best.middle][0]


def _summed_up(lines: Sequence[Line]) -> str:
    """Mean and standard deviation, as the paper gives them, and what was lost."""
    metric = default_metric(lines)
    values = [line.result(metric) for line in lines if math.isfinite(cost(line, metric))]
    lost = f"; {len(lines) - len(values)} lost" if len(values) < len(lines) else ""
    if not values:
        return f"all {len(lines)} diverged, blew up or failed"
    spread = f" ± {statistics.stdev(values):.2g}" if len(values) > 1 else ""
    words = metric.replace("_", " ")
    return f"{words} {statistics.mean(values):.4g}{spread} (mean and standard deviation{lost})"
