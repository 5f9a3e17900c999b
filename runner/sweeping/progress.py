"""How far a sweep is: the runs that are saved, and what of all is trained."""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Iterable
from typing import Any

from runner.progress import BAR_EVERY, LINE_EVERY, bar_of
from runner.records.names import DIVERGED, FAILED, INTERRUPTED
from runner.remarks import is_quiet, remark


class Progress:
    """Counts runs as they are saved; a context manager."""

    def __init__(self, total: int) -> None:
        self.total = total
        self.counts: Counter[str] = Counter()
        self.started = self.said = time.monotonic()
        self.skipped = 0
        self.under_way = 0.0
        self.bar: Any = None
        self.task: Any = None

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, *_: object) -> None:
        if self.bar is not None:
            self.bar.stop()

    def skip(self, statuses: Iterable[str]) -> None:
        """Takes the statuses of runs that an earlier sweep has finished; before all others."""
        self.counts.update(statuses)
        self.skipped = self.counts.total()

    def add(self, statuses: Iterable[str]) -> None:
        """Takes the statuses of runs that have ended."""
        self.counts.update(status for status in statuses if status != INTERRUPTED)
        self.under_way = 0.0
        self._show(at_once=True)

    def part(self, runs: float) -> None:
        """Counts what is trained of the runs under way, an epoch of a stack say; none of it is saved.

        With the first part, be it 0, a bar begins, which is a thread: whoever forks has done so.
        """
        if self.bar is None and sys.stderr.isatty() and not is_quiet():
            before = "{task.fields[saved]:,} of {task.total:,.0f} runs saved"
            fields = {"saved": 0, "said": ""}
            self.bar, self.task = bar_of(before, "{task.fields[said]}", total=self.total, **fields)
        self.under_way += runs
        self._show()

    def _show(self, at_once: bool = False) -> None:
        now = time.monotonic()
        pause = LINE_EVERY if self.bar is None else 0.0 if at_once else BAR_EVERY
        if now - self.said < pause:
            return
        self.said, saved = now, self.counts.total()
        trained = saved + self.under_way
        rate = (trained - self.skipped) / max(now - self.started, 1e-9)
        said = (
            [f"{100 * trained / self.total:.0f} % trained"] if self.under_way else []
        )  # workers do not tell
        said += [f"{self.counts[status]} {status}" for status in (DIVERGED, FAILED) if self.counts[status]]
        if self.bar is not None:
            said += [f"{rate:.3g} runs/s"] if rate > 0 else []
            self.bar.update(self.task, completed=trained, saved=saved, said=", ".join(said))
            return
        left = f"; about {(self.total - trained) / rate:.0f} s left" if rate > 0 else ""
        remark(", ".join([f"{saved:,} of {self.total:,} runs saved", *said]) + left)
