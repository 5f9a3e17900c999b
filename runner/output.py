"""What a command prints, those who stop reading it, and the files that a user names for it."""

from __future__ import annotations

import io
import os
import stat
import sys
from pathlib import Path
from typing import Any

from runner.records.writing import write_whole


def outlive_readers() -> None:
    """Lets this process print on, unheard, once who read its output has gone, as `head` does.

    A command that still works is not ended by that, and its exit code says how the work went. To be
    called before anything is printed; streams that are no longer the process's own stay as they are.
    """
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is getattr(sys, f"__{name}__") and isinstance(stream, io.TextIOWrapper):
            setattr(sys, name, _outliving(stream))


def _outliving(stream: io.TextIOWrapper) -> io.TextIOWrapper:
    if not isinstance(getattr(stream.buffer, "raw", stream.buffer), io.FileIO):
        return stream  # a console of Windows, which is never a pipe
    return io.TextIOWrapper(
        io.BufferedWriter(_Unheard(stream.fileno(), "w", closefd=False)),
        encoding=stream.encoding,
        errors=stream.errors,
        line_buffering=stream.line_buffering or stream.write_through,
    )


class _Unheard(io.FileIO):
    """A stream that leads nowhere from when on nobody reads it."""

    def write(self, data: Any) -> int:
        try:
            return super().write(data)
        except BrokenPipeError:
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, self.fileno())
            os.close(nowhere)
            return memoryview(data).nbytes


def write_named(path: Path, content: bytes) -> None:
    """Writes a file that a user has named, and leaves no plain one half-written.

    A plain file keeps its mode; a device, a FIFO, a link or one of several names of a file stays what
    it is, and is written in place. Raises OSError.
    """
    try:
        before = os.lstat(path)
    except FileNotFoundError:
        write_whole(path, content)
        return
    if stat.S_ISREG(before.st_mode) and before.st_nlink == 1:
        write_whole(path, content)
        path.chmod(stat.S_IMODE(before.st_mode))
    else:
        path.write_bytes(content)
