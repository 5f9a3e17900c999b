"""The loop: what a history records, streams of random numbers, and what changes what."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import runner
from runner.nn.initializers import INITIALIZERS
from runner.nn.optimizers import OPTIMIZERS
from runner.nn.streams import stream
from runner.training.stack import Stack, initial_parameters
from runner.training.stacking import widest

XOR = ("data=xor", "data.points=10", "data.noise=0.1", "network=dense", "epochs=6")


def run(*overrides: str) -> runner.Run:
    return runner.train(runner.load(*overrides))


@pytest.mark.parametrize(
    ("overrides", "steps"),
    [
        ([], [0, 1, 2, 3, 4, 5, 6]),
        (["log.every=4"], [0, 4, 6]),
        (["log.every=3"], [0, 3, 6]),
        (["log.every=100"], [0, 6]),
        (["epochs=0"], [0]),
        (["log.unit=update", "batch_size=4", "epochs=2"], [0, 1, 2, 3, 4, 5, 6]),
        (["log.unit=update", "batch_size=4", "epochs=2", "log.every=4"], [0, 4, 6]),
    ],
)
def test_rows_of_a_history(overrides: list[str], steps: list[int]) -> None:
    experiment = runner.load(*XOR, *overrides)
    history = runner.train(experiment).history
    assert history.columns[0] == experiment.log.unit
    assert list(history.iloc[:, 0]) == steps
    assert experiment.rows == len(steps)


def test_a_sparse_history_has_rows_of_the_full_one() -> None:
    full, sparse = run(*XOR), run(*XOR, "log.every=4")
    assert full.history.iloc[[0, 4, 6]].to_numpy().tobytes() == sparse.history.to_numpy().tobytes()


def test_epochs_and_updates_record_the_same_weights() -> None:
    epochs, updates = (run(*XOR, "batch_size=4", f"log.unit={unit}") for unit in ("epoch", "update"))
    assert (updates.history.iloc[::3, 1:].to_numpy() == epochs.history.iloc[:, 1:].to_numpy()).all()


@pytest.mark.parametrize("shuffle", ["true", "false"])
def test_more_than_all_examples_are_one_batch(shuffle: str) -> None:
    ways = (*XOR, "optimizer=adam", "log.unit=update", f"shuffle={shuffle}")
    whole, more, most = (run(*ways, f"batch_size={size}") for size in (10, 11, 10**30))
    assert more.experiment.updates_per_epoch == 1
    assert list(more.history["update"]) == [0, 1, 2, 3, 4, 5, 6]
    for other in (more, most):
        assert other.history.to_numpy().tobytes() == whole.history.to_numpy().tobytes()
        assert other.experiment.stack_key == whole.experiment.stack_key
        assert widest(other.experiment, 2**32) == widest(whole.experiment, 2**32)
    one = Stack([more.experiment])
    (batch,) = one.batches()
    assert batch is not None
    inputs = more.experiment.data.inputs
    assert sorted(batch[0][0].tolist()) == sorted(inputs.tolist())
    assert (batch[0][0] == inputs).all() == (shuffle == "false")


@pytest.mark.parametrize(
    ("overrides", "columns"),
    [
        ([], ["error"]),
        (["regularization.l1=0.1"], ["error", "objective"]),
        (["data.test_fraction=0.3"], ["error", "test_error"]),
        (
            ["data.test_fraction=0.3", "loss=binary_cross_entropy_with_logits", "regularization.l2=1"],
            ["error", "objective", "test_error", "accuracy", "test_accuracy"],
        ),
    ],
)
def test_columns_of_a_history(overrides: list[str], columns: list[str]) -> None:
    history = run("data=sine" if len(columns) < 4 else "data=xor", "data.points=10", "network=dense",
                  "network.hidden=[1]", "epochs=1", "log.weights=false", *overrides).history  # fmt: skip
    assert list(history) == ["epoch", *columns]


def test_gradients_of_the_history_lead_to_the_next_weights() -> None:
    history = run(*XOR, "log.gradients=true", "network.hidden=[2]").history
    names = [name for name in history if name[0] in "wb"]
    for before, after in zip(history.index[:-1], history.index[1:], strict=True):
        g = history.loc[before, [f"g_{name}" for name in names]].to_numpy()
        expected = history.loc[before, names].to_numpy() - 0.05 * g
        np.testing.assert_array_equal(history.loc[after, names].to_numpy(), expected)


def test_objective_is_error_and_penalties() -> None:
    history = run(*XOR, "regularization.l1=0.1", "regularization.l2=0.3").history
    w = history[[name for name in history if name.startswith("w")]].to_numpy()
    penalty = 0.1 * np.abs(w).sum(axis=1) + 0.15 * (w * w).sum(axis=1)
    np.testing.assert_allclose(history["objective"] - history["error"], penalty, rtol=1e-12)


def test_accuracy_by_hand() -> None:
    one = run("data=inline", "data.inputs=[[0],[1],[2],[3]]", "data.targets=[[0],[1],[1],[0]]", "epochs=0",
              "network=dense", "network.hidden=[]", "network.weights=[[[1]]]", "network.biases=[[-0.5]]",
              "loss=binary_cross_entropy_with_logits")  # fmt: skip
    assert list(one.predict().ravel()) == [-0.5, 0.5, 1.5, 2.5]  # right, right, right, wrong
    assert list(one.history["accuracy"]) == [0.75]


def test_frozen_biases_stay() -> None:
    one = run(*XOR, "network.biases={init: constant, value: 0.3}", "network.train_biases=false")
    biases = one.history[[name for name in one.history if name.startswith("b")]]
    assert (biases == 0.3).all(axis=None)
    assert one.history["w1"].nunique() > 1


# --- streams of random numbers -----------------------------------------------------------------

INITIAL, DATA, ORDER = "initial weights", "data", "order"


def fingerprints(*overrides: str) -> dict[str, bytes]:
    experiment = runner.load(*XOR[:-2], "network=dense", "data.test_fraction=0.2", "batch_size=4", *overrides)
    one_by_one = runner.load(*XOR[:-2], "network=dense", "data.test_fraction=0.2", *overrides, "batch_size=1")
    order = np.concatenate([x for x, _ in Stack([one_by_one]).batches()], axis=1)[0]
    rank = (one_by_one.data.inputs[None] == order[:, None]).all(axis=2).argmax(axis=1)
    weights = initial_parameters(experiment)[:, : experiment.weight_count]
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


def test_a_longer_training_begins_as_the_shorter() -> None:
    short, long = (run(*XOR, "batch_size=3", f"epochs={n}").history for n in (4, 9))
    assert long.iloc[:5].to_numpy().tobytes() == short.to_numpy().tobytes()


def test_streams_differ_by_name_and_seed() -> None:
    draws = {
        stream(seed, name).random()
        for seed in range(20)
        for name in ("weights", "biases", "shuffle", "split")
    }
    assert len(draws) == 80
    assert stream(3, "weights").random() == stream(3, "weights").random()


def test_each_epoch_takes_every_example_once_in_a_new_order() -> None:
    stack = Stack([runner.load(*XOR, "batch_size=3")])
    orders = []
    for _ in range(3):
        batches = list(stack.batches())
        assert [x.shape[1] for x, _ in batches] == [3, 3, 3, 1]
        orders.append(np.concatenate([x[0] for x, _ in batches]))
    assert len({order.tobytes() for order in orders}) == 3
    for order in orders:
        assert {tuple(row) for row in order} == {tuple(row) for row in stack.one.data.inputs}


# --- initializers --------------------------------------------------------------------------------

FAN_OUT, FAN_IN = 400, 100
# What the paper of each says of weights into 400 neurons from 100: (mean, standard deviation, bound).
STATISTICS: dict[str, tuple[float, float, float | None]] = {
    "zeros": (0.0, 0.0, 0.0),
    "constant": (0.1, 0.0, 0.1),
    "uniform": (0.0, 1 / 3**0.5, 1.0),
    "normal": (0.0, 1.0, None),
    "xavier_uniform": (0.0, (2 / 500) ** 0.5, (6 / 500) ** 0.5),
    "xavier_normal": (0.0, (2 / 500) ** 0.5, None),
    "he_uniform": (0.0, (2 / 100) ** 0.5, (6 / 100) ** 0.5),
    "he_normal": (0.0, (2 / 100) ** 0.5, None),
    "lecun_normal": (0.0, (1 / 100) ** 0.5, None),
    "orthogonal": (0.0, 1 / 400**0.5, None),  # columns of unit length
}


@pytest.mark.parametrize("name", INITIALIZERS)
def test_every_initializer(name: str) -> None:
    initializer = INITIALIZERS[name]
    shapes: list[tuple[int, ...]] = [(3, 5), (5, 3), (1, 1)] if initializer.needs_fan else [(3, 5), (4,)]
    for shape in shapes:
        drawn, same = (initializer.draw(stream(1, "weights"), shape, **initializer.options) for _ in range(2))
        assert drawn.shape == shape
        assert np.isfinite(drawn).all()
        assert drawn.tobytes() == same.tobytes()


@pytest.mark.parametrize("name", STATISTICS)
def test_statistics_of_initializers(name: str) -> None:
    mean, std, bound = STATISTICS[name]
    initializer = INITIALIZERS[name]
    drawn = initializer.draw(stream(0, "weights"), (FAN_OUT, FAN_IN), **initializer.options)
    assert drawn.shape == (FAN_OUT, FAN_IN)
    assert drawn.mean() == pytest.approx(mean, abs=4 * std / 200 + 1e-15)  # 4 standard errors of 40,000
    assert drawn.std() == pytest.approx(std, rel=0.02, abs=1e-15)
    if bound is not None:
        assert 0.99 * bound <= np.abs(drawn).max() <= bound
    elif name != "orthogonal":  # a normal distribution: 4.55 % beyond two deviations
        assert (np.abs(drawn - mean) > 2 * std).mean() == pytest.approx(0.0455, abs=0.005)


@pytest.mark.parametrize("shape", [(5, 3), (3, 5), (4, 4)])
def test_orthogonal(shape: tuple[int, int]) -> None:
    q = INITIALIZERS["orthogonal"].draw(stream(0, "weights"), shape, gain=2.0)
    small = q @ q.T if shape[0] <= shape[1] else q.T @ q
    np.testing.assert_allclose(small, 4 * np.eye(min(shape)), atol=1e-14)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_every_optimizer_learns(name: str) -> None:
    history = run(f"optimizer={name}", "learning_rate=0.01", "epochs=200").history
    assert history["error"].iloc[-1] < 0.5 * history["error"].iloc[0]


def test_results_of_a_run_agree_with_its_history() -> None:
    one: Any = run("learning_rate=0.1", "epochs=30")
    assert one.result.initial_error == one.history["error"].iloc[0]
    assert one.result.final_error == one.history["error"].iloc[-1]
    assert one.result.best_error == one.history["error"].min()
    assert one.result.best_epoch == one.history["error"].idxmin()


def test_divergence_does_not_depend_on_what_is_logged() -> None:
    ways = ["network.hidden=[1]", "network.activation=relu", "network.biases=null", "learning_rate=1e308"]
    given = ["data=inline", "data.inputs=[[1]]", "data.targets=[[-1]]", "network.weights=[[[1e-300]],[[10]]]"]
    results = [
        run("network=dense", *ways, *given, "epochs=3", f"log.weights={w}").result for w in (True, False)
    ]
    assert [result.status for result in results] == ["diverged", "diverged"]
    assert results[0].final.tolist() == results[1].final.tolist()
    assert np.isfinite(results[0].final).all()


def test_predictions_for_other_inputs() -> None:
    trained = run("epochs=0")
    assert trained.predict([[2, 3], [0, 0]]).tolist() == [[0.191], [0.0]]
    for wrong in ([2, 3], [[1, 2, 3]]):
        with pytest.raises(runner.RunnerError, match="must be rows of 2 numbers"):
            trained.predict(wrong)


@pytest.mark.parametrize("scale", ["null", "standard", "minmax"])
def test_other_inputs_are_in_the_units_of_the_data(scale: str) -> None:
    ways = ("network=dense", "data=iris", "loss=cross_entropy", "epochs=5", "data.test_fraction=0.2")
    datasets = pytest.importorskip("sklearn.datasets")
    trained = run(*ways, f"data.scale={scale}")
    raw = runner.load(*ways, "data.scale=null").data
    np.testing.assert_array_equal(trained.predict(raw.inputs), trained.predict())
    pred = trained.predict(datasets.load_iris().data)
    assert np.unique(pred, axis=0).shape[0] > 100
    half = trained.experiment.data.examples
    assert np.allclose(trained.experiment.data.in_own_units(trained.experiment.data.inputs), raw.inputs)
    right = (pred.argmax(axis=1) == datasets.load_iris().target).mean()
    assert right == pytest.approx(trained.result.metrics["accuracy"], abs=0.1), half
