"""Streams of random numbers: each by its name and its seed."""

from __future__ import annotations

from runner.nn.streams import stream


def test_streams_differ_by_name_and_seed() -> None:
    draws = {
        stream(seed, name).random()
        for seed in range(20)
        for name in ("weights", "biases", "shuffle", "split")
    }
    assert len(draws) == 80
    assert stream(3, "weights").random() == stream(3, "weights").random()
