"""Options: what an entry of a table may be told, within which bounds, and by which letters formulas go.

A default stands here, or in the YAML file of the entry where it has one, which shows it to who chooses it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from runner.nn.formula import Symbol


class Option(NamedTuple):
    """A number within bounds; or a switch, true or false.

    One that is a pair has a name for each of its numbers in `parts`. `needs` is another option, which must
    not be zero where this one is on. Without a letter of its own a number goes by its name.
    """

    above: float | None = None
    at_least: float | None = None
    below: float | None = None
    at_most: float | None = None
    whole: bool = False
    switch: bool = False
    parts: tuple[str, ...] = ()
    needs: str | None = None
    letters: tuple[Symbol, ...] = ()
    default: float | tuple[float, ...] | None = None


def letters(options: Mapping[str, Option]) -> dict[str, Symbol]:
    """The letter of each number that options have."""
    named: dict[str, Symbol] = {}
    for name, option in options.items():
        parts = option.parts or (name,)
        named |= dict(zip(parts, option.letters or map(Symbol, parts), strict=True))
    return named
