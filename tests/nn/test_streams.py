"""Streams of random numbers: each by its name and its seed."""

from __future__ import annotations

from itertools import islice

from runner.nn.streams import orders, stream


def test_streams_differ_by_name_and_seed() -> None:
    draws = {
        stream(seed, name).random()
        for seed in range(20)
        for name in ("weights", "biases", "shuffle", "split")
    }
    assert len(draws) == 80
    assert stream(3, "weights").random() == stream(3, "weights").random()


def test_orders_go_on_where_others_have_been() -> None:
    whole = [order.tolist() for order in islice(orders(5, 9), 6)]
    assert [order.tolist() for order in islice(orders(5, 9, skipped=4), 2)] == whole[4:]
    assert whole[0] == stream(5, "shuffle").permutation(9).tolist()
    assert all(sorted(order) == list(range(9)) for order in whole)
