"""Python's values as overrides: what Hydra reads of them is what was given."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import runner
from runner.config.given import as_overrides
from runner.overrides import parse, quoted


@pytest.mark.parametrize(
    "value",
    [
        0.1,
        1e-300,
        1 / 3,
        2**60,
        -1,
        True,
        None,
        "tanh",
        "true",
        "1.5",
        "it's",
        r"C:\new\x",
        "a\\",
        "é (m²)",
        [],
        [1, [2.5]],
    ],
)
def test_a_value_is_read_as_it_was_given(value: Any) -> None:
    (override,) = as_overrides([{"key": value}])
    read = parse(override.removeprefix("key="))
    assert (read, type(read)) == (value, type(value))


def test_text_is_quoted_as_the_grammar_reads_it() -> None:
    for text in ("a", "a'b", "a\\'b", "a\\\\'", "\\", "a\\b'", ""):
        assert parse(quoted(text)) == text


def test_numpys_values_are_plain_ones() -> None:
    given = {
        "learning_rate": np.float64(0.1),
        "epochs": np.int64(3),
        "shuffle": np.bool_(False),
        "x": np.eye(2),
    }
    assert as_overrides([given]) == [
        "learning_rate=0.1",
        "epochs=3",
        "shuffle=false",
        "x=[[1.0,0.0],[0.0,1.0]]",
    ]
    assert as_overrides([{"data.path": Path("a b.csv")}]) == ["data.path='a b.csv'"]


def test_a_mapping_merges_into_its_group_and_may_choose_its_file() -> None:
    made = runner.load(
        "epochs=7",
        {"network": {"name": "dense", "hidden": (3, 2), "biases": None}, "learning_rate": 0.25},
        optimizer={"name": "adam", "betas": [0.8, 0.9]},
        data="xor",
        regularization={"l2": 0.5},
    )
    assert (made.sizes, made.biases, made.optimizer) == ((2, 3, 2, 1), None, "adam")
    assert (made.epochs, made.learning_rate, made.l1, made.l2) == (7, 0.25, 0.0, 0.5)
    assert sorted(made.optimizer_options.values())[1:] == [0.8, 0.9]


def test_weights_are_arrays_or_mappings() -> None:
    arrays = [np.full((2, 2), 0.5), np.ones((1, 2))]
    made = runner.load(network={"weights": arrays})
    assert all(np.array_equal(a, b) for a, b in zip(made.weights.layers, arrays, strict=True))
    drawn = runner.load({"network": "dense", "network.weights": {"init": "normal", "std": 0.5}}, data="xor")
    assert drawn.weights.options == (("mean", 0.0), ("std", 0.5))


@pytest.mark.parametrize(
    ("given", "override"),
    [
        ({"learning_rate": [0.1, 0.2]}, "learning_rate=0.1,0.2"),
        ({"seed": range(3)}, "seed=0,1,2"),
        ({"learning_rate": np.array([0.5, 1e-05])}, "learning_rate=0.5,1e-05"),
        ({"optimizer": ["sgd", "adam"]}, "optimizer=sgd,adam"),
        ({"network.hidden": [8, 8]}, "network.hidden=[8,8]"),
        ({"network.hidden": [[8], [4, 4], []]}, "network.hidden=[8],[4,4],[]"),
        ({"data.inputs": ["a", "b"]}, "data.inputs=[a,b]"),
        ({"network.activation": ["tanh", "relu"]}, "network.activation=tanh,relu"),
        ({"network.weights": ["zeros", {"init": "normal"}]}, "network.weights=zeros,{init:normal}"),
        ({"network.weights": [[[1, 2]], [[3]]]}, "network.weights=[[[1,2]],[[3]]]"),
        ({"epochs": 5}, "epochs=5"),
    ],
)
def test_lists_are_swept_but_for_values_that_are_lists(given: dict[str, Any], override: str) -> None:
    assert as_overrides([given], sweep=True) == [override]


def test_a_sweep_of_python_s_is_that_of_the_command() -> None:
    asked = runner.load_sweep("network=dense", data="xor", learning_rate=[0.1, 0.2], seed=range(2))
    known = runner.load_sweep("network=dense", "data=xor", "learning_rate=0.1,0.2", "seed=0,1")
    assert [(e.learning_rate, e.seed) for e in asked] == [(e.learning_rate, e.seed) for e in known]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"learning_rat": 0.1}, ["learning_rat", "did you mean 'learning_rate'"]),
        ({"learning_rate": object()}, ["learning_rate", "a object", "must be"]),
        ({"learning_rate": "0.1"}, ["learning_rate='0.1'", "must be a number"]),
    ],
)
def test_what_is_wrong_is_said(given: dict[str, Any], words: list[str]) -> None:
    with pytest.raises(runner.RunnerError) as refused:
        runner.load(given)
    assert all(word in str(refused.value) for word in words), refused.value


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (
            {"seed": 10**5000},
            "seed=(int too large to be shown): an integer of thousands of digits is",
        ),
        ({"network.hidden": [10**5000]}, "network.hidden=(int too large"),
        ({"network": {"weights": [[[-(10**5000)]]]}}, "network.weights=(int too large"),
        ({"seed": 10**400}, "seed=1000"),
        ({10**5000: 1}, "(int too large to be shown)=1: a key must be text"),
        ({"network": {"weights": {1: 2}}}, "network.weights={1: 2}: a key must be text"),
        ({"optimizer": {None: 1}}, "optimizer.null=1: a key must be text"),
    ],
    ids=lambda value: str(value)[:20] if isinstance(value, str) else "given",
)
def test_what_no_override_has_is_refused_by_its_key(given: Any, words: str) -> None:
    for load in (runner.load, runner.load_sweep):
        with pytest.raises(runner.RunnerError) as caught:
            load(given)
        assert str(caught.value).startswith(words)
    with pytest.raises(runner.RunnerError, match=r"^data, column y: an integer of thousands of digits"):
        runner.load(data=([[1.0]], [10**5000]))


def test_what_is_neither_text_nor_a_mapping_is_refused() -> None:
    with pytest.raises(runner.RunnerError, match=r"a int: must be text as 'learning_rate=0.1', or a mapping"):
        runner.load(5)  # type: ignore[arg-type]
    with pytest.raises(runner.RunnerError, match=r"^targets: goes with data=\(X, y\)"):
        runner.load(data="moons", targets="y")
    with pytest.raises(runner.RunnerError, match=r"^data=moons: data are given in memory"):
        runner.load("data=moons", data=([[1]], [2]))
    with pytest.raises(runner.ConfigError, match=r"seed=.*one value or more"):
        runner.load_sweep(seed=[])
