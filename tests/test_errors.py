"""What an error shows of itself."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest
from test_escaping import HARMFUL

import runner
from runner.errors import about, describe, show, together


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


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, "null"),
        (True, "true"),
        ("1.5", "'1.5'"),
        ("a\x1b[31m\u202e\n", r"a\x1b[31m\u202e\n"),
        ("x" * 100_000, "x" * 77 + "..."),
        (Path("p" * 200), "p" * 200),
        (10**5000, "(int too large to be shown)"),
        ([[10**5000]], "(list too large to be shown)"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_is_shown_of_a_value(value: object, shown: str) -> None:
    assert show(value) == shown


def test_what_is_shown_of_a_long_path() -> None:
    shown = show(Path("/begin") / ("d/" * 2000) / "end.csv")
    assert len(shown) == 240
    assert shown.startswith("/begin/d/")
    assert shown.endswith("/d/end.csv")


def test_a_message_is_a_few_plain_lines_whatever_is_in_it() -> None:
    text = str(runner.RunnerError(f"{HARMFUL}: {'x' * 100_000}"))
    assert text.isprintable()
    assert len(text) < 500
    lines = str(runner.RunnerError(*map(str, range(10_000)))).split("\n")
    assert (len(lines), lines[-1]) == (61, "... and 9940 lines more")


def test_what_others_wrote_ends_no_line_of_a_message() -> None:
    """Whatever error it stands in, and in another process too."""
    made = runner.RunnerError("of a file: a\nb", "  and: c\u2028d")
    wrong = runner.ConfigError("k\ney", "v\nalue", "must be otherwise")
    assert str(made) == "of a file: a\\nb\n  and: c\\u2028d"
    assert str(about("x", made)) == f"x: {made}"
    assert str(wrong) == r"k\ney=v\nalue: must be otherwise"
    assert str(together([made, wrong])) == f"{made}\n{wrong}"
    for error in (made, wrong, together([made, wrong])):
        assert str(pickle.loads(pickle.dumps(error))) == str(error)


@pytest.mark.parametrize(
    "text",
    ['"s\\nt": 1', 'network: {"s\\nt": 1}', 'hydra: {launcher: {"s\\nt": 1}}', 'stop: {"s\\nt": 1}',
     'hydra: {sweeper: {exclude: [{"s\\nt": 1}]}}', 'hydra: {sweeper: {params: {"s\\nt": "1,2"}}}',
     'defaults: [{"s\\nt": c}]', 'optimizer: {name: adam, "s\\nt": 1}', 'schedule: {name: "s\\nt"}'],
)  # fmt: skip
def test_a_key_over_two_lines_is_told_in_one(text: str, tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text(f"{text}\n")
    with pytest.raises(runner.RunnerError) as caught:
        runner.load_sweep(str(tmp_path / "mine.yaml"), "seed=0,1")
    assert r"s\nt" in str(caught.value)
    assert "s\nt" not in str(caught.value)


class SpeechlessError(Exception):
    def __str__(self) -> str:
        raise RuntimeError


def test_what_error_txt_says_of_any_error() -> None:
    assert describe(KeyError("a\x1b")) == r"KeyError: 'a\x1b'"
    assert describe(ValueError("a\x1b")) == r"ValueError: a\x1b"
    assert describe(SpeechlessError()) == "SpeechlessError"


def test_an_integer_that_python_does_not_write_is_told_in_words() -> None:
    with pytest.raises(ValueError, match="Exceeds the limit") as caught:
        str(10**5000)
    assert describe(caught.value) == "an integer of thousands of digits is more than any key takes"


def test_half_a_letter_is_told_in_words() -> None:
    with pytest.raises(UnicodeEncodeError) as caught:
        "a\ud800".encode()
    assert describe(caught.value) == r"\ud800 is half a letter, which no text or name may have"
