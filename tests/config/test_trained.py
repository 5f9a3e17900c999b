"""``network.train``: what it names, and what it is refused for."""

from __future__ import annotations

import pytest
from refusing import refusal

import runner

DENSE = ("network=dense", "network.hidden=[2]")  # w1 to w4, w5 and w6; b1 and b2, b3


@pytest.mark.parametrize(
    ("value", "trained"),
    [
        ("null", [0, 1, 2, 3, 4, 5, 6, 7, 8]),
        ("1", [0, 1, 2, 3, 6, 7]),
        ("2", [4, 5, 8]),
        ("b3", [8]),
        ("[b3,w1,1]", [0, 1, 2, 3, 6, 7, 8]),
        ("weights", [0, 1, 2, 3, 4, 5]),
        ("[biases,w6]", [5, 6, 7, 8]),
    ],
)
def test_what_is_trained_moves_and_all_else_stays(value: str, trained: list[int]) -> None:
    result = runner.train(runner.load(*DENSE, f"network.train={value}", "epochs=2", "optimizer=adamw")).result
    assert (result.final != result.initial).nonzero()[0].tolist() == trained


def test_weights_of_a_layer_without_its_biases() -> None:
    made = runner.load(*DENSE, "network.train=2", "network.train_biases=false")
    assert made.trained_count == 2


@pytest.mark.parametrize(
    ("overrides", "words"),
    [
        (["network.train=[b9]"], ["network.train=['b9']: b9 is none", "w1 to w6, b1 to b3"]),
        (["network.train=3"], ["3 is none", "a layer, 1 to 2"]),
        (["network.train=true"], ["true is none"]),
        (["network.train=[]"], ["must name what is trained"]),
        (["network.train=b1", "network.biases=null"], ["b1 is none", "there are no biases"]),
        (["network.train=b1", "network.train_biases=false"], ["network.train_biases=false"]),
    ],
)
def test_refusals(overrides: list[str], words: list[str]) -> None:
    said = refusal(*DENSE, *overrides)
    assert all(word in said for word in words), said


def test_only_one_bias_is_trained() -> None:
    """Numbers of J. Starmer's lesson on backpropagation (StatQuest): 0, 1.57, 2.19, … towards 2.61."""
    made = runner.load(
        *DENSE,
        "network.activation=softplus",
        "network.weights=[[[3.34],[-3.53]],[[-1.22,-2.3]]]",
        "network.biases=[[-1.43,0.57],[0]]",
        "network.train=[b3]",
        "data=inline",
        "data.inputs=[[0],[0.5],[1]]",
        "data.targets=[[0],[1],[0]]",
        "loss=mean_squared_error",
        "learning_rate=0.3",
        "epochs=12",
    )
    history = runner.train(made).history
    assert history["b3"].iloc[[1, 2]].tolist() == pytest.approx([1.5655, 2.1917], abs=1e-3)
    assert history["b3"].iloc[-1] == pytest.approx(2.61, abs=5e-3)
    assert (history["w1"] == 3.34).all()
