"""The process's own stdout and stderr: what is written there ends no work and does no harm to a terminal.

Streams that somebody has put in their places, as pytest and notebooks do, stay as they are.
"""

from __future__ import annotations

import errno
import io
import os
import sys
from contextlib import suppress
from typing import Any

from runner.escaping import plain_lines

_NUMBERS = {"stdout": 1, "stderr": 2}
#: A reader that has gone, a terminal that has closed: somebody has chosen to read no more.
_UNREAD = (errno.EPIPE, errno.EIO)
#: What could not be written to, and why.
_LOST: dict[str, OSError] = {}


def take_over() -> None:
    """Lets this process print on, unheard, once who read its output has gone, or it can be written no more.

    A command that still works is not ended by that, and its exit code says how the work went. A letter
    that an encoding lacks is written as its escape, and so is what would move a terminal's cursor or hide
    in it (of stdout only where that is a terminal). To be called before anything is printed.
    """
    _LOST.clear()
    _open_closed()
    for name, number in _NUMBERS.items():
        stream = getattr(sys, name)
        if stream is not getattr(sys, f"__{name}__"):
            continue
        if stream is None:
            _LOST[name] = OSError(errno.EBADF, os.strerror(errno.EBADF))
            setattr(sys, name, _Legible(io.BufferedWriter(_Unheard(number, "w", closefd=False)), "utf-8"))
        elif isinstance(stream, io.TextIOWrapper) and not isinstance(stream, _Legible):
            _replace(name, stream)


def _open_closed() -> None:
    """Has none of the three first numbers stand for a file that is opened later: it would be printed into."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            if (opened := os.open(os.devnull, os.O_RDWR)) != number:
                os.close(opened)
                continue
            os.set_inheritable(number, True)


def _replace(name: str, stream: io.TextIOWrapper) -> None:
    if not isinstance(getattr(stream.buffer, "raw", stream.buffer), io.FileIO):  # a console of Windows
        return
    buffer = io.BufferedWriter(_Unheard(stream.fileno(), "w", closefd=False))
    at_once = stream.line_buffering or stream.write_through
    errors = "backslashreplace" if stream.errors in ("strict", "surrogateescape") else stream.errors
    legible = _Legible(buffer, stream.encoding, errors, line_buffering=at_once)
    legible.filters = name == "stderr" or stream.isatty()
    setattr(sys, name, legible)


def lost(name: str) -> OSError | None:
    """Why not all that was printed to ``stdout`` or ``stderr`` has got there, but for readers that left."""
    stream = getattr(sys, name)
    if stream is not None:
        with suppress(OSError, ValueError):  # of somebody's own stream, which may be closed
            stream.flush()  # what still waits to be written may be lost, too
    return _LOST.get(name)


class _Legible(io.TextIOWrapper):
    """A stream that writes plain signs alone, if it `filters`."""

    filters = True

    def write(self, text: str, /) -> int:
        super().write(plain_lines(text) if self.filters else text)
        return len(text)


class _Unheard(io.FileIO):
    """A stream that leads nowhere from when on nothing can be written there."""

    def write(self, data: Any, /) -> int:
        try:
            return super().write(data)
        except OSError as error:
            if error.errno not in _UNREAD:
                _LOST[next((name for name, n in _NUMBERS.items() if n == self.fileno()), "")] = error
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, self.fileno())
            os.close(nowhere)
            return memoryview(data).nbytes


class AsItIs:
    """A stream's own letters, all of them: for results in bytes, and for bars, which move the cursor."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        """Writes it as it is."""
        if isinstance(self._stream, _Legible):
            return io.TextIOWrapper.write(self._stream, text)
        return int(self._stream.write(text))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)
