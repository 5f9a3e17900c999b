"""How far a sweep is: a bar in a terminal, a line now and then elsewhere."""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Iterable
from types import TracebackType
from typing import Any

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
        if sys.stderr.isatty():
            self._open_bar()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
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
        """Takes the statuses of runs that an earlier sweep has finished."""
        before = self.counts.total()
        self.counts.update(statuses)
        self.skipped += self.counts.total() - before

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
        if now - self.said < (BAR_EVERY if self.bar is not None else LINE_EVERY) and not (
            at_once and self.bar is not None
        ):
            return
        self.said = now
        done = self.counts.total() + self.under_way
        rate = (done - self.skipped) / max(now - self.started, 1e-9)
        if self.bar is not None:
            self.bar.update(self.task, completed=done, ended=self._ended(), rate=f"{rate:.3g} runs/s")
            return
        left = f"; about {(self.total - done) / rate:.0f} s left" if rate > 0 else ""
        ended = f", {self._ended()}" if self._ended() else ""
        print(f"{int(done)} of {self.total} runs done{ended}{left}", flush=True)

    def _ended(self) -> str:
        return ", ".join(
            f"{self.counts[status]} {status}" for status in ("diverged", "failed") if self.counts[status]
        )
