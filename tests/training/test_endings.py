"""How runs end: what their last errors tell."""

from __future__ import annotations

import numpy as np
import pytest

import runner
from runner.nn.arrays import Array
from runner.training.endings import ENDINGS, WINDOW, Course, Ending, Tail, alternates, endings

EPOCHS = np.arange(2001)


def ending_of(errors: Array, noisy: bool = False, alternating: bool = False) -> Ending:
    """That of a run with these errors, the first among them."""
    tail = Tail(1)
    for error in errors:
        tail.add(slice(None), np.array([error]))
    course = Course(*map(np.atleast_1d, (len(errors) - 1, errors[0], False, alternating)))
    return endings(tail, course, noisy)[0]


def logistic(r: float) -> Array:
    """The logistic map, whose periods are known (May 1976, "Simple mathematical models")."""
    x = [0.4]
    for _ in EPOCHS[1:]:
        x.append(r * x[-1] * (1 - x[-1]))
    return np.array(x)


@pytest.mark.parametrize(
    ("errors", "expected"),
    [
        (0.3 + np.exp(-EPOCHS / 20), ("converged", None)),
        (np.exp(-EPOCHS / 5), ("converged", None)),  # down to nothing
        (1e-28 * np.random.default_rng(0).random(2001), ("converged", None)),  # begins at rounding
        (np.full(2001, 0.7), ("converged", None)),
        (0.7 + 1e-3 * np.cos(np.pi * EPOCHS / 2000), ("converged", None)),  # as the rate goes to 0
        (0.7 - 0.1 * np.exp(-EPOCHS / 200), ("converged", None)),  # from below
        (1e-3 * np.exp(-EPOCHS / 80), ("converged", None)),  # as good as nothing, if not quite
        (np.zeros(2001), ("converged", None)),
        (np.exp(-EPOCHS / 2000), ("falling", None)),
        (1 / (1 + EPOCHS), ("falling", None)),
        (0.5 + 0.5 * np.exp(-EPOCHS / 2000), ("falling", None)),
        (np.exp(-EPOCHS / 300) * (1.1 + np.cos(EPOCHS / 7)), ("falling", None)),  # a swing that dies away
        (np.exp(-EPOCHS / 300) * (1.1 + (-1.0) ** EPOCHS), ("falling", None)),
        (1.0 + 0.1 * (-1.0) ** EPOCHS, ("oscillating", 2)),
        (1.0 + 0.1 * (EPOCHS % 31 == 0), ("oscillating", 31)),
        (
            0.2 + np.exp(-EPOCHS / 10) + 1e-5 * (EPOCHS % 3),
            ("oscillating", 3),
        ),  # of a small part of the error
        (logistic(3.2), ("oscillating", 2)),
        (logistic(3.5), ("oscillating", 4)),
        (logistic(3.55), ("oscillating", 8)),
        (logistic(3.83), ("oscillating", 3)),
        (logistic(3.7), ("irregular", None)),
        (logistic(3.95), ("irregular", None)),
        (1e-3 * 1.02 ** (2.0 * EPOCHS), ("diverged", None)),
        (1.01 ** np.arange(101.0), ("diverged", None)),  # on its way
    ],
)
def test_an_ending_is_told_from_the_last_errors(errors: Array, expected: tuple[str, int | None]) -> None:
    assert tuple(ending_of(errors)) == expected


def test_noise_about_a_level_is_a_plateau_and_no_oscillation() -> None:
    for seed in range(100):
        noise = np.random.default_rng(seed).normal(size=400)
        walk = np.convolve(noise, [0.5, 0.3, 0.2], mode="same")
        assert ending_of(0.3 + np.exp(-np.arange(400) / 20) + 0.02 * walk, noisy=True).name == "converged"
        falling = np.exp(-np.arange(400) / 200) * (1 + 0.1 * noise)
        assert ending_of(falling, noisy=True).name == "falling"


def test_chaos_is_not_taken_for_a_swing_that_dies_away() -> None:
    """Of few epochs some would look like one by chance: with half the peaks at the end alone, every sixth."""
    rates = ["learning_rate=interval(0.4,0.499)", "hydra.sweeper.points=100"]
    runs = runner.train(runner.load_sweep(*rates, "epochs=20"))
    assert sum(run.result.ending == "falling" for run in runs) <= 10


@pytest.mark.parametrize(
    ("overrides", "ending"),
    [
        ("network=dense data=xor optimizer=adam learning_rate=0.01 epochs=30", "falling"),  # behind a drop
        ("network=dense data=xor optimizer=rmsprop learning_rate=0.1 epochs=10", "falling"),
        ("optimizer=adam learning_rate=0.003 epochs=100", "irregular"),  # in the midst of a swing
        (
            "network=dense network.hidden=[3,3,3] network.activation=identity data=plane optimizer=adam"
            " learning_rate=0.01 epochs=100",
            "irregular",
        ),
        # two values, whose level creeps up to an end
        ("network=dense data=xor optimizer=rmsprop learning_rate=0.2 epochs=1000", "irregular"),
        ("learning_rate=0.492425 epochs=300", "irregular"),  # chaos, whose means rise by chance
    ],
)
def test_what_an_ending_foretells_is_to_come(overrides: str, ending: str) -> None:
    """As each of these has been seen to go on."""
    assert runner.train(runner.load(*overrides.split())).result.ending == ending


def test_two_places_of_one_error_are_an_oscillation() -> None:
    """As w and −w are, in a network without biases."""
    assert ending_of(np.full(100, 0.2), alternating=True) == Ending("oscillating", 2)
    there, back = np.array([[1.0, -2.0]]), np.array([[-1.0, 2.0]])
    assert alternates(there, back, there).tolist() == [True]
    assert alternates(there, there, there).tolist() == [False]
    assert alternates(there, there + 1e-9, there).tolist() == [False]
    assert alternates(there, there + 0.1, there + 0.2).tolist() == [False]


def test_of_a_few_epochs_is_said_what_they_tell() -> None:
    assert ending_of(np.array([1.0])) == Ending("")
    assert ending_of(np.array([1.0, 0.5])).name == "falling"
    assert ending_of(np.array([1.0, 1.0, 1.0])).name == "converged"
    assert ending_of(np.array([1.0, 0.9, 0.8, 0.7])).name == "falling"
    for length in range(1, 40):
        for errors in (np.random.default_rng(length).random(length), np.ones(length), np.zeros(length)):
            assert ending_of(errors).name in ("", *ENDINGS)


def test_the_ring_gives_the_last_errors_of_each_run() -> None:
    """Also of one that ended before the others."""
    tail = Tail(2)
    for at in range(WINDOW + 50):
        tail.add(slice(None), np.array([at, -at], dtype=float))
    for at in range(WINDOW + 50, WINDOW + 90):
        tail.add(np.array([1]), np.array([-at], dtype=float))
    assert tail.last(np.array([0]), 3)[:, 0].tolist() == [WINDOW + 47, WINDOW + 48, WINDOW + 49]
    assert tail.last(np.array([1]), 2)[:, 0].tolist() == [-WINDOW - 88, -WINDOW - 89]


RATES = {
    0.01: ("converged", None),
    0.1: ("converged", None),
    0.27: ("converged", None),
    0.3: ("oscillating", 2),
    0.35: ("oscillating", 4),
    0.359: ("oscillating", 8),
    0.4: ("irregular", None),
    0.51: ("oscillating", 4),
    0.6: ("diverged", None),
}


@pytest.mark.parametrize("log", [(), ("log.every=100",), ("log.unit=update",), ("batch_size=4",)])
def test_the_article_s_network_takes_the_road_to_chaos(log: tuple[str, ...]) -> None:
    """Its largest stable rate is 1/√13; all of it is seen whatever is recorded."""
    runs = runner.train([runner.load(f"learning_rate={rate}", "epochs=2000", *log) for rate in RATES])
    found = {rate: (run.result.ending, run.result.period) for rate, run in zip(RATES, runs, strict=True)}
    assert found == RATES


def test_a_run_ends_alone_as_in_company() -> None:
    """Also where the others train for longer."""
    asked = [f"learning_rate={rate}" for rate in RATES]
    stack = [runner.load(rate, f"epochs={600 + 100 * at}") for at, rate in enumerate(asked)]
    for one, run in zip(stack, runner.train(stack), strict=True):
        alone = runner.train(one).result
        assert (run.result.ending, run.result.period) == (alone.ending, alone.period)


@pytest.mark.parametrize(("part", "ending"), [(0.99, "converged"), (1.01, "diverged")])
def test_a_linear_unit_converges_up_to_two_over_the_largest_eigenvalue(part: float, ending: str) -> None:
    """LeCun et al., "Efficient BackProp" (1998), section 5: of the Hessian, the inputs' second moments."""
    unit = ("network=dense", "network.hidden=[]", "data=plane", "network.biases=null", "epochs=1500")
    data = runner.load(*unit).data
    limit = 2.0 / np.linalg.eigvalsh(data.inputs.T @ data.inputs / data.examples)[-1]
    run = runner.train(runner.load(*unit, f"learning_rate={part * limit}"))
    assert run.result.ending == ending


def test_training_with_batches_ends_on_a_plateau() -> None:
    net = ("network=dense", "network.hidden=[4]", "data=sine", "data.noise=0.3", "loss=mean_squared_error")
    small = (*net, "batch_size=8", "learning_rate=0.2", "epochs=300", "log.weights=false")
    for run in runner.train(runner.load_sweep(*small, "seed=range(0,20)")):
        assert run.result.ending in ("converged", "falling")
