"""Which runs train together, and how many at a time."""

from __future__ import annotations

from functools import partial

import pytest

import runner
from runner.api import training
from runner.training.stacking import CACHE_BYTES, row_bytes, stacked, widest


def test_stacks_are_made_by_key_and_filled_to_their_limit() -> None:
    ways = ["network=dense", "data=moons", "network.hidden=[2]", "epochs=10"]
    kinds = [runner.load(*ways, f"loss={loss}") for loss in ("half_squared_error", "huber")]
    items = [0, 1, 2, 3, 4, 5, 6, 8]
    most = partial(widest, max_bytes=2**30)
    made = list(stacked(items, lambda i: kinds[i % 2], most, share=3))
    assert made == [[0, 2, 4], [1, 3, 5], [6, 8]]
    assert list(stacked(items, lambda i: kinds[i % 2], most)) == [
        [0, 2, 4, 6, 8],
        [1, 3, 5],
    ]
    assert list(stacked([0, 2, 4], lambda i: kinds[0], lambda _: 1)) == [[0], [2], [4]]


def test_the_stacks_of_a_share_are_alike() -> None:
    one = runner.load()
    for share, sizes in ((None, [7, 7, 2]), (8, [4, 4, 4, 4]), (16, [6, 6, 4]), (5, [5, 5, 5, 1])):
        assert [len(stack) for stack in stacked(range(16), lambda _: one, lambda _: 7, share)] == sizes


def test_a_stack_is_bounded_by_its_bytes() -> None:
    seed = runner.load()
    small, large = widest(seed, 2**21), widest(seed, 2**32)
    assert 1 <= small < large
    assert small * seed.rows * 7 * 8 <= row_bytes(2**21)
    assert large * 8 * 6 * 6 <= CACHE_BYTES
    assert widest(seed, 2**21, rows=1) > small  # of histories that nobody writes
    many = ["network=dense", "data=spiral", "data.points=200000", "batch_size=32", "log.weights=false"]
    by_gradients = {
        widest(runner.load(*many, f"log.gradients={logged}"), 2**28) for logged in ("true", "false")
    }
    assert min(by_gradients) <= 20 < max(by_gradients)  # a gradient passes all examples at once
    assert widest(seed, 2**10) == 1  # however little it may hold, one run it must


def test_stacks_from_python_are_as_wide_as_those_of_sweeps(monkeypatch: pytest.MonkeyPatch) -> None:
    """Past a core's caches a stack is slower, and without a bound 1,000 runs are held at once."""
    sweep = runner.load_sweep(
        "network=dense", "data=moons", "network.hidden=[32,16]", "seed=range(0,15)", "epochs=3"
    )
    sweep = [*sweep, *runner.load_sweep("learning_rate=0.1,1e3,0.2", "epochs=40")]
    alone = [runner.train(one) for one in sweep]
    widths: list[int] = []
    original = training.train_stack
    monkeypatch.setattr(
        training,
        "train_stack",
        lambda stack, *a, **k: widths.append(len(stack)) or original(stack, *a, **k),
    )
    most = widest(sweep[0], 4 * 2**30)
    assert 1 < most < 15  # or this test says nothing
    for memory, expected in {"4GiB": [most, 15 - most, 3], "1MiB": [*[1] * 15, 3]}.items():
        widths.clear()
        runs = runner.train(sweep, max_memory=memory)
        assert sorted(widths) == sorted(expected)
        for ours, theirs in zip(runs, alone, strict=True):
            assert ours.history.equals(theirs.history)
            assert ours.parameters.equals(theirs.parameters)
            assert ours.experiment is theirs.experiment
