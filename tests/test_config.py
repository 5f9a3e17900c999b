"""From overrides to experiments: what ships composes and trains; what is wrong is named."""

from __future__ import annotations

import pickle
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest
from omegaconf import OmegaConf

import runner
from runner.config import conf_dir, experiment
from runner.config.compose import compose, replacing
from runner.config.messages import known_keys
from runner.data.bundled import SKLEARN_SETS
from runner.data.generated import GENERATORS
from runner.nn.activations import ACTIVATIONS
from runner.nn.initializers import INITIALIZERS
from runner.nn.losses import LOSSES
from runner.nn.optimizers import OPTIMIZERS
from runner.nn.schedules import SCHEDULES
from runner.training.experiment import Experiment, Given

GROUPS = ("network", "data", "optimizer", "schedule", "experiment")
FILES = [f"{group}={path.stem}" for group in GROUPS for path in sorted((conf_dir() / group).glob("*.yaml"))]
NEEDS = {
    "data=csv": ["data.path=cars.csv", "data.targets=distance"],
    "data=inline": ["data.inputs=[[1,2],[3,4]]", "data.targets=[[1],[0]]"],
}


def refusal(*overrides: str) -> str:
    with pytest.raises(runner.RunnerError) as caught:
        runner.load(*overrides)
    return str(caught.value)


@pytest.mark.parametrize("choice", FILES)
def test_every_file_that_ships_composes_and_trains(choice: str) -> None:
    network = ["network=dense"] if choice.startswith("data=") and choice != "data=chain_rule" else []
    experiment = runner.load(choice, *network, *NEEDS.get(choice, []), "epochs=2")
    result = runner.train(experiment).result
    assert result.epochs == 2
    assert np.isfinite(result.final_error)


@pytest.mark.parametrize("path", sorted(conf_dir().rglob("*.yaml")), ids=lambda p: p.stem)
def test_every_file_that_ships_says_what_it_is_for(path: Path) -> None:
    comments = [line for line in path.read_text().splitlines() if line.startswith("# ")]
    assert [line for line in comments if "@package" not in line]


@pytest.mark.parametrize(
    ("group", "table"),
    [("optimizer", OPTIMIZERS), ("schedule", SCHEDULES), ("data", {**GENERATORS, **SKLEARN_SETS})],
)
def test_every_entry_of_a_table_has_its_file(group: str, table: dict[str, object]) -> None:
    names = {
        str(compose([choice, *NEEDS.get(choice, [])])[group].name)
        for choice in FILES
        if choice.startswith(group)
    }
    assert names - {"csv", "inline"} == set(table)


@pytest.mark.parametrize(
    ("group", "name"),
    [*(("optimizer", name) for name in OPTIMIZERS), *(("schedule", name) for name in SCHEDULES)],
)
def test_files_of_entries_show_all_options_and_are_their_defaults(group: str, name: str) -> None:
    section = OmegaConf.to_container(compose([f"{group}={name}"])[group])
    assert isinstance(section, dict)
    assert list(section) == ["name", *{"optimizer": OPTIMIZERS, "schedule": SCHEDULES}[group][name].options]
    given = {"network": {}, "data": {"name": "xor"}, group: {"name": name}}
    assert getattr(experiment(given), f"{group}_options") == getattr(
        runner.load(f"{group}={name}"), f"{group}_options"
    )


def test_what_a_configuration_leaves_out_is_as_in_the_files_that_ship() -> None:
    data = {"name": "inline", "inputs": [[2, 3]], "targets": [[1]]}
    left_out, composed = experiment({"network": {}, "data": data}), runner.load()
    for field in fields(Experiment):
        if field.name not in ("data", "weights"):
            assert getattr(left_out, field.name) == getattr(composed, field.name)
    assert experiment({"network": {}, "data": data, "log": {"every": 2}}).log == replace(
        composed.log, every=2
    )


@pytest.mark.parametrize("name", INITIALIZERS)
def test_every_initializer_by_name_and_with_its_options(name: str) -> None:
    by_name = runner.load("network=dense", f"network.weights={name}").weights
    given = "".join(f", {key}: {option.default}" for key, option in INITIALIZERS[name].options.items())
    assert runner.load(f"network.weights={{init: {name}{given}}}").weights == by_name


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
    ("++network.weights.init=normal", ["cannot be composed"]),
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
    ("log.weights=7", ["log.weights=7", "true or false"]),
    ("log.gradients=7", ["log.gradients=7", "true or false"]),
    ("log.evry=2", ["unknown key log.evry", "did you mean 'log.every'"]),
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
    ("~network", ["network is missing"]),
    ("experiment=xorr", ["experiment=xorr", "did you mean 'xor'"]),
    ("learning_rate=${nowhere}", ["nowhere"]),
    ("learning_rate", ["learning_rate", "EQUAL"]),
]  # fmt: skip


@pytest.mark.parametrize(("override", "words"), WRONG, ids=[override for override, _ in WRONG])
def test_messages_name_key_value_and_what_is_allowed(override: str, words: list[str]) -> None:
    text = refusal(override)
    for word in words:
        assert word in text
    assert len(text.splitlines()) <= 3
    assert len(text) < 400


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


@pytest.mark.parametrize("new", ["{init: constant, value: 2}", "[[[1,2],[3,4]],[[5,6]]]", "zeros"])
@pytest.mark.parametrize("old", ["{init: normal, std: 0.1}", "[[[0,0],[0,0]],[[0,0]]]", "uniform"])
def test_weights_replace_what_was_there(old: str, new: str) -> None:
    afresh = ["network=dense", "network.hidden=[2]", "network.activation=identity", "network.biases=null"]
    drawn, wanted = (
        runner.train(runner.load("epochs=0", *before, f"network.weights={new}")).result.final.tolist()
        for before in ([f"network.weights={old}"], afresh)
    )
    assert drawn == wanted


def test_a_configuration_of_ones_own(tmp_path: Path) -> None:
    (tmp_path / "experiment").mkdir()
    (tmp_path / "experiment/mine.yaml").write_text(
        "# @package _global_\ndefaults:\n  - override /optimizer: adam\nlearning_rate: 0.3\n"
        "network:\n  weights: {init: normal, std: 0.5}\n"
    )
    with pytest.raises(runner.RunnerError, match="experiment=mine: must be one of"):
        runner.load("experiment=mine")
    # A preset merges into the network chosen: weights that are a mapping need one that has no list.
    experiment = runner.load("network=dense", "experiment=mine", config_dir=tmp_path)
    assert (experiment.learning_rate, experiment.optimizer) == (0.3, "adam")
    assert replace(experiment, epochs=1).epochs == 1


def test_a_large_data_set_is_made_once_for_all_who_follow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("runner.config.cache.MOST_BYTES", 1000)
    runs = runner.load_sweep("network=dense", "data=spiral", "seed=0,1,2", "optimizer=sgd,adam")
    assert len({id(one.data) for one in runs}) == 1
    one, other = (runner.load("network=dense", "data=spiral", f"seed={seed}") for seed in (0, 1))
    assert one.data is other.data


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


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b"a: 1\n  b: 2\n", "mine.yaml, line 2, column 4: mapping values are not allowed"),
        (b"\tx: 1\n", "mine.yaml, line 1, column 1"),
        (b"x: 1\nx: 2\n", "mine.yaml, line 2, column 1: found duplicate key x"),
        (b"x: \xff\n", "not UTF-8"),
        (b"learning_rate: 1\n", "first line must be '# @package _global_'"),
        (b"", "first line must be '# @package _global_'"),
        (b"# @package _global_\nnetwork:\n  weights: {init: normal}\n", "override /network: dense"),
        (b"# @package _global_\nlog: [1]\n", "a list and a mapping cannot be merged"),
    ],
)
def test_a_file_of_ones_own_that_is_wrong(text: bytes, words: str, tmp_path: Path) -> None:
    (tmp_path / "experiment").mkdir()
    (tmp_path / "experiment/mine.yaml").write_bytes(text)
    with pytest.raises(runner.RunnerError) as caught:
        runner.load("experiment=mine", config_dir=tmp_path)
    assert words in str(caught.value)


def test_a_folder_of_ones_own_that_there_is_not() -> None:
    with pytest.raises(runner.RunnerError, match="config_dir=nowhere: there is no such folder"):
        runner.load(config_dir="nowhere")


PARAMETERS = """name,layer,to,from,initial,final
w1,1,1,1,0,1
w2,1,1,2,0,2
w3,1,2,1,0,3
w4,1,2,2,0,4
w5,2,1,1,0,5
w6,2,1,2,0,6
"""


def test_weights_of_an_earlier_run_are_found_by_their_places(tmp_path: Path) -> None:
    header, *lines = PARAMETERS.splitlines()
    (tmp_path / "parameters.csv").write_text("\n".join([header, *sorted(lines, reverse=True)]) + "\n")
    weights = runner.load(f"network.weights={{from: {tmp_path}}}").weights
    assert isinstance(weights, Given)
    assert [layer.tolist() for layer in weights.layers] == [[[1, 2], [3, 4]], [[5, 6]]]


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("w3,1,2,1,0,3\n", "", "has not all weights"),
        ("w3,1,2,1,0,3\n", "w3,1,2,1,0,3\nw3,1,2,1,0,3\n", "a wrong line for w3"),
        ("w3,1,2,1,0,3\n", "w3,1,2,1,0,nan\n", "a wrong line for w3"),
        ("w3,1,2,1,0,3\n", "w3,1,2,0,0,3\n", "a wrong line for w3"),
        ("w3,1,2,1,0,3\n", "w3,1,2,1,0,three\n", "three"),
        ("w3,1,2,1,0,3\n", f"w3,1,2,1,0,{'3' * 200_000}\n", "field larger than"),
        ("w6,2,1,2,0,6\n", "w6,2,1,2,0,6\nw7,3,1,1,0,7\n", "has layers of 2x2 1x2 1x1"),
        ("w6,2,1,2,0,6\n", "w6,2,1,2,0,6", "its last line has no end: it is cut"),
    ],
)
def test_damaged_parameters_are_refused(old: str, new: str, words: str, tmp_path: Path) -> None:
    (tmp_path / "parameters.csv").write_text(PARAMETERS.replace(old, new))
    text = refusal(f"network.weights={{from: {tmp_path}}}")
    assert f"network.weights.from={tmp_path}" in text.replace("'", "")
    assert words in text


WITH_BIASES = PARAMETERS + "b1,1,1,0,0,7\nb2,1,2,0,0,8\nb3,2,1,0,0,9\n"
DENSE = ("network=dense", "network.hidden=[2]")


def biases_of(*overrides: str) -> list[list[float]] | None:
    biases = runner.load(*overrides).biases
    assert biases is None or isinstance(biases, Given)
    return None if biases is None else [layer.tolist() for layer in biases.layers]


def earlier(folder: Path, parameters: str) -> str:
    folder.mkdir()
    (folder / "parameters.csv").write_text(parameters)
    return str(folder)


def test_an_earlier_run_brings_its_biases(tmp_path: Path) -> None:
    run, bare = earlier(tmp_path / "a", WITH_BIASES), earlier(tmp_path / "b", PARAMETERS)
    for network in ((), DENSE):
        assert biases_of(*network, f"network.weights={{from: {run}}}") == [[7, 8], [9]]
        assert biases_of(*network, f"network.weights={{from: {bare}}}") is None
    other = earlier(tmp_path / "c", WITH_BIASES.replace(",9\n", ",10\n"))
    both = f"network.weights={{from: {bare}}}", f"network.biases={{from: {other}}}"
    assert biases_of(*DENSE, *both) == [[7, 8], [10]]
    assert biases_of(*DENSE, *replacing(both)) == [[7, 8], [10]]  # as a run's overrides.yaml has them


def test_biases_are_chosen_beside_the_weights_of_a_run_or_refused(tmp_path: Path) -> None:
    run = earlier(tmp_path / "a", WITH_BIASES)
    for value in ("[[1,2],[3]]", "constant", "{init: normal, std: 2}", "zeros", "null"):
        chosen = f"network.biases={value}"
        for weights in (f"{{from: {run}}}", f"{{ 'from' : {run}}}"):
            text = refusal(*DENSE, f"network.weights={weights}", chosen)
            assert text.startswith("network.biases=")
            assert "biases: false" in text
        alone = runner.load(*DENSE, f"network.weights={{from: {run}, biases: false}}", chosen)
        assert alone.biases == runner.load(*DENSE, chosen).biases or value.startswith("[")
    given = biases_of(*DENSE, f"network.weights={{from: {run}, biases: false}}", "network.biases=[[1,2],[3]]")
    assert given == [[1, 2], [3]]
    preset = refusal("experiment=chain_rule_two_outputs", f"network.weights={{from: {run}}}")
    assert preset.startswith("network.biases=[[0.35, 0.35], [0.6, 0.6]]: stands beside")


def test_a_sweep_takes_the_biases_of_each_run(tmp_path: Path) -> None:
    run = earlier(tmp_path / "a", WITH_BIASES)
    sources = f"{{from: {run}}},{{from: {run}, biases: false}}"
    first, second = runner.load_sweep(*DENSE, f"network.weights={sources}")
    assert isinstance(first.biases, Given)
    assert first.biases.layers[1].tolist() == [9]
    assert second.biases == runner.load(*DENSE).biases


@pytest.mark.parametrize("name", LOSSES)
def test_losses_refuse_targets_they_cannot_take(name: str) -> None:
    refuses = LOSSES[name].refuses
    assert refuses(np.array([[0.0, 1.0], [1.0, 0.0]])) is None
    takes_any = name not in ("cross_entropy", "binary_cross_entropy", "binary_cross_entropy_with_logits")
    assert (refuses(np.array([[0.0, 1.5]])) is None) == takes_any


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_the_range_of_an_activation_is_what_is_said(name: str) -> None:
    f = ACTIVATIONS[name]
    z = np.linspace(-700, 700, 100_001)[None, None]
    with np.errstate(over="ignore"):
        a = f.value(z)
    assert f.lowest <= a.min()
    assert a.max() <= f.highest
    if np.isfinite(f.lowest):
        assert a.min() < f.lowest + 0.01
    if np.isfinite(f.highest):
        assert a.max() > f.highest - 0.01
