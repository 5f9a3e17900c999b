"""What the commands share: their version, one ending for all, their output, and the files they are told."""

from __future__ import annotations

import gc
import os
import stat
import sys
from argparse import Action, ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from runner import __version__
from runner.errors import RunnerError, describe, legible
from runner.halting import Interruption
from runner.records.writing import write_whole
from runner.remarks import be_quiet, warn
from runner.resources import FORCE, insist
from runner.streams import lost, take_over

#: Where `keep_tracebacks` puts what the user said of HYDRA_FULL_ERROR.
TRACEBACKS = "BACKPROP_RUNNER_TRACEBACKS"
#: How a command is told to be quiet.
QUIET = ("--quiet", "-q")
EXIT_INTERRUPTED = 130  # what a shell expects of a command that SIGINT has ended


@contextmanager
def ending() -> Iterator[None]:
    """Ends a command; to be written above its ``main``.

    An error ends in its message and exit code 1, a signal in its last words; who reads the output may
    stop, and it may be written nowhere. With HYDRA_FULL_ERROR=1 an error shows its traceback.
    """
    take_over()
    be_quiet(False)
    insist(False)
    try:
        yield
    except SystemExit as error:  # of a callback, or of Hydra
        error.code = legible(error.code) if isinstance(error.code, str) else error.code
        raise
    except Interruption as interruption:
        warn(str(interruption))
        sys.exit(interruption.code)
    except KeyboardInterrupt:
        warn("interrupted")
        sys.exit(EXIT_INTERRUPTED)
    except Exception as error:
        if wants_traceback():
            raise
        sys.exit(legible(said(error)))
    finally:
        # The process ends, and all that it holds: to look for circles there took a tenth of a sweep's time.
        gc.freeze()
    if why := lost("stdout"):  # what there was to say is lost, and what was done is done
        warn(f"stdout: {why.strerror}")


def said(error: Exception) -> str:
    """The message of an error: what a user can put right, or else what it is and how to see where it was."""
    if isinstance(error, RunnerError):
        return str(error)
    try:
        from runner.config.messages import message  # with Hydra: not every command needs it to work

        text = message(error)
    except Exception:  # of whatever kind: this is the last word
        text = None
    return f"{describe(error)} (HYDRA_FULL_ERROR=1 shows where)" if text is None else text


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
