"""Its numbers are those of training: of the update that starts where it stands."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path

import pytest
from making_sweeps import make_sweep
from reading_figures import drawn

from runner.explain.step import take
from runner.figures import STYLES, load
from runner.figures.figure import Options
from runner.figures.options import Look
from runner.figures.style.sheets import in_force
from runner.results import Results


def test_every_number_is_that_of_the_update(alone: Path) -> None:
    for epochs, column in ((None, "value"), ((3.0,), "epoch 3")):
        numbers, _ = drawn("backprop", alone, epochs=epochs)
        step = take(Results(alone).experiment(0), 1 if epochs is None else 4)
        derivative = "derivative" if epochs is None else f"{column} derivative"
        weights = numbers[numbers["kind"] == "weight"]
        assert weights[column].tolist() == step.old.tolist()
        assert weights[derivative].tolist() == step.gradient.tolist()
        neurons = numbers[numbers["kind"] == "neuron"]
        assert neurons[column].tolist() == [float(v) for a in step.a for v in a[0]]
        assert neurons.loc[neurons["layer"] > 0, derivative].tolist() == [
            float(v) for d in step.dE_da for v in d[0]
        ]
        error = numbers[numbers["kind"] == "error"].iloc[0]
        assert (error[column], error[derivative]) == (step.error, 1.0)


def test_the_article_as_it_is_drawn(alone: Path) -> None:
    """w6 is 0.15 and ∂E/∂w6 = (0.191 − 1)·0.48; the derivatives by the inputs are reckoned here by hand."""
    numbers, canvas = drawn("backprop", alone)
    texts = {
        kind: [t.get_text() for t in canvas.axes[0].texts if t.get_gid() == kind]
        for kind in ("value", "derivative")
    }
    assert {"0.15", "0.191", "0.327"} <= set(texts["value"])
    assert {"−0.388", "−0.809", "1"} <= set(texts["derivative"])
    inputs = numbers[(numbers["kind"] == "neuron") & (numbers["layer"] == 0)]
    assert inputs["derivative"].tolist() == pytest.approx(
        [-0.809 * (0.14 * 0.11 + 0.15 * 0.12), -0.809 * (0.14 * 0.21 + 0.15 * 0.08)], rel=1e-12
    )


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("preset", ["chain_rule_softmax", "chain_rule_two_layers", "exercise", "xor"])
def test_no_number_touches_another(tmp_path: Path, style: str, preset: str) -> None:
    run = make_sweep(tmp_path, {"seed": [0]}, [f"experiment={preset}", "epochs=1"]) / "0"
    with in_force(Look(style)):
        _, canvas = drawn("backprop", run)
        boxes = [(text.get_text(), text.get_window_extent()) for text in canvas.axes[0].texts]
        apart = 1.5 * canvas.dpi / 72
    for (one, a), (other, b) in combinations(boxes, 2):
        width, height = (min(a.max[at], b.max[at]) - max(a.min[at], b.min[at]) for at in (0, 1))
        # letters do not fill their lines, which may be close above each other
        assert width < -apart or height <= 0.2 * min(a.height, b.height), (one, other)


def test_a_sum_that_is_nothing_but_rounding_is_drawn_as_zero(alone: Path, tmp_path: Path) -> None:
    """(-0.3)·(-0.1) + (-0.1)·0.3 is 1.39e-17 in double precision, and in the file, as in training."""
    run = make_sweep(tmp_path, {"seed": [0]}, ["experiment=exercise", "epochs=1"]) / "0"
    numbers, canvas = drawn("backprop", run)
    told = numbers[(numbers["kind"] == "neuron") & (numbers["layer"] == 2)]["value"].item()
    assert 0 < abs(told) < 1e-16
    texts = [text.get_text() for text in canvas.axes[0].texts if text.get_gid() == "value"]
    assert "0" in texts
    assert not [text for text in texts if "e" in text]
    assert "nothing but rounding are drawn as 0" in load("backprop").caption(numbers)
    small, _ = drawn("backprop", alone)
    small.loc[small["kind"] == "weight", "value"] *= 1e-30  # small are all terms, not their sums alone
    small.loc[small["layer"] == 2, "value"] *= 1e-30
    assert "rounding" not in load("backprop").caption(small)


def test_of_several_examples_the_first_alone(tmp_path: Path) -> None:
    run = make_sweep(tmp_path, {"seed": [0]}, ["experiment=xor", "epochs=1"]) / "0"
    numbers, _ = drawn("backprop", run)
    step = take(Results(run).experiment(0), 1)
    neurons = numbers[(numbers["kind"] == "neuron") & (numbers["layer"] > 0)]
    shares = [float(v) * step.examples for d in step.dE_da for v in d[0]]
    assert neurons["derivative"].tolist() == pytest.approx(shares, rel=1e-12)
    assert (numbers["kind"] == "bias").sum() == 4
    assert "first of 4 training examples alone" in load("backprop").caption(numbers)


def test_large_networks_do_not_fit(tmp_path: Path) -> None:
    run = (
        make_sweep(tmp_path, {"seed": [0]}, ["network=dense", "network.hidden=[9]", "data=sine", "epochs=0"])
        / "0"
    )
    assert "1-9-1 network is too large" in str(load("backprop").applies(Results(run), Options()))
