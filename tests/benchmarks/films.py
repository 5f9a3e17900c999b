"""How long films take: a hundred frames of each figure that has them, beside one picture of it.

    python tests/benchmarks/films.py [EPOCHS]

Trains a small and a middling network of each kind for EPOCHS epochs (99, of which a film shows a hundred
rows), and draws a film and a PNG file of the last epoch by the command, in turn, three rounds. Printed are
the medians of seconds of whole processes, by the clock and of the processor, and of their ratio.
"""

from __future__ import annotations

import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from PIL import Image
from sweeps import scratch

ROUNDS = 3
MOONS = ["data=moons", "data.test_fraction=0.3", "loss=binary_cross_entropy_with_logits"]
SINE = ["data=sine", "loss=mean_squared_error"]
RUNS = {
    "2-2-1": [],
    "2-8-8-1": ["network=dense", "network.hidden=[8,8]", *MOONS],
    "2-64-64-1": ["network=dense", "network.hidden=[64,64]", *MOONS],
    "1-16-1": ["network=dense", "network.hidden=[16]", *SINE],
    "1-64-64-1": ["network=dense", "network.hidden=[64,64]", *SINE],
    "2-4-2-1": ["network=dense", "network.hidden=[4,2]", *MOONS],
}
FILMS = {
    "network": ("2-2-1", "2-8-8-1", "2-64-64-1"),
    "backprop": ("2-2-1", "2-4-2-1"),
    "decision_boundary": ("2-8-8-1", "2-64-64-1"),
    "fit": ("1-16-1", "1-64-64-1"),
    "landscape": ("2-2-1", "2-64-64-1"),
}


def draws(run: Path, name: str, *options: str) -> tuple[float, float]:
    """Seconds by the clock, and of the processor."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    command = [sys.executable, "-m", "runner.figures", str(run), "--only", name, *options]
    subprocess.run(command, check=True, capture_output=True)
    clock, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    return clock, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def report(run: Path, name: str, epochs: int, rounds: int = ROUNDS) -> None:
    still, film = ("--epochs", str(epochs)), ("--format", "gif")
    times = [(*draws(run, name, *film), *draws(run, name, *still)) for _ in range(rounds)]
    clock, processor, once, _ = (statistics.median(column) for column in zip(*times, strict=True))
    ratio = statistics.median(film / still for _, film, _, still in times)
    with Image.open(run / "figures" / f"{name}.gif") as film_file:
        frames = int(getattr(film_file, "n_frames", 1))
    print(
        f"a film of {name}, {run.name}, {frames} frames: {clock:.1f} s ({processor:.1f} s of the processor), "
        f"{ratio:.1f} times one picture ({once:.1f} s)"
    )


def main(arguments: Sequence[str]) -> None:
    epochs = int(arguments[0]) if arguments else 99
    with scratch() as folder:
        for run, given in RUNS.items():
            command = [
                sys.executable,
                "-m",
                "runner",
                *given,
                f"epochs={epochs}",
                f"hydra.run.dir={folder / run}",
            ]
            subprocess.run(command, check=True, capture_output=True)
        for name, runs in FILMS.items():
            for run in runs:
                report(folder / run, name, epochs)


if __name__ == "__main__":
    main(sys.argv[1:])
