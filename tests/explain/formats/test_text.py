"""The page in a terminal: its columns, the network drawn in text."""

from __future__ import annotations

import pytest
from reading import CHAPTERS, page, render

from runner.explain.formats.text import width


@pytest.mark.parametrize("preset", CHAPTERS)
@pytest.mark.parametrize("solution", [True, False])
def test_text_fits_100_columns(preset: str, solution: bool) -> None:
    for update in (1, 2, 57):
        text = render(page(preset, update=update, solution=solution, paths=True, check=True), "text")
        for line in text.splitlines():
            assert width(line) <= 100, line


def test_the_marked_way_in_the_diagram() -> None:
    text = render(page("chain_rule", weight="w3"), "text")
    assert "x1 ━━w3━━┓" in text
    assert "x2 ──w4──┻━ h2" in text
    assert "h2 ━━w6━━┻━ pred ━━ E" in text
    assert "x1 ──w1──┐" in text
    assert "h1 ──w5──┐" in text


def test_paths_are_written_out_on_request() -> None:
    grouped = render(page("chain_rule_two_outputs", weight="w1"), "text")
    assert "w1 reaches the error over 2 paths" in grouped
    assert "→" not in grouped
    expanded = render(page("chain_rule_two_outputs", weight="w1", paths=True), "text")
    assert "h1 → pred1" in expanded
    assert "h1 → pred2" in expanded
