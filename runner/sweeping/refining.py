"""A sweep over learning rates in rounds, each chosen by those before: ``hydra.sweeper.refine``.

Runs that differ in more than learning rate and seed are settings, each with rates of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias, TypeVar

from runner.errors import ConfigError, RunnerError
from runner.hydra_internals import as_override
from runner.overrides import key_of
from runner.records.lines import Line
from runner.records.names import FINISHED
from runner.results.finding import AUTO, Curve, Finding, chosen_by, finding, next_rates, refuse_unfit
from runner.results.ranking import TRAINING, VALIDATION, default_metric
from runner.results.rates import RATE
from runner.training.experiment import Experiment

Item = TypeVar("Item")
#: The overrides of a job but for its learning rate and its seed.
Setting: TypeAlias = tuple[str, ...]

SPAN = f"leave it out, or say between what it is, as {RATE}='tag(log,interval(1e-3,1))'"


@dataclass(frozen=True)
class Refining:
    """What follows a round of trainings, by `metric`: one of BY, or AUTO."""

    metric: str

    def refuse_unfit(
        self, jobs: Sequence[Sequence[str]], made: Callable[[Sequence[str]], Experiment]
    ) -> None:
        """Raises RunnerError where no learning rate can be found by the jobs of the first round.

        `made` is the run of a job; that of the first job of each setting is looked at.
        """
        for alike in _grouped(jobs, jobs).values():
            rates = sorted({_rate(job) for job in alike})
            if len(rates) == 1:
                raise ConfigError(RATE, rates[0], f"is what is to be found: {SPAN}")
            experiment = made(alike[0])
            metric = chosen_by(experiment) if self.metric == AUTO else self.metric
            refuse_unfit(experiment, RATE, rates, metric)

    def next_jobs(self, jobs: Sequence[Sequence[str]], lines: Iterable[Line]) -> list[list[str]]:
        """The jobs of the next round, in the order of their settings; none once every setting is done."""
        return [
            _at(rate, job)
            for setting, ended in _ended(jobs, lines).items()
            for rate in next_rates(Curve.of(ended, self._by(ended)))
            for job in _seeds(setting, jobs)
        ]

    def _by(self, lines: Sequence[Line]) -> str:
        """What the runs of a setting are compared by."""
        if self.metric != AUTO:
            return self.metric
        return VALIDATION if default_metric(lines) == VALIDATION else TRAINING

    def verdicts(self, jobs: Sequence[Sequence[str]], lines: Iterable[Line]) -> list[tuple[str, str]]:
        """What was found: pairs of a heading, with the setting where there are several, and a text."""
        ended = _ended(jobs, lines)
        shared = set[str]().union(*ended).intersection(*ended)
        said = []
        for setting, of_setting in ended.items():
            name = " ".join(override for override in setting if override not in shared)
            said += [
                (f"{name}: {heading}" if name else heading, text) for heading, text in self._told(of_setting)
            ]
        return said

    def _told(self, lines: Sequence[Line]) -> list[tuple[str, str]]:
        try:
            return told(finding(lines, self._by(lines)))
        except RunnerError as error:
            return [("learning rate", f"none; {error}")]


def _setting(job: Sequence[str]) -> Setting:
    return tuple(override for override in job if key_of(override) not in (RATE, "seed"))


def _grouped(jobs: Iterable[Sequence[str]], items: Iterable[Item]) -> dict[Setting, list[Item]]:
    """Items, one a job, by the settings of their jobs."""
    settings: dict[Setting, list[Item]] = {}
    for job, item in zip(jobs, items, strict=True):
        settings.setdefault(_setting(job), []).append(item)
    return settings


def _ended(jobs: Sequence[Sequence[str]], lines: Iterable[Line]) -> dict[Setting, list[Line]]:
    """The lines of the runs that have a result, by their settings."""
    done = [(job, line) for job, line in zip(jobs, lines, strict=True) if line.status in FINISHED]
    return _grouped((job for job, _ in done), (line for _, line in done))


def _rate(job: Sequence[str]) -> float:
    values = [override.partition("=")[2] for override in job if key_of(override) == RATE]
    try:
        return float(values[-1])
    except (IndexError, ValueError):
        raise ConfigError(RATE, values[-1] if values else None, f"must be numbers; {SPAN}") from None


def _seeds(setting: Setting, jobs: Sequence[Sequence[str]]) -> list[Sequence[str]]:
    """A job of a setting for each seed, of whatever rate."""
    of_setting = (job for job in jobs if _setting(job) == setting)
    return list({tuple(o for o in job if key_of(o) != RATE): job for job in of_setting}.values())


def _at(rate: float, job: Sequence[str]) -> list[str]:
    return [f"{o.partition('=')[0]}={as_override(rate)}" if key_of(o) == RATE else o for o in job]


def told(found: Finding) -> list[tuple[str, str]]:
    """What there is to say of a finding: pairs of a heading and a text."""
    seeds, rates = (len({str(line.swept.get(key)) for line in found.lines}) for key in ("seed", RATE))
    error = f"{found.metric.replace('_', ' ')} {found.error:.6g}{f', median of {seeds} seeds' * (seeds > 1)}"
    epochs = max(int(line.result("epochs")) for line in found.lines)
    return [
        ("learning rate", f"{found.rate:.3g} ({error}); as good from {found.low:.3g} to {found.high:.3g}"),
        ("largest stable", _stability(found)),
        ("LR sensitivity", f"{found.sensitivity:.3g} from {found.tried[0]:g} to {found.tried[1]:g}"),
        ("found by", f"{len(found.lines)} trainings of {epochs} epochs at {rates} rates"),
    ]


def _stability(found: Finding) -> str:
    if found.largest_stable is None:
        return "none of those tried"
    if found.largest_stable == found.tried[1]:
        return f"{found.largest_stable:.3g}, the largest tried"
    return f"{found.largest_stable:.3g}"
