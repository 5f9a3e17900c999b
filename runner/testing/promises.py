"""What is promised of every entry, and how it is said where it does not hold."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from runner.config.checks import checked, default_of
from runner.config.checks import options as keys_of
from runner.config.shipped import shipped
from runner.errors import RunnerError
from runner.nn.arrays import Array
from runner.nn.formula import Value
from runner.plugins import TYPES

Options = Mapping[str, float]
#: The groups whose entries have files that show their options, by their groups of entry points.
FILES = {"optimizers": "optimizer", "schedules": "schedule", "data": "data"}


def close(what: str, made: Value, expected: Value, within: tuple[float, float] = (1e-12, 1e-13)) -> None:
    """That two arrays are the same within a relative and an absolute tolerance."""
    made, expected = np.broadcast_arrays(np.asarray(made, dtype=float), np.asarray(expected, dtype=float))
    off = ~np.isclose(made, expected, rtol=within[0], atol=within[1], equal_nan=False)
    if off.any():
        at = tuple(map(int, np.argwhere(off)[0]))
        raise AssertionError(f"{what}: {made[at]:.12g}, and not {expected[at]:.12g}, at {list(at)}")


def that(holds: object, what: str) -> None:
    """Raises AssertionError, which says `what`, where it does not hold."""
    if not holds:
        raise AssertionError(what)


def numbers(what: str, made: Any, shape: tuple[int, ...], *, broadcasts: bool = False) -> None:
    """That something is an array of finite float64 of a shape, or one that broadcasts to it."""
    that(isinstance(made, np.ndarray) and made.dtype == np.float64, f"{what}: must be an array of float64")
    fits = np.broadcast_shapes(made.shape, shape) == shape if broadcasts else made.shape == shape
    that(fits, f"{what}: has the shape {made.shape}, and not {shape}")
    that(np.isfinite(made).all(), f"{what}: is not finite everywhere")


def same_alone(what: str, function: Callable[..., Array], arrays: Sequence[Array]) -> None:
    """That each run of arrays (R, …) has the same bits alone and in company; arguments stay as they are."""
    copies = [array.copy() for array in arrays]
    together = function(*arrays)
    kept = all(a.tobytes() == b.tobytes() for a, b in zip(arrays, copies, strict=True))
    that(kept, f"{what}: changes its arguments")
    shape = np.broadcast_shapes(*(array.shape for array in arrays))
    together = np.broadcast_to(together, shape[:1] + np.shape(together)[1:])
    for run in range(shape[0]):
        alone = function(*[array[run : run + 1] for array in arrays])
        same = np.broadcast_to(alone, (1, *together.shape[1:])).tobytes() == together[run : run + 1].tobytes()
        that(same, f"{what}: run {run} has other bits alone than among {shape[0]} runs")


def options_of(entry: Any, given: Mapping[str, Any]) -> dict[str, Any]:
    """A value of each option: given, its own default, or that of its file. Holds defaults to their bounds."""
    group, table = next(place for kind, place in TYPES.items() if isinstance(entry, kind))
    name = next((name for name, other in table.items() if other is entry), "")
    file = shipped(f"{FILES[group]}/{name}") if group in FILES else {}
    values: dict[str, Any] = {
        option: given.get(option, file.get(option, default_of(bounds)))
        for option, bounds in entry.options.items()
    }
    if lacking := [option for option, value in values.items() if value is None]:
        raise AssertionError(
            f"the option {lacking[0]} has no default; give it one, or check(entry, options=…)"
        )
    try:
        values = checked({**values, **given}, keys_of(entry.options))
    except RunnerError as error:
        raise AssertionError(f"options: {error}") from None
    for option, bounds in entry.options.items():
        if bounds.parts:
            values |= zip(bounds.parts, values.pop(option), strict=True)
    return values
