"""What a mutant is: a place in the project where one thing is made wrong, and who should notice."""

from __future__ import annotations

from typing import NamedTuple


class Wrong(NamedTuple):
    """What is wrong, and the text that says it in the place of another, which stands once in its file."""

    what: str
    old: str
    new: str


class File(NamedTuple):
    """A file of the project, the tests that are run of each of its mutants until one fails, and these."""

    path: str
    tests: tuple[str, ...]
    mutants: tuple[Wrong, ...]
