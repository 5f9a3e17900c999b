"""What was trained, in a sentence."""

from __future__ import annotations

from pathlib import Path

import pytest
from making_sweeps import make_sweep

from runner.config import Cache, experiment
from runner.config.compose import compose
from runner.report.sentence import sentence, trained
from runner.results import Results

MOONS = ["network=dense", "network.hidden=[8]", "data=moons", "data.points=100", "data.test_fraction=0.3"]
ADAM = ["loss=binary_cross_entropy_with_logits", "optimizer=adam", "learning_rate=0.05", "epochs=1"]


def of(overrides: list[str], swept: list[str] | None = None) -> str:
    return trained(experiment(compose(overrides), Cache()), swept or [])


def test_a_sweep_says_what_was_trained_and_swept(tmp_path: Path) -> None:
    swept = {"regularization.l2": [0.0, 0.1, 0.2, 0.3, 0.4, 0.5], "seed": [0, 1]}
    sweep = make_sweep(tmp_path / "s", swept, [*MOONS, *ADAM])
    assert sentence(Results(sweep)) == (
        "A 2-8-1 network (tanh, identity output) trained on moons (70 examples, 30 held out) with Adam for "
        "1 epoch, loss binary_cross_entropy_with_logits, learning rate 0.05; regularization.l2 swept over 6 "
        "values, 0 to 0.5; 2 seeds each: 12 runs."
    )


def test_where_no_configuration_can_be_read_it_says_what_was_swept(sweep: Path, tmp_path: Path) -> None:
    (tmp_path / "runs.csv").write_bytes((sweep / "runs.csv").read_bytes())
    said = sentence(Results(tmp_path))
    assert said == "Learning rate swept over 0.01, 0.05 and 5; 2 seeds each: 6 runs."


@pytest.mark.parametrize(
    ("overrides", "swept", "part"),
    [
        (
            [],
            [],
            "A 2-2-1 network (identity, identity output) trained on inline (1 example) with SGD for 100",
        ),
        (["optimizer.momentum=0.9"], [], "with SGD (momentum 0.9) for 100 epochs"),
        (["batch_size=16", *MOONS], [], "for 100 epochs, batches of 16, loss"),
        (["regularization.l2=0.01"], [], ", learning rate 0.05, l2 0.01"),
        (MOONS, ["network.hidden"], "A 2-…-1 network"),
        (MOONS, ["network.activation"], "A 2-8-1 network (identity output)"),
        ([*MOONS, "data.validation_fraction=0.1"], [], "(63 examples, 7 for validation, 30 held out)"),
        (MOONS, ["optimizer"], "held out) for 100 epochs, loss"),
    ],
)
def test_what_was_swept_is_not_said_as_if_it_were_one(
    overrides: list[str], swept: list[str], part: str
) -> None:
    assert part in of(overrides, swept)
