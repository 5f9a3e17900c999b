"""Bars against the table of shares, and the words about it."""

from __future__ import annotations

from pathlib import Path

import pytest
from making_tables import make_table
from reading_figures import drawn

from runner.figures import load
from runner.figures.figure import Options
from runner.results import Results
from runner.results.importance import importance_table

MANY = Path(__file__).parent.parent / "reference" / "many.csv"


@pytest.fixture
def many(tmp_path: Path) -> Path:
    (tmp_path / "runs.csv").write_bytes(MANY.read_bytes())
    return tmp_path


def test_bars_are_the_shares_main_effects_first(many: Path) -> None:
    numbers, canvas = drawn("importance", many)
    (ax,) = canvas.axes
    widths = [bar.get_width() for bar in ax.patches]
    shown = numbers[numbers["shown"]]
    assert widths == shown["share"].tolist()
    assert [text.get_text().strip() for text in ax.get_yticklabels()][:3] == [
        r"learning rate $\eta$", "optimizer", r"$L_2$ penalty",
    ]  # fmt: skip
    table = importance_table(Results(many), "test_error")
    assert sorted(numbers["share"]) == sorted(table["share"])
    assert sum(widths) + numbers.loc[~numbers["shown"], "share"].sum() == pytest.approx(1, abs=1e-12)
    names = [text.get_text() for text in ax.texts]
    assert names[:3] == ["33 %", "27 %", "8.6 %"]


def test_the_caption_says_what_was_compared_and_what_is_left_out(many: Path) -> None:
    numbers, _ = drawn("importance", many)
    text = load("importance").caption(numbers)
    assert "Shares of the variance of the log test error of 192 runs, a full grid" in text
    assert "the 2 seeds of every setting" in text
    assert "9 more pairs have 1.0 % between them" in text
    assert "they span more than a factor of 10" in text


def test_remainders_that_cannot_be_have_no_bar(tmp_path: Path) -> None:
    swept = {"learning_rate": [0.1, 0.2], "batch_size": [1, 2]}
    numbers, _ = drawn("importance", make_table(tmp_path, swept, lambda a, b: {"final_error": a * b}))
    assert numbers.loc[numbers["shown"], "kind"].tolist() == ["main effect", "main effect", "pair"]


def test_lost_runs_are_said_to_count_as_the_worst(tmp_path: Path) -> None:
    swept = {"learning_rate": [0.1, 0.2], "batch_size": [1, 2], "seed": [0, 1]}
    sweep = make_table(tmp_path, swept, lambda a, b, s: None if a * b > 0.3 else {"final_error": a * b})
    numbers, _ = drawn("importance", sweep)
    assert "2 lost runs count as the worst of the others" in load("importance").caption(numbers)


def test_what_is_no_grid_is_skipped_with_the_reason(rates: Path) -> None:
    reason = load("importance").applies(Results(rates), Options())
    assert reason == "one key was swept, and no seeds: all of the variance is its own"
