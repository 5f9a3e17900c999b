"""How fast histories are read, and how long figures take beside that.

    python tests/benchmarks/figures.py [RUNS] [EPOCHS]

Reads every column of RUNS histories (1,000 of 1,000 epochs) with pandas, pyarrow and polars, file by
file and, with polars, in one scan; then draws all figures that apply, in a process of their own.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

sys.path.insert(0, str(Path(__file__).parent.parent))
from making_sweeps import make_sweep

FIGURES = """
import resource, sys, time
from pathlib import Path
from runner.figures import NAMES, load
from runner.figures.drawing import draw_figures
from runner.results import Results
import pyarrow.csv, pyarrow.dataset
[load(name) for name in NAMES]
start, cpu = time.perf_counter(), time.process_time()
list(draw_figures(Results(sys.argv[1]), Path(sys.argv[2])))
memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
wall, cpu = time.perf_counter() - start, time.process_time() - cpu
print(f"all figures {wall:.2f} s ({cpu:.2f} s of the processors), at most {memory:.0f} MB")
"""


def readers(files: list[Path]) -> dict[str, Callable[[], object]]:
    import pandas as pd
    import polars as pl
    from pyarrow import csv as arrow

    return {
        "pandas": lambda: [pd.read_csv(f) for f in files],
        "pyarrow": lambda: [arrow.read_csv(f) for f in files],
        "polars": lambda: [pl.read_csv(f) for f in files],
        "polars, one scan": lambda: pl.scan_csv(files, include_file_paths="path").collect(),
    }


def main(runs: int = 1000, epochs: int = 1000) -> None:
    with TemporaryDirectory() as folder:
        rates = [float(f"{rate:.6g}") for rate in np.geomspace(1e-4, 1.0, runs)]
        sweep = make_sweep(Path(folder) / "sweep", {"learning_rate": rates}, [f"epochs={epochs}"])
        files = [sweep / str(run) / "history.csv" for run in range(runs)]
        if runs <= 1000:
            for name, read in readers(files).items():
                start = time.perf_counter()
                read()
                print(f"{name} {time.perf_counter() - start:.2f} s")
        arguments = [sys.executable, "-c", FIGURES, str(sweep), str(Path(folder) / "figures")]
        subprocess.run(arguments, check=True)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
