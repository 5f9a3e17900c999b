"""R² and the errors in the targets' own units."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from making_data import from_csv
from sklearn.metrics import r2_score, root_mean_squared_error

import runner
from runner.records.names import METRICS, higher_is_better
from runner.training.experiment import GOODNESS

INPUTS = "data.inputs=[[1,2],[2,1],[3,5],[4,4],[5,9],[6,7]]"
TARGETS = "data.targets=[[1000,5],[3000,1],[2000,4],[6000,6],[5000,9],[8000,2]]"


def train(*overrides: str) -> runner.Run:
    shared = ("data=inline", INPUTS, TARGETS, "network=dense", "epochs=20", "data.scale=standard")
    return runner.train(runner.load(*shared, *overrides))


def test_as_scikit_learn_has_them() -> None:
    run = train("data.scale_targets=standard", "data.test_fraction=0.34", "data.validation_fraction=0.5")
    data, metrics = run.experiment.data, run.result.metrics
    assert list(data.parts) == ["", "validation_", "test_"]
    assert list(metrics) == ["validation_error", "test_error", *GOODNESS]
    for prefix, (x, y, _) in data.parts.items():
        target, pred = data.targets_in_own_units(y), run.predict(data.in_own_units(x))
        assert metrics[f"{prefix}r2"] == pytest.approx(r2_score(target, pred))
        squares = root_mean_squared_error(target, pred, multioutput="raw_values") ** 2
        assert metrics[f"{prefix}rmse"] == pytest.approx(np.sqrt(squares.mean()))


def test_the_scale_of_targets_is_undone_in_predictions() -> None:
    run = train("data.scale_targets=minmax", "epochs=0")
    data = run.experiment.data
    assert (data.targets.min(), data.targets.max()) == (0, 1)
    np.testing.assert_allclose(data.targets_in_own_units(data.targets)[:, 0], [1e3, 3e3, 2e3, 6e3, 5e3, 8e3])
    z = run.experiment.network.forward(run.result.final[None], data.inputs[None]).pred[0]
    np.testing.assert_allclose(run.predict(), z * [7000, 8] + [1000, 1])


def test_runs_have_the_same_in_company() -> None:
    rates = [0.01, 0.05, 0.2]
    alone = [train(f"learning_rate={rate}").result.metrics for rate in rates]
    shared = ("data=inline", INPUTS, TARGETS, "network=dense", "epochs=20", "data.scale=standard")
    together = runner.train([runner.load(*shared, f"learning_rate={rate}") for rate in rates])
    assert [run.result.metrics for run in together] == alone
    assert all(list(metrics) == ["r2"] for metrics in alone)


@pytest.mark.parametrize(
    "overrides", [["data=moons", "network=dense", "epochs=1"], ["epochs=1"]], ids=["classes", "one example"]
)
def test_where_they_do_not_apply(overrides: list[str]) -> None:
    assert not {*GOODNESS} & {*runner.train(runner.load(*overrides)).result.metrics}


def test_they_are_metrics() -> None:
    assert {*GOODNESS} <= {*METRICS}
    assert [higher_is_better(name) for name in GOODNESS] == [True] * 3 + [False] * 3


def test_classes_have_no_scale(tmp_path: Path) -> None:
    with pytest.raises(runner.RunnerError, match=r"data\.scale_targets=standard: scales numbers"):
        from_csv(tmp_path, "a,y\n1,u\n2,v\n", "data.scale_targets=standard")
