"""What a command says may be anybody's letters, and does no harm to a terminal."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from test_escaping import HARMFUL

from runner import remarks


@pytest.mark.parametrize(
    "say",
    [
        remarks.tell,
        remarks.remark,
        remarks.warn,
        remarks.deliver,
        remarks.place,
        lambda text: remarks.place(text, "table: "),
    ],
)
def test_whatever_is_said_is_plain(say: Callable[[str], None], capsys: pytest.CaptureFixture[str]) -> None:
    say(f"here: {HARMFUL}")
    said = "".join(capsys.readouterr())
    assert said.replace("\n", "").isprintable()
    assert "\\x1b]0;owned\\x07" in said


def test_what_is_for_a_program_is_exact(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    remarks.deliver("a\x1b[1m\u200d,b\n", exact=True)
    monkeypatch.setitem(remarks._STATE, "quiet", True)
    remarks.place("a\u200d")
    assert capsys.readouterr().out == "a\x1b[1m\u200d,b\na\u200d\n"
