"""How far a sweep is: a bar in a terminal, a line now and then elsewhere."""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Iterable
from typing import Any

from runner.records.names import DIVERGED, FAILED
from runner.remarks import is_quiet, remark

#: Seconds between two lines where there is no terminal.
LINE_EVERY = 15.0
#: Seconds between two changes of the bar while a stack trains.
BAR_EVERY = 0.2


class Progress:
    """Counts runs as they end; a context manager."""

    def __init__(self, total: int) -> None:
        self.total = total
        self.counts: Counter[str] = Counter()
        self.started = self.said = time.monotonic()
        self.skipped = 0
        self.under_way = 0.0
        self.bar: Any = None
        self.task: Any = None

    def __enter__(self) -> Progress:
        if sys.stderr.isatty() and not is_quiet():
            self._open_bar()
        return self

    def __exit__(self, *_: object) -> None:
        if self.bar is not None:
            self.bar.stop()

    def _open_bar(self) -> None:
        from rich import progress  # takes long to import, and only a terminal needs it
        from rich.console import Console

        self.bar = progress.Progress(
            progress.TextColumn("{task.completed:.0f}/{task.total:.0f} runs"),
            progress.BarColumn(),
            progress.TextColumn("{task.fields[ended]}"),
            progress.TextColumn("{task.fields[rate]}"),
            progress.TimeElapsedColumn(),
            progress.TextColumn("left:"),
            progress.TimeRemainingColumn(),
            console=Console(stderr=True),
        )
        self.task = self.bar.add_task("", total=self.total, ended="", rate="")
        self.bar.start()

    def skip(self, statuses: Iterable[str]) -> None:
        """Takes the statuses of runs that an earlier sweep has finished; before all others."""
        self.counts.update(statuses)
        self.skipped = self.counts.total()

    def add(self, statuses: Iterable[str]) -> None:
        """Takes the statuses of runs that have ended."""
        self.counts.update(statuses)
        self.under_way = 0.0
        self._show(at_once=True)

    def part(self, runs: float) -> None:
        """Counts a part of the runs under way in this process: an epoch of a stack, say."""
        self.under_way += runs
        self._show()

    def _show(self, at_once: bool = False) -> None:
        now = time.monotonic()
        pause = LINE_EVERY if self.bar is None else 0.0 if at_once else BAR_EVERY
        if now - self.said < pause:
            return
        self.said = now
        done = self.counts.total() + self.under_way
        rate = (done - self.skipped) / max(now - self.started, 1e-9)
        bad = [f"{self.counts[status]} {status}" for status in (DIVERGED, FAILED) if self.counts[status]]
        if self.bar is not None:
            self.bar.update(self.task, completed=done, ended=", ".join(bad), rate=f"{rate:.3g} runs/s")
            return
        left = f"; about {(self.total - done) / rate:.0f} s left" if rate > 0 else ""
        remark(", ".join([f"{int(done)} of {self.total} runs done", *bad]) + left)
