"""What comes out of ``${oc.env:NAME}`` is a number where one is wanted; a user's own text is text."""

from __future__ import annotations

from pathlib import Path

import pytest
from omegaconf import OmegaConf
from refusing import refusal

import runner
from runner.config.resolved import plain


def test_numbers_of_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("7").write_text("1,2\n3,4\n5,6\n")
    values = {"RATE": "1e-3", "SIZES": "[3,2]", "SIZE": "5", "YES": "true", "NONE": "null", "FILE": "7"}
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    made = runner.load(
        "network=dense",
        "learning_rate=${oc.env:RATE}",
        "network.hidden=${oc.env:SIZES}",
        "log.gradients=${oc.env:YES}",
        "batch_size=${oc.env:NONE}",
    )
    assert (made.learning_rate, made.sizes, made.log.gradients, made.batch_size) == (
        1e-3,
        (2, 3, 2, 1),
        True,
        None,
    )
    data = ["data=csv", "data.path=${oc.env:FILE}", "data.header=false", "data.targets=[2]"]
    assert runner.load("network=dense", *data, "network.hidden=[${oc.env:SIZE},4]").sizes == (1, 5, 4, 1)
    rates = runner.load_sweep("learning_rate=${oc.env:RATE},0.5", "seed=0,1", "epochs=${oc.env:SIZE}")
    assert [(run.learning_rate, run.epochs) for run in rates] == [(1e-3, 5), (1e-3, 5), (0.5, 5), (0.5, 5)]


def test_other_text_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORD", "fast")
    assert refusal("learning_rate=${oc.env:WORD}") == "learning_rate=fast: must be a number above 0"
    assert refusal("learning_rate='0.1'") == "learning_rate='0.1': must be a number above 0"


def test_an_integer_that_cannot_be_written_is_no_reference() -> None:
    """Python refuses to write one of 4,300 digits and more, be it in a text that is searched."""
    assert plain(OmegaConf.create({"epochs": [{"at": 10**5000}]})) == {"epochs": [{"at": 10**5000}]}
    assert plain(OmegaConf.create({"a": "x", "b": ["${a}"]})) == {"a": "x", "b": ["x"]}
