"""A sweep's bar and lines count what is saved, and stand on stderr."""

from __future__ import annotations

import sys

import pytest

from runner.sweeping import progress
from runner.sweeping.progress import Progress


def test_lines_count_what_is_saved(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(progress, "LINE_EVERY", 0.0)
    with Progress(8) as shown:
        shown.skip(["completed"] * 2)
        shown.part(1.0)
        shown.add(["completed", "diverged", "interrupted"])
    out, errors = capsys.readouterr()
    assert out == ""
    first, second = (line.partition(";")[0] for line in errors.splitlines())
    assert first == "2 of 8 runs saved, 38 % trained"
    assert second == "4 of 8 runs saved, 1 diverged"


def test_the_bar_counts_what_is_saved(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setattr(progress, "BAR_EVERY", 0.0)
    with Progress(8) as shown:
        shown.part(2.0)
        (task,) = shown.bar.tasks
        assert (task.fields["saved"], task.completed) == (0, 2.0)
        assert task.fields["said"].startswith("25 % trained, ")
        shown.add(["failed", "interrupted"])
        assert (task.fields["saved"], task.completed) == (1, 1)
        assert task.fields["said"].startswith("1 failed, ")
