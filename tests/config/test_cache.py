"""Parts of configurations that are kept."""

from __future__ import annotations

import pytest

import runner


def test_a_large_data_set_is_made_once_for_all_who_follow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("runner.config.cache.MOST_BYTES", 1000)
    runs = runner.load_sweep("network=dense", "data=spiral", "seed=0,1,2", "optimizer=sgd,adam")
    assert len({id(one.data) for one in runs}) == 1
    one, other = (runner.load("network=dense", "data=spiral", f"seed={seed}") for seed in (0, 1))
    assert one.data is other.data
