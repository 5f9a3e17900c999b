"""``make bench``: what the README says of speed, as Markdown, measured on this machine.

    python tests/benchmarks [TITLE ...]      a title's first word does: python tests/benchmarks sweeps

Runs the scripts of its folder one after the other, each in a process of its own, and prints a table for each
title: a row a line that a script prints. What is compared is run in turn by the scripts themselves. Peers
that are not installed are left out, and named; ``pip install -e '.[bench]'`` has them.
"""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import psutil
import yaml

from runner.records.machine import machine

HERE = Path(__file__).parent
#: Scripts with their arguments, by what they are about.
TITLES: dict[str, list[list[str]]] = {
    "Training": [["single_run.py"], ["shapes.py", "steps"]],
    "Writing": [["csv_writers.py"]],
    "Sweeps": [["sweeps.py"], ["halving.py", "10"]],
    "Curvature and endings": [["curvature.py"], ["endings.py"]],
    "Figures and films": [["figures.py"], ["films.py"]],
}
#: A line that says what is not there.
MISSING = " is not installed"
#: What NumPy calls processors of vectors of so many bits, the widest first.
VECTORS = {
    "512 bits (AVX-512)": {"X86_V4", "AVX512_SKX", "AVX512F"},
    "256 bits (AVX2)": {"X86_V3", "AVX2"},
}


def here() -> str:
    """The machine in a sentence: the processor with the width of its vectors, cores, memory, versions."""
    told = yaml.safe_load(machine())
    width = next((bits for bits, names in VECTORS.items() if names & {*told["simd"]}), "128 bits")
    memory = psutil.virtual_memory().total / 2**30
    return (
        f"{told['processor']}, vectors of {width}, {os.cpu_count()} cores, {memory:.0f} GiB of memory; "
        f"{platform.system()}, Python {platform.python_version()}, NumPy {np.__version__} with "
        f"{told['blas']}, float64."
    )


def lines_of(script: list[str]) -> Iterator[str]:
    """What a script prints, a line at a time. Raises CalledProcessError where it fails."""
    command = [sys.executable, "-u", str(HERE / script[0]), *script[1:]]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield from (line.strip() for line in process.stdout)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)


def table(scripts: list[list[str]]) -> list[str]:
    """Prints rows as they are measured, and what was left out; returns the scripts that failed."""
    print("| what | |\n| --- | --- |", flush=True)
    missing, failed = dict[str, None](), list[str]()
    for script in scripts:
        try:
            for line in lines_of(script):
                what, colon, found = line.partition(": ")
                if colon:
                    print(f"| {what} | {found} |", flush=True)
                else:
                    missing[line.removesuffix(MISSING)] = None
        except subprocess.CalledProcessError:  # which has said why; the others go on
            failed.append(script[0])
    if missing:
        print(f"\nLeft out, not installed: {', '.join(missing)}.")
    print(flush=True)
    return failed


def main(wanted: list[str]) -> None:
    """The section. Raises SystemExit for a title that there is not, and at last for scripts that failed."""
    words = {title.split()[0].lower(): title for title in TITLES}
    if unknown := [word for word in wanted if word.lower() not in words]:
        sys.exit(f"{unknown[0]}: must be one of {', '.join(words)}")
    print(f"{here()}\n", flush=True)
    failed = list[str]()
    for title in (words[word.lower()] for word in wanted or words):
        print(f"### {title}\n", flush=True)
        failed += table(TITLES[title])
    if failed:
        sys.exit(f"failed: {', '.join(failed)}")


if __name__ == "__main__":
    main(sys.argv[1:])
