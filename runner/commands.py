"""What the commands share: their version, and one ending for whatever comes in the way of one."""

from __future__ import annotations

import os
import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager

from runner import __version__
from runner.errors import RunnerError
from runner.output import outlive_readers

#: Where `keep_tracebacks` puts what the user said of HYDRA_FULL_ERROR.
TRACEBACKS = "BACKPROP_RUNNER_TRACEBACKS"
INTERRUPTED = 130  # what a shell expects of a command that SIGINT has ended


@contextmanager
def ending() -> Iterator[None]:
    """Ends a command; to be written above its ``main``.

    An error that a user can put right ends in its message and exit code 1, an interrupt in a word; who
    reads the output may stop. With HYDRA_FULL_ERROR=1 an error shows its traceback.
    """
    outlive_readers()
    try:
        yield
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        sys.exit(INTERRUPTED)
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
