"""How long all figures of a sweep take, beside reading its histories once with each of three libraries.

    python tests/benchmarks/figures.py [RUNS] [EPOCHS] [ROUNDS]      polars is of the extra: bench

Draws all figures that apply to RUNS learning rates (1,000) of EPOCHS epochs (1,000), and reads every
column of their histories. Each in a process of its own, in turn, A B A B; the medians of the ratios
are printed, of the work alone, which each process times after its imports, and of whole processes.
Seven rounds, or one where there are more than a thousand runs. Where there is no polars, without it.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

from single_run import in_turn, ratio
from sweeps import scratch

#: What each process does: its imports, then its work.
FIGURES = (
    """
import gc, os
gc.disable()  # as the command does
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
from runner.figures import NAMES, load
from runner.figures.drawing import draw_figures
from runner.results import Results
import pyarrow.csv
for name in NAMES: load(name)
""",
    "list(draw_figures(Results(folder), folder / 'figures'))",
)
READERS = {
    "pandas": ("import pandas", "for f in files: pandas.read_csv(f)"),
    "pyarrow": ("from pyarrow import csv", "for f in files: csv.read_csv(f)"),
    "polars": ("import polars", "for f in files: polars.read_csv(f)"),
    "polars, one scan": ("import polars", "polars.scan_csv(files, include_file_paths='path').collect()"),
}
if find_spec("polars") is None:
    print("polars is not installed")
    READERS = {name: reader for name, reader in READERS.items() if "polars" not in name}
PROCESS = """
import sys, time
from pathlib import Path
folder = Path(sys.argv[1])
files = [folder / str(run) / "history.csv" for run in range(int(sys.argv[2]))]
{imports}
start = time.perf_counter()
{work}
print(time.perf_counter() - start)
"""
MEMORY = """
import resource, subprocess, sys
subprocess.run([sys.executable, "-m", "runner.figures", sys.argv[1]], check=True, capture_output=True)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024)
"""


def process(imports: str, work: str, sweep: Path, runs: int, alone: list[float]) -> Callable[[], None]:
    """A call that does the work in a new process, and notes in `alone` the seconds after the imports."""
    command = [sys.executable, "-c", PROCESS.format(imports=imports, work=work), str(sweep), str(runs)]

    def call() -> None:
        alone.append(float(subprocess.run(command, check=True, capture_output=True, text=True).stdout))

    return call


def main(runs: int = 1000, epochs: int = 1000, rounds: int | None = None) -> None:
    with scratch() as folder:
        sweep = folder / "sweep"
        rates = ["learning_rate=tag(log,interval(1e-4,1))", f"hydra.sweeper.points={runs}"]
        train = [sys.executable, "-m", "runner", "-m", *rates, f"epochs={epochs}", f"hydra.sweep.dir={sweep}"]
        subprocess.run(train, check=True, capture_output=True)
        alone: list[float] = []
        calls = [process(*code, sweep, runs, alone) for code in (*READERS.values(), FIGURES)]
        command = [sys.executable, "-m", "runner.figures", str(sweep)]
        rounds = rounds or (7 if runs <= 1000 else 1)
        wholes = in_turn(rounds, *calls, lambda: subprocess.run(command, check=True, capture_output=True))
        works = [alone[at : at + len(calls)] for at in range(0, len(alone), len(calls))]
        memory = subprocess.run([sys.executable, "-c", MEMORY, str(sweep)], check=True, capture_output=True)
    for i, name in enumerate(READERS):
        print(
            f"all figures of {runs:,} runs x {epochs:,} epochs, beside reading all columns once with {name}: "
            f"{ratio(works, -1, i):.1f} times ({_median(works, i):.2f} s); "
            f"whole processes {ratio(wholes, -1, i):.1f} times ({_median(wholes, i):.2f} s)"
        )
    print(
        f"all figures, their seconds: {_median(works, -1):.2f} s, the command {_median(wholes, -1):.2f} s, "
        f"at most {float(memory.stdout):.0f} MB"
    )


def _median(rounds: list[list[float]], at: int) -> float:
    return statistics.median(times[at] for times in rounds)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
