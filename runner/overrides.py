"""``key=value`` as Hydra takes it: its parts, the values in it, and how these are told to a reader."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import pandas as pd
    from hydra.core.override_parser.overrides_parser import OverridesParser
    from hydra.core.override_parser.types import Override

_INT = re.compile(r"[+-]?(0|[1-9][0-9]*)")
_FLOAT = re.compile(r"[+-]?((0|[1-9][0-9]*)?\.[0-9]+|(0|[1-9][0-9]*)(\.[0-9]*)?[eE][+-]?[0-9]+)")
_OF_FILES = re.compile(
    r"(\+{0,2}data\.(?:path|test_path|inputs|targets|separator|decimal|header|comment))=(.*)", re.DOTALL
)
_WORD = re.compile(r"(?!(?i:inf|nan|true|false|null)$)[A-Za-z_][A-Za-z0-9_-]*")


def key_of(override: str) -> str:
    """The key of an override, without the ``+`` or ``~`` before it."""
    return override.partition("=")[0].lstrip("+~")


def swept_values(overrides: Iterable[str]) -> dict[str, str]:
    """``key=value`` overrides as a table's columns: keys without their ``+``, values as written."""
    return {key_of(override): override.partition("=")[2] for override in overrides}


def as_meant(override: str) -> str:
    """An override of a sign or a name out of a file, quoted where Hydra's grammar has no such text.

    So ``data.separator=;`` and ``data.targets=Price (USD)`` need no quotes inside those of a shell.
    """
    match = _OF_FILES.fullmatch(override)
    if match is None or not match[2] or _is_grammatical(match[2]):
        return override
    text = match[2]
    if text.startswith("[") and text.endswith("]"):
        names = [name.strip() for name in text[1:-1].split(",")]
        return f"{match[1]}=[{','.join(name if _is_grammatical(name) else quoted(name) for name in names)}]"
    return f"{match[1]}={quoted(text)}"


def _is_grammatical(text: str) -> bool:
    try:
        parse(text)
    except Exception:  # the grammar is not made for all texts
        return False
    return bool(text.strip())


def quoted(text: str) -> str:
    """Text as Hydra's grammar reads it back: of backslashes only those before a quote are escaped."""
    inside = re.sub(r"(\\*)('|\Z)", lambda match: match[1] * 2 + ("\\'" if match[2] else ""), text)
    return f"'{inside}'"


def is_word(text: str) -> bool:
    """Whether a text needs no quotes to be one in Hydra's grammar."""
    return _WORD.fullmatch(text) is not None


def parse(text: str) -> Any:
    """The value that Hydra's grammar reads in `text`. Raises what it raises; common forms do without it."""
    if _INT.fullmatch(text):
        return int(text)
    if _FLOAT.fullmatch(text):
        return float(text)
    return text if is_word(text) else _parse(text)


@lru_cache(maxsize=4096)
def _parse(text: str) -> Any:
    return parse_override(f"key={text}").value()


def parse_override(override: str) -> Override:
    """An override as Hydra's grammar reads it. Raises what it raises."""
    return _parser().parse_override(override)


@cache
def _parser() -> OverridesParser:
    from hydra.core.override_parser.overrides_parser import OverridesParser

    return OverridesParser.create()


def in_order(values: Iterable[Any]) -> list[Any]:
    """Distinct swept values as a reader counts: numbers, then lists by their lengths, then words."""
    return sorted(dict.fromkeys(values), key=_rank)


def _rank(value: Any) -> tuple[Any, ...]:
    text = str(value)
    if re.fullmatch(r"[-+]?[\d.]+(e[-+]?\d+)?", text):
        return 0, float(text)
    if re.fullmatch(r"\[[\d, ]*\]", text):
        numbers = [int(number) for number in re.findall(r"\d+", text)]
        return 1, len(numbers), numbers
    return 2, text


def plain(value: Any) -> str:
    """A swept value as a reader writes it, in full."""
    if not isinstance(value, float | np.floating):
        return str(value)
    short = f"{value:g}"
    return short if float(short) == value or value != value else repr(float(value))


def bare(values: pd.Series[Any]) -> pd.Series[Any]:
    """Lists of one number, as sizes of a single hidden layer are, as numbers."""
    import pandas as pd

    lists = [re.fullmatch(r"\[\s*([-+.\deE]+)\s*\]", str(value)) for value in values]
    if all(lists):
        return pd.to_numeric(pd.Series([match[1] for match in lists if match], index=values.index))
    return values
