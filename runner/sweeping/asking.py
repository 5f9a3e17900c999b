"""What a sweep will take, asked before it starts: of runs that cost alike one is prepared, and counted for all."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from runner.cost.estimate import OF_RUN, PROCESS, Cost, cost_of
from runner.cost.refusal import refuse_disk, refuse_memory, takes
from runner.errors import RunnerError
from runner.overrides import key_of
from runner.records.names import HISTORY
from runner.resources import FORCE, BeyondError, free_disk, free_memory, in_words, insists, whole_memory
from runner.sweeping.plugin_keys import LauncherSettings
from runner.training.experiment import Experiment
from runner.training.memory import run_bytes
from runner.training.stacking import MAX_MEMORY, least_bytes, row_bytes, widest

#: Keys whose values change nothing of what a run takes, or next to nothing, and groups with such keys.
FREE = ("learning_rate", "seed", "data.seed", "data.noise", "network.activation", "objective")
FREE_GROUPS = ("optimizer.", "schedule.", "regularization.", "stop.", "hydra.")
#: As many kinds of runs are prepared; of more every so many-th.
MOST_KINDS = 200
#: Bytes of a run's line in ``runs.csv``.
OF_LINE = 150


@dataclass(frozen=True)
class Kind:
    """Runs that cost alike: how many, and what one of them takes; its memory is that of a whole stack."""

    runs: float
    cost: Cost
    least: int
    data: int
    arrays: int
    experiment: Experiment | None = None


@dataclass(frozen=True)
class SweepCost:
    """What the runs of a sweep take, of which some may be wrong and are not counted."""

    runs: int
    kinds: Sequence[Kind]
    settings: LauncherSettings

    @property
    def rows(self) -> int:
        """Of all histories."""
        return round(sum(kind.runs * kind.cost.rows for kind in self.kinds))

    @property
    def history(self) -> float:
        """The bytes of these."""
        return sum(kind.runs * kind.cost.files[HISTORY] for kind in self.kinds)

    @property
    def disk(self) -> float:
        """The bytes of all files."""
        return sum(kind.runs * kind.cost.disk for kind in self.kinds) + OF_LINE * self.runs

    @property
    def processes(self) -> int:
        """How many there are on this machine."""
        settings = self.settings
        if settings.in_this_process or settings.backend == "threading" or not settings.is_local:
            return 1
        return 1 + settings.workers

    @property
    def memory(self) -> int:
        """The bytes that all of them hold, beside what this process has already."""
        stacks = self.settings.workers if self.settings.is_local else 1
        work = max((kind.data + sum(kind.cost.memory.values()) for kind in self.kinds), default=0)
        return (self.processes - 1) * PROCESS + stacks * work + OF_RUN * self.runs

    def said(self) -> str:
        """The rows and bytes in a line."""
        has = f"{self.rows} rows of history.csv, about {in_words(self.history)}"
        many = f"{self.processes} process{'es' * (self.processes > 1)}"
        return f"{has}; {in_words(self.disk)} on disk, {in_words(PROCESS + self.memory)} of memory in {many}"


def cost_of_sweep(
    jobs: Sequence[Sequence[str]],
    prepare: Callable[[int, Sequence[str]], Experiment],
    settings: LauncherSettings,
) -> SweepCost:
    """What jobs with these overrides take; `prepare` makes the run of one, by its number and overrides.

    Raises BeyondError where the data of one alone are more than the memory holds.
    """
    firsts = kinds_of(jobs)
    step = -(-len(firsts) // MOST_KINDS) or 1
    asked = firsts[::step]
    stands_for = len(jobs) / max(1, sum(runs for _, runs in asked))
    kinds = []
    for number, runs in asked:
        try:
            made = prepare(number, jobs[number])
        except BeyondError:
            raise
        except RunnerError:  # that run will fail, and say so
            continue
        kinds.append(_kind(made, runs * stands_for, settings))
    return SweepCost(len(jobs), kinds, settings)


def _kind(made: Experiment, runs: float, settings: LauncherSettings) -> Kind:
    share = max(2**20, settings.share)
    together = max(1, min(widest(made, share), -(-int(runs) // settings.workers)))
    cost = cost_of(made, together, row_bytes(share))
    return Kind(runs, cost, least_bytes(made), made.data.nbytes, run_bytes(made))


def kinds_of(jobs: Iterable[Sequence[str]]) -> list[tuple[int, int]]:
    """The first job of each kind that costs alike, and how many there are of it."""
    is_free: dict[str, bool] = {}
    kinds: dict[tuple[str, ...], list[int]] = {}
    for number, overrides in enumerate(jobs):
        for override in overrides:
            if override not in is_free:
                is_free[override] = _is_free(override)
        costly = tuple([override for override in overrides if not is_free[override]])
        kinds.setdefault(costly, [number, 0])[1] += 1
    return [(first, runs) for first, runs in kinds.values()]


def _is_free(override: str) -> bool:
    key = key_of(override)
    return key in FREE or key.startswith(FREE_GROUPS)
