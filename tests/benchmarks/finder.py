"""How good the finder's learning rate is: on fresh seeds, beside the best of a fine grid and a ramp's.

    python tests/benchmarks/finder.py [PROBLEM ...]

prints a Markdown table, a line a problem and optimizer. The finder is asked SETS times, with other seeds each
time, the ramp once a seed of a set. Every rate suggested is tried on the same FRESH seeds, as are those of
the grid. A share is how far the median error falls at a rate on a log scale, of how far at the grid's best;
1 is as good. Its last column is the share of what is the grid's best on as many OTHERS: what chance leaves.
"""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np

import runner
from runner.records.lines import Line
from runner.results.finding import FINE, SEEDS, Curve
from runner.results.ranking import TRAINING
from runner.training.experiment import Experiment
from runner.training.loop import keep_freed_memory
from runner.training.stack import Stack
from runner.training.threads import same_bits

CLASSES = ["network=dense", "loss=cross_entropy"]
TWO_CLASSES = ["network=dense", "loss=binary_cross_entropy_with_logits"]
PROBLEMS = {
    "chain_rule": [],
    "xor": ["experiment=xor"],
    "moons": [*TWO_CLASSES, "data=moons", "epochs=200"],
    "spiral": ["experiment=spiral"],
    "iris": [*CLASSES, "data=iris", "epochs=200"],
    "wine": [*CLASSES, "data=wine", "batch_size=32"],
    "digits": ["experiment=digits"],
    "cars": ["experiment=cars"],
    "sine": ["network=dense", "data=sine", "loss=mean_squared_error", "network.hidden=[16]", "batch_size=32"],
    "breast_cancer": [*TWO_CLASSES, "data=breast_cancer", "batch_size=32", "epochs=50"],
}
OPTIMIZERS = {
    "sgd": ["optimizer=sgd"],
    "momentum 0.9": ["optimizer=sgd", "optimizer.momentum=0.9"],
    "adam": ["optimizer=adam"],
}
#: How often the finder is asked; less often where trainings are dear.
SETS, FEWER = 3, {"digits": 2, "spiral": 2}
FRESH, OTHERS = range(1000, 1020), range(2000, 2020)
#: Decades to each side of the finder's rates over which the fine grid goes.
AROUND = 0.5


def curve(experiment: Experiment, rates: Iterable[float], seeds: Sequence[int]) -> Curve:
    """What comes of trainings at `rates`."""
    marks = [(rate, seed) for rate in sorted(set(rates)) for seed in seeds]
    runs = runner.train(
        [replace(experiment, learning_rate=rate, seed=seed) for rate, seed in marks], max_memory="1GiB"
    )
    lines = [
        Line(0, {"learning_rate": mark[0]}).ended(run.result) for mark, run in zip(marks, runs, strict=True)
    ]
    return Curve.of(lines, TRAINING)


def ramps(experiment: Experiment, seeds: Sequence[int], updates: int = 100) -> list[float]:
    """The rate that fastai's ``lr_find`` suggests for each seed:
    `updates` from 1e-7 to 10, then its valley rule.

    As ``Recorder``, ``LRFinder`` and ``Learner.lr_find`` have it: losses are those of the batches, smoothed
    with β = 0.98 and corrected for their start; it ends where one is above four times the least; the first
    tenth and the last five are left out.
    """
    rates = [1e-7 * 1e8 ** (update / updates) for update in range(updates)]
    stack = Stack([replace(experiment, seed=seed) for seed in seeds])
    losses: list[np.ndarray] = []
    with same_bits():
        while len(losses) < updates:
            for batch in stack.batches():
                if len(losses) < updates:
                    rate = np.full((len(seeds), 1), rates[len(losses)])
                    losses.append(stack.update(rate, batch).point.error)
    return [_suggested(rates, [float(loss[run]) for loss in losses]) for run in range(len(seeds))]


def _suggested(rates: Sequence[float], losses: Sequence[float]) -> float:
    smoothed, mean = list[float](), 0.0
    for at, loss in enumerate(losses, start=1):
        mean = 0.98 * mean + 0.02 * loss
        value = mean / (1 - 0.98**at)
        smoothed.append(value)
        if not value <= 4 * min(smoothed):
            break
    start, end = len(losses) // 10, max(len(smoothed) - 5, len(losses) // 10 + 3)
    return rates[start + valley(smoothed[start:end])]


def valley(losses: Sequence[float]) -> int:
    """Where fastai's ``valley`` is: half of the second third of the longest decreasing subsequence."""
    length, end, start = [1] * len(losses), 0, 0
    for i in range(1, len(losses)):
        for j in range(i):
            if losses[i] < losses[j] and length[i] < length[j] + 1:
                length[i] = length[j] + 1
            if length[end] < length[i]:
                end = i
                start = end - length[end]
    third = (end - start) / 3
    return start + int(third) + int(third / 2)


def row(problem: str, optimizer: str) -> str:
    """A line of the table."""
    log = ["log.weights=false", "log.every=1000000"]
    experiment = runner.load(*PROBLEMS[problem], *OPTIMIZERS[optimizer], *log)
    started, sets = time.perf_counter(), FEWER.get(problem, SETS)
    found = [
        runner.find_learning_rate(experiment, seeds=range(first, first + len(SEEDS)))
        for first in range(0, sets * len(SEEDS), len(SEEDS))
    ]
    seconds = (time.perf_counter() - started) / sets
    own, ramped = [f.rate for f in found], ramps(experiment, SEEDS)
    low, high = math.log10(min(own)) - AROUND, math.log10(max(own)) + AROUND
    grid = [float(f"{rate:.6g}") for rate in np.logspace(low, high, round((high - low) * FINE) + 1)]
    fresh, other = curve(experiment, {*grid, *own, *ramped}, FRESH), curve(experiment, grid, OTHERS)
    falls = {
        rate: math.log(fresh.initial / max(error, 1e-24))
        for rate, error in zip(fresh.rates, fresh.errors, strict=True)
    }
    best = max(grid, key=lambda rate: falls[rate])
    control = min(grid, key=lambda rate: other.errors[other.rates.index(rate)])

    def told(rates: Sequence[float]) -> str:
        shares = sorted(falls[rate] / falls[best] for rate in rates)
        median = float(np.median(shares))
        return f"{_span(rates)} | {np.median(rates) / best:.2g} | {median:.2f} ({max(shares[0], -9.99):.2f})"

    share = falls[control] / falls[best]
    ends = f"{told(own)} | {told(ramped)} | {share:.2f} | {seconds:.1f}"
    return f"| {problem} | {optimizer} | {best:.3g} | {ends} |"


def _span(rates: Sequence[float]) -> str:
    low, high = min(rates), max(rates)
    return f"{np.median(rates):.2g} ({low:.2g} to {high:.2g})" if low < high else f"{low:.2g}"


def main() -> None:
    """The table."""
    keep_freed_memory()
    headings = ["problem", "optimizer", "grid", *["finder", "ratio", "share"], *["ramp", "ratio", "share"]]
    print(f"| {' | '.join([*headings, 'other seeds', 's'])} |\n|{' --- |' * (len(headings) + 2)}", flush=True)
    for problem in sys.argv[1:] or PROBLEMS:
        for optimizer in OPTIMIZERS:
            print(row(problem, optimizer), flush=True)


if __name__ == "__main__":
    main()
