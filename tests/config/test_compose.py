"""Configurations of one's own."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

import runner


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
            "mine.yaml, line 1, column 7: an integer of 5000 digits is more than",
        ),
        (
            b"seed: 0x" + b"F" * 5000,
            "mine.yaml: an integer of thousands of digits is more than any",
        ),
        (b"defaults: [nothing]", "mine: its defaults name experiment/nothing, which there is not"),
        (b"defaults: [/experiment/mine]", "experiment=mine: lists or mappings stand too deep"),
        (b"learning_rate: ${learning_rate}", "learning_rate=${learning_rate}: refers to itself"),
        (b"learning_rate: ${nowhere}", "learning_rate=${nowhere}: Interpolation key 'nowhere' not found"),
        (b'"\\e[2J\\u202e": 1', r"unknown key \x1b[2J\u202e"),
        (b'loss: "\\e[2J' + b"x" * 100_000 + b'"', r"loss=\x1b[2Jxxx"),
        (b"# @package x y\n", "mine.yaml: Too many components in '@package x y'"),
        (b"# @package experiment\nepochs: 1\n", "first line must be '# @package _global_'"),
        (b"# @package _global_\nnetwork:\n  weights: {init: normal}\n", "override /network: dense"),
        (b"# @package _global_\nlog: [1]\n", "experiment/mine: a list and a mapping cannot be merged"),
        (b"{[1]: 2}: 3\n", "mine.yaml, line 1, column 1: a list or a mapping cannot be a key"),
        (
            b"learning_rate: !!timestamp 2024-01-31\n",
            "mine.yaml: learning_rate: Value 'date' is not a supported",
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
            "~hydra=[1,x]: cannot be composed: Config group override deletion value must be a string",
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


def test_a_folder_of_ones_own_that_there_is_not() -> None:
    with pytest.raises(runner.RunnerError, match="config_dir=nowhere: there is no such folder"):
        runner.load(config_dir="nowhere")
