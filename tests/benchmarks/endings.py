"""What it costs to tell how runs ended: the share of a sweep's time, with its files.

Usage: python tests/benchmarks/endings.py
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import runner
from runner.records.lines import Line
from runner.training import loop, recorder
from runner.training.endings import Tail
from runner.training.experiment import Experiment
from runner.work import Work, run_stack

TIMES = 7
SWEEPS = {
    "1,000 rates of the article's network, 1,000 epochs": (
        "learning_rate=tag(log,interval(1e-4,1))",
        "hydra.sweeper.points=1000",
        "epochs=1000",
    ),
    "those that never settle": (
        "learning_rate=interval(0.28,0.54)",
        "hydra.sweeper.points=1000",
        "epochs=1000",
    ),
    "digits, 16 rates, 20 epochs": (
        "experiment=digits",
        "learning_rate=tag(log,interval(1e-3,1))",
        "hydra.sweeper.points=16",
        "epochs=20",
    ),
}


def swept(experiments: Sequence[Experiment]) -> float:
    """The seconds that a sweep takes, of this thread."""
    with tempfile.TemporaryDirectory() as folder:
        works = []
        for at, experiment in enumerate(experiments):
            Path(folder, str(at)).mkdir()
            works.append(Work(Line(at, {}), f"{folder}/{at}", experiment))
        started = time.thread_time()
        run_stack(works)
        return time.thread_time() - started


def timed(function: Any, spent: list[float]) -> Any:
    """The function, with the time of each call added to `spent`."""

    def call(*arguments: Any) -> Any:
        started = time.thread_time()
        result = function(*arguments)
        spent[0] += time.thread_time() - started
        return result

    return call


def main() -> None:
    """Prints the median share for each sweep."""
    spent = [0.0]
    Tail.add = timed(Tail.add, spent)  # type: ignore[method-assign]
    recorder.endings = timed(recorder.endings, spent)  # type: ignore[attr-defined]
    loop.alternates = timed(loop.alternates, spent)  # type: ignore[attr-defined]
    for name, overrides in SWEEPS.items():
        experiments, shares = runner.load_sweep(*overrides), []
        for _ in range(TIMES):
            spent[0] = 0.0
            seconds = swept(experiments)
            shares.append(spent[0] / seconds)
        print(f"telling how runs ended, {name}: {sorted(shares)[TIMES // 2]:.1%} of the sweep")


if __name__ == "__main__":
    main()
