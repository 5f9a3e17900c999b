"""What is large: many runs, a long history, many weights, many examples; what that takes, a unit of it.

    python tests/benchmarks/scale.py [table=1000000 runs=100000 history=1000000000 weights=235000 ...]

A size alone does that part alone; without any all five are done, of these sizes and 10000000 `examples`.
They take three quarters of an hour, and `history` and `weights` some bytes on the disk of TMPDIR. Each line
is a process of its own, its memory the most that it and its children held at a time, what they share once.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import psutil

RATES = "learning_rate=tag(log,interval(1e-4,0.1))"
EPOCHS = 100
#: Bytes a row of a network of 2-32-1: an epoch, an error and 129 parameters.
ROW = 2650


class Cost(NamedTuple):
    """What a process took: seconds of the clock and of processors, bytes of memory at most."""

    wall: float
    cpu: float
    memory: int


class Line(NamedTuple):
    """A line of the table: what was done, what that took, the bytes on disk, units and what they are."""

    what: str
    cost: Cost
    disk: int
    units: int
    unit: str


def measured(*command: str) -> Cost:
    """What a Python process takes. Raises CalledProcessError where it fails."""
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # to compile what is imported is no part of it
    started, most = time.monotonic(), 0
    with psutil.Popen([sys.executable, *command], env=environment, stdout=subprocess.DEVNULL) as process:
        ended = 0
        while not ended:
            asked = time.monotonic()
            most = max(most, _resident(process))
            time.sleep(max(0.05, 20 * (time.monotonic() - asked)))  # the more there is, the longer it takes
            ended, status, used = os.wait4(process.pid, os.WNOHANG)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    return Cost(time.monotonic() - started, used.ru_utime + used.ru_stime, most)


def _resident(process: psutil.Process) -> int:
    total = 0
    for one in (process, *process.children(recursive=True)):
        try:
            memory = one.memory_full_info()
            total += getattr(memory, "pss", memory.rss)  # which Linux alone has
        except psutil.Error:  # it has ended
            continue
    return total


def on_disk(folder: Path) -> int:
    """The bytes that files below a folder have."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def runner(folder: Path, *overrides: str) -> Cost:
    """A run, or with ``-m`` a sweep, of these overrides in a folder."""
    place = "sweep" if "-m" in overrides else "run"
    return measured("-m", "runner", "--quiet", *overrides, f"hydra.{place}.dir={folder}")


def table(count: int, folder: Path) -> Iterator[Line]:
    """A sweep of which nothing is kept but its table."""
    keys = (f"hydra.sweeper.points={count}", f"epochs={EPOCHS}", "hydra.launcher.store=table")
    cost = runner(folder, "-m", RATES, *keys)
    files = sum(path.is_file() for path in folder.rglob("*"))
    what = f"a sweep of {count:,} runs × {EPOCHS} epochs, store=table: {files} files"
    yield Line(what, cost, on_disk(folder), count, "run")
    read = f"import runner; runner.read_runs({str(folder)!r})"
    yield Line("its table, read", measured("-c", read), 0, count, "run")


def runs(count: int, folder: Path) -> Iterator[Line]:
    """A sweep of many runs without folders, its table and a history of it, and its figures."""
    keys = (f"hydra.sweeper.points={count}", f"epochs={EPOCHS}", "hydra.launcher.store=parquet")
    cost = runner(folder, "-m", RATES, *keys)
    yield Line(
        f"a sweep of {count:,} runs × {EPOCHS} epochs, store=parquet",
        cost, on_disk(folder), count * EPOCHS, "run-epoch",
    )  # fmt: skip
    last = f"{folder}/{count - 1}"
    read = f"import runner; runner.read_runs({str(folder)!r}); runner.open({last!r}).history"
    yield Line("its table and a run's history, read", measured("-c", read), 0, count, "run")
    yield Line("its learning curves", drawn(folder), on_disk(folder / "figures"), count, "run")


def history(size: int, folder: Path) -> Iterator[Line]:
    """A run with a history of so many bytes, read back and drawn."""
    epochs = size // ROW
    network = ("network=dense", "network.hidden=[32]", "data=xor", "learning_rate=1e-3")
    cost = runner(folder, *network, f"epochs={epochs}")
    yield Line(f"a run of 129 parameters and {epochs:,} epochs", cost, on_disk(folder), epochs, "row")
    read = f"import runner; assert len(runner.open({str(folder)!r}).history) == {epochs + 1}"
    yield Line("its history, read", measured("-c", read), 0, epochs, "row")
    yield Line("its learning curves", drawn(folder), on_disk(folder / "figures"), epochs, "row")


def weights(count: int, folder: Path) -> Iterator[Line]:
    """A run of so many weights, all of them logged each epoch, opened."""
    hidden = max(1, count // 794)  # of 784 inputs and 10 outputs
    network = ("network=dense", f"network.hidden=[{hidden}]", "data=random", "data.features=784")
    parameters = 794 * hidden + hidden + 10
    cost = runner(folder, *network, "data.outputs=10", f"epochs={EPOCHS}", "learning_rate=1e-3")
    numbers = parameters * (EPOCHS + 1)
    yield Line(
        f"a run of {parameters:,} parameters, logged for {EPOCHS} epochs",
        cost, on_disk(folder), numbers, "number",
    )  # fmt: skip
    shape = EPOCHS + 1, parameters + 2
    read = f"import runner; assert runner.open({str(folder)!r}).history.shape == {shape}"
    yield Line("its history, read", measured("-c", read), 0, numbers, "number")
    yield Line("its learning curves", drawn(folder), on_disk(folder / "figures"), numbers, "number")


def examples(count: int, folder: Path) -> Iterator[Line]:
    """An epoch of a run by mini-batches of 100, without its weights; and with a test part and predictions."""
    keys = ["network=dense", "network.hidden=[8]", "data=moons", f"data.points={count}", "epochs=1"]
    keys += ["batch_size=100", "log.weights=false", "learning_rate=0.01"]
    cost = runner(folder / "plain", *keys)
    yield Line(f"an epoch of {count:,} examples by 100", cost, on_disk(folder / "plain"), count, "example")
    cost = runner(folder / "more", *keys, "data.test_fraction=0.1", "log.predictions=true")
    what = "with a tenth held out, and all predictions"
    yield Line(what, cost, on_disk(folder / "more"), count, "example")


def drawn(folder: Path) -> Cost:
    """The learning curves of a folder."""
    out = f"--out={folder / 'figures'}"
    return measured("-m", "runner.figures", str(folder), "--only=learning_curves", out, "--quiet")


PARTS: dict[str, tuple[Callable[[int, Path], Iterator[Line]], int]] = {
    "table": (table, 10**6),
    "runs": (runs, 100_000),
    "history": (history, 10**9),
    "weights": (weights, 235_000),
    "examples": (examples, 10**7),
}


def shown(line: Line) -> str:
    """A line of a Markdown table."""
    cost, units = line.cost, line.units
    disk = f"{line.disk / 1e6:,.1f} MB, {line.disk / units:.3g} B" if line.disk else ""
    times = f"{cost.wall:.1f} s | {cost.cpu:.1f} s, {cost.cpu / units * 1e6:.3g} µs"
    memory = f"{cost.memory / 2**20:,.0f} MiB, {cost.memory / units:.3g} B"
    return f"| {line.what} | {times} | {memory} | {disk} | {line.unit} |"


def main(sizes: dict[str, int]) -> None:
    """Does the parts, and prints a table."""
    print("| what | wall | processor, a unit | memory at most, a unit | on disk, a unit | unit |")
    print("| --- | --- | --- | --- | --- | --- |")
    for name, size in sizes.items():
        with tempfile.TemporaryDirectory() as folder:
            for line in PARTS[name][0](size, Path(folder, name)):
                print(shown(line), flush=True)


if __name__ == "__main__":
    asked = (one.partition("=") for one in sys.argv[1:])
    every = {name: size for name, (_, size) in PARTS.items()}
    main({name: int(float(size)) for name, _, size in asked} or every)
