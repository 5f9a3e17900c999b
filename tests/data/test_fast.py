"""Large files are read as small ones are, or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

import runner
from runner.data import table
from runner.data.columns import Column
from runner.data.dialect import Written
from runner.data.fast import Lines

TEXT = '# note\n\nname;a;b;"c, d"\n' + "".join(
    f'x{i % 3};{i / 7!r}'.replace(".", ",") + f';{i};"q ""{i % 2}"" z"\n' + "\n" * (i % 5 == 0)
    for i in range(40)
)  # fmt: skip


def test_fast_and_exact_readers_agree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "t.csv"
    path.write_text(TEXT)
    exact = table.read_table("data.path", path, Written())
    monkeypatch.setattr(table, "LARGE", 1)
    fast = table.read_table("data.path", path, Written())
    assert isinstance(fast.lines, Lines)
    assert not isinstance(exact.lines, Lines)
    assert (list(fast.lines), fast.names, fast.said) == (list(exact.lines), exact.names, exact.said)
    for name in ("a", "b"):
        assert Column(fast, name).numbers().tobytes() == Column(exact, name).numbers().tobytes()
    for name in ("name", "c, d"):
        assert Column(fast, name).texts == Column(exact, name).texts


@pytest.mark.parametrize(
    ("row", "words"),
    [("1,\n", "line 61, column y: is empty"), ("1\n", "line 61: has 1 cells"), ("x,1\n", "line 61, column a"),
     ("inf,1\n", "line 61, column a: 'inf'")],
)  # fmt: skip
def test_what_is_wrong_far_down_is_named_all_the_same(
    row: str, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(table, "LARGE", 1)
    monkeypatch.setattr("runner.data.dialect.MOST_CELLS", 20)
    path = tmp_path / "t.csv"
    path.write_text("a,y\n" + "1,2\n" * 59 + row + "3,4\n")
    with pytest.raises(runner.RunnerError, match=words):
        runner.load("data=csv", f"data.path={path}", "data.targets=y", "network=dense")
