"""What is wrong with a key is named, with what is allowed."""

from __future__ import annotations

import pickle

import pytest
from refusing import refusal

import runner
from runner.config.messages import known_keys

# Every key, what is wrong with it, and words that the message must have: key, value, what is allowed.
NO_NUMBER = ["abc", "'0.1'", "[1]", "0", "-1"]
HUGE = "1" + "0" * 400
WRONG: list[tuple[str, list[str]]] = [
    *((f"learning_rate={v}", ["learning_rate=", "a number above 0"]) for v in NO_NUMBER),
    *((f"learning_rate={v}", ["learning_rate=", "a finite number above 0"]) for v in ("nan", "inf", HUGE)),
    ("learning_rate='0.1'", ["learning_rate='0.1'"]),
    *((f"epochs={v}", ["epochs=", "a whole number at least 0"]) for v in ("1.5", "-1", "two", "null")),
    *((f"batch_size={v}", ["batch_size=", "at least 1", "null"]) for v in ("0", "x", "1.5")),
    ("shuffle=maybe", ["shuffle=maybe", "true or false"]),
    *((f"seed={v}", ["seed=", "a whole number at least 0"]) for v in ("-1", "0.5", "x")),
    ("loss=huberr", ["loss=huberr", "half_squared_error", "did you mean 'huber'"]),
    ("loss=cross_entropy", ["loss=cross_entropy", "binary_cross_entropy_with_logits"]),
    ("loss=binary_cross_entropy", ["output_activation=identity", "sigmoid"]),
    ("network=dence", ["network=dence", "chain_rule", "did you mean 'dense'"]),
    *((f"network={v}", [f"network={v}:", "chain_rule, dense"]) for v in ("", "null", "5", "true", "[1]")),
    ("network.hiden=[2]", ["unknown key network.hiden", "did you mean 'network.hidden'"]),
    *((f"network.hidden={v}", ["network.hidden=", "a list of sizes"]) for v in ("[0]", "x", "null", "[1.5]")),
    ("network.rates=[1]", ["network.rates=[1]", "2"]),
    ("network.hidden=[3]", ["network.weights, layer 1", "3 rows", "network=dense"]),
    ("network.activation=rellu", ["network.activation=rellu", "did you mean 'relu'"]),
    ("network.activation=[tanh,tanh]", ["network.activation", "there are 1"]),
    ("network.output_activation=null", ["network.output_activation=null", "identity"]),
    *((f"network.weights={v}", ["network.weights", "list of layers"]) for v in ("null", "3", "{std: 1}")),
    ("network.weights=[[[1,2],[3]],[[1,2]]]", ["layer 1", "one length", "row 2 has 1"]),
    ("network.weights=[[[1,2],[3,nan]],[[1,2]]]", ["layer 1, row 2=nan", "must be a finite number"]),
    ("network.weights=[[[1,2],[3,4]]]", ["has 1 layers where the network has 2"]),
    ("network.weights=xavier_unifrom", ["xavier_unifrom", "did you mean 'xavier_uniform'"]),
    ("network.weights={init: normal, std: -1}", ["network.weights.std=-1", "at least 0"]),
    ("network.weights={init: normal, sd: 1}", ["unknown key network.weights.sd", "did you mean 'std'"]),
    ("network.weights={init: uniform, low: 2}", ["network.weights.low=2", "network.weights.high=1"]),
    ("network.weights={init: uniform, low: -1e308, high: 1e308}", ["network.weights.high", "too far"]),
    ("network.weights={init: friendly, most: 10000000000000000000}", ["network.weights.most", "at most"]),
    ("network.weights={init: zeros, value: 1}", ["network.weights.value", "has no options"]),
    ("++network.weights.init=normal", ["++network.weights.init=normal: there is no such place in the list"]),
    ("network.weights={from: nowhere}", ["network.weights.from=nowhere", "finished run"]),
    ("network.biases=[[1,2],[1,2]]", ["network.biases, layer 2", "1 numbers"]),
    ("network.biases=xavier_uniform", ["network.biases", "zeros, constant, uniform, normal"]),
    ("network.train_biases=1", ["network.train_biases=1", "true or false"]),
    ("optimizer=adamm", ["optimizer=adamm", "did you mean 'adam'"]),
    ("optimizer.name=foo", ["optimizer.name=foo", "sgd, adagrad"]),
    ("optimizer.momentum=1", ["optimizer.momentum=1", "at least 0 and below 1"]),
    ("optimizer.nesterov=true", ["optimizer.nesterov", "optimizer.momentum"]),
    ("optimizer.eps=1", ["optimizer.eps", "optimizer=NAME"]),
    ("schedule.factor=2", ["schedule.factor", "schedule=NAME"]),
    ("regularization.l1=-1", ["regularization.l1=-1", "at least 0"]),
    ("regularization.l2=nan", ["regularization.l2=nan", "at least 0"]),
    ("regularization=5", ["regularization=5", "l1, l2"]),
    ("regularization={a: 1}", ["regularization: is a group of the keys l1, l2"]),
    ("log.every=0", ["log.every=0", "at least 1"]),
    ("log.unit=day", ["log.unit=day", "epoch, update"]),
    ("log.curvature=0", ["log.curvature=0", "at least 1", "null for never"]),
    ("log.weights=7", ["log.weights=7", "true or false"]),
    ("log.gradients=7", ["log.gradients=7", "true or false"]),
    ("log.evry=2", ["unknown key log.evry", "did you mean 'log.every'"]),
    ("log.order=1", ["log.order=1", "true or false"]),
    ("log.predictions=1", ["log.predictions=1", "true or false"]),
    ("continue=nowhere", ["continue=nowhere", "finished run"]),
    ("continue=3", ["continue=3", "text, or null"]),
    ("stop=5", ["stop=5", "patience, metric, error, tolerance"]),
    ("stop.patience=0", ["stop.patience=0", "at least 1", "null for none"]),
    ("stop.metric=error", ["stop.metric=error", "needs stop.patience"]),
    ("stop={patience: 3, metric: test_error}", ["stop.metric=test_error", "data.test_fraction"]),
    ("stop.error=0", ["stop.error=0", "above 0"]),
    ("stop.tolerance=-1", ["stop.tolerance=-1", "above 0"]),
    ("network.train=w99", ["network.train=w99", "a layer, 1 to 2", "w1 to w6"]),
    ("network.train=[]", ["network.train=[]", "null for all"]),
    ("objective=foo", ["objective=foo", "must be one of final_error"]),
    ("objective=test_error", ["objective=test_error", "it has final_error, best_error"]),
    ("objective=r2", ["objective=r2", "it has final_error, best_error"]),
    ("data=mnist", ["data=mnist", "must be one of", "moons"]),
    ("data.seed=18446744073709551616", ["data.seed=", "below 18446744073709551616"]),
    ("data=csv", ["data.path is missing"]),
    ("data=inline", ["data.inputs is missing"]),
    ("data={name: xor}", ["unknown key data.inputs", "points"]),
    ("data.inputs=[[1,2],[3]]", ["data.inputs", "one length"]),
    ("data.inputs=[[1,a]]", ["data.inputs, row 1=a", "number"]),
    ("data.targets=[[1],[2]]", ["data.inputs has 1 rows and data.targets 2"]),
    ("data.scale=std", ["data.scale=std", "standard, minmax, or null"]),
    ("data.test_fraction=1", ["data.test_fraction=1", "below 1"]),
    ("data.test_fraction=0.5", ["data.test_fraction=0.5", "leaves none of the 1 examples"]),
    ("data.seed=x", ["data.seed=x", "whole number"]),
    ("learning_rate=[0.1,0.01]", ["a number above 0; to sweep over them: -m learning_rate=0.1,0.01"]),
    ("batch_size=[4,8]", ["or null for all examples; to sweep over them: -m batch_size=4,8"]),
    ("loss=[huber,cross_entropy]", ["must be one of", "to sweep over them: -m loss=huber,cross_entropy"]),
    ("shuffle=[true,false]", ["true or false; to sweep over them: -m shuffle=true,false"]),
    ("learningrate=1", ["unknown key learningrate", "did you mean 'learning_rate'"]),
    ("+new=1", ["unknown key new", "learning_rate"]),
    ("+network.foo=1", ["unknown key network.foo", "hidden"]),
    ("plugins=7", ["plugins=7", "must be a list of Python files"]),
    ("~network", ["network is missing"]),
    ("experiment=xorr", ["experiment=xorr", "did you mean 'xor'"]),
    ("learning_rate=${nowhere}", ["nowhere"]),
    ("learning_rate", ["learning_rate: its value is missing: give learning_rate=VALUE"]),
]  # fmt: skip


#: Keys that are not there, as others above: Hydra composes thrice until each is told.
ALIKE = ("log.evry=2", "schedule.factor=2", "+network.foo=1")


@pytest.mark.parametrize(
    ("override", "words"),
    [pytest.param(*one, id=one[0], marks=pytest.mark.thorough if one[0] in ALIKE else ()) for one in WRONG],
)
def test_messages_name_key_value_and_what_is_allowed(override: str, words: list[str]) -> None:
    text = refusal(override)
    for word in words:
        assert word in text
    assert len(text.splitlines()) <= 3
    assert len(text) < 500


@pytest.mark.parametrize(
    ("overrides", "words"),
    [
        (["optimizer=adam", "optimizer.betas=[0.9,1]"], "optimizer.betas=1: must be a number"),
        *((["optimizer=adam", f"optimizer.betas={v}"], "two numbers") for v in ("0.9", "[]", "0", "null")),
        (["optimizer=adam", "+optimizer.momentum=0.9"], "optimizer.momentum; optimizer has betas, eps"),
        (["schedule=step", "schedule.every=0"], "schedule.every=0"),
        (["schedule=exponential", "schedule.factor=0"], "schedule.factor=0: must be a number above 0"),
        (["data=spiral", "data.classes=1", "network=dense"], "data.classes=1: must be a whole"),
        (["data=xor", "data.points=0"], "data.points=0"),
        (["data=xor", "data.noise=-1"], "data.noise=-1: must be a number at least 0"),
        (["network=dense", "network.hidden=[4611686018427387904]"], "weights and biases; at most"),
        (["network=dense", f"network.hidden=[1{24 * '0'}]"], "weights and biases; at most"),
        (["data=xor", "data.points=9223372036854775807"], "data.points=9223372036854775807: must be a whole"),
        (["network=dense", "network.hidden=[1000000,1000000]"], "1,000,005,000,001 weights and biases"),
        (["data=iris", "network=dense", "loss=huber", "data.test_fraction=0.999"], "leaves none of the 150"),
    ],
)  # fmt: skip
def test_messages_of_keys_together(overrides: list[str], words: str) -> None:
    assert words in refusal(*overrides)


def test_every_key_has_a_wrong_value_above() -> None:
    """A new key of the shipped files needs a line in the table, or among the keys together."""
    tried = {override.split("=")[0].lstrip("+~") for override, _ in WRONG}
    of_one_choice = {key for key in known_keys() if key.split(".")[0] in ("data", "optimizer", "schedule")}
    groups = {"log"}
    assert set(known_keys()) - of_one_choice - groups - {"regularization"} <= tried


def test_messages_travel_between_processes() -> None:
    error = runner.ConfigError("epochs", -1, "must be a whole number")
    assert str(pickle.loads(pickle.dumps(error))) == "epochs=-1: must be a whole number"


def test_values_that_look_alike_are_told_apart() -> None:
    """A part of a configuration that was found right is taken again only where it is the same."""
    runner.load("data.scale=null", "network.biases=null")
    assert "data.scale=nan" in refusal("data.scale=nan")
    assert "network.biases" in refusal("network.biases=nan")
    runner.load("network.train_biases=true")
    assert "network.train_biases=1" in refusal("network.train_biases=1")
