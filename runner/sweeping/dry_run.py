"""What a sweep would run, and write: ``hydra.sweeper.dry_run``."""

from __future__ import annotations

from collections.abc import Sequence

from hydra.types import TaskFunction

from runner.errors import RunnerError
from runner.sweeping.jobs import Composer, effective
from runner.training.experiment import width

#: Bytes of a number in a history, with its comma: 17 significant digits as a rule.
BYTES_A_NUMBER = 20
#: The table shows this many runs from the start and from the end.
SHOWN = 10


def preview(jobs: Sequence[list[str]], composer: Composer, task_function: TaskFunction) -> str:
    """The table of runs, and the rows and bytes that they would write."""
    batched = getattr(task_function, "batched", None)
    rows = size = 0
    lines = []
    for number, overrides in enumerate(jobs):
        if number < SHOWN or number >= len(jobs) - SHOWN:
            lines.append(f"{number:>7}  {' '.join(effective(overrides))}")
        elif number == SHOWN:
            lines.append(f"    ...  {len(jobs) - 2 * SHOWN} more")
        job = composer.job(number, overrides)
        if batched is not None:
            try:
                made = batched.prepare(job.config)
            except RunnerError as error:
                lines.append(f"{number:>7}  would fail: {error}")
                continue
            rows += made.rows
            size += made.rows * (1 + width(made)) * BYTES_A_NUMBER
    total = f"{len(jobs)} runs"
    if batched is not None:
        total += f", {rows} rows of history.csv, about {_bytes(size)}"
    return "\n".join(["    run  overrides", *lines, total + "; dry run: nothing was run"])


def _bytes(size: float) -> str:
    for unit in ("B", "kB", "MB", "GB"):
        if size < 1000:
            return f"{size:.3g} {unit}"
        size /= 1000
    return f"{size:.3g} TB"
