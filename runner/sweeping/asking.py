"""What a sweep will take, asked before it starts: of runs that cost alike one is prepared, for all."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from runner.cost.estimate import OF_RUN, PROCESS, Cost, cost_of
from runner.cost.refusal import Cause, cause_in_memory, cause_on_disk, takes, written
from runner.overrides import key_of
from runner.records.names import FOLDERS, HISTORY, PARQUET, STORES, TABLE
from runner.resources import BeyondError, free_disk, free_memory, in_words, insists, whole_memory
from runner.sweeping.paying import settled
from runner.sweeping.plugin_keys import LauncherSettings
from runner.training.experiment import Experiment
from runner.training.stacking import MAX_MEMORY, least_bytes

#: Keys whose values change nothing of what a run takes, or next to nothing, and groups with such keys.
FREE = ("learning_rate", "seed", "data.seed", "data.noise", "network.activation", "objective")
FREE_GROUPS = ("optimizer.", "schedule.", "regularization.", "stop.", "hydra.")
#: As many kinds of runs are prepared; of more every so many-th.
MOST_KINDS = 200
#: Files of a sweep beside those of runs; and of a stack of runs that have no folders.
OF_SWEEP, FILES_A_STACK = 3, {PARQUET: 2, TABLE: 1}
#: Bytes of a run's line in ``runs.csv``.
OF_LINE = 150


@dataclass(frozen=True)
class Kind:
    """Runs that cost alike: how many, and what one of them takes; its memory is that of a whole stack.

    They train in so many `stacks`.
    `least` is the least share of the memory in which one is trained, `data` the bytes of its data; what to
    change where they take too much of the disk, or of the memory.
    """

    runs: float
    cost: Cost
    stacks: int
    least: int
    data: int
    on_disk: Cause
    in_memory: Cause


@dataclass(frozen=True)
class SweepCost:
    """What the runs of a sweep take, of which some may be wrong and are not counted."""

    runs: int
    kinds: Sequence[Kind]
    settings: LauncherSettings
    folder: Path

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
        return self.stored(self.settings.store)[0]

    def stored(self, store: str) -> tuple[float, int]:
        """The bytes and the number of all files where runs go into one of STORES."""
        size, files = float(OF_LINE * self.runs), OF_SWEEP
        for kind in self.kinds:
            size += kind.runs * (kind.cost.disk if store == FOLDERS else kind.cost.packed(store))
            files += (
                round(kind.runs * kind.cost.count) if store == FOLDERS else kind.stacks * FILES_A_STACK[store]
            )
        return size, files

    def stores(self) -> list[str]:
        """What each store would take, in a line."""
        rows = {
            store: "no rows of histories" if store == TABLE else f"{self.rows:,} rows" for store in STORES
        }
        return [
            f"store={store}: {rows[store]}, about {in_words(size)} in {files:,} files"
            for store in STORES
            for size, files in [self.stored(store)]
        ]

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
        stacks = min(self.settings.workers, self.runs) if self.settings.is_local else 1
        return (self.processes - 1) * PROCESS + stacks * self.work + OF_RUN * self.runs

    @property
    def work(self) -> int:
        """Those of the largest stack, with its data."""
        return max((kind.data + sum(kind.cost.memory.values()) for kind in self.kinds), default=0)

    def said(self) -> str:
        """The rows and bytes in a line."""
        has = f"{self.rows} rows of history.csv, about {in_words(self.history)}"
        many = f"{self.processes} process{'es' * (self.processes > 1)}"
        return f"{has}; {in_words(self.disk)} on disk, {in_words(PROCESS + self.memory)} of memory in {many}"


def cost_of_sweep(
    jobs: Sequence[Sequence[str]],
    prepare: Callable[[Sequence[str]], Experiment],
    settings: LauncherSettings,
    folder: Path,
) -> SweepCost:
    """What jobs with these overrides take in a folder; `prepare` makes the run of one of them.

    Raises BeyondError where the data of one alone are more than the memory holds.
    """
    firsts = kinds_of(jobs)
    asked = firsts[:: -(-len(firsts) // MOST_KINDS) or 1]
    stands_for = len(jobs) / max(1, sum(runs for _, runs in asked))
    room = (free_disk(folder) or 2**60) // max(1, len(jobs))
    made = []
    for number, runs in asked:
        try:
            made.append((prepare(jobs[number]), runs * stands_for))
        except BeyondError:
            raise
        except Exception:  # noqa: S112 - that run will fail, and say why
            continue
    settings = settled(settings, made)
    return SweepCost(len(jobs), [_kind(*each, settings, room) for each in made], settings, folder)


def _kind(made: Experiment, runs: float, settings: LauncherSettings, room: int) -> Kind:
    """Runs like the one that is made, each of which has so much room on the disk."""
    width = min(settings.widest(made), max(1, -(-int(runs) // settings.workers)))
    cost = cost_of(made, width, settings.row_bytes())
    causes = cause_on_disk(made, cost, room), cause_in_memory(made, cost.memory)
    return Kind(runs, cost, math.ceil(runs / width), least_bytes(made), made.data.nbytes, *causes)


def kinds_of(jobs: Iterable[Sequence[str]]) -> list[tuple[int, int]]:
    """The first job of each kind that costs alike, and how many there are of it."""
    kinds: dict[tuple[str, ...], list[int]] = {}
    for number, overrides in enumerate(jobs):
        costly = tuple([override for override in overrides if not _is_free(key_of(override))])
        kinds.setdefault(costly, [number, 0])[1] += 1
    return [(first, runs) for first, runs in kinds.values()]


@cache
def _is_free(key: str) -> bool:
    return key in FREE or key.startswith(FREE_GROUPS)


def refuse_beyond(sweep: SweepCost, left: float = 1.0) -> None:
    """Raises BeyondError where a sweep takes more than there is; of its runs a part is `left` to be done."""
    if insists():
        return
    refuse_bound(sweep)
    refuse_memory(sweep)
    free, need = free_disk(sweep.folder), left * sweep.disk
    if free is not None and need > free:
        largest = max(sweep.kinds, key=lambda kind: kind.runs * kind.cost.disk)
        would = f"{sweep.runs:,} runs would write {written(sweep.rows, need)}, and {in_words(free)} are free"
        raise Cause("hydra.sweep.dir", sweep.folder, f"fewer runs, or {largest.on_disk.change}").refused(
            would
        )


def refuse_bound(sweep: SweepCost) -> None:
    """Raises BeyondError where ``hydra.launcher.max_memory`` cannot be kept, if it is given."""
    settings, whole = sweep.settings, whole_memory()
    if settings.max_memory == MAX_MEMORY:
        return
    least = max((kind.least for kind in sweep.kinds), default=0)
    bound = "hydra.launcher.max_memory", settings.max_memory
    if least > settings.share:
        enough = f"{max(1, -(-least * settings.workers // 2**20))}MiB is enough"
        workers = f", and {settings.workers} workers share it" * (settings.workers > 1)
        fewer = ", or fewer hydra.launcher.n_jobs" * (settings.workers > 1)
        raise Cause(*bound, enough + fewer).refused(f"a run alone takes {in_words(least)}{workers}")
    if settings.is_local and whole is not None and settings.memory > whole:
        raise Cause(*bound, "at most that").refused(f"this machine has {in_words(whole)}")


def refuse_memory(sweep: SweepCost) -> None:
    """Raises BeyondError where workers, or the runs, take more memory than there is."""
    need, free = sweep.memory, free_memory()
    if free is None or need <= free:
        return
    jobs, of_runs = sweep.settings.n_jobs, OF_RUN * sweep.runs
    most = (free - of_runs) // (sweep.work + PROCESS) - 1
    if sweep.settings.workers > 1 and most >= 1:
        raise Cause("hydra.launcher.n_jobs", jobs, f"at most {most}").refused(takes(need, free))
    largest = max(sweep.kinds, key=lambda kind: kind.data + sum(kind.cost.memory.values()))
    raise largest.in_memory.refused(f"with {sweep.runs:,} run{'s' * (sweep.runs != 1)} {takes(need, free)}")
