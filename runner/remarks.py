"""What a command says: results on stdout, remarks on stderr; ``--quiet`` leaves of both where results are."""

from __future__ import annotations

import sys

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
        print(text)


def place(path: object, label: str = "") -> None:
    """Where a result is, led by its label."""
    print(path if is_quiet() else f"{label}{path}")


def remark(text: str) -> None:
    """What is to be known beside the results."""
    if not is_quiet():
        print(text, file=sys.stderr, flush=True)
