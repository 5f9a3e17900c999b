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


@pytest.mark.parametrize("word", words.KEYS)
def test_a_key_leads_to_one_that_there_is(word: str) -> None:
    where = words.KEYS[word]
    assert word == words.bare(word)
    assert words.key_here(word, known_keys())
    groups = {path.name for path in conf_dir().iterdir() if path.is_dir()}
    named = re.findall(r"\b[a-z]+(?:[._][a-z0-9_]+)+\b|\b[a-z_.]+(?==)", where)
    for key in named:
        assert key in known_keys() or key in groups or key.startswith(("hydra.", "runner.")), key
    for group, name in re.findall(r"\b(optimizer|schedule|data|network)=([a-z]+)", where):
        assert (conf_dir() / group / f"{name}.yaml").is_file()


@pytest.mark.parametrize("word", words.VALUES)
def test_a_value_leads_to_one_that_there_is(word: str) -> None:
    where = words.VALUES[word]
    assert word == words.bare(word)
    assert where.startswith(words.NONE) or where in NAMES
    assert words.value_here(word, NAMES) or word in map(words.bare, NAMES)


@pytest.mark.parametrize(
    ("override", "told"),
    [
        (
            "weight_decay=0.1",
            "unknown key weight_decay (here: regularization.l2); the configuration may have",
        ),
        ("lr=0.1", "(here: learning_rate)"),
        ("momentum=0.9", "(here: optimizer.momentum)"),
        ("optimizer.lr=1", "(here: learning_rate); optimizer=sgd has momentum, nesterov"),
        ("optimizer.weight_decay=1", "the optimizer chosen (here: regularization.l2); optimizer=sgd has"),
        ("network.hiddenLayers=3", "(here: network.hidden=[8,8], with network=dense); network has hidden,"),
        ("dropout=0.5", "(there is no dropout;"),
        ("device=cuda", "(there is no GPU here:"),
        ("loss=mse", "cross_entropy (here: mean_squared_error)"),
        ("loss=MSELoss", "(here: mean_squared_error)"),
        ("network.output_activation=softmax", "it is inside loss=cross_entropy"),
        ("network.activation=LeakyReLU", "(here: leaky_relu)"),
        ("optimizer=SGD", "(here: sgd)"),
        ("network.weights=kaiming_normal", "(here: he_normal)"),
        ("data=mnist", "(there is no MNIST here;"),
        ("learning_rate=[0.1,0.2]", "to sweep over them: -m learning_rate=0.1,0.2"),
        ("learning_rate=0.1,0.2", "learning_rate=0.1,0.2: several values are a sweep: add -m"),
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
