"""``stop`` and ``objective``: what they are refused for, and which metric is taken."""

from __future__ import annotations

import pytest
from refusing import refusal

import runner

HELD_OUT = ("data=xor", "network=dense", "data.test_fraction=0.3")


def test_the_metric_is_an_error_of_held_out_examples_where_there_is_one() -> None:
    validated = (*HELD_OUT, "data.validation_fraction=0.3")
    for overrides, metric in (([], "error"), (HELD_OUT, "test_error"), (validated, "validation_error")):
        stop = runner.load(*overrides, "stop.patience=3").stop
        assert stop is not None
        assert stop.metric == metric
    assert runner.load("stop=null").stop is None


@pytest.mark.parametrize(
    ("overrides", "words"),
    [
        (["stop.patience=0"], ["stop.patience=0", "at least 1"]),
        (["stop.error=-1"], ["stop.error=-1", "above 0"]),
        (["stop.metric=error"], ["stop.metric=error", "needs stop.patience"]),
        (["stop={patience: 3, metric: test_error}"], ["stop.metric=test_error", "data.test_fraction"]),
        (
            [*HELD_OUT, "stop={patience: 3, metric: validation_error}"],
            ["stop.metric=validation_error", "error, test_error", "data.validation_fraction=0.2 holds"],
        ),
        (["+stop.patient=3"], ["unknown key stop.patient"]),
        (["stop.tolerance=0.1", "loss=binary_cross_entropy_with_logits"], ["stop.tolerance", "stop.error"]),
        (["objective=test_accuracy"], ["objective=test_accuracy", "final_error, best_error"]),
        (["objective=loss"], ["objective=loss", "must be one of final_error"]),
    ],
)
def test_refusals(overrides: list[str], words: list[str]) -> None:
    said = refusal(*overrides)
    assert all(word in said for word in words), said
