"""What an error shows of itself."""

from __future__ import annotations

import pickle

import pytest

import runner


def test_a_notebook_shows_the_message_alone() -> None:
    with pytest.raises(runner.RunnerError) as refused:
        runner.load("learningrate=0.1")
    (shown,) = refused.value._render_traceback_()  # which IPython asks for
    assert shown == f"RunnerError: {refused.value}"
    assert refused.value.__suppress_context__


def test_in_ipython() -> None:
    shell = pytest.importorskip("IPython.core.interactiveshell").InteractiveShell()
    said: list[str] = []
    shell._showtraceback = lambda kind, value, lines: said.extend(lines)
    shell.run_cell("import runner; runner.load('shuffle=3')")
    assert said == ["ConfigError: shuffle=3: must be true or false"]


def test_an_error_of_a_key_comes_whole_from_another_process() -> None:
    error = runner.ConfigError("seed", -1, "must be at least 0")
    assert str(pickle.loads(pickle.dumps(error))) == str(error)
