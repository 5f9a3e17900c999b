"""What stands in an override, and in which order a reader has the values."""

from __future__ import annotations

import pytest

from runner.overrides import in_order, parse


def test_values_in_a_readers_order() -> None:
    assert in_order(["[16]", "[4]", "[8,8]", "[]"]) == ["[]", "[4]", "[16]", "[8,8]"]
    assert in_order(["16", "null", "4", "1"]) == ["1", "4", "16", "null"]
    assert in_order([0.5, 0.1, 10]) == [0.1, 0.5, 10]


@pytest.mark.parametrize(
    "text", ["1", "-1.5", "1e-3", ".5", "tanh", "true", "null", "[1,[2,a]]", "1_000", "inf"]
)
def test_plain_values_are_read_as_hydras_grammar_reads_them(text: str) -> None:
    from hydra.core.override_parser.overrides_parser import OverridesParser

    theirs = OverridesParser.create().parse_override(f"key={text}").value()
    assert parse(text) == theirs
    assert type(parse(text)) is type(theirs)
