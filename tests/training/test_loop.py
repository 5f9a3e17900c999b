"""The loop: which rows a history records, and what an earlier or a longer training has of it."""

from __future__ import annotations

import numpy as np
import pytest

import runner
from runner.nn.optimizers import OPTIMIZERS

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


def test_gradients_of_the_history_lead_to_the_next_weights() -> None:
    halved = ("schedule=exponential", "schedule.factor=0.5")  # the first epoch has the rate that is given
    history = run(*XOR, "log.gradients=true", "network.hidden=[2]", *halved).history
    names = [name for name in history if name[0] in "wb"]
    for before, after in zip(history.index[:-1], history.index[1:], strict=True):
        g = history.loc[before, [f"g_{name}" for name in names]].to_numpy()
        expected = history.loc[before, names].to_numpy() - 0.05 * 0.5**before * g
        np.testing.assert_array_equal(history.loc[after, names].to_numpy(), expected)


def test_objective_is_error_and_penalties() -> None:
    history = run(*XOR, "regularization.l1=0.1", "regularization.l2=0.3").history
    w = history[[name for name in history if name.startswith("w")]].to_numpy()
    penalty = 0.1 * np.abs(w).sum(axis=1) + 0.15 * (w * w).sum(axis=1)
    np.testing.assert_allclose(history["objective"] - history["error"], penalty, rtol=1e-12)


def test_frozen_biases_stay() -> None:
    one = run(*XOR, "network.biases={init: constant, value: 0.3}", "network.train_biases=false")
    biases = one.history[[name for name in one.history if name.startswith("b")]]
    assert (biases == 0.3).all(axis=None)
    assert one.history["w1"].nunique() > 1


def test_a_longer_training_begins_as_the_shorter() -> None:
    short, long = (run(*XOR, "batch_size=3", f"epochs={n}").history for n in (4, 9))
    assert long.iloc[:5].to_numpy().tobytes() == short.to_numpy().tobytes()


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_every_optimizer_learns(name: str) -> None:
    history = run(f"optimizer={name}", "learning_rate=0.01", "epochs=200").history
    assert history["error"].iloc[-1] < 0.5 * history["error"].iloc[0]


def test_runs_of_one_stack_end_at_epochs_of_their_own() -> None:
    runs = runner.train([runner.load(*XOR, f"epochs={n}") for n in (2, 0, 5, 2)])
    assert [one.result.epochs for one in runs] == [2, 0, 5, 2]
    longest = runs[2].history.to_numpy()
    for one in runs:
        assert one.history.to_numpy().tobytes() == longest[: len(one.history)].tobytes()
        assert one.result.final.tolist() == one.history.iloc[-1, 3:].tolist()


def test_runs_of_one_stack_have_orders_rates_and_states_of_their_own() -> None:
    ways = (*XOR, "batch_size=3", "optimizer=adam", "schedule=cosine")
    numbers = ((1, 2, 0.1), (0, 6, 0.05), (2, 4, 0.2))
    runs = [
        runner.load(*ways, f"seed={seed}", f"epochs={epochs}", f"learning_rate={rate}")
        for seed, epochs, rate in numbers
    ]
    assert len({one.stack_key for one in runs}) == 1
    for one, experiment in zip(runner.train(runs), runs, strict=True):
        assert one.history.equals(runner.train(experiment).history)


def test_a_run_that_diverges_leaves_the_others_as_they_are() -> None:
    ways = ("epochs=40",)
    rates = (0.1, 1e3, 0.2)
    together = runner.train([runner.load(*ways, f"learning_rate={rate}") for rate in rates])
    assert [one.result.status for one in together] == ["completed", "diverged", "completed"]
    for one, rate in zip(together, rates, strict=True):
        assert run(*ways, f"learning_rate={rate}").history.equals(one.history)


def test_training_leaves_the_memory_of_the_process_to_its_owner(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> None:
        raise AssertionError("the library's train tuned malloc")

    monkeypatch.setattr("runner.training.loop.keep_freed_memory", refuse)
    assert run(*XOR, "epochs=1").result.epochs == 1
