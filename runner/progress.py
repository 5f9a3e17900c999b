"""How far work is, on stderr: a bar in a terminal, a line now and then elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import IO, Any, cast

from runner.nn.arrays import Array
from runner.remarks import is_quiet, remark
from runner.streams import AsItIs
from runner.training.experiment import Experiment
from runner.training.loop import Tick

#: Seconds between two lines where there is no terminal.
LINE_EVERY = 15.0
#: Seconds between two changes of a bar.
BAR_EVERY = 0.2
#: Seconds that a run takes before anything is shown of it.
WORTH_SHOWING = 1.0


def bar_of(before: str, *after: str, total: float, **fields: Any) -> tuple[Any, Any]:
    """A bar in the terminal, begun, and its task: texts with the task's fields stand around it."""
    from rich import progress  # takes long to import, and only a terminal needs it
    from rich.console import Console

    bar = progress.Progress(
        progress.TextColumn(before),
        progress.BarColumn(),
        *map(progress.TextColumn, after),
        progress.TimeElapsedColumn(),
        progress.TextColumn("left:"),
        progress.TimeRemainingColumn(),
        console=Console(file=cast("IO[str]", AsItIs(sys.stderr))),  # a bar moves the cursor
        transient=True,
    )
    task = bar.add_task("", total=total, **fields)
    bar.start()
    return bar, task


@contextmanager
def shown(experiment: Experiment) -> Iterator[Tick]:
    """Shows how far a run is, once it has taken a second: its epochs, its error and the time left."""
    run = _Run(experiment)
    try:
        yield run.tick
    finally:
        if run.bar is not None:
            run.bar.stop()


class _Run:
    """What is shown of a run."""

    def __init__(self, experiment: Experiment) -> None:
        self.first, self.last = experiment.epoch_now, experiment.last_epoch
        self.started = time.monotonic()
        self.is_terminal = sys.stderr.isatty() and not is_quiet()
        self.due = self.started + (WORTH_SHOWING if self.is_terminal else LINE_EVERY)
        self.bar: Any = None
        self.task: Any = None

    def tick(self, epoch: int, errors: Callable[[], Array]) -> None:
        """An epoch has ended."""
        now = time.monotonic()
        if now < self.due:
            return
        self.due = now + (BAR_EVERY if self.is_terminal else LINE_EVERY)
        error = f"error {float(errors()[0]):.6g}"
        if self.is_terminal:
            self._show(epoch, error)
            return
        left = (now - self.started) / (epoch - self.first) * (self.last - epoch)
        remark(f"epoch {epoch:,} of {self.last:,}, {error}; about {left:.0f} s left")

    def _show(self, epoch: int, error: str) -> None:
        if self.bar is None:
            before = "epoch {task.completed:,.0f} of {task.total:,.0f}"
            total = self.last
            self.bar, self.task = bar_of(before, "{task.fields[error]}", total=total, error=error)
        self.bar.update(self.task, completed=epoch, error=error)
