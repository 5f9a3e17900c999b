"""A stack: where its runs start, their batches, what a key draws anew, one update at a time."""

from __future__ import annotations

import numpy as np
import pytest

import runner
from runner.nn.streams import stream
from runner.training.stack import Stack, initial_parameters

XOR = ("data=xor", "data.points=10", "data.noise=0.1", "network=dense", "epochs=6")

INITIAL, DATA, ORDER = "initial weights", "data", "order"


def fingerprints(*overrides: str) -> dict[str, bytes]:
    experiment = runner.load(*XOR[:-2], "network=dense", "data.test_fraction=0.2", "batch_size=4", *overrides)
    one_by_one = runner.load(*XOR[:-2], "network=dense", "data.test_fraction=0.2", *overrides, "batch_size=1")
    order = np.concatenate([x for x, _ in Stack([one_by_one]).batches()], axis=1)[0]
    rank = (one_by_one.data.inputs[None] == order[:, None]).all(axis=2).argmax(axis=1)
    weights = initial_parameters(experiment)[:, : experiment.network.weight_count]
    return {INITIAL: weights.tobytes(), DATA: experiment.data.inputs.tobytes(), ORDER: rank.tobytes()}


@pytest.mark.parametrize(
    ("override", "changed"),
    [
        ("seed=1", {INITIAL, ORDER}),
        ("data.seed=1", {DATA}),
        ("batch_size=2", set()),
        ("epochs=3", set()),
        ("learning_rate=1", set()),
        ("network.biases=uniform", set()),
        ("network.weights=he_normal", {INITIAL}),
        ("data.scale=standard", {DATA}),
    ],
)
def test_what_a_key_draws_anew(override: str, changed: set[str]) -> None:
    before, after = fingerprints(), fingerprints(override)
    assert {name for name in before if before[name] != after[name]} == changed


def test_weights_and_biases_have_streams_of_their_own() -> None:
    one = runner.load("data=sine", "network=dense", "network.weights=normal", "network.biases=normal")
    w, b = one.network.views(initial_parameters(one))[0]
    assert b is not None
    for kind, array in {"weights": w, "biases": b}.items():
        assert array.ravel().tolist() == stream(one.seed, kind).normal(size=array.size).tolist()


def test_each_epoch_takes_every_example_once_in_a_new_order() -> None:
    stack = Stack([runner.load(*XOR, "batch_size=3")])
    orders = []
    for _ in range(3):
        batches = list(stack.batches())
        assert [x.shape[1] for x, _ in batches] == [3, 3, 3, 1]
        orders.append(np.concatenate([x[0] for x, _ in batches]))
    assert len({order.tobytes() for order in orders}) == 3
    for order in orders:
        assert {tuple(row) for row in order} == {tuple(row) for row in stack.shared.data.inputs}


def test_an_update_says_all_that_went_into_it_and_changes_nothing_of_it() -> None:
    stack = Stack([runner.load(*XOR, f"seed={seed}", "optimizer=adam") for seed in (0, 1)])
    start, begin = stack.parameters.tobytes(), stack.state
    first = stack.update(stack.rates(0), None)
    gradient = first.point.gradient.tobytes()
    second = stack.update(stack.rates(1), None)
    assert first.point.parameters.tobytes() == start
    assert first.point.gradient.tobytes() == gradient
    assert first.before is begin
    assert first.after is second.before
    for update, new in ((first, second.point.parameters), (second, stack.parameters)):
        np.testing.assert_array_equal(new, update.point.parameters - update.rate * update.direction)


def test_runs_that_are_kept_go_on_as_if_alone() -> None:
    runs = [runner.load(*XOR, "batch_size=3", "optimizer=adam", f"seed={s}", f"regularization.l2={l2}")
            for s, l2 in ((0, 0.1), (1, 0.2), (2, 0.3))]  # fmt: skip
    stack, alone = Stack(runs), Stack(runs[1:2])
    for epoch in range(4):
        if epoch == 2:
            stack.keep(np.array([False, True, False]))
            assert stack.runs.tolist() == [1]
        for of in (stack, alone):
            for batch in list(of.batches()):
                of.update(of.rates(epoch), batch)
    assert stack.parameters.tobytes() == alone.parameters.tobytes()
    assert stack.row().tobytes() == alone.row().tobytes()


@pytest.mark.parametrize("optimizer", ["sgd", "adagrad", "rmsprop", "adam", "adamw"])
def test_a_layers_factor_multiplies_its_learning_rate(optimizer: str) -> None:
    """As the lr of a group of parameters does in torch: the decay of weights too, frozen ones stay."""
    layers = [1] * 16 + [2] * 8 + [1] * 8 + [2]
    made = [
        runner.load(*XOR, f"optimizer={optimizer}", f"network.rates={rates}", "network.train=[1,w17]")
        for rates in ("[3,0.1]", "[1,1]", "[0.5,7]")
    ]
    stack, alone = Stack(made), Stack(made[:1])
    plain = Stack([runner.load(*XOR, f"optimizer={optimizer}", "network.train=[1,w17]")])
    for epoch in range(3):
        updates = [of.update(of.rates(epoch), None) for of in (stack, alone, plain)]
    update = updates[0]
    factors = np.array([[{1: 3, 2: 0.1}[layer], 1, {1: 0.5, 2: 7}[layer]] for layer in layers]).T
    moved = update.rate * factors * update.direction
    np.testing.assert_allclose(stack.parameters, update.point.parameters - moved, atol=1e-15)
    assert stack.parameters[0].tobytes() == alone.parameters[0].tobytes()
    assert stack.parameters[1].tobytes() == plain.parameters[0].tobytes()
    assert ((stack.parameters[0] != stack.initial[0]).nonzero()[0] == [*range(17), *range(24, 32)]).all()
    stack.keep(np.array([True, False, True]))
    assert stack.factors is not None
    np.testing.assert_array_equal(stack.factors, factors[[0, 2]])


def test_the_first_update_is_the_first_to_the_optimizer() -> None:
    stack = Stack([runner.load("optimizer=adam")])
    made = stack.update(stack.rates(0), None)
    assert stack.updates == 1
    # corrected for the zeros that it begins with, m is g and the root of v its size
    np.testing.assert_allclose(made.direction, np.sign(made.point.gradient), rtol=1e-4)
    np.testing.assert_array_equal(stack.parameters, made.point.parameters - made.rate * made.direction)


def test_a_batch_has_the_targets_of_its_inputs() -> None:
    one = runner.load(*XOR, "batch_size=4")
    target_of = dict(zip(map(tuple, one.data.inputs.tolist()), one.data.targets.tolist(), strict=True))
    for x, y in Stack([one]).batches():
        assert [target_of[tuple(inputs)] for inputs in x[0].tolist()] == y[0].tolist()
