"""Shares of variance against functions whose shares are known."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from making_tables import make_table

from runner.records.histories import NotShownError
from runner.results import Results
from runner.results.importance import HIGHER, MAIN, PAIR, SEEDS, importance_table, shares

MANY = Path(__file__).parent.parent / "reference" / "many.csv"


def test_shares_are_those_that_a_function_is_made_of() -> None:
    """Of terms that are orthogonal the variances are known; that of three axes is left over."""
    a, b, c, s = np.ix_(*[[-1.0, 1.0]] * 4)
    values = 3 * a + 2 * b + b * c + 0.5 * a * b * c + 0.4 * s
    total = 9 + 4 + 1 + 0.25 + 0.16
    known = {(0,): 9, (1,): 4, (2,): 0, (0, 1): 0, (0, 2): 0, (1, 2): 1, (): 0.16}
    assert shares(values) == pytest.approx({of: part / total for of, part in known.items()}, abs=1e-14)


def test_shares_of_any_values_are_those_of_sums_of_squares() -> None:
    """An analysis of variance by projections, one after the other: what a pair adds to its main effects."""
    values = np.random.default_rng(0).normal(size=(3, 4, 2, 5))
    cells = values.mean(axis=-1)
    centred = cells - cells.mean()
    row, column = (centred.mean(axis=axes, keepdims=True) for axes in ((1, 2), (0, 2)))
    both = centred.mean(axis=2, keepdims=True) - row - column
    found = shares(values)
    assert found[0,] == pytest.approx((row**2).mean() / values.var(), rel=1e-12)
    assert found[0, 1] == pytest.approx((both**2).mean() / values.var(), rel=1e-12)
    assert found[()] == pytest.approx(((values - cells[..., None]) ** 2).mean() / values.var(), rel=1e-12)
    assert sum(found.values()) < 1


def test_shares_of_a_table_sum_to_one_and_are_of_logarithms_where_errors_are_wide(tmp_path: Path) -> None:
    def results(rate: float, l2: float, seed: int) -> dict[str, float]:
        return {"final_error": 100 * rate**2 * (1 + l2) * (1 + 0.01 * seed)}

    swept = {"learning_rate": [0.1, 0.3, 1.0], "regularization.l2": [0, 0.5], "seed": [0, 1]}
    table = importance_table(Results(make_table(tmp_path, swept, results)), "final_error")
    assert table["share"].sum() == pytest.approx(1, abs=1e-12)
    assert table.attrs["log"]
    named = {(kind, key): share for kind, key, _, share in table.itertuples(index=False)}
    logs = np.log([0.1**2, 0.3**2, 1.0]).var(), np.log([1, 1.5]).var(), np.log([1, 1.01]).var()
    assert named[MAIN, "learning_rate"] == pytest.approx(logs[0] / sum(logs), rel=1e-9)
    assert named[SEEDS, ""] == pytest.approx(logs[2] / sum(logs), rel=1e-9)
    assert named[PAIR, "learning_rate"] == pytest.approx(0, abs=1e-12)  # logarithms add
    assert named[HIGHER, ""] == pytest.approx(0, abs=1e-12)


def test_lost_runs_count_as_the_worst_of_the_others(tmp_path: Path) -> None:
    worst = {"final_error": 4.0}

    def results(rate: float, seed: int) -> dict[str, float] | None:
        return {0.1: {"final_error": 1.0}, 0.2: worst, 0.3: None}[rate]

    swept = {"learning_rate": [0.1, 0.2, 0.3], "seed": [0, 1]}
    lost = importance_table(Results(make_table(tmp_path / "lost", swept, results)), "final_error")
    kept = make_table(tmp_path / "kept", swept, lambda rate, seed: results(rate, seed) or worst)
    assert lost.attrs["lost"] == 2
    assert lost["share"].tolist() == importance_table(Results(kept), "final_error")["share"].tolist()
    assert not lost.attrs["log"]


@pytest.mark.parametrize(
    ("swept", "reason"),
    [
        ({"seed": [0, 1]}, "nothing but the seed"),
        ({"learning_rate": [0.1, 0.2]}, "one key was swept, and no seeds"),
        ({"learning_rate": [0.1, 0.2], "seed": [0, 0]}, "all runs have the same"),
    ],
)
def test_what_has_no_shares_is_said(swept: dict[str, list[float]], reason: str, tmp_path: Path) -> None:
    sweep = make_table(tmp_path, swept, lambda *_: {"final_error": 0.5})
    with pytest.raises(NotShownError, match=reason):
        importance_table(Results(sweep), "final_error")


def test_a_grid_that_is_not_full_has_no_shares(tmp_path: Path) -> None:
    swept = {"learning_rate": [0.1, 0.2, 0.3], "batch_size": [1, 2], "seed": [0, 1]}
    sweep = make_table(tmp_path, swept, lambda rate, size, seed: {"final_error": rate * size})
    lines = (sweep / "runs.csv").read_text().splitlines(keepends=True)
    (sweep / "runs.csv").write_text("".join(line for line in lines if not line.startswith(("3,", "5,"))))
    with pytest.raises(
        NotShownError, match="2 of its 6 combinations have fewer results than others, or none"
    ):
        importance_table(Results(sweep), "final_error")


def test_the_rate_matters_most_then_optimizer_and_penalty_far_above_width_and_activation(
    tmp_path: Path,
) -> None:
    (tmp_path / "runs.csv").write_bytes(MANY.read_bytes())
    table = importance_table(Results(tmp_path), "test_error")
    main = table[table["kind"] == MAIN].set_index("key")["share"]
    assert main.nlargest(3).index.tolist() == ["learning_rate", "optimizer", "regularization.l2"]
    assert main["regularization.l2"] > 5 * main[["network.hidden", "network.activation"]].max()
    assert table["share"].sum() == pytest.approx(1, abs=1e-12)
    assert math.isclose(main["learning_rate"], 0.333, abs_tol=0.01)


def test_round_off_is_no_variance(tmp_path: Path) -> None:
    swept = {"learning_rate": [0.1, 0.2], "batch_size": [1, 2]}
    sweep = make_table(tmp_path, swept, lambda rate, size: {"final_error": rate * size * 1e-30})
    with pytest.raises(NotShownError, match="all runs have the same final_error"):
        importance_table(Results(sweep), "final_error")
