"""Overrides that Hydra's grammar cannot read: each is named, with what to write."""

from __future__ import annotations

import pytest

from runner.config.grammar import refusal

ATTEMPTS = {
    "loss=data (1).csv": """is no value in Hydra's grammar; quote it as a text: 'loss="data (1).csv"'""",
    "loss=Größe": """quote it as a text: 'loss="Größe"'""",
    "loss=\udcf6": r"""quote it as a text: 'loss="\udcf6"'""",
    "seed='1": """quote it as a text: 'seed="'"'"'1"'""",
    'seed="1': r"""quote it as a text: 'seed="\"1"'""",
    "seed=1)": """close each bracket, or quote it as a text: 'seed="1)"'""",
    "seed=[1": """close each bracket, and quote each text in it, as '["data (1).csv"]' does""",
    "network.weights={from: data (1)}": """there is no function data; quote each text in it""",
    "learning_rate=intervall(0,1)": "there is no function intervall (did you mean 'interval'?)",
    "learning_rate=interval(0)": "missing a required argument: 'end'",
    "loss=${": "close each bracket, or quote it as a text",
    "seed=\x1b[31m": r"""quote it as a text: 'seed="\x1b[31m"'""",
    "seed=\x00": r"\x00",
    "seed=1\n2": r"seed=1\n2: is no value",
    "=3": "its key is missing: give KEY=VALUE",
    "a..b=3": "is no KEY=VALUE; a key has letters, digits, _ and single dots",
    "größe=3": "is no KEY=VALUE",
    "\x1b[2J=1": r"\x1b[2J=1: is no KEY=VALUE",
    '"seed"=1': "is no KEY=VALUE",
    f"epochs={'9' * 5000}": "...: an integer of 5000 digits is more than any key takes",
    f"network.hidden={'[' * 800}{']' * 800}": "...: lists or mappings stand too deep in each other",
    f"loss=({'x' * 100_000}": """'loss="TEXT"'""",
}


@pytest.mark.parametrize("override", ATTEMPTS, ids=lambda text: ascii(text)[:30])
def test_what_is_no_override_is_told_with_the_cure(override: str) -> None:
    told = str(refusal(override))
    assert ATTEMPTS[override] in told
    assert told.isprintable()
    assert len(told) < 250


@pytest.mark.parametrize(
    "override",
    ["seed=1", "network.hidden=[3,3]", "~optimizer.momentum", "a/b@c.d=e", "seed=1,2"],
)
def test_what_is_an_override_is_none_of_them(override: str) -> None:
    assert refusal(override) is None
