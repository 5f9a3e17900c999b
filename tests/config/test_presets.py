"""YAML files of one's own that are chosen whole, whatever way they say what they choose."""

from __future__ import annotations

from pathlib import Path

import pytest

import runner
from runner.config.flags import named_by_flags
from runner.config.presets import with_presets
from runner.errors import RunnerError

#: Ways to write the same: a 2-4-1 network on moons, trained by Adam.
WAYS = {
    "as a preset": "# @package _global_\ndefaults:\n  - override /network: dense\n  - override /data: moons\n"
    "  - override /optimizer: adam\nnetwork: {hidden: [4]}\noptimizer: {eps: 1e-7}\n",
    "without its first line": "defaults:\n  - override /network: dense\n  - override /data: moons\n"
    "  - override /optimizer: adam\nnetwork: {hidden: [4]}\noptimizer: {eps: 1e-7}\n",
    "as config.yaml": "defaults:\n  - hydra_defaults\n  - network: dense\n  - data: moons\n"
    "  - optimizer: adam\n  - _self_\n  - experiment: null\nnetwork: {hidden: [4]}\noptimizer: {eps: 1e-7}\n",
    "on config.yaml": "defaults:\n  - config\n  - override network: dense\n  - override data: moons\n"
    "  - override optimizer: adam\n  - _self_\nnetwork: {hidden: [4]}\noptimizer: {eps: 1e-7}\n",
    "without defaults": "network: dense\ndata: moons\noptimizer: {name: adam, eps: 1e-7}\n"
    "network.hidden: [4]\n",
}


@pytest.mark.parametrize("way", WAYS)
def test_a_file_is_a_preset_whatever_way_it_chooses(
    way: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("xor.yaml").write_text(WAYS[way])  # the name of a preset that ships
    made = runner.load("xor.yaml", "epochs=7")
    assert (made.sizes, made.data.name, made.optimizer, made.epochs) == ((2, 4, 1), "moons", "adam", 7)
    assert made.optimizer_options["eps"] == 1e-7


def test_files_and_presets_stand_beside_each_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a b").mkdir()
    Path("a b/mine.yml").write_text("experiment: digits\nepochs: 3\n")
    Path("other.yaml").write_text("learning_rate: 0.5\n")
    assert with_presets(["seed=1", "other.yaml", "experiment=[xor,spiral]"]) == [
        "experiment=[other.yaml,xor,spiral]",
        "seed=1",
    ]
    made = runner.load("other.yaml", "a b/mine.yml", "experiment=xor")
    assert (made.data.name, made.epochs, made.learning_rate) == ("xor", 1000, 2)
    jobs = runner.load_sweep("experiment=other.yaml,xor", "epochs=1")
    assert [job.learning_rate for job in jobs] == [0.5, 2]
    with pytest.raises(RunnerError, match="a sweep over presets has no file beside it"):
        with_presets(["other.yaml", "experiment=xor,spiral"])


@pytest.mark.parametrize(
    ("word", "words"),
    [
        ("no.yaml", "no.yaml: there is no such file"),
        ("mine", "mine: is no key=value; a file is named in full: mine.yaml"),
        ("xor", "xor: is no key=value; say of what it is chosen: experiment=xor"),
        ("adam", "optimizer=adam"),
        ("epochs", "epochs: its value is missing: give epochs=VALUE"),
        ("learningrate", "did you mean 'learning_rate'?"),
        ("rows.csv", "data=csv data.path=rows.csv"),
        ("folder", "folder: is a folder"),
        ("list.yaml", "list.yaml: must have keys and values"),
        ("number.yaml", "number.yaml: must have keys and values"),
        ("text.yaml", "text.yaml: must have keys and values"),
        ("quoted.yaml", "quoted.yaml: must have keys and values"),
        ("letter.yaml", "letter.yaml: must have keys and values"),
        ("wrong.yaml", "wrong.yaml, line 2"),
        (
            "tag.yaml",
            "tag.yaml, line 2, column 9: epochs=x: is no whole number; in quotes and without a tag it",
        ),
        ("experiment=own", "own.yaml, line 1, column 7: seed=z: is no number"),
        ("network=own", "network/own.yaml: must have keys and values"),
        ("typo.yaml", "unknown key learningrate (did you mean 'learning_rate'?)"),
    ],
)
def test_what_is_no_file_of_keys(
    word: str, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name, text in {
        "mine.yaml": "epochs: 1\n",
        "rows.csv": "a,b\n1,2\n",
        "list.yaml": "- epochs=1\n",
        "number.yaml": "5",
        "text.yaml": "'a: b: c'",
        "quoted.yaml": "'5'",
        "letter.yaml": '"\\0"',
        "tag.yaml": "seed: 1\nepochs: !!int x\n",
        "folder/experiment/own.yaml": "seed: !!float z\n",
        "folder/network/own.yaml": "5",
        "wrong.yaml": "epochs: 1\n  seed: 2\n",
        "typo.yaml": "learningrate: 1\n",
    }.items():
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_text(text)
    with pytest.raises(RunnerError) as caught:
        runner.load(word, config_dir="folder")
    assert words in str(caught.value)


def test_a_name_by_hydras_flags(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("mine.yaml", "sub/mine.yaml", "sub/config.yaml", "whole/config.yaml", "whole/data/x.yaml"):
        Path(name).parent.mkdir(exist_ok=True, parents=True)
        Path(name).write_text("epochs: 1\n")
    named = {
        "--config-name mine": ([], ["mine.yaml"]),
        "-m --config-name=mine.yaml": (["-m"], ["mine.yaml"]),
        "-cd sub -cn mine": (["-cd", "sub"], ["sub/mine.yaml"]),
        "--config-path sub -m": (["-m"], ["sub/config.yaml"]),
        "-cp=sub -cn mine": ([], ["sub/mine.yaml"]),
        "-cp whole": (["-cp", "whole"], []),
        "--config-name config": (["--config-name", "config"], []),
    }
    assert {flags: named_by_flags(flags.split()) for flags in named} == named
    with pytest.raises(RunnerError, match=r"--config-name=his: there is no file his\.yaml"):
        named_by_flags(["--config-name", "his"])
    Path("folder").mkdir()
    with pytest.raises(RunnerError, match="--config-dir folder experiment=NAME"):
        named_by_flags(["--config-path", "folder"])
