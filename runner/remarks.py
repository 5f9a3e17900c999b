"""What a command says: results on stdout, remarks on stderr; ``--quiet`` leaves of both where results are.

Whatever others have written into it, a terminal shows its letters, and a line is no longer than can be read.
"""

from __future__ import annotations

import sys

from runner.escaping import plain_lines, terminal
from runner.streams import AsItIs, lost

_STATE = {"quiet": False}


def is_quiet() -> bool:
    """Whether nothing is to be said but errors, and where results are."""
    return _STATE["quiet"]


def be_quiet(quiet: bool = True) -> None:
    """Sets what `is_quiet` returns, for this process."""
    _STATE["quiet"] = quiet


def tell(text: str) -> None:
    """A result in words."""
    if not is_quiet():
        print(terminal(text))


def place(path: object, label: str = "") -> None:
    """Where a result is, led by its label; alone, letter by letter, where nothing else is said."""
    print(path if is_quiet() else terminal(f"{label}{path}"))


def remark(text: str) -> None:
    """What is to be known beside the results."""
    if not is_quiet():
        warn(text)


def warn(text: str) -> None:
    """What is to be known, be it quiet or not."""
    if sys.stderr is not None:  # print() would take stdout in its place
        print(terminal(text), file=sys.stderr, flush=True)


def deliver(text: str, *, exact: bool = False) -> None:
    """A result that is nowhere else; one that is `exact` comes out letter by letter, but in a terminal.

    Raises OSError where not all of it has got there, unless its reader has gone.
    """
    stream = sys.stdout
    if stream is not None:
        is_raw = exact and not stream.isatty()
        (AsItIs(stream) if is_raw else stream).write(text if is_raw else plain_lines(text))
        stream.flush()
    if error := lost("stdout"):
        raise OSError(error.errno, error.strerror, "stdout")
