"""What the commands share: their version, one ending for all, their output, and the files they are told."""

from __future__ import annotations

import errno
import io
import os
import stat
import sys
from argparse import Action, ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from runner import __version__
from runner.errors import RunnerError
from runner.halting import Interruption
from runner.records.writing import write_whole
from runner.remarks import be_quiet
from runner.resources import FORCE, insist

#: Where `keep_tracebacks` puts what the user said of HYDRA_FULL_ERROR.
TRACEBACKS = "BACKPROP_RUNNER_TRACEBACKS"
#: How a command is told to be quiet.
QUIET = ("--quiet", "-q")
EXIT_INTERRUPTED = 130  # what a shell expects of a command that SIGINT has ended


@contextmanager
def ending() -> Iterator[None]:
    """Ends a command; to be written above its ``main``.

    An error that a user can put right ends in its message and exit code 1, a signal in its last words; who
    reads the output may stop. With HYDRA_FULL_ERROR=1 an error shows its traceback.
    """
    outlive_readers()
    be_quiet(False)
    insist(False)
    try:
        yield
    except Interruption as interruption:
        print(interruption, file=sys.stderr)
        sys.exit(interruption.code)
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        sys.exit(EXIT_INTERRUPTED)
    except Exception as error:
        text = said(error)
        if text is None or wants_traceback():
            raise
        sys.exit(text)


def said(error: Exception) -> str | None:
    """The message of an error that a user can put right, or None."""
    if isinstance(error, RunnerError):
        return str(error)
    from runner.config.messages import message  # with Hydra: not every command needs it to work

    return message(error)


def wants_traceback() -> bool:
    """Whether the user set HYDRA_FULL_ERROR=1."""
    return os.environ.get(TRACEBACKS, os.environ.get("HYDRA_FULL_ERROR", "0")) != "0"


def keep_tracebacks() -> None:
    """Lets errors reach `ending`, not Hydra's printer, and remembers what the user wants of them."""
    os.environ.setdefault(TRACEBACKS, os.environ.get("HYDRA_FULL_ERROR", "0"))
    os.environ["HYDRA_FULL_ERROR"] = "1"


def version_of(command: str) -> str:
    """What ``--version`` of a command says."""
    return f"{command} {__version__}"


def add_version(parser: ArgumentParser) -> None:
    """Adds ``--version`` to a command's options."""
    parser.add_argument(
        "--version", action="version", version=version_of(parser.prog), help="print the version and exit"
    )


def add_quiet(parser: ArgumentParser) -> None:
    """Adds ``--quiet`` to a command's options."""
    wanted = "say nothing but errors, results and where they are"
    parser.add_argument(*QUIET, action=_Quiet, nargs=0, help=wanted)


def add_force(parser: ArgumentParser) -> None:
    """Adds ``--force`` to a command's options."""
    wanted = "try what would take more memory or disk than there is"
    parser.add_argument(FORCE, action=_Force, nargs=0, help=wanted)


class _Force(Action):
    def __call__(self, *_: Any) -> None:
        insist()


class _Quiet(Action):
    def __call__(self, *_: Any) -> None:
        be_quiet()


def add_plugins(parser: ArgumentParser) -> None:
    """Adds ``--plugins`` to a command's options: each file is run as it is read."""
    from runner.plugins import insist

    own = "Python files with entries of your own that the runs were made with; none is run unless it is named"
    parser.add_argument("--plugins", nargs="+", default=[], metavar="FILE", type=insist, help=own)


def outlive_readers() -> None:
    """Lets this process print on, unheard, once who read its output has gone, as `head` does.

    A command that still works is not ended by that, and its exit code says how the work went. To be
    called before anything is printed; streams that are no longer the process's own stay as they are. A
    character that their encoding lacks ends nothing either.
    """
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is not getattr(sys, f"__{name}__") or not isinstance(stream, io.TextIOWrapper):
            continue
        if isinstance(getattr(stream.buffer, "raw", stream.buffer), io.FileIO):  # no console of Windows
            buffer = io.BufferedWriter(_Unheard(stream.fileno(), "w", closefd=False))
            at_once = stream.line_buffering or stream.write_through
            errors = "replace" if stream.errors == "strict" else stream.errors  # Windows' pipes know no η
            outliving = io.TextIOWrapper(buffer, stream.encoding, errors, line_buffering=at_once)
            setattr(sys, name, outliving)


class _Unheard(io.FileIO):
    """A stream that leads nowhere from when on nobody reads it."""

    def write(self, data: Any) -> int:
        try:
            return super().write(data)
        except OSError as error:
            if error.errno not in (errno.EPIPE, errno.EIO):  # a terminal that has closed has the latter
                raise
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, self.fileno())
            os.close(nowhere)
            return memoryview(data).nbytes


def write_named(path: Path, content: bytes) -> None:
    """Writes a file that a user has named, and leaves no plain one half-written.

    A plain file keeps its mode; a device, a FIFO, a link or one of several names of a file stays what
    it is, and is written in place. Raises OSError.
    """
    before = os.lstat(path) if os.path.lexists(path) else None
    if before and not (stat.S_ISREG(before.st_mode) and before.st_nlink == 1):
        path.write_bytes(content)
        return
    write_whole(path, content)
    if before:
        path.chmod(stat.S_IMODE(before.st_mode))
