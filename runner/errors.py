"""The errors that a user may cause; the commands print them without a traceback."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from pathlib import Path

from runner.escaping import LONGEST_WORD, one_line, shortened, terminal
from runner.words import value_here

#: Letters that are shown of a value. A path, which is to be found again, may have as many as a word has.
LONGEST_VALUE = 80
#: Lines of a message.
MOST_LINES = 60


class RunnerError(Exception):
    """Something the user can put right; the message says what and how, in a line or a few.

    What others have written into a line neither ends it nor steers a terminal.
    """

    def __init__(self, *lines: str) -> None:
        super().__init__(*map(one_line, lines))

    def __str__(self) -> str:
        return legible("\n".join(self.args))

    @property
    def each(self) -> tuple[RunnerError, ...]:
        """The errors that this one is made of: itself, where it is one."""
        return (self,)

    def _render_traceback_(self) -> list[str]:
        """What IPython shows of it in the place of a traceback: the lines of the message."""
        return [f"{type(self).__name__}: {self}"]


class ConfigError(RunnerError):
    """A configuration that cannot be run.

    The message names the key, the value that was given and what is allowed.
    """

    def __init__(self, key: str, value: object, allowed: str) -> None:
        super().__init__(f"{key}={show(value)}: {allowed}")
        self.parts = key, value, allowed

    def __reduce__(self) -> tuple[type[ConfigError], tuple[str, object, str]]:
        return ConfigError, self.parts  # as it was made, in another process too


class SeveralError(RunnerError):
    """What is wrong, a line each."""

    def __init__(self, errors: tuple[RunnerError, ...]) -> None:
        super().__init__(*(line for error in errors for line in error.args))
        self.errors = errors

    @property
    def each(self) -> tuple[RunnerError, ...]:
        """The errors, each once."""
        return self.errors

    def __reduce__(self) -> tuple[type[SeveralError], tuple[tuple[RunnerError, ...]]]:
        return SeveralError, (self.errors,)


def together(errors: Iterable[RunnerError]) -> RunnerError:
    """Errors as one, each once; one stays what it is."""
    each = {str(one): one for error in errors for one in error.each}
    return SeveralError(tuple(each.values())) if len(each) > 1 else next(iter(each.values()))


def about(what: str, error: RunnerError) -> RunnerError:
    """An error's lines behind what they are about."""
    first, *more = error.args
    return RunnerError(f"{what}: {first}", *more)


def in_a_line(error: object) -> str:
    """What a library's error says, whose lines are for no table and no file of a user's."""
    return " ".join(str(error).split())


def describe(error: BaseException) -> str:
    """What ``error.txt`` says: the message for a user's error, the type too for any other."""
    if isinstance(error, RunnerError):
        return str(error)
    if isinstance(error, UnicodeEncodeError):
        return (
            f"{show(error.object[error.start : error.end])} is half a letter, which no text or name may have"
        )
    try:
        if digits := too_long(error):
            return digits
        text = str(error)
    except Exception:  # of one that cannot say itself
        text = ""
    return legible(f"{type(error).__name__}: {text}" if text else type(error).__name__)


def legible(text: str) -> str:
    """A message whose every line fits a terminal, and of many lines the first."""
    lines = text.split("\n", MOST_LINES)
    more = f"\n... and {lines.pop().count(chr(10)) + 1} lines more" if len(lines) > MOST_LINES else ""
    return terminal("\n".join(lines)) + more


def show(value: object) -> str:
    """A value as a user writes it in YAML, within a line, cut where it is long; a path loses its middle."""
    try:
        text = "null" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
    except (ValueError, RecursionError):  # an integer of thousands of digits, a thousand lists in each other
        return f"({type(value).__name__} too large to be shown)"
    if isinstance(value, str) and re.fullmatch(r"[-+]?[.\d][-+.\deE]*|true|false|null|", value):
        text = f"'{text}'"  # text, though it does not look like it
    if isinstance(value, Path):
        return shortened(one_line(text), LONGEST_WORD)
    text = one_line(text)
    return text if len(text) <= LONGEST_VALUE else text[: LONGEST_VALUE - 3] + "..."


def too_long(error: BaseException) -> str | None:
    """What is wrong with an integer whose digits Python refuses to read or write; None for other errors."""
    digits = re.search(r"Exceeds the limit .* string conversion(?:: value has (\d+) digits)?", str(error))
    return digits and f"an integer of {digits[1] or 'thousands of'} digits is more than any key takes"


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """`` (did you mean 'x'?)`` for the known name nearest to `word`, or nothing."""
    nearest = difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f" (did you mean '{nearest[0]}'?)" if nearest else ""


def one_of(names: Iterable[str], word: object = "") -> str:
    """``must be one of a, b, c``, with the nearest of them when `word` is almost one."""
    names = list(names)
    return (
        f"must be one of {', '.join(names)}{value_here(str(word), names) or did_you_mean(str(word), names)}"
    )
