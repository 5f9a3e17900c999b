"""What curvature costs, in gradients and in sweeps.

    python tests/benchmarks/curvature.py

What is compared is run in turn, A B A B, and the medians of the ratios are printed.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from single_run import in_turn, ratio
from sweeps import ours, scratch

import runner
from runner.training.curvature import Hessians
from runner.training.loop import keep_freed_memory
from runner.training.objective import Examples, Objective
from runner.training.stack import initial_parameters
from runner.training.threads import same_bits

NETWORKS = {
    "article": ["data=chain_rule"],
    "sine 1-20-20-1": ["network=dense", "data=sine", "network.hidden=[20,20]"],
    "digits 64-32-10": ["network=dense", "data=digits", "network.hidden=[32]", "loss=cross_entropy"],
}


def in_gradients(rounds: int = 15) -> None:
    for name, overrides in NETWORKS.items():
        made = runner.load(*overrides)
        objective, at = Objective.of([made]), initial_parameters(made)
        examples = Examples.of(made.data.inputs, made.data.targets)
        v = np.random.default_rng(0).normal(size=at.shape)

        def hessians() -> Hessians:
            return Hessians(objective, at, examples, made.trained)  # noqa: B023 - called at once

        kept = hessians()
        kept.product(v)  # its passes are made
        calls: list[Callable[[], object]] = [
            lambda: [hessians().gradient() for _ in range(10)],
            lambda: [kept.product(v) for _ in range(10)],  # noqa: B023
            lambda: [hessians().sharpness() for _ in range(10)],
        ]
        with same_bits():
            in_turn(2, *calls)
            measured = in_turn(rounds, *calls)
        print(
            f"{name}, {at.shape[1]:,} parameters: a Hessian-vector product {ratio(measured, 1):.2f} "
            f"gradients, the sharpness at one state {ratio(measured, 2):.1f}"
        )


def in_sweeps(rounds: int = 5) -> None:
    rates = ["learning_rate=tag(log,interval(1e-4,0.1))", "hydra.sweeper.points=1000", "epochs=1000"]
    with scratch() as folder:
        calls = [ours(folder, *rates), ours(folder, *rates, "log.curvature=10")]
        in_turn(1, *calls)
        measured = in_turn(rounds, *calls)
    print(f"1,000 rates x 1,000 epochs, log.curvature=10: {ratio(measured, 1):.2f} times the sweep without")


if __name__ == "__main__":
    keep_freed_memory()
    in_gradients()
    in_sweeps()
