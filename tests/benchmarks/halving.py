"""How often successive halving finds what the full sweep finds, and of how many of its epochs.

    python tests/benchmarks/halving.py [SWEEPS] [EPOCHS]

SWEEPS (100) of 64 learning rates of the digits for EPOCHS epochs (40), each with other weights and orders,
of which a third goes on after each quarter. The full sweeps are trained, and halved by their rows: those that
go on have the bytes that they have without it (tests/training/test_halving.py).
"""

from __future__ import annotations

import statistics
import sys
from dataclasses import replace

import numpy as np
from threadpoolctl import threadpool_limits

import runner
from runner.nn.arrays import Array
from runner.training.halving import Halving
from runner.training.loop import keep_freed_memory

RATES, KEEP = np.geomspace(1e-3, 10, 64), 0.33


def errors_of(seed: int, epochs: int, every: int) -> Array:
    """Of a full sweep, each `every` epochs, a row a run (R, T)."""
    one = runner.load("experiment=digits", f"epochs={epochs}", f"log.every={every}", "log.weights=false")
    runs = runner.train([replace(one, learning_rate=float(rate), seed=seed) for rate in RATES])
    rows = [np.asarray(run.history["error"], dtype=float) for run in runs]
    return np.array(
        [np.pad(row, (0, epochs // every + 1 - len(row)), constant_values=np.nan) for row in rows]
    )


def halved(errors: Array, halving: Halving) -> tuple[int, int]:
    """The run that is best at the end, and the epochs of all."""
    alive, epochs = np.arange(len(errors)), 0
    for at in range(1, errors.shape[1]):
        epochs += len(alive) * halving.every
        if at < errors.shape[1] - 1:
            alive = alive[~halving.worse(errors[alive, at])]
    return int(alive[np.nanargmin(errors[alive, -1])]), epochs


def main(sweeps: int = 100, epochs: int = 40) -> None:
    halving = Halving(epochs // 4, KEEP)
    found, shares, behind = 0, list[float](), list[float]()
    for seed in range(sweeps):
        errors = errors_of(seed, epochs, halving.every)
        best, (won, spent) = int(np.nanargmin(errors[:, -1])), halved(errors, halving)
        found += won == best
        shares.append(spent / (len(RATES) * epochs))
        behind.append(float(errors[won, -1] / errors[best, -1]))
    print(
        f"halving {sweeps} sweeps of digits, 64 rates, {epochs} epochs: the full sweep's winner in {found}, "
        f"with {statistics.median(shares):.0%} of its run-epochs; at worst {max(behind):.2f} times its error"
    )


if __name__ == "__main__":
    keep_freed_memory()
    threadpool_limits(1)
    main(*map(int, sys.argv[1:]))
