"""What arithmetic is made under, so that it has the same bits each time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

import numpy as np
from threadpoolctl import ThreadpoolController


@cache
def threads() -> ThreadpoolController:
    """NumPy's BLAS, looked for once: that takes 3 ms, as long as 150 small updates."""
    return ThreadpoolController()


@contextmanager
def same_bits() -> Iterator[None]:
    """What every update is made under: numbers may overflow, and sums have one order.

    So there is one thread: a BLAS that splits a product over several may sum it in another order.
    """
    with np.errstate(all="ignore"), threads().limit(limits=1, user_api="blas"):
        yield
