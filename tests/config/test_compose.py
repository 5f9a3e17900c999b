"""Configurations of one's own."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

import runner
from runner.config.compose import compose
from runner.config.messages import message


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


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b"a: 1\n  b: 2\n", "mine.yaml, line 2, column 4: mapping values are not allowed"),
        (b"\tx: 1\n", "mine.yaml, line 1, column 1"),
        (b"x: 1\nx: 2\n", "mine.yaml, line 2, column 1: found duplicate key x"),
        (b"x: \xff\n", "mine.yaml: is not UTF-8 text: byte 0xff, position 3"),
        (b"seed: 1\0\n", r"mine.yaml, position 7: the letter '\x00' is none that YAML may have"),
        (b"loss: \x1b[2J\n", r"mine.yaml, position 6: the letter '\x1b' is none that YAML may have"),
        (b"network: " + b"[" * 400 + b"]" * 400, "mine.yaml: lists or mappings stand too deep in each other"),
        (
            b"seed: " + b"9" * 5000,
            f"mine.yaml, line 1, column 7: seed={'9' * 72}...: an integer of 5000 digits is more than",
        ),
        (
            b"seed: 0x" + b"F" * 5000,
            f"mine.yaml, line 1, column 7: seed=0x{'F' * 70}...: an integer of thousands of digits",
        ),
        (b"defaults: [nothing]", "mine: its defaults name experiment/nothing, which there is not"),
        (b"defaults: [/experiment/mine]", "experiment=mine: lists or mappings stand too deep"),
        (b"learning_rate: ${learning_rate}", "learning_rate=${learning_rate}: refers to itself"),
        (b"learning_rate: ${nowhere}", "learning_rate=${nowhere}: there is no key nowhere to refer to"),
        (b'"\\e[2J\\u202e": 1', r"unknown key \x1b[2J\u202e"),
        (b'loss: "\\e[2J' + b"x" * 100_000 + b'"', r"loss=\x1b[2Jxxx"),
        (b"# @package x y\n", "mine.yaml: Too many components in '@package x y'"),
        (b"# @package experiment\nepochs: 1\n", "first line must be '# @package _global_'"),
        (b"# @package _global_\nnetwork:\n  weights: {init: normal}\n", "override /network: dense"),
        (b"# @package _global_\nlog: [1]\n", "experiment/mine: a list and a mapping cannot be merged"),
        (b"{[1]: 2}: 3\n", "mine.yaml, line 1, column 1: a list or a mapping cannot be a key"),
        (
            b"learning_rate: !!timestamp 2024-01-31\n",
            "mine.yaml: learning_rate=2024-01-31: a date is no value: it must be text, a number, true",
        ),
        (b"log: {every: {a: 1}}\n", "every"),
    ],
)
def test_a_file_of_ones_own_that_is_wrong(text: bytes, words: str, tmp_path: Path) -> None:
    (tmp_path / "experiment").mkdir()
    (tmp_path / "experiment/mine.yaml").write_bytes(text)
    with pytest.raises(runner.RunnerError) as caught:
        runner.load("experiment=mine", config_dir=tmp_path)
    assert words in str(caught.value)
    assert len(str(caught.value)) < 600
    assert str(caught.value).replace("\n", "").isprintable()


@pytest.mark.parametrize("before", ["\ufeff", "# mine\n\n", "\ufeff# mine\n"])
def test_what_may_stand_before_a_presets_first_line(before: str, tmp_path: Path) -> None:
    (tmp_path / "experiment").mkdir()
    text = f"{before}# @package _global_\nepochs: 7\n"
    (tmp_path / "experiment/mine.yaml").write_text(text, encoding="utf-8")
    assert runner.load("experiment=mine", config_dir=tmp_path).epochs == 7


@pytest.mark.parametrize(
    ("override", "words"),
    [
        (
            "~hydra=[1,x]",
            "~hydra=[1,x]: a group's file is chosen by its name",
        ),
        ("network=[${epochs},[1,[2]]]", "network=[${epochs},[1,[2]]]: must be the name of one of its files"),
        ("experiment=[xor,${epochs}]", "experiment=[xor,${epochs}]: must be the name of one of its files"),
        (f"+new{'9' * 300}=1", f"+new{'9' * 73}...: no key has 303 letters"),
        (f"~{'a' * 300}", f"~{'a' * 76}...: no key has 300 letters"),
        ("data.name=[moons]", "data.name=['moons']: must be one of"),
        ("data.name={a: 1}", "data.name={'a': 1}: must be one of"),
    ],
)
def test_what_hydra_had_not_foreseen_is_told_of_its_override(override: str, words: str) -> None:
    for load in (runner.load, runner.load_sweep):
        with pytest.raises(runner.RunnerError) as caught:
            load("seed=1", override, "epochs=1")
        assert words in str(caught.value)


UNREADABLE = "cannot be read: ${seed} is the value of another key, ${oc.env:NAME} that of a variable"
#: Overrides that Hydra refuses in words of its own, and what is said of them.
REFUSED = {
    "++=nan,12:30": "its key is missing: give KEY=VALUE",
    "~=y,out": "its key is missing",
    "@:=x": "its key is missing",
    "data.inputs=[${.},1e308]": UNREADABLE,
    "loss='${'": UNREADABLE,
    "network.weights={init: '${a b}'}": UNREADABLE,
    "hydra.run.dir='${x'": UNREADABLE,
    "network.weights={null: 1}": "a key must be text, and no null",
    "experiment=1,5": "must be the name of one of its files: bifurcation,",
    "experiment=[xor],[1]": "must be the name of one of its files: bifurcation,",
    "optimizer=[[sgd]]": "must be the name of one of its files: adagrad, adam,",
    "optimizer=sgd,null": "must be the name of one of its files",
    "network=range(1,3)": "must be the name of one of its files: chain_rule, dense, or of your own",
    "hydra/launcher=1": "must be the name of a file",
    "hydra=1": "has keys, and no value: give hydra.KEY=VALUE",
    "network=${seed}": "${seed} refers to none of the other groups: experiment",
    "~optimizer=adam": "leaves out what is not chosen",
    "~seed=2": "seed is 0, and not 2",
    "+seed=2": "is there already; without + it is changed",
    "+network=dense": "network is chosen already; without +",
    "++network=dense": "a group's file is chosen without ++",
    "+nothing@x=1": "there is no group nothing",
    "~hydra.run.dir": "cannot be left out",
    "network.hidden.5=2": "there is no such place in the list",
    "hydra.run=1": "1 stands among the keys of hydra where a group must be",
    "hydra.run.dir=null": "must not be null",
    "hydra.run.dir=[a]": "must be text",
    "hydra.job.num=x": "must be a whole number",
    "hydra.job.env_copy=1": "must be a list",
    "hydra.job_logging=1": "must be a mapping",
    "hydra.mode=x": "must be one of RUN, MULTIRUN",
    "hydra.searchpath=[1]": "must be a list of folders, as [file://FOLDER]",
    "hydra.searchpath=[x://y]": "has a place of the kind x, and must be a list of folders",
    "loss=tag(a,b)": "Last argument to tag() must be a choice(), range() or interval(), got null",
    "loss=sort(a,1)": "its function takes other values",
}


@pytest.mark.parametrize("override", REFUSED)
def test_an_override_that_hydra_refuses_is_told_in_a_line(override: str) -> None:
    with pytest.raises(runner.RunnerError) as caught:
        compose([override, "epochs=1"])
    told = str(caught.value).splitlines()
    assert len(told) == 1
    assert told[0].startswith(f"{override}: {REFUSED[override]}")


SWEPT = {one: REFUSED[one] for one in ("++=nan,12:30", "experiment=1,5", "loss='${'", "hydra.mode=x")}
SWEPT |= dict.fromkeys(("hydra.sweeper=1", "hydra.callbacks.folders=null"), "must be a group of keys")


@pytest.mark.parametrize("override", SWEPT)
def test_an_override_that_hydra_refuses_is_told_in_a_sweep_too(override: str) -> None:
    with pytest.raises(runner.RunnerError) as caught:
        runner.load_sweep(override, "seed=1,2")
    assert str(caught.value).startswith(f"{override}: {SWEPT[override]}")


#: What is asked for by ${…} and is not there, by any of the ways in which values are read.
UNRESOLVED = {
    "seed=${nowhere}": "there is no key nowhere to refer to",
    "seed=${seed}": "refers to itself",
    "seed=${oc.dict.keys:seed}": "refers to itself",
    "seed=${oc.env:NOWHERE}": "there is no variable NOWHERE in the environment",
    "seed=${oc.env:A,B,C}": "its resolver takes other arguments",
    "seed=${oc.decode:'[1'}": "its resolver has a text that cannot be read",
    "objective=${nothing:1}": "there is no resolver nothing; ${oc.env:NAME} has one",
    "data.inputs=[[${nowhere}]]": "there is no key nowhere to refer to",
}


@pytest.mark.parametrize("override", UNRESOLVED)
def test_what_a_reference_finds_nothing_for_is_told_by_key_and_value(override: str) -> None:
    key, _, value = override.partition("=")
    shown = value.strip("[]") if value.startswith("[") else value
    for load in (runner.load, runner.load_sweep):
        with pytest.raises(runner.RunnerError) as caught:
            load(override)
        told = str(caught.value)
        assert told.startswith(key)
        assert f"={shown}: {UNRESOLVED[override]}" in told


def test_an_override_is_told_that_is_given_twice() -> None:
    with pytest.raises(runner.RunnerError) as caught:
        runner.load("+seed=1", "epochs=1", "+seed=2")
    assert str(caught.value).splitlines() == [
        f"+seed={seed}: is there already; without + it is changed" for seed in (1, 2)
    ]


def test_a_step_of_nothing_is_told_by_its_override() -> None:
    with pytest.raises(runner.RunnerError, match=r"^seed=range\(1,2,0\): range\(\) arg 3 must not be zero$"):
        runner.load_sweep("seed=range(1,2,0)")


#: What a file may not have, and what is said of it behind its name.
WRONG = {
    "lr_decay: ${": f"lr_decay=${{: {UNREADABLE}",
    "network: {hidden: [['${']]}": f"network.hidden[0][0]=${{: {UNREADABLE}",
    "seed: {null: 1}": "seed: a key must be text, and no null",
    "defaults: 3": "defaults=3: must be a list, the names of files",
    "defaults: [[a]]": "defaults=[['a']]: ['a'] chooses no file; it has the names of files",
    "defaults: [null]": "defaults=[None]: null chooses no file",
    "defaults: ['???']": "defaults=['???']: ??? chooses no file",
    "defaults: [{a: b, c: d}]": "chooses no file",
    "defaults: [{1: 2}]": "defaults=[{1: 2}]: {1: 2} chooses no file",
    "defaults: [{override /network: [[dense]]}]": "chooses no file",
    "defaults: [{'@': x}]": "chooses no file",
    "defaults: [/network]": "its defaults name network, which there is not",
    "hydra: {run: {dir: [a]}}": "hydra.run.dir=['a']: must be text",
    "hydra: {nothing: 1}": "hydra.nothing: unknown key nothing",
    "hydra: {mode: x}": "hydra.mode=x: must be one of RUN, MULTIRUN",
    "hydra: null": "hydra=null: must be a group of keys",
    "experiment: 1": "experiment=1: must be the name of one preset",
    "a..b: 1": "the key 'a..b'=1: is none",
}


@pytest.mark.parametrize("text", WRONG)
def test_what_hydra_refuses_in_a_file_is_told_by_file_and_key(
    text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("mine.yaml").write_text(text)
    with pytest.raises(Exception, match=r".") as caught:
        compose(["mine.yaml", "epochs=1"])
    told = message(caught.value)
    assert told is not None
    assert re.fullmatch(rf"(experiment/)?mine\.yaml: .*{re.escape(WRONG[text])}.*", told)


@pytest.mark.parametrize("text", ["{1: 2}", "{true: 1}", "{.nan: 1}"])
def test_a_key_that_is_no_text_is_an_unknown_one_in_a_sweep_too(
    text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("mine.yaml").write_text(text)
    with pytest.raises(runner.RunnerError, match="unknown key"):
        runner.load_sweep("mine.yaml", "seed=1,2")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("name: sgd\nmomentum: ${", f"momentum=${{: {UNREADABLE}"),
        ("defaults: [[a]]", "defaults=[['a']]: ['a'] chooses no file"),
        (
            f"name: sgd\nmomentum: 0x{'f' * 5000}",
            "an integer of thousands of digits is more than any key takes",
        ),
    ],
)
def test_a_file_of_a_group_that_is_wrong(text: str, words: str, tmp_path: Path) -> None:
    (tmp_path / "optimizer").mkdir()
    (tmp_path / "optimizer/mine.yaml").write_text(text)
    for load in (runner.load, runner.load_sweep):
        with pytest.raises(runner.RunnerError) as caught:
            load("optimizer=mine", config_dir=tmp_path)
        assert f"{tmp_path}/optimizer/mine.yaml" in str(caught.value)
        assert words in str(caught.value)


@pytest.mark.parametrize("group", ["data", "optimizer", "experiment"])
def test_a_file_that_chooses_itself_is_told_by_its_choice(group: str, tmp_path: Path) -> None:
    (tmp_path / group).mkdir()
    (tmp_path / group / "mine.yaml").write_text("defaults: [mine]\n")
    with pytest.raises(runner.RunnerError, match=f"^{group}=mine: .*defaults name each other in a circle$"):
        runner.load("epochs=1", f"{group}=mine", "seed=1", config_dir=tmp_path)


#: Names that no file may have, wherever they are named, and what is said of them.
NAMELESS = {
    'network: "\\ud800"': r"network/\ud800: there is no file of such a name",
    'defaults: ["a\\0"]': r"experiment/a\x00: there is no file of such a name",
    'data: csv\ndata.path: "a\\0"\ndata.targets: y': r"data.path=a\x00: cannot be read: is no name that a",
    f"data: csv\ndata.path: {'a' * 5000}\ndata.targets: y": "data.path=aaa",
    'plugins: "a\\0.py"': r"plugins=a\x00.py: cannot be read: is no name that a file may have",
}


@pytest.mark.parametrize("text", NAMELESS, ids=lambda text: text[:12])
def test_a_name_that_no_file_may_have(text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("mine.yaml").write_text(text)
    with pytest.raises(runner.RunnerError) as caught:
        runner.load("mine.yaml")
    assert str(caught.value).startswith(NAMELESS[text])


def test_a_sweeps_parameters_that_are_wrong_are_told_by_their_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("mine.yaml").write_text("hydra: {sweeper: {params: {seed: '1,'}}}")
    with pytest.raises(runner.RunnerError, match=r"^hydra\.sweeper\.params: seed=1,: is no value"):
        runner.load_sweep("mine.yaml")


def test_a_folder_of_ones_own_that_there_is_not() -> None:
    with pytest.raises(runner.RunnerError, match="config_dir=nowhere: there is no such folder"):
        runner.load(config_dir="nowhere")
