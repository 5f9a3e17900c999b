"""``network.rates``: what it may be, and that it is recorded."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from refusing import refusal

import runner

DENSE = ("network=dense", "network.hidden=[2]", "epochs=2")


@pytest.mark.parametrize(
    "value", ["0.1", "[1]", "[1,2,3]", "[1,0]", "[1,-1]", "[1,inf]", "[[1],[2]]", "true", "[]"]
)
def test_refusals_name_the_layers(value: str) -> None:
    said = refusal(*DENSE, f"network.rates={value}")
    assert said.startswith("network.rates=")
    assert "must be a list of 2 numbers above 0, a factor a layer; null for none" in said


def test_curvature_is_refused_where_weights_decay_layer_by_layer() -> None:
    adamw = (*DENSE, "optimizer=adamw", "log.curvature=1")
    assert "optimizer.weight_decay=0" in refusal(*adamw, "network.rates=[1,0.1]")
    runner.load(*adamw, "network.rates=[1,0.1]", "optimizer.weight_decay=0")
    runner.load(*adamw, "network.rates=[2,2]")


def test_a_run_repeats_from_its_folder(tmp_path: Path) -> None:
    made = runner.load(*DENSE, "network.rates=[1,1]", "network.rates.1=0.1")
    changed = runner.train(replace(made, rates=(3.0, 0.5)))
    changed.save(tmp_path / "run")
    again = runner.train(runner.load_run(tmp_path / "run"))
    assert again.experiment.rates == (3.0, 0.5)
    assert again.history.equals(changed.history)


def test_runs_with_other_factors_share_all_else() -> None:
    from runner.config import Cache
    from runner.config.keys import experiment

    config = {
        "network": {"hidden": [1], "weights": [[[1, 1]], [[1]]], "rates": [1, 0.1]},
        "data": {"name": "plane"},
    }
    cache = Cache()
    one, other = (
        experiment({**config, "network": {**config["network"], "rates": [1, r]}}, cache) for r in (1, 2)
    )
    assert one.weights is other.weights
    assert one.stack_key == other.stack_key
    assert (one.rates, other.rates) == ((1.0, 1.0), (1.0, 2.0))
