"""``hydra.launcher.n_jobs=auto``: as many workers as a sweep's work pays for."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from runner.cost.estimate import OF_RUN, PROCESS, cost_of
from runner.cost.seconds import Seconds, seconds_of
from runner.resources import cores, free_memory
from runner.sweeping.forking import may_fork
from runner.sweeping.plugin_keys import AUTO, LauncherSettings
from runner.training.experiment import Experiment
from runner.training.stacking import least_bytes

#: Seconds until workers are there, and for each of them: forked, started anew, and those of a cluster here.
FORKED, LOKY, CLUSTER = (0.03, 0.005), (0.8, 0.1), (4.0, 0.2)
#: The part of the time alone that workers must save, and by how much the least number may miss the best.
WORTH, CLOSE = 0.1, 1.05


@dataclass(frozen=True)
class Alike:
    """Runs that take as long as each other: how many, one of them, and its seconds."""

    runs: float
    experiment: Experiment
    seconds: Seconds

    def wall(self, workers: int, settings: LauncherSettings) -> float:
        """Seconds for all of them by so many workers, who share the memory."""
        stacks = math.ceil(self.runs / settings.widest(self.experiment, settings.memory // workers))
        if settings.halver is None:  # else they are kept together
            stacks = max(stacks, min(workers, math.ceil(self.runs)))
        at_once = min(workers, stacks)
        return (math.ceil(stacks / at_once) * self.seconds.shared) + self.runs * self.seconds.own / at_once


def settled(settings: LauncherSettings, made: Sequence[tuple[Experiment, float]]) -> LauncherSettings:
    """The settings with a number of workers, for runs of which each stands for so many."""
    if settings.n_jobs != AUTO:
        return settings
    return replace(settings, n_jobs=_workers(settings, made))


def _workers(settings: LauncherSettings, made: Sequence[tuple[Experiment, float]]) -> int:
    """Threads share one interpreter, and of a cluster elsewhere nobody knows the workers: 1."""
    if settings.backend == "threading" or not settings.is_local or not made:
        return 1
    alike = [
        Alike(runs, one, seconds_of(one, cost_of(one), settings.store)) for one, runs in made if runs > 0
    ]
    walls = {1: _wall(settings, alike, 1)}
    for workers in range(2, _most(settings, alike, walls[1]) + 1):
        walls[workers] = _wall(settings, alike, workers)
    best = min(walls.values())
    if best > (1 - WORTH) * walls[1]:
        return 1
    return next(workers for workers, wall in walls.items() if wall <= CLOSE * best)


def _wall(settings: LauncherSettings, alike: Sequence[Alike], workers: int) -> float:
    """Seconds until all is done."""
    before, each = _start(settings) if workers > 1 else (0.0, 0.0)
    return before + each * workers + sum(kind.wall(workers, settings) for kind in alike)


def _start(settings: LauncherSettings) -> tuple[float, float]:
    if settings.backend != "loky":
        return CLUSTER
    return FORKED if may_fork() else LOKY


def _most(settings: LauncherSettings, alike: Sequence[Alike], alone: float) -> int:
    """How many workers there may be: by what they save, the cores, the memory, and what halving compares."""
    before, each = _start(settings)
    if alone * (1 - WORTH) < before + 2 * each:
        return 1
    most = min(cores(), math.ceil(sum(kind.runs for kind in alike)))
    while most > 1 and not _fit(settings, alike, most):
        most -= 1
    return most


def _fit(settings: LauncherSettings, alike: Sequence[Alike], workers: int) -> bool:
    """Whether the memory holds so many workers; with halving, their stacks are those of one."""
    share, free = settings.memory // workers, free_memory()
    runs = sum(kind.runs for kind in alike)
    for kind in alike:
        one, wide = kind.experiment, settings.widest(kind.experiment, share)
        if least_bytes(one) > share:
            return False
        if settings.halver is not None and wide < settings.widest(one, settings.memory):
            return False
        width = min(wide, max(1, math.ceil(kind.runs / workers)))
        held = one.data.nbytes + sum(cost_of(one, width, settings.row_bytes(share)).memory.values())
        if free is not None and workers * (PROCESS + held) + OF_RUN * runs > free:
            return False
    return True
