"""The largest eigenvalues of many symmetric matrices at once, of which only products with a vector are known.

SciPy's solvers take one matrix at a time and step through Python for it; here a step is one product for all.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from runner.nn.arrays import Array, Mask
from runner.nn.streams import stream

#: After as many products the best that is known by then is returned.
MOST_PRODUCTS = 60
#: Products between two looks at whether an eigenvalue is known, and how well it is to be, relatively.
LOOK, TOLERANCE = 4, 1e-10
EPSILON = float(np.finfo(np.float64).eps)


def largest_eigenvalues(product: Callable[[Array], Array], runs: int, size: int) -> Array:
    """The largest eigenvalue (R,), algebraically, of R matrices: `product` takes and returns (R, size).

    Lanczos' method with full reorthogonalisation, from one random vector, the same for all and every time.
    An eigenvalue is known when the bound on its error, by residual and gap, is below TOLERANCE of it
    (Parlett, "The symmetric eigenvalue problem", 1980, chapter 11). Where products are not finite, it is NaN.
    """
    most = min(MOST_PRODUCTS, size)
    basis = np.zeros((runs, most + 1, size))
    start = stream(0, "curvature").normal(size=size)
    basis[:, 0] = start / np.sqrt(np.add.reduce(start * start))
    tridiagonal, scale = np.zeros((runs, most, most)), np.zeros(runs)
    known, eigenvalues = np.zeros(runs, dtype=bool), np.full(runs, np.nan)
    for j in range(most):
        w = product(np.ascontiguousarray(basis[:, j]))
        tridiagonal[:, j, j] = alpha = np.add.reduce(w * basis[:, j], axis=1)
        w = _orthogonal(_orthogonal(w, basis[:, : j + 1]), basis[:, : j + 1])
        beta = np.sqrt(np.add.reduce(w * w, axis=1))
        scale = np.maximum(scale, np.maximum(np.abs(alpha), beta))
        ended = ~(beta > 8 * EPSILON * scale)  # the matrix takes the basis into itself
        looked = ~known & (ended | (j % LOOK == LOOK - 1) | (j == most - 1))
        if looked.any():
            eigenvalues[looked], error = _ritz(tridiagonal[looked, : j + 1, : j + 1], beta[looked])
            enough = np.maximum(TOLERANCE * np.abs(eigenvalues), EPSILON * scale)[looked]
            known[looked] = ended[looked] | (error <= enough)
            if known.all():
                break
        if j + 1 < most:
            tridiagonal[:, j, j + 1] = tridiagonal[:, j + 1, j] = beta
            basis[:, j + 1] = w / np.where(ended, 1.0, beta)[:, None]
    return eigenvalues


def _orthogonal(w: Array, basis: Array) -> Array:
    """What `w` (R, size) has outside the span of the rows of `basis` (R, n, size)."""
    return w - (basis.mT @ (basis @ w[:, :, None]))[:, :, 0]


def _ritz(tridiagonal: Array, beta: Array) -> tuple[Array, Array]:
    """The largest eigenvalue (R,) of `tridiagonal` (R, n, n), and how far one of the whole is at most.

    `beta` (R,) is the length of what is left of the last product.
    """
    finite = _finite(tridiagonal)
    values, vectors = np.linalg.eigh(np.where(finite[:, None, None], tridiagonal, 0.0))
    residual = beta * np.abs(vectors[:, -1, -1])
    gap = values[:, -1] - values[:, -2] - residual if values.shape[1] > 1 else np.zeros_like(beta)
    squared = np.divide(residual**2, gap, out=residual.copy(), where=gap > 0)
    return np.where(finite, values[:, -1], np.nan), np.minimum(residual, squared)


def _finite(matrices: Array) -> Mask:
    """Which of the matrices (R, n, n) are finite."""
    return np.logical_and.reduce(np.isfinite(matrices), axis=(1, 2))


def eigenvalues_of(matrices: Array) -> Array:
    """The largest eigenvalue (R,), algebraically, of symmetric matrices (R, n, n); NaN where not finite."""
    finite = _finite(matrices)
    values = np.linalg.eigvalsh(np.where(finite[:, None, None], matrices, 0.0))
    return np.where(finite, values[:, -1], np.nan)
