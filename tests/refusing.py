"""What a configuration is refused with."""

from __future__ import annotations

import pytest

import runner


def refusal(*overrides: str) -> str:
    with pytest.raises(runner.RunnerError) as caught:
        runner.load(*overrides)
    return str(caught.value)
