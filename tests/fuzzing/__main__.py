"""``python tests/fuzzing overrides=5000 yaml=500 csv=1000 [seed=0] [first=0]``: what becomes of attempts.

An attempt is made of its kind, the seed and its number, in a process that has 1 GiB; one that dies, or says
nothing for a long time, is a fault as an error is that has no message.
"""

from __future__ import annotations

import json
import resource
import selectors
import subprocess
import sys
import tempfile
import warnings
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1])]

#: Bytes that an attempt may take, and seconds of the clock after which nobody waits for one any longer.
MEMORY, PATIENCE = 2**30, 120


class Tried(NamedTuple):
    """An attempt by its number, and what became of it."""

    kind: str
    number: int
    verdict: str
    told: str
    overrides: list[str]


def tries(kind: str, count: int, seed: int, first: int = 0) -> Iterator[Tried]:
    """So many attempts of a kind, made by processes of which each goes on where the last one died."""
    while first < count:
        call = [sys.executable, __file__, "--child", kind, str(seed), str(first), str(count)]
        process = subprocess.Popen(call, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        assert process.stdout is not None
        for line in _lines(process):
            number, verdict, told, overrides = json.loads(line)
            if verdict == "begun":
                first, left = number, overrides
            else:
                first = number + 1
                yield Tried(kind, number, verdict, told, overrides)
        process.kill()
        _, said = process.communicate()
        if first < count:
            yield Tried(
                kind, first, "fault", f"the process died ({process.returncode}): {said[-2000:]}", left
            )
            first += 1


def _lines(process: subprocess.Popen[str]) -> Iterator[str]:
    """The lines of a process until it ends, or says nothing for so long."""
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)  # type: ignore[arg-type]
        while selector.select(PATIENCE):
            if not (line := process.stdout.readline()):  # type: ignore[union-attr]
                return
            yield line


def child(kind: str, seed: int, first: int, count: int) -> None:
    """Makes attempts and tells of each, a line of JSON as it begins and one as it ends."""
    from attempts import Attempt
    from csv_files import attempt as csv_file
    from doors import tried
    from overrides import attempt as override
    from yaml_files import attempt as yaml_file
    from yaml_files import made

    make = {"overrides": override, "yaml": yaml_file, "csv": csv_file}[kind]
    warnings.simplefilter("ignore")
    make(Random(0))
    with tempfile.TemporaryDirectory() as folder:
        for door, name in (("opened", "run"), ("swept", "sweep")):
            tried(Attempt(door, (), dict(made()[name])), Path(folder))
        # what is imported or made once, and the threads' room, are not the attempts'
        taken = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (taken + MEMORY, taken + MEMORY))
        for number in range(first, count):
            attempt = make(Random(f"{kind}-{seed}-{number}"))
            _tell(number, "begun", "", attempt.overrides)
            _tell(number, *tried(attempt, Path(folder)), attempt.overrides)


def _tell(*what: Any) -> None:
    sys.__stdout__.write(json.dumps(what) + "\n")  # type: ignore[union-attr]
    sys.__stdout__.flush()  # type: ignore[union-attr]


def main(counts: dict[str, int], seed: int, first: int) -> int:
    """Tries all and prints the faults, and how many there were of each verdict; returns the faults."""
    faults = 0
    for kind, count in counts.items():
        verdicts: Counter[str] = Counter()
        for tried in tries(kind, count, seed, first):
            verdicts[tried.verdict] += 1
            if verdicts.total() % 100 == 0:
                print(f"{kind}: {verdicts.total()} so far", file=sys.stderr, flush=True)
            if tried.verdict == "fault":
                print(f"{kind} {seed} {tried.number}: {tried.overrides}\n{tried.told}\n", flush=True)
        print(f"{kind}: {count - first} tried, {dict(verdicts)}", flush=True)
        faults += verdicts["fault"]
    return faults


if __name__ == "__main__":
    if sys.argv[1:2] == ["--child"]:
        child(sys.argv[2], *map(int, sys.argv[3:]))
    else:
        given = {key: int(count) for key, _, count in (one.partition("=") for one in sys.argv[1:])}
        chosen_seed = given.pop("seed", 0)
        begin = given.pop("first", 0)
        sys.exit(main(given, chosen_seed, begin) and 1)
