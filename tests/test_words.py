"""The field's words: all of the table lead to what there is, and messages tell it."""

from __future__ import annotations

import re

import pytest
from refusing import refusal

from runner import words
from runner.config.messages import known_keys
from runner.config.shipped import conf_dir
from runner.data.bundled import DATASETS
from runner.data.generated import GENERATORS
from runner.nn.activations import ACTIVATIONS
from runner.nn.initializers import INITIALIZERS
from runner.nn.losses import LOSSES
from runner.nn.optimizers import OPTIMIZERS
from runner.nn.schedules import SCHEDULES

TABLES = (LOSSES, ACTIVATIONS, OPTIMIZERS, INITIALIZERS, SCHEDULES, GENERATORS, DATASETS)
NAMES = {name for table in TABLES for name in table} | {"csv", "standard", "minmax"}


def test_keys_lead_to_what_there_is() -> None:
    known = known_keys()
    groups = {path.name for path in conf_dir().iterdir() if path.is_dir()}
    for word, where in words.KEYS.items():
        assert word == words.bare(word)
        assert words.key_here(word, known), word
        for key in re.findall(r"\b[a-z]+(?:[._][a-z0-9_]+)+\b|\b[a-z_.]+(?==)", where):
            assert key in known or key in groups or key.startswith(("hydra.", "runner.")), (word, key)
        for group, name in re.findall(r"\b(optimizer|schedule|data|network)=([a-z]+)", where):
            assert (conf_dir() / group / f"{name}.yaml").is_file(), word


def test_values_lead_to_what_there_is() -> None:
    for word, where in words.VALUES.items():
        assert word == words.bare(word)
        assert where.startswith(words.NONE) or where in NAMES, word
        assert words.value_here(word, NAMES), word


def test_pointers() -> None:
    known = known_keys()
    told = {
        "lr": "learning_rate",
        "optimizer.learning_rate": "learning_rate",
        "momentum": "optimizer.momentum",
        "dropout": "there is no dropout",
        "device": "there is no GPU here",
        "model.hidden_layer_sizes": "network.hidden",
    }
    assert [key for key, where in told.items() if where not in words.key_here(key, known)] == []
    assert words.key_here("learningrate", known) == ""  # which is the same but for its spelling
    assert words.key_here("optimizer.momentum", known) == ""
    names = {
        "MSELoss": "mean_squared_error",
        "SGD": "sgd",
        "kaiming_normal": "he_normal",
        "LeakyReLU": "leaky_relu",
    }
    assert {value: words.value_here(value, NAMES) for value in names} == {
        value: f" (here: {name})" for value, name in names.items()
    }


@pytest.mark.parametrize(
    ("override", "told"),
    [
        (
            "weight_decay=0.1",
            "unknown key weight_decay (here: regularization.l2); the configuration may have",
        ),
        ("optimizer.lr=1", "(here: learning_rate); optimizer=sgd has momentum, nesterov"),
        ("optimizer.weight_decay=1", "the optimizer chosen (here: regularization.l2); optimizer=sgd has"),
        ("network.hiddenLayers=3", "(here: network.hidden=[8,8], with network=dense); network has hidden,"),
        ("loss=mse", "cross_entropy (here: mean_squared_error)"),
        ("network.activation=LeakyReLU", "(here: leaky_relu)"),
        ("data=mnist", "(there is no MNIST here;"),
        ("learning_rate=[0.1,0.2]", "to sweep over them: -m learning_rate=0.1,0.2"),
        ("learning_rate=0.1,0.2", "learning_rate=0.1,0.2: several values are a sweep: add -m"),
        ("~optimizer=adam", "~optimizer=adam: leaves out what is not chosen"),
    ],
)
def test_messages(override: str, told: str) -> None:
    text = refusal(override)
    assert told in text
    assert "\n" not in text


def test_all_that_is_wrong_is_named() -> None:
    wrong = [
        "learningrate=1",
        "network=dence",
        "optimizer.lr=3",
        "epochs=-1",
        "loss=mse",
        "~nothing",
        "log.every=0",
    ]
    lines = refusal(*wrong).splitlines()
    assert len(lines) == len(wrong)
    for named in ("key learningrate ", "network=dence:", "optimizer.lr ", "epochs=-1:", "nothing"):
        assert sum(named in line for line in lines) == 1
    both = refusal("optimizer.momentum=2", "learning_rate=-1", "network.output_activation=softmax")
    assert [line.partition("=")[0] for line in both.splitlines()] == [
        "learning_rate",
        "optimizer.momentum",
        "network.output_activation",
    ]
