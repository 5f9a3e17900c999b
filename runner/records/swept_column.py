"""The values that runs have of a swept key, held so that those of a million fit into memory."""

from __future__ import annotations

from array import array
from collections.abc import Callable
from typing import Any

#: Of a run that has no value of the key.
ABSENT = object()
#: Of so many different texts each is held once; who sweeps more seldom has one twice.
FEW = 1000


def _whole(number: float) -> str:
    return str(int(number))


class SweptColumn:
    """Values by rows: texts of numbers in 16 bytes, and read as they were written; others as they are."""

    __slots__ = ("_numbers", "_others", "_texts")

    def __init__(self, rows: int) -> None:
        """A column of so many rows without a value."""
        self._others: list[Any] = [ABSENT] * rows  # or the function that writes the row's number
        self._numbers = array("d", bytes(8 * rows))
        self._texts: dict[str, str] = {}

    def append(self) -> None:
        """Adds a row without a value."""
        self._others.append(ABSENT)
        self._numbers.append(0.0)

    def has(self, row: int) -> bool:
        """Whether there is a value in a row."""
        return self._others[row] is not ABSENT

    def __getitem__(self, row: int) -> Any:
        other = self._others[row]
        return other(self._numbers[row]) if other is repr or other is _whole else other

    def __setitem__(self, row: int, value: Any) -> None:
        if type(value) is str:
            written = _as_number(value)
            if written is None:
                value = self._once(value)
            else:
                value, self._numbers[row] = written
        self._others[row] = value

    def _once(self, text: str) -> str:
        """The text as other rows have it, if they do."""
        if len(self._texts) < FEW:
            return self._texts.setdefault(text, text)
        return self._texts.get(text, text)


def _as_number(text: str) -> tuple[Callable[[float], str], float] | None:
    """What writes a text, of which number; None for a text that no number is written as."""
    try:
        number = float(text)
        if repr(number) == text:
            return repr, number
        return (_whole, number) if _whole(number) == text else None
    except (ValueError, OverflowError):  # no number; an infinite one, which cannot be whole
        return None
