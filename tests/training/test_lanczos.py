"""Largest eigenvalues by products alone, against NumPy's of the whole matrix."""

from __future__ import annotations

import numpy as np
import pytest

from runner.nn.arrays import Array
from runner.training.lanczos import MOST_PRODUCTS, eigenvalues_of, largest_eigenvalues

SIZE = 150


def symmetric(eigenvalues: Array) -> Array:
    """A matrix with these eigenvalues, and random eigenvectors."""
    size = len(eigenvalues)
    vectors, _ = np.linalg.qr(np.random.default_rng(size).normal(size=(size, size)))
    return (vectors * eigenvalues) @ vectors.T


#: The eigenvalues of Hessians as they are: some outliers over a bulk, the largest in size negative; all
#: negative; a pair; none that is not zero; one alone.
SPECTRA = {
    "outliers": np.append(np.linspace(-0.3, 1, SIZE - 3), [3.0, 7.0, 9.0]),
    "negative": np.append(np.linspace(-1, 0.4, SIZE - 2), [-40.0, 2.0]),
    "below zero": np.append(np.linspace(-3, -2, SIZE - 1), -1.0),
    "a pair": np.append(np.zeros(SIZE - 2), [5.0, 5.0]),
    "flat": np.zeros(SIZE),
    "of rank one": np.append(np.zeros(SIZE - 1), 1e-9),
}


@pytest.mark.parametrize("name", SPECTRA)
def test_the_largest_is_that_of_the_whole_matrix(name: str) -> None:
    matrix, calls = symmetric(SPECTRA[name]), []

    def product(v: Array) -> Array:
        calls.append(v)
        return v @ matrix

    (value,) = largest_eigenvalues(product, 1, SIZE)
    assert value == pytest.approx(SPECTRA[name].max(), rel=1e-8, abs=1e-25)
    assert len(calls) <= MOST_PRODUCTS


def test_a_matrix_has_the_same_bits_alone_and_in_company() -> None:
    matrices = np.stack([symmetric(eigenvalues) for eigenvalues in SPECTRA.values()])
    matrices = np.concatenate([matrices, np.full((1, SIZE, SIZE), np.nan)])
    together = largest_eigenvalues(lambda v: (matrices @ v[:, :, None])[:, :, 0], len(matrices), SIZE)
    for i, matrix in enumerate(matrices):
        alone = largest_eigenvalues(lambda v, m=matrix: (m[None] @ v[:, :, None])[:, :, 0], 1, SIZE)
        assert alone.tobytes() == together[i : i + 1].tobytes()
    assert np.isnan(together[-1])


def test_small_matrices_need_no_more_products_than_they_have_rows() -> None:
    matrix, calls = symmetric(np.array([-9.0, 1.0, 2.0])), []
    (value,) = largest_eigenvalues(lambda v: calls.append(v) or v @ matrix, 1, 3)
    assert value == pytest.approx(2.0, rel=1e-12)
    assert len(calls) <= 3
    whole = np.stack([matrix, np.full((3, 3), np.inf)])
    assert eigenvalues_of(whole) == pytest.approx([2.0, np.nan], nan_ok=True)
