"""How fast one run is, alone: start-up, one small update, and a middling network beside two libraries.

    python tests/benchmarks/single_run.py      needs the extra: bench

What is compared is run in turn, A B A B, and the medians of the ratios are printed.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from threadpoolctl import threadpool_limits

from runner.config import experiment
from runner.nn.arrays import Array
from runner.training.experiment import Experiment
from runner.training.loop import keep_freed_memory, train

# Programs that compile what they import each time tell nothing of a user's.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

EMPTY_APP = """
import hydra
@hydra.main(version_base="1.3", config_path=None)
def main(config): pass
main()
"""


class Nowhere:
    """A sink for the rows of no interest."""

    def write(self, run: int, steps: Sequence[int], rows: Array) -> None:
        pass


def seconds(call: Callable[[], object]) -> float:
    started = time.perf_counter()
    call()
    return time.perf_counter() - started


def in_turn(rounds: int, *calls: Callable[[], object]) -> list[list[float]]:
    """The seconds of each call, a list a round."""
    return [[seconds(call) for call in calls] for _ in range(rounds)]


@contextmanager
def on_one_core() -> Iterator[None]:
    """Keeps this process, its threads and the processes that it starts on one core, where a system can."""
    with threadpool_limits(1):
        if not hasattr(os, "sched_setaffinity"):
            yield
            return
        cores = os.sched_getaffinity(0)
        os.sched_setaffinity(0, [min(cores)])
        try:
            yield
        finally:
            os.sched_setaffinity(0, cores)


def ratio(rounds: list[list[float]], a: int, b: int = 0) -> float:
    return statistics.median(times[a] / times[b] for times in rounds)


def start_up() -> None:
    with tempfile.TemporaryDirectory() as folder:
        app = Path(folder, "app.py")
        app.write_text(EMPTY_APP)

        def process(*command: str) -> Callable[[], object]:
            return lambda: subprocess.run(
                [sys.executable, *command], cwd=folder, capture_output=True, check=True
            )

        rounds = in_turn(9, process(str(app)), process("-m", "runner", "epochs=1"))
    empty, ours = (statistics.median(times[i] for times in rounds) * 1e3 for i in (0, 1))
    print(f"start-up: an empty Hydra app {empty:.0f} ms, backprop-runner epochs=1 {ours:.0f} ms")


def one_update(name: str, **more: object) -> None:
    updates = 20_000
    one = experiment(
        {
            "epochs": updates,
            "network": {
                "hidden": [2],
                "weights": [[[0.11, 0.21], [0.12, 0.08]], [[0.14, 0.15]]],
            },
            "data": {"name": "inline", "inputs": [[2, 3]], "targets": [[1]]},
            "log": {"every": updates},
            **more,
        }
    )
    best = min(seconds(lambda: train([one], Nowhere())) for _ in range(5))
    print(f"an update of the article's network, {name}: {best / updates * 1e6:.1f} µs")


def digits(epochs: int) -> Experiment:
    return experiment(
        {
            "learning_rate": 0.01,
            "epochs": epochs,
            "batch_size": 32,
            "loss": "cross_entropy",
            "network": {"hidden": [32], "activation": "relu", "weights": "xavier_uniform", "biases": "zeros"},
            "data": {"name": "digits", "scale": "minmax"},
            "log": {"every": epochs, "weights": False},
        }
    )


def beside_the_libraries(epochs: int = 10, rounds: int = 7) -> None:
    one = digits(epochs)
    calls: list[Callable[[], object]] = [lambda: train([one], Nowhere())]
    names = ["backprop-runner"]
    for name, make in (("scikit-learn MLPClassifier", scikit_learn), ("PyTorch eager", torch_eager)):
        try:
            calls.append(make(one))
            names.append(name)
        except ImportError:
            print(f"{name} is not installed")
    for call in calls:  # once unmeasured
        call()
    measured = in_turn(rounds, *calls)
    for i, name in enumerate(names):
        per_update = statistics.median(times[i] for times in measured) / epochs / one.updates_per_epoch * 1e6
        print(
            f"digits 64-32-10, batch 32, {name}: {per_update:.0f} µs an update, "
            f"{ratio(measured, i):.2f} times ours"
        )


def scikit_learn(one: Experiment) -> Callable[[], object]:
    from sklearn.neural_network import MLPClassifier

    x, y = one.data.inputs, one.data.targets.argmax(axis=1)

    def fit() -> None:
        model = MLPClassifier(
            [32], solver="sgd", batch_size=32, max_iter=one.epochs, momentum=0, alpha=0,
            learning_rate_init=0.01, n_iter_no_change=one.epochs, tol=0,
        )  # fmt: skip
        with warnings.catch_warnings(action="ignore"):
            model.fit(x, y)

    return fit


def torch_eager(one: Experiment) -> Callable[[], object]:
    import torch

    torch.set_num_threads(1)
    torch.set_default_dtype(torch.float64)
    x, y = torch.tensor(one.data.inputs), torch.tensor(one.data.targets.argmax(axis=1))
    loss = torch.nn.CrossEntropyLoss()

    def fit() -> None:
        model = torch.nn.Sequential(torch.nn.Linear(64, 32), torch.nn.ReLU(), torch.nn.Linear(32, 10))
        optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
        for _ in range(one.epochs):
            for rows in torch.randperm(len(x)).split(32):
                optimizer.zero_grad()
                loss(model(x[rows]), y[rows]).backward()
                optimizer.step()

    return fit


if __name__ == "__main__":
    start_up()
    keep_freed_memory()  # as the command does
    with on_one_core():
        one_update("gradient descent")
        one_update("momentum", optimizer={"name": "sgd", "momentum": 0.9})
        one_update("adam", optimizer={"name": "adam"})
        beside_the_libraries()
