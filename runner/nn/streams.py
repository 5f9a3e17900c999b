"""Named streams of random numbers, each independent of the others.

``seed`` feeds the streams ``weights``, ``biases`` and ``shuffle``; ``data.seed`` feeds ``points``,
``noise`` and ``split``. Drawing more from one leaves the others as they were, so that a change of
the batch size, say, does not change the initial weights.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from itertools import count

import numpy as np
from numpy.typing import NDArray


def stream(seed: int, name: str) -> np.random.Generator:
    """The random stream `name` of `seed`: PCG64 seeded by both (NumPy's SeedSequence spawn key)."""
    key = zlib.crc32(name.encode())
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(seed, spawn_key=(key,))))


def orders(seed: int, examples: int, skipped: int = 0) -> Iterator[NDArray[np.intp]]:
    """The orders (N,) in which the epochs of a run take its examples, epoch by epoch for ever.

    Those of the first epochs are `skipped`: drawn all the same, so that what goes on from there is the same.
    """
    rng = stream(seed, "shuffle")
    for epoch in count():
        order = rng.permutation(examples)
        if epoch >= skipped:
            yield order
