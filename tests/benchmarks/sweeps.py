"""How fast sweeps are, beside the least a machine must do, Hydra's own way, and other libraries.

    python tests/benchmarks/sweeps.py [headline|workers|hydra|libraries|growth|dry_run …]

needs a C++ compiler for the floor and the extra `bench` for PyTorch, scikit-learn and JAX. What is
compared is run in turn, A B A B, whole processes; the medians of the ratios are printed. Every
process writes into a folder of its own in memory, where there is such a place: a disk's speed at
making files varies too much from minute to minute. Times are of two cores.
"""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import numpy as np
from single_run import EMPTY_APP, Nowhere, digits, in_turn, on_one_core, ratio

from runner.training.experiment import Experiment
from runner.training.loop import keep_freed_memory, train
from runner.training.stacking import widest

HERE = Path(__file__).parent
MEMORY = Path("/dev/shm")
RATES = "learning_rate=tag(log,interval(1e-4,0.1))"
ALONE = "hydra.launcher.n_jobs=1"


@contextmanager
def scratch() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None) as folder:
        yield Path(folder)


def process(folder: Path, *command: str) -> Callable[[], object]:
    """A call that runs a command with a new name for its output in the place of ``OUT``."""
    fresh = (folder / f"out{i}" for i in range(10_000))

    def run() -> None:
        out = next(fresh)
        filled = [part.replace("OUT", str(out)) for part in command]
        environment = {**os.environ, "OMP_NUM_THREADS": "1"}
        subprocess.run(filled, cwd=folder, capture_output=True, check=True, env=environment)
        shutil.rmtree(out, ignore_errors=True)

    return run


def ours(folder: Path, *overrides: str) -> Callable[[], object]:
    return process(folder, sys.executable, "-m", "runner", "-m", *overrides, "hydra.sweep.dir=OUT")


def floor(folder: Path, runs: int) -> Callable[[], object]:
    program = folder / "floor"
    if not program.exists():
        compiler = ["c++", "-O3", "-march=native", "-std=c++17", "-o", str(program)]
        subprocess.run([*compiler, str(HERE / "floor.cpp")], check=True)
    return process(folder, str(program), "OUT", str(runs), "1000")


def beside_the_floor(runs: int, rounds: int) -> None:
    """By as many workers as the sweep takes, and by none."""
    arguments = [RATES, f"hydra.sweeper.points={runs}", "epochs=1000"]
    with scratch() as folder:
        sweeps = [ours(folder, *arguments), ours(folder, *arguments, ALONE)]
        calls = [floor(folder, runs), *sweeps]
        in_turn(1, *calls)
        measured = in_turn(rounds, *calls)
    least, auto, alone = (statistics.median(times[i] for times in measured) for i in range(3))
    print(
        f"{runs} learning rates x 1,000 epochs: the C++ floor {least:.2f} s; {auto:.2f} s, "
        f"{ratio(measured, 1):.2f} times that; without workers {alone:.2f} s, {ratio(measured, 2):.2f} times"
    )


def headline() -> None:
    beside_the_floor(1000, rounds=7)


def workers() -> None:
    beside_the_floor(10_000, rounds=3)


def hydra() -> None:
    """A run of ours in a sweep of 1,000 beside a run of 20 under Hydra's basic launcher."""
    few = "learning_rate=range(0.001,0.021,0.001)"
    with scratch() as folder:
        basic = ours(folder, few, "epochs=1000", "hydra/launcher=basic", "hydra/sweeper=basic")
        calls = [ours(folder, RATES, "hydra.sweeper.points=1000", "epochs=1000", ALONE), basic]
        names = ["", "the same project under hydra/launcher=basic hydra/sweeper=basic"]
        try:
            import torch  # noqa: F401

            peer = [sys.executable, str(HERE / "peer_script.py"), "-m", few, "epochs=1000"]
            calls.append(process(folder, *peer, "hydra.sweep.dir=OUT"))
            names.append("Hydra, PyTorch and csv (peer_script.py)")
        except ImportError:
            print("PyTorch is not installed")
        measured = in_turn(3, *calls)
    for i, name in enumerate(names[1:], start=1):
        print(f"a run of 1,000 epochs: {ratio(measured, i) * 1000 / 20:.0f} times faster than {name}")


def libraries(epochs: int = 10, rounds: int = 5) -> None:
    """Training alone, on one core: digits 64-32-10, batch 32, 64 learning rates, a run-step of each."""
    from single_run import scikit_learn, torch_eager

    one = digits(epochs)
    rates = np.geomspace(1e-3, 0.1, 64).tolist()
    steps = epochs * one.updates_per_epoch
    calls: list[Callable[[], object]] = [lambda: stacks(one, rates)]
    runs, names = [64], ["ours"]
    try:
        calls.append(on_two_workers(one, rates))
        calls[-1]()  # its workers start while there are two cores
        runs.append(64)
        names.append("ours on two workers")
    except ImportError:
        print("joblib is not installed")
    makers = {
        "PyTorch eager": (partial(torch_eager, one), 1),
        "scikit-learn": (partial(scikit_learn, one), 1),
        "JAX vmap + scan": (partial(jax, one, rates), 64),
    }
    with on_one_core():
        for name, (make, count) in makers.items():
            try:
                calls.append(make())
            except ImportError:
                print(f"{name} is not installed")
                continue
            runs.append(count)
            names.append(name)
        for call in calls:
            call()
        measured = in_turn(rounds, *calls)
    for i, name in enumerate(names):
        per_step = statistics.median(times[i] for times in measured) / runs[i] / steps * 1e6
        times_ours = ratio(measured, i) * runs[0] / runs[i]
        print(f"digits, a run-step, {name}: {per_step:.1f} µs, {times_ours:.2f} times ours")


def stacks(one: Experiment, rates: list[float]) -> None:
    keep_freed_memory()  # as the command and its workers do
    width = widest(one, 2**32)
    for start in range(0, len(rates), width):
        train([_at(one, rate) for rate in rates[start : start + width]], Nowhere())


def on_two_workers(one: Experiment, rates: list[float]) -> Callable[[], object]:
    from joblib import Parallel, delayed

    parallel = Parallel(n_jobs=2)
    return lambda: parallel(delayed(stacks)(one, half) for half in (rates[::2], rates[1::2]))


def _at(one: Experiment, rate: float) -> Experiment:
    from dataclasses import replace

    return replace(one, learning_rate=rate)


def jax(one: Experiment, rates: list[float]) -> Callable[[], object]:
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", True)
    x, y = jnp.array(one.data.inputs), jnp.array(one.data.targets)
    examples = len(x) // 32 * 32
    rng = np.random.default_rng(0)
    w1, w2 = rng.normal(0, 0.1, (32, 64)), rng.normal(0, 0.1, (10, 32))
    start = (jnp.array(w1), jnp.zeros(32), jnp.array(w2), jnp.zeros(10))

    def error(p, xs, ys):  # type: ignore[no-untyped-def]
        a = jax.nn.relu(xs @ p[0].T + p[1]) @ p[2].T + p[3]
        return -(ys * jax.nn.log_softmax(a)).sum(axis=1).mean()

    def fit(rate, orders):  # type: ignore[no-untyped-def]
        def step(p, chosen):  # type: ignore[no-untyped-def]
            g = jax.grad(error)(p, x[chosen], y[chosen])
            return jax.tree.map(lambda a, b: a - rate * b, p, g), None

        return jax.lax.scan(step, start, orders)[0]

    compiled = jax.jit(jax.vmap(fit, in_axes=(0, None)))

    def run() -> None:
        orders = np.concatenate(
            [rng.permutation(len(x))[:examples].reshape(-1, 32) for _ in range(one.epochs)]
        )
        jax.block_until_ready(compiled(jnp.array(rates), jnp.array(orders)))

    return run


def growth() -> None:
    """What a run costs, and the most memory held, as the number of runs grows."""
    from scale import measured

    for runs in (100, 1000, 10_000, 100_000):
        with scratch() as folder:
            sweep = [
                RATES,
                f"hydra.sweeper.points={runs}",
                "epochs=100",
                f"hydra.sweep.dir={folder}/s",
                ALONE,
            ]
            cost = measured("-m", "runner", "-m", *sweep)
        per_run = cost.wall / runs * 1e3
        print(f"{runs:,} runs x 100 epochs: {per_run:.2f} ms a run, {cost.memory / 2**20:.0f} MiB at most")


def dry_run() -> None:
    with scratch() as folder:
        app = folder / "app.py"
        app.write_text(EMPTY_APP)
        dry = ours(folder, RATES, "hydra.sweeper.points=10000", "hydra.sweeper.dry_run=true")
        measured = in_turn(7, process(folder, sys.executable, str(app)), dry)
    print(f"a dry run of 10,000 runs: {ratio(measured, 1):.2f} times the start-up of an empty Hydra app")


BENCHMARKS = {f.__name__: f for f in (headline, workers, hydra, libraries, growth, dry_run)}

if __name__ == "__main__":
    for name in sys.argv[1:] or BENCHMARKS:
        BENCHMARKS[name]()
