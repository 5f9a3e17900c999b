"""Which runs of a sweep train together, and how many at a time."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator
from typing import TypeVar

from runner.errors import ConfigError
from runner.training.experiment import Experiment
from runner.training.stack import EVALUATED, ROW_BYTES, width

#: What a stack touches in one update should stay within a core's share of the caches: past it,
#: a wider stack of middling networks is slower (``tests/benchmarks/sweeps.py libraries`` has one of 64).
CACHE_BYTES = 4 * 2**20
#: Rows that a history hands on at a time, if the bound on memory lets it: fewer mean more writes.
ROWS_AT_A_TIME = 1024

#: The bound on the arrays held at once, where no other is asked for.
MAX_MEMORY = "4GiB"
UNITS = {"KiB": 2**10, "MiB": 2**20, "GiB": 2**30, "B": 1}

Item = TypeVar("Item")


def in_bytes(key: str, size: int | str) -> int:
    """A bound on memory in bytes. Raises ConfigError, naming `key`, for what is none or below 1 MiB."""
    text = str(size).strip()
    unit = next((unit for unit in UNITS if text.endswith(unit)), "")
    try:
        found = int(float(text.removesuffix(unit)) * UNITS.get(unit, 1))
    except (ValueError, OverflowError):
        found = 0
    if found < 2**20:
        raise ConfigError(key, size, "must be at least 1MiB, as 512MiB, 4GiB or in bytes")
    return found


def widest(one: Experiment, max_bytes: int) -> int:
    """How many runs like `one` a stack should hold, if it may hold `max_bytes` of arrays.

    At least 1, however large the run.
    """
    neurons = sum(one.sizes[1:])
    state = 6  # parameters, gradient, direction, and an optimizer's state and quantities
    touched = 8 * (state * one.parameter_count + 4 * one.batch * neurons)
    tested = 0 if one.data.test_inputs is None else len(one.data.test_inputs)
    evaluated = one.data.examples if one.log.gradients else min(EVALUATED, max(one.data.examples, tested))
    held = touched + 8 * 4 * max(one.batch, evaluated) * neurons
    history = 8 * width(one) * min(one.rows, ROWS_AT_A_TIME)
    return max(
        1,
        min(
            CACHE_BYTES // touched,
            row_bytes(max_bytes) // history,
            (max_bytes - row_bytes(max_bytes)) // held,
        ),
    )


def row_bytes(max_bytes: int) -> int:
    """The part of a bound on memory that is for rows of histories."""
    return min(ROW_BYTES, max_bytes // 2)


def stacked(
    items: Iterable[Item],
    key: Callable[[Item], Hashable],
    limit: Callable[[Item], int],
) -> Iterator[list[Item]]:
    """Items of equal key in lists of at most their limit, each as soon as it is full."""
    open_stacks: dict[Hashable, list[Item]] = {}
    limits: dict[Hashable, int] = {}
    for item in items:
        k = key(item)
        if k not in limits:
            limits[k] = limit(item)
        stack = open_stacks.setdefault(k, [])
        stack.append(item)
        if len(stack) >= limits[k]:
            yield open_stacks.pop(k)
    yield from open_stacks.values()
