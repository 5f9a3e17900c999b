"""Random configurations beside other programs that train, where these are installed.

``python tests/differential PEER COUNT`` compares thousands.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

import pytest
from agreement import compared
from hypothesis import HealthCheck, given, settings


@pytest.mark.filterwarnings("ignore")  # theirs
@pytest.mark.parametrize(
    ("needs", "peer", "count"),
    [(["torch"], "torch", 12), (["jax", "optax"], "jax", 2), (["sklearn"], "sklearn", 12)],
    ids=["torch", "jax", "sklearn"],
)
def test_random_configurations(needs: list[str], peer: str, count: int) -> None:
    for module in needs:
        pytest.importorskip(module)
    other = import_module(f"{peer}_peer")

    @settings(
        max_examples=count,
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(other.DRAWN)
    def agrees(config: dict[str, Any]) -> None:
        comparison = compared(config, other.train)
        assert comparison.agrees or comparison.ill_conditioned, comparison

    agrees()
