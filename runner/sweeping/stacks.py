"""Which runs of a sweep train together, and how many at a time."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator
from typing import TypeVar

from runner.experiment import Experiment
from runner.training import EVALUATED, ROW_BYTES, width

#: What a stack touches in one update should stay within a core's share of the caches: past it,
#: a wider stack of middling networks is slower (``tests/benchmarks/sweeps.py libraries`` has one of 64).
CACHE_BYTES = 4 * 2**20
#: Rows that a history hands on at a time, if the bound on memory lets it: fewer mean more writes.
ROWS_AT_A_TIME = 1024

Item = TypeVar("Item")


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
