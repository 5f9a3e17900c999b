"""Which runs of a sweep train together, and how many at a time."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator
from typing import TypeVar

from runner.errors import ConfigError
from runner.training.endings import WINDOW
from runner.training.experiment import Experiment, width
from runner.training.memory import run_bytes
from runner.training.recorder import ROW_BYTES

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
        count = int(float(text.removesuffix(unit)) * UNITS.get(unit, 1))
    except (ValueError, OverflowError):
        count = 0
    if count < 2**20:
        raise ConfigError(key, size, "must be at least 1MiB, as 512MiB, 4GiB or in bytes")
    return count


def widest(experiment: Experiment, max_bytes: int, rows: int = ROWS_AT_A_TIME) -> int:
    """How many runs like `experiment` a stack should hold, if it may hold `max_bytes` of arrays.

    At least 1, however large the run. Of each history so many `rows` should wait to be handed on together.
    """
    touched, held = touched_bytes(experiment), run_bytes(experiment)
    history = 8 * (width(experiment) * min(experiment.rows, rows) + WINDOW)
    for_rows = row_bytes(max_bytes)
    return max(1, min(CACHE_BYTES // touched, for_rows // history, (max_bytes - for_rows) // held))


def least_bytes(experiment: Experiment) -> int:
    """The least share of the memory in which a run like `experiment` trains alone, and a row of it waits."""
    return run_bytes(experiment) + 8 * width(experiment)


def touched_bytes(experiment: Experiment) -> int:
    """The bytes of arrays that an update of a run touches."""
    state = 6  # parameters, gradient, direction, and an optimizer's state and quantities
    neurons = sum(experiment.sizes[1:])
    return 8 * (state * experiment.network.parameter_count + 4 * experiment.batch * neurons)


def row_bytes(max_bytes: int) -> int:
    """The part of a bound on memory that is for rows of histories."""
    return min(ROW_BYTES, max_bytes // 2)


def stacked(
    items: Iterable[Item],
    experiment_of: Callable[[Item], Experiment],
    widest: Callable[[Experiment], int],
    share: int | None = None,
) -> Iterator[list[Item]]:
    """Items whose experiments may share arrays, in lists, each as soon as it is full.

    Full are those that are the `widest` for such experiments; or, of a worker whose share is so many items,
    those that have as many as the others of that share.
    """
    open_stacks: dict[Hashable, list[Item]] = {}
    limits: dict[Hashable, int] = {}
    for item in items:
        experiment = experiment_of(item)
        key = experiment.stack_key
        if key not in limits:
            limit = widest(experiment)
            limits[key] = -(-share // -(-share // limit)) if share else limit
        open_stacks.setdefault(key, []).append(item)
        if len(open_stacks[key]) >= limits[key]:
            yield open_stacks.pop(key)
    yield from open_stacks.values()
