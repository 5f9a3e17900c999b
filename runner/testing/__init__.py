"""Whether an entry of a table keeps what its table promises: for one's own, and for all that ship.

>>> from runner.nn.activations import ACTIVATIONS
>>> check(ACTIVATIONS["tanh"])
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from runner.plugins import (
    Activation,
    Dataset,
    Generator,
    Initializer,
    Loss,
    Optimizer,
    Schedule,
)
from runner.testing import draws, functions, updates
from runner.testing.promises import options_of

__all__ = ["check"]

#: What an entry is held by: it, with the values of its options.
CHECKS: dict[type, Callable[[Any, dict[str, float]], None]] = {
    Optimizer: updates.optimizer,
    Schedule: updates.schedule,
    Initializer: draws.initializer,
    Generator: draws.generator,
    Dataset: draws.dataset,
}


def check(
    entry: object, *, options: Mapping[str, Any] | None = None, targets: ArrayLike | None = None
) -> None:
    """Holds an entry of a table to what its table promises.

    That is: shapes; finite numbers; derivatives that are those of the value, by differences; formulas that
    are the numbers; options with defaults within their own bounds; pure functions; and of everything that
    runs share arrays for, that a run has the same bits alone and in a stack. `options` are values to try it
    with instead of its defaults; `targets` (N, O), N at least 22, those of a loss that takes none of the
    usual. Raises AssertionError, which says what differs and where, and TypeError for what is no entry.
    """
    with np.errstate(all="ignore"):
        if isinstance(entry, Activation):
            functions.activation(entry)
        elif isinstance(entry, Loss):
            functions.loss(entry, None if targets is None else np.asarray(targets, dtype=np.float64))
        elif (holds := next((CHECKS[kind] for kind in CHECKS if isinstance(entry, kind)), None)) is None:
            raise TypeError(f"{entry!r}: is no entry of a table")
        else:
            holds(entry, options_of(entry, options or {}))
