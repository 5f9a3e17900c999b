"""Predictions as a user reads them: in the targets' own units, or classes and how sure they are."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import runner
from runner.data.parts import HELD_OUT, TRAINING
from runner.nn.losses import LOSSES
from runner.training.predictions import likelihoods, predictions_of, targets_of

DENSE = ["network=dense", "epochs=1"]
IRISES = ("setosa", "versicolor", "virginica")
SOFT = ["data=inline", "data.inputs=[[0],[1],[2]]", "data.targets=[[0.3,0.7],[1,0],[0.5,0.5]]"]


@pytest.mark.parametrize(
    ("ways", "columns"),
    [
        (["data=sine"], ["target", "prediction"]),
        (["data=exercise", "data.outputs=2"], ["target_y1", "target_y2", "prediction_y1", "prediction_y2"]),
        (["data=moons"], ["target", "prediction", "output"]),
        (
            ["data=moons", "loss=binary_cross_entropy_with_logits"],
            ["target", "prediction", "probability_0", "probability_1"],
        ),
        (
            ["data=iris", "loss=cross_entropy"],
            [
                "target",
                "prediction",
                *(f"probability_{name}" for name in ("setosa", "versicolor", "virginica")),
            ],
        ),
        ([*SOFT, "loss=cross_entropy"], ["target_y1", "target_y2", "prediction_y1", "prediction_y2"]),
    ],
)
def test_columns_say_what_there_is(ways: list[str], columns: list[str]) -> None:
    table = runner.train(runner.load(*DENSE, *ways)).predictions
    assert list(table) == ["part", "example", *columns]
    assert not table.isna().any().any()
    if likely := [
        name for name in table if name.startswith("probability") or (SOFT[2] in ways and "pred" in name)
    ]:
        assert table[likely].sum(axis=1).to_numpy() == pytest.approx(1)


def test_a_loss_of_classes_that_knows_no_probabilities_has_outputs(monkeypatch: pytest.MonkeyPatch) -> None:
    hinge = replace(LOSSES["binary_cross_entropy_with_logits"], probabilities=None)
    monkeypatch.setitem(LOSSES, "hinge", hinge)
    table = runner.train(runner.load(*DENSE, "data=moons", "loss=hinge")).predictions
    assert list(table)[2:] == ["target", "prediction", "output"]


def test_the_only_output_says_which_of_two_classes_is_meant() -> None:
    moons = runner.load(*DENSE, "data=moons")
    assert targets_of(moons, np.array([[0.0], [1.0]])) == {"target": ["0", "1"]}


def test_regressions_are_in_the_targets_own_units() -> None:
    ways = [
        *DENSE,
        "data=cars",
        "data.scale=standard",
        "data.scale_targets=standard",
        "data.test_fraction=0.3",
    ]
    run = runner.train(runner.load(*ways, "optimizer=adam", "learning_rate=0.1", "epochs=50"))
    table, plain = run.predictions, runner.load("data=cars", "data.scale=null", *DENSE).data
    assert (table["part"].value_counts()[[TRAINING, HELD_OUT]] == [35, 15]).all()
    assert sorted(table["example"]) == list(range(1, 51))
    assert table["target"].to_numpy() == pytest.approx(plain.targets[table["example"] - 1, 0])
    assert table["prediction"].to_numpy() == pytest.approx(
        run.predict(plain.inputs[table["example"] - 1])[:, 0]
    )
    ours = table[table["part"] == HELD_OUT]
    squares = ((ours["prediction"] - ours["target"]) ** 2).mean()
    assert np.sqrt(squares) == pytest.approx(run.result.metrics["test_rmse"])


def test_the_share_of_right_classes_is_the_accuracy() -> None:
    run = runner.train(runner.load("data=iris", "network=dense", "loss=cross_entropy", "epochs=5"))
    table = run.predictions
    right = table["prediction"] == table["target"]
    for part, name in ((TRAINING, "accuracy"), (HELD_OUT, "test_accuracy")):
        assert right[table["part"] == part].mean() == run.result.metrics[name]


def test_probabilities_are_those_of_the_loss() -> None:
    z = np.array([[0.0, 0.0], [1000.0, -1000.0]])
    assert likelihoods("cross_entropy", z) == pytest.approx(np.array([[0.5, 0.5], [1.0, 0.0]]))
    assert likelihoods("binary_cross_entropy_with_logits", z) == pytest.approx(np.array([[0.5, 0.5], [1, 0]]))
    assert likelihoods("mean_squared_error", z) is None
    two = runner.load(*DENSE, "data=moons", "loss=binary_cross_entropy_with_logits")
    assert predictions_of(two, np.array([[-0.1], [0.1]]))["prediction"] == ["0", "1"]
