"""A run under way is shown on stderr, once it has lasted."""

from __future__ import annotations

import sys

import numpy as np
import pytest
from making_runs import made

from runner import progress
from runner.nn.arrays import Array
from runner.progress import shown


def errors() -> Array:
    return np.array([0.25])


def test_a_line_where_there_is_no_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with shown(made()) as tick:
        tick(1, errors)
    assert capsys.readouterr() == ("", "")
    monkeypatch.setattr(progress, "LINE_EVERY", 0.0)
    with shown(made(epochs=1200)) as tick:
        tick(300, errors)
    out, said = capsys.readouterr()
    assert (out, said.partition(";")[0]) == ("", "epoch 300 of 1,200, error 0.25")


def test_a_bar_in_a_terminal(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    with shown(made()) as tick:
        tick(1, errors)
    assert capsys.readouterr() == ("", "")
    monkeypatch.setattr(progress, "WORTH_SHOWING", 0.0)
    with shown(made(epochs=1200)) as tick:
        tick(300, errors)
    out, said = capsys.readouterr()
    assert out == ""
    assert "epoch 300 of 1,200" in said
    assert "error 0.25" in said
