"""The list of mutants is one of the project as it is."""

from __future__ import annotations

from pathlib import Path

import pytest

from mutation import FILES

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.path)
def test_every_mutant_is_one(file) -> None:
    text = (ROOT / file.path).read_text(encoding="utf-8")
    for wrong in file.mutants:
        assert text.count(wrong.old) == 1, wrong.what
        compile(text.replace(wrong.old, wrong.new), file.path, "exec")
        assert wrong.old != wrong.new
    for test in file.tests:
        assert (ROOT / "tests" / test.partition("::")[0]).is_file(), test
