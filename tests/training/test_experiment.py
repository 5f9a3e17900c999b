"""An experiment: what it counts, what shares a stack, and the columns of its history."""

from __future__ import annotations

import numpy as np
import pytest

import runner
from runner.training.experiment import columns, measures, width
from runner.training.stack import Stack
from runner.training.stacking import widest

XOR = ("data=xor", "data.points=10", "data.noise=0.1", "network=dense", "epochs=6")


def run(*overrides: str) -> runner.Run:
    return runner.train(runner.load(*overrides))


@pytest.mark.parametrize("shuffle", ["true", "false"])
def test_more_than_all_examples_are_one_batch(shuffle: str) -> None:
    ways = (*XOR, "optimizer=adam", "log.unit=update", f"shuffle={shuffle}")
    whole, more, most = (run(*ways, f"batch_size={size}") for size in (10, 11, 10**30))
    assert more.experiment.updates_per_epoch == 1
    assert list(more.history["update"]) == [0, 1, 2, 3, 4, 5, 6]
    for other in (more, most):
        assert other.history.to_numpy().tobytes() == whole.history.to_numpy().tobytes()
        assert other.experiment.stack_key == whole.experiment.stack_key
        assert widest(other.experiment, 2**32) == widest(whole.experiment, 2**32)
    (batch,) = Stack([more.experiment]).batches()
    assert batch is not None
    inputs = more.experiment.data.inputs
    assert sorted(batch.x[0].tolist()) == sorted(inputs.tolist())
    assert (batch.x[0] == inputs).all() == (shuffle == "false")


@pytest.mark.parametrize(
    ("overrides", "columns"),
    [
        ([], ["error"]),
        (["regularization.l1=0.1"], ["error", "objective"]),
        (["data.test_fraction=0.3"], ["error", "test_error"]),
        (["data.validation_fraction=0.3"], ["error", "validation_error"]),
        (
            ["data.test_fraction=0.3", "data.validation_fraction=0.3", "loss=mean_squared_error"],
            ["error", "validation_error", "test_error"],
        ),
        (
            ["data.test_fraction=0.3", "loss=binary_cross_entropy_with_logits", "regularization.l2=1"],
            ["error", "objective", "test_error", "accuracy", "test_accuracy"],
        ),
    ],
)
def test_columns_of_a_history(overrides: list[str], columns: list[str]) -> None:
    history = run("data=sine" if len(columns) < 4 else "data=xor", "data.points=10", "network=dense",
                  "network.hidden=[1]", "epochs=1", "log.weights=false", *overrides).history  # fmt: skip
    assert list(history) == ["epoch", *columns]


def test_width_counts_the_columns() -> None:
    for logged in ("true", "false"):
        one = runner.load(*XOR, "log.gradients=true", f"log.weights={logged}", "regularization.l2=1")
        assert width(one) == len(columns(one))
        assert columns(one)[: len(measures(one))] == measures(one) == ["error", "objective", "accuracy"]


def test_a_validation_part_is_measured() -> None:
    shared = (*XOR[:-2], "network=dense", "batch_size=3", "loss=binary_cross_entropy_with_logits")
    chosen = run(*shared, "data.validation_fraction=0.4")
    history, data = chosen.history, chosen.experiment.data.held_out["validation"]
    assert list(history.columns[:5]) == [
        "epoch",
        "error",
        "validation_error",
        "accuracy",
        "validation_accuracy",
    ]
    pred = chosen.experiment.network.forward(chosen.result.final[None], data.inputs[None]).pred[0]
    losses = np.logaddexp(0, pred) - data.targets * pred
    assert history["validation_error"].iloc[-1] == pytest.approx(losses.mean())
    right = (pred > 0) == (data.targets > 0.5)
    assert (
        history["validation_accuracy"].iloc[-1]
        == right.mean()
        == chosen.result.metrics["validation_accuracy"]
    )
