"""What a sweep would run, and write: ``hydra.sweeper.dry_run``."""

from __future__ import annotations

from collections.abc import Sequence

from hydra.types import TaskFunction

from runner.errors import RunnerError
from runner.resources import BeyondError
from runner.sweeping.asking import SweepCost, refuse_beyond
from runner.sweeping.jobs import Composer, effective

#: The table shows this many runs from the start and from the end.
SHOWN = 10
#: Of so many runs each is prepared, to see whether it would fail.
MOST_TRIED = 10_000


def preview(
    jobs: Sequence[list[str]], composer: Composer, task_function: TaskFunction, cost: SweepCost | None
) -> str:
    """The table of runs, and what they would take."""
    lines = ["    run  overrides"]
    for number, overrides in enumerate(jobs):
        if number < SHOWN or number >= len(jobs) - SHOWN:
            lines.append(f"{number:>7}  {' '.join(effective(overrides))}")
        elif number == SHOWN:
            lines.append(f"    ...  {len(jobs) - 2 * SHOWN} more")
        if cost is not None and len(jobs) <= MOST_TRIED:
            lines += _faults(number, overrides, composer, task_function)
    lines += [] if cost is None else cost.stores()
    total = f"{len(jobs)} runs" + (f", {cost.said()}" if cost is not None else "")
    return "\n".join([*lines, total + "; dry run: nothing was run"])


def _faults(number: int, job: list[str], composer: Composer, task_function: TaskFunction) -> list[str]:
    """Why a run would fail, in a line, if it would."""
    config = composer.job(number, job).config
    try:
        task_function.batched.prepare(config)  # type: ignore[attr-defined]
    except RunnerError as error:
        return [f"{number:>7}  would fail: {error}"]
    return []


def refusal(cost: SweepCost) -> list[str]:
    """Why a sweep would be refused, in a line, if it would be."""
    try:
        refuse_beyond(cost)
    except BeyondError as error:
        return [f"would be refused: {error}"]
    return []
