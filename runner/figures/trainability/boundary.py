"""Which runs converge and how soon; the boundary between them and the others, and its dimension.

The measures are those of Sohl-Dickstein (2024, arXiv 2402.06184), as the code that came with it has them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from runner.nn.arrays import Array, Mask

#: So many of the last errors tell, in their mean, whether a run converges: it may swing.
LATE = 20
#: Relative errors beyond are taken for this one, as are those of a run that has diverged.
TOP = 1e6


def times(errors: Array, diverged: Mask) -> Array:
    """How many times its first error (R, T) each run has, up to TOP; `errors` are NaN after a run's end.

    From there on one that has `diverged` (R,) has TOP, and another its last.
    """
    last = np.array([row[~np.isnan(row)][-1] for row in errors])
    filled = np.where(np.isnan(errors), np.where(diverged, np.inf, last)[:, None], errors)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        relative = filled / errors[:, :1]
    return np.minimum(np.nan_to_num(relative, nan=1.0, posinf=TOP), TOP)  # 0/0: it begins at its end


def speeds(errors: Array) -> tuple[Mask, Array, Array]:
    """Which runs converge (R,), their sums, and their shades by rank, of relative errors (R, T).

    A run converges where its late errors are below the first in the mean. Its sum is Σ e, of one that
    diverges Σ 1/e, which are the smaller the sooner it does. Shades go from −1, of what converges soonest, up
    to 0 and from 0 to 1, of what diverges soonest.
    """
    converges = errors[:, -LATE:].mean(axis=1) < 1.0
    with np.errstate(divide="ignore"):
        inverse = (1.0 / errors[~converges]).sum(axis=1)
    sums = np.empty(len(errors))
    sums[converges], sums[~converges] = errors[converges].sum(axis=1), inverse
    shades = np.empty(len(errors))
    shades[converges], shades[~converges] = ranks(sums[converges]) - 1.0, 1.0 - ranks(inverse)
    return converges, sums, shades


def ranks(values: Array) -> Array:
    """The rank of each value, evenly between 0 and 1; equal ones have the mean of theirs."""
    ordered = np.sort(values)
    before, behind = (np.searchsorted(ordered, values, side) for side in ("left", "right"))
    return (before + behind) / (2.0 * max(1, len(values)))


def boundary_of(cells: Array) -> Mask:
    """Where 2 × 2 neighbours differ, (rows − 1, columns − 1), of cells of 0 and 1; NaN is neither."""
    corners = np.stack([cells[1:, 1:], cells[:-1, 1:], cells[1:, :-1], cells[:-1, :-1]])
    return np.asarray((corners == 0).any(axis=0) & (corners == 1).any(axis=0))


@dataclass(frozen=True)
class Dimension:
    """The box-counting dimension of a boundary: N(s) boxes of s pixels a side hold some of it.

    It is the limit of −log N/log s (Falconer, *Fractal Geometry*, 3rd edition, 2014, chapter 2), for which
    its slopes from each of the `sizes` to the next stand: their `median`, and as `spread` half of what the
    quartiles are apart.
    """

    sizes: Array
    median: float
    spread: float

    @classmethod
    def of(cls, boundary: Mask) -> Dimension | None:
        """That of a boundary in pixels, for sizes 1, 2, 4, … up to half a side; None of none."""
        if not boundary.any():
            return None
        sizes = 2 ** np.arange(int(np.log2(min(boundary.shape) // 2)) + 1)
        slopes = -np.diff(np.log2([_boxes(boundary, int(size)) for size in sizes]))
        low, median, high = np.quantile(slopes, [0.25, 0.5, 0.75])
        return cls(sizes.astype(float), float(median), float(high - low) / 2)


def _boxes(boundary: Mask, size: int) -> int:
    """How many boxes of so many pixels a side hold some of the boundary; those at the far edges are cut."""
    for axis, length in enumerate(boundary.shape):
        boundary = np.logical_or.reduceat(boundary, np.arange(0, length, size), axis=axis)
    return int(boundary.sum())
