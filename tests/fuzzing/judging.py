"""Whether an attempt ran or was refused as it should be: what is neither is a fault."""

from __future__ import annotations

import re
import signal
import traceback
from collections.abc import Callable, Collection, Iterable

from runner.config.compose import GROUPS
from runner.config.messages import known_keys, message
from runner.errors import RunnerError, legible
from runner.escaping import one_line
from runner.overrides import key_of

#: What only programmers can read, and words of Hydra's and OmegaConf's that tell others nothing.
INNER = re.compile(
    r"Traceback|object at 0x|<class |NoneType|has no attribute|unhashable|object_type|full_key|FULL_ERROR"
    r"|not subscriptable|positional argument|keyword argument|not supported between|to unpack"
    r"|index out of range|cannot be composed|ndarray|DictConfig|ListConfig|AnyNode|must be str"
    r"|string conversion|raised while|Interpolation key|no viable alternative|(?:extraneous|mismatched) input"
    r"|token recognition"
    r"|Error merging|Merge error|not a subclass|not Optional|Cannot (?:assign|convert|merge)|support deletion"
    r"|Could not (?:override|delete|append|find|load)|Unsupported (?:type|item)|config group|hydra\.cc/"
    r"|requires --multirun|supported primitive|Incompatible key|Config search path|invalid literal"
)
#: Seconds of the processor's, whose machine may be busy, that an attempt may take.
SECONDS = 10.0
#: Letters of a message that a reader still reads.
MOST = 8000


class TooLongError(BaseException):
    """An attempt has taken too long: no error that anybody handles."""


def judge(enter: Callable[[], object], names: Iterable[str]) -> tuple[str, str]:
    """``ran``, ``refused`` or ``fault``, and what was said; a refusal has one of `names`."""
    signal.signal(signal.SIGPROF, _too_long)
    signal.setitimer(signal.ITIMER_PROF, SECONDS)
    try:
        enter()
    except TooLongError as error:
        return "fault", "".join(traceback.format_exception(error)[-6:])
    except Exception as error:
        known = isinstance(error, RunnerError) or message(error) is not None
        told = message(error) if known else None
        told = told and legible(told)  # as the commands end
        if told is None:
            return "fault", "".join(traceback.format_exception(error)[-6:])
        return (
            ("fault", f"{type(error).__name__}: {why}: {told}")
            if (why := unfit(told, names))
            else ("refused", told)
        )
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
    return "ran", ""


def _too_long(*_: object) -> None:
    raise TooLongError


def unfit(told: str, names: Iterable[str]) -> str:
    """What is wrong with a message; nothing where a user can read it."""
    if inner := INNER.search(told):
        return f"has {inner[0]!r}"
    if not told.strip() or len(told) > MOST:
        return f"has {len(told)} letters"
    if any(not (letter.isprintable() or letter in "\n\t") for letter in told):
        return "has controls"
    known = (*names, "unknown key ", "these values make ", "defaults=", "hydra.", *GROUPS)
    hints = ("  ", "... and ")  # of which the line above is, or how many more there are
    lines = [line for at, line in enumerate(told.split("\n")) if not (at and line.startswith(hints))]
    unnamed = [line for line in lines if not any(name in line for name in known)]
    return f"a line names nothing: {unnamed[0]}" if unnamed else ""


def names_of(overrides: Iterable[str], files: Collection[str]) -> list[str]:
    """The keys and the files of which a refusal names one; of no key, an override's beginning."""
    keys = [part for one in overrides for part in _parts(one)]
    own = any(name.endswith(".yaml") for name in files)  # which has keys
    return [name for name in (*keys, *files, *(known_keys() if own else ())) if name]


def _parts(override: str) -> list[str]:
    key, _, package = key_of(override).partition("@")
    return [key, package, key.split(".")[0], key.rpartition(".")[2], override[:12], one_line(override[:12])]
