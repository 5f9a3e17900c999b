"""Named streams of random numbers, each independent of the others.

``seed`` feeds the streams ``weights``, ``biases`` and ``shuffle``; ``data.seed`` feeds ``points``,
``noise`` and ``split``. Drawing more from one leaves the others as they were, so that a change of
the batch size, say, does not change the initial weights.
"""

from __future__ import annotations

import zlib

import numpy as np


def stream(seed: int, name: str) -> np.random.Generator:
    """The random stream `name` of `seed`: PCG64 seeded by both (NumPy's SeedSequence spawn key)."""
    key = zlib.crc32(name.encode())
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(seed, spawn_key=(key,))))
