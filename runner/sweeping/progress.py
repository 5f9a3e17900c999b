"""How far a sweep is: a bar in a terminal, a line now and then elsewhere."""

from __future__ import annotations

import sys
import time
from collections import Counter
from types import TracebackType
from typing import Any

#: Seconds between two lines where there is no terminal.
LINE_EVERY = 15.0


class Progress:
    """Counts runs as they end; a context manager."""

    def __init__(self, total: int) -> None:
        self.total = total
        self.counts: Counter[str] = Counter()
        self.started = self.said = time.monotonic()
        self.bar: Any = None
        self.task: Any = None

    def __enter__(self) -> Progress:
        if sys.stderr.isatty():
            self._open_bar()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
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

    def add(self, statuses: list[str]) -> None:
        """Takes the statuses of runs that have ended."""
        self.counts.update(statuses)
        if self.bar is not None:
            self.bar.update(
                self.task, completed=self.done, ended=self._ended(), rate=f"{self.rate:.3g} runs/s"
            )
        elif time.monotonic() - self.said >= LINE_EVERY:
            self.said = time.monotonic()
            left = (self.total - self.done) / self.rate
            ended = f", {self._ended()}" if self._ended() else ""
            print(f"{self.done} of {self.total} runs done{ended}; about {left:.0f} s left", flush=True)

    @property
    def done(self) -> int:
        return self.counts.total()

    @property
    def rate(self) -> float:
        """Runs a second."""
        return self.done / max(time.monotonic() - self.started, 1e-9)

    def _ended(self) -> str:
        return ", ".join(
            f"{self.counts[status]} {status}" for status in ("diverged", "failed") if self.counts[status]
        )
