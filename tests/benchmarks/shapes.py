"""Run-steps of networks of several shapes beside JAX; an element of each activation beside one of exp.

    python tests/benchmarks/shapes.py [elements|steps …]      needs the extra: bench

What is compared is run in turn, A B A B, on one core, which JAX would not keep to by itself; the medians of
the ratios are printed.
"""

from __future__ import annotations

import statistics
import sys
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from single_run import Nowhere, in_turn, on_one_core, ratio
from sweeps import stacks

from runner.config import experiment
from runner.nn.activations import ACTIVATIONS
from runner.training.experiment import Experiment
from runner.training.loop import keep_freed_memory, train


class Shape(NamedTuple):
    sizes: tuple[int, ...]
    activation: str
    batch: int | None
    examples: int
    runs: int
    epochs: int
    optimizer: str = "sgd"


SHAPES = {
    "64-32-10 tanh, batch 32": Shape((64, 32, 10), "tanh", 32, 1792, 64, 5),
    "64-32-10 tanh, batch 32, one run": Shape((64, 32, 10), "tanh", 32, 1792, 1, 10),
    "784-300-10 tanh, batch 100": Shape((784, 300, 10), "tanh", 100, 1000, 4, 2),
    "2-16-16-1 relu, all of 200": Shape((2, 16, 16, 1), "relu", None, 200, 64, 100),
    "10-8-8-8-3 sigmoid, batch 16": Shape((10, 8, 8, 8, 3), "sigmoid", 16, 320, 64, 20),
    "10-8-8-8-3 sigmoid, batch 16, adam": Shape((10, 8, 8, 8, 3), "sigmoid", 16, 320, 64, 20, "adam"),
}


def experiment_of(shape: Shape) -> Experiment:
    rng, outputs = np.random.default_rng(0), shape.sizes[-1]
    classes = np.eye(outputs)[rng.integers(0, outputs, shape.examples)]
    targets = classes if outputs > 1 else rng.normal(size=(shape.examples, 1))
    return experiment(
        {
            "epochs": shape.epochs,
            "batch_size": shape.batch,
            "loss": "cross_entropy" if outputs > 1 else "mean_squared_error",
            "optimizer": {"name": shape.optimizer},
            "network": {
                "hidden": list(shape.sizes[1:-1]),
                "activation": shape.activation,
                "weights": "xavier_uniform",
                "biases": "zeros",
            },
            "data": {
                "name": "inline",
                "inputs": rng.uniform(0, 1, (shape.examples, shape.sizes[0])).tolist(),
                "targets": targets.tolist(),
            },
            "log": {"every": shape.epochs, "weights": False},
        }
    )


def jax(shape: Shape, one: Experiment, rates: list[float]) -> Callable[[], object]:
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", True)
    x, y, tree = jnp.array(one.data.inputs), jnp.array(one.data.targets), jax.tree
    f = {"tanh": jnp.tanh, "relu": jax.nn.relu, "sigmoid": jax.nn.sigmoid}[shape.activation]
    rng, batch = np.random.default_rng(0), shape.batch or shape.examples
    start = [
        (jnp.array(rng.normal(0, 0.1, (o, i))), jnp.zeros(o))
        for i, o in zip(shape.sizes, shape.sizes[1:], strict=False)
    ]

    def error(p: Any, xs: Any, ys: Any) -> Any:
        for w, b in p[:-1]:
            xs = f(xs @ w.T + b)
        pred = xs @ p[-1][0].T + p[-1][1]
        if shape.sizes[-1] > 1:
            return -(ys * jax.nn.log_softmax(pred)).sum(axis=1).mean()
        return ((pred - ys) ** 2).mean()

    def adam(p: Any, m: Any, v: Any, t: Any, rate: Any) -> Any:
        hat_m, hat_v = (tree.map(lambda q, b=b: q / (1 - b**t), s) for s, b in ((m, 0.9), (v, 0.999)))
        return tree.map(lambda w, mh, vh: w - rate * mh / (jnp.sqrt(vh) + 1e-8), p, hat_m, hat_v)

    def fit(rate: Any, orders: Any) -> Any:
        def step(state: Any, chosen: Any) -> Any:
            p, m, v, t = state
            g = jax.grad(error)(p, x[chosen], y[chosen]) if shape.batch else jax.grad(error)(p, x, y)
            if shape.optimizer == "sgd":
                return (tree.map(lambda w, d: w - rate * d, p, g), m, v, t), None
            m = tree.map(lambda q, d: 0.9 * q + 0.1 * d, m, g)
            v = tree.map(lambda q, d: 0.999 * q + 0.001 * d * d, v, g)
            return (adam(p, m, v, t + 1, rate), m, v, t + 1), None

        zeros = tree.map(jnp.zeros_like, start)
        return jax.lax.scan(step, (start, zeros, zeros, 0.0), orders)[0][0]

    compiled = jax.jit(jax.vmap(fit, in_axes=(0, None)))

    def run() -> None:
        orders = [rng.permutation(shape.examples).reshape(-1, batch) for _ in range(shape.epochs)]
        jax.block_until_ready(compiled(jnp.array(rates), jnp.array(np.concatenate(orders))))

    return run


def steps(rounds: int = 7) -> None:
    for name, shape in SHAPES.items():
        one, rates = experiment_of(shape), np.geomspace(1e-3, 0.1, shape.runs).tolist()
        calls: list[Callable[[], object]] = [lambda: stacks(one, rates)]  # noqa: B023 - called at once
        try:
            calls.append(jax(shape, one, rates))
        except ImportError:
            print("JAX is not installed")
        in_turn(1, *calls)
        measured = in_turn(rounds, *calls)
        count = shape.runs * shape.epochs * one.updates_per_epoch
        mine = statistics.median(times[0] for times in measured) / count * 1e6
        beside = f", {ratio(measured, 1):.2f} of JAX vmap + scan's speed" if len(calls) > 1 else ""
        print(f"{name}, {shape.runs} run(s), a run-step on one core: {mine:.1f} µs{beside}")


def elements(count: int = 26 * 1024, rounds: int = 101) -> None:
    """Of a layer of a stack: 26 runs, 32 examples, 32 neurons."""
    z = np.random.default_rng(0).normal(size=(26, 32, count // 832))
    for name, f in ACTIVATIONS.items():
        a = f.value(z)
        calls: list[Callable[[], object]] = [
            lambda: np.exp(z),
            lambda: f.value(z),  # noqa: B023
            lambda: f.derivative(z, a),  # noqa: B023
        ]
        measured = in_turn(rounds, *calls)
        value, derivative = (ratio(measured, i) for i in (1, 2))
        print(f"{name}: value {value:.1f}, derivative {derivative:.1f} times exp")


BENCHMARKS = {f.__name__: f for f in (elements, steps)}

if __name__ == "__main__":
    keep_freed_memory()
    with on_one_core():
        train([experiment_of(SHAPES["2-16-16-1 relu, all of 200"])], Nowhere())  # all is imported
        for name in sys.argv[1:] or BENCHMARKS:
            BENCHMARKS[name]()
