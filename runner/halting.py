"""Ctrl-C and its like: the first asks for an end at which nothing is lost, Ctrl-C once more ends at once."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Timer
from types import FrameType, TracebackType

from runner.remarks import warn

#: SIGHUP is that of a terminal that closes; a system may have none.
SIGNALS = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
#: Seconds until it is said that an end is under way.
PATIENCE = 1.0


class Interruption(KeyboardInterrupt):
    """A signal ends the work: its words, and the exit code that a shell expects."""

    def __init__(self, number: int, text: str = "interrupted") -> None:
        super().__init__(text)
        self.code = 128 + number


class Halt:
    """Whether a signal has asked for the end: to be asked where the work may end.

    Where nobody would ask (see `heeded`) a signal ends the work at once.
    """

    def __init__(self) -> None:
        self.number = 0  # of the signal that has come
        self.is_heeded = False
        self.told: Callable[[], None] = _nobody  # by the first signal

    def __call__(self) -> bool:
        """Whether the end is asked for."""
        return self.number > 0

    @contextmanager
    def installed(self) -> Iterator[None]:
        """Takes the signals that this process does not ignore; for its main thread."""
        self.number = 0
        before = {number: signal.getsignal(number) for number in SIGNALS}
        taken = {number: handler for number, handler in before.items() if handler != signal.SIG_IGN}
        for number in taken:
            signal.signal(number, self._come)
        try:
            yield
        finally:
            for number, handler in taken.items():
                signal.signal(number, handler)

    @contextmanager
    def heeded(self, told: Callable[[], None] | None = None) -> Iterator[None]:
        """As long as somebody asks, and ends in good order; `told` is called as a signal comes."""
        self.is_heeded, self.told = True, told or _nobody
        if self.number:
            self.told()
        try:
            yield
        finally:
            self.is_heeded = False

    def end(self, text: str = "interrupted") -> None:
        """Raises Interruption with a last word where the end is asked for."""
        if self.number:
            raise Interruption(self.number, text)

    def _come(self, number: int, _: FrameType | None) -> None:
        """A terminal that closes sends its signal twice, so that only Ctrl-C ends what is ending."""
        again, self.number = self.number > 0, self.number or number
        if not self.is_heeded or (again and number == signal.SIGINT):
            raise Interruption(self.number)
        if not again:
            self.told()
            soon = Timer(PATIENCE, self._say)
            soon.daemon = True
            soon.start()

    def _say(self) -> None:
        if self.is_heeded:
            words = "ending after this epoch, to go on from there; Ctrl-C once more ends at once"
            warn(words)


def from_the_first_import() -> None:
    """Has Ctrl-C end one of this package's commands in a word while its modules are still imported."""
    command = sys.argv[0] if sys.argv else ""
    if command == "-m" or os.path.basename(command).startswith("backprop-"):
        sys.excepthook = _in_a_word


def _in_a_word(kind: type[BaseException], error: BaseException, at: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        warn("interrupted")
    else:
        sys.__excepthook__(kind, error, at)


def _nobody() -> None:
    pass


#: This process's own.
HALT = Halt()
