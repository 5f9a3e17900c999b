"""A run that is interrupted and taken up has the bytes of one that was not, in every file."""

from __future__ import annotations

import csv
import itertools
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from comparing import bits_of_a_run
from making_runs import made

from runner.config import Cache
from runner.errors import RunnerError
from runner.records.checkpoint import checkpoint_of
from runner.records.lines import Line
from runner.training.experiment import Experiment
from runner.work import Watch, Work, run_stack

XOR = {"name": "xor", "points": 12, "noise": 0.2, "test_fraction": 0.3}
WAYS: list[dict[str, Any]] = [
    {"epochs": 20, "optimizer": {"name": "sgd", "momentum": 0.9}},
    {"epochs": 20, "log": {"every": 7, "curvature": 3}, "optimizer": {"name": "adam"},
     "network": {"hidden": [2], "weights": "normal", "rates": [2, 0.5]}},
    {"epochs": 9, "data": XOR, "batch_size": 5, "log": {"every": 4, "unit": "update", "order": True}},
    {"epochs": 20, "data": XOR, "batch_size": 4, "stop": {"patience": 6, "metric": "test_error"},
     "schedule": {"name": "cosine"}, "log": {"every": 3}},
]  # fmt: skip


def after(epochs: int) -> Callable[[], bool]:
    """What halts when it is asked after so many epochs: first before a stack, then before its first."""
    asked = itertools.count(-1)
    return lambda: next(asked) > epochs


def trained(folder: Path, runs: list[Experiment], halted: Callable[[], bool] = lambda: False) -> list[str]:
    """How runs end that are trained as one into `folder`."""
    works = [Work(Line(at, {}), str(folder / str(at)), run) for at, run in enumerate(runs)]
    for work in works:
        Path(work.folder).mkdir(parents=True, exist_ok=True)
    return [outcome.line.status for outcome in run_stack(works, watch=Watch(halted=halted))]


def files(folder: Path) -> Iterator[tuple[str, bytes | list[dict[str, str]]]]:
    for path in sorted(folder.rglob("*.*")):
        if path.name == "summary.csv":
            rows = list(csv.DictReader(path.read_text().splitlines()))
            yield str(path.relative_to(folder)), [{**row, "seconds": ""} for row in rows]
        else:
            yield str(path.relative_to(folder)), path.read_bytes()


@bits_of_a_run
@pytest.mark.parametrize("way", WAYS, ids=lambda way: ",".join(way))
def test_interrupted_twice_it_has_the_files_of_the_whole(way: dict[str, Any], tmp_path: Path) -> None:
    cache = Cache()
    rates = [0.01, 0.005, 1e200]
    runs = [made(cache, **{**way, "learning_rate": rate, "seed": 3}) for rate in rates]
    whole, halted = tmp_path / "whole", tmp_path / "halted"
    assert trained(whole, runs) == ["completed", "completed", "diverged"]
    assert trained(halted, runs, after(2)) == ["interrupted", "interrupted", "diverged"]
    for more in (3, 1000):
        left = [replace(run, paused=checkpoint_of(halted / str(at))) for at, run in enumerate(runs[:2])]
        assert [run.paused and run.paused.epoch for run in left] == [3 if more == 3 else 7] * 2
        statuses = trained(halted, left, after(more))
    assert statuses == ["completed"] * 2
    assert dict(files(halted)) == dict(files(whole))


@bits_of_a_run
@pytest.mark.parametrize("way", WAYS, ids=lambda way: ",".join(way))
def test_continued_it_has_the_rows_of_the_whole(way: dict[str, Any], tmp_path: Path) -> None:
    """In a folder of its own, as ``continue`` has it: patience, too, counts on."""
    one = made(**way)
    for name, halted in (("whole", lambda: False), ("first", after(4))):
        trained(tmp_path / name, [one], halted)
    first = tmp_path / "first" / "0"
    assert checkpoint_of(first).epoch == 5
    further = {**way, "epochs": way["epochs"] - 5, "continue": str(first)}
    trained(tmp_path / "second", [made(**further)])
    rows, early, late = (
        (tmp_path / folder / "0/history.csv").read_bytes().splitlines()
        for folder in ("whole", "first", "second")
    )
    assert early[-1] == late[1]
    early, late = ([row for row in part if row in rows] for part in (early, late))
    assert early + [row for row in late if row not in early] == rows
    assert late[-1] == rows[-1]


def test_what_an_interrupted_run_was_doing(tmp_path: Path) -> None:
    """Of the rows that there are, where nothing else was looked at."""
    runs = [made(epochs=1000, log={"every": every}) for every in (1, 10)]
    for at, run in enumerate(runs):
        trained(tmp_path / str(at), [run], after(300))
        (line,) = csv.DictReader((tmp_path / str(at) / "0/summary.csv").read_text().splitlines())
        assert (line["status"], line["epochs"], line["ending"]) == ("interrupted", "301", "converged")


#: E = ½w², where w becomes (1 − η)·w.
PARABOLA: dict[str, Any] = {
    "data": {"name": "inline", "inputs": [[1]], "targets": [[0]]},
    "network": {"hidden": [], "weights": "normal", "biases": None},
}


@pytest.mark.parametrize(
    ("way", "result"),
    [
        ({"epochs": 40, "learning_rate": 2}, ("ending", "oscillating")),  # between w and −w
        (
            {"epochs": 60, "learning_rate": 2.01, "stop": {"patience": 39}},
            ("epochs", "39"),
        ),  # the first is the best
    ],
    ids=["to and fro", "best"],
)
def test_what_was_before_is_known_an_epoch_from_the_end(
    way: dict[str, Any], result: tuple[str, str], tmp_path: Path
) -> None:
    one = made(**PARABOLA, **way)
    whole, halted = tmp_path / "whole", tmp_path / "halted"
    trained(whole, [one])
    assert trained(halted, [one], after(37)) == ["interrupted"]
    paused = replace(checkpoint_of(halted / "0"), seconds=1000.0)
    trained(halted, [replace(one, paused=paused)])
    assert dict(files(halted)) == dict(files(whole))
    (line,) = csv.DictReader((halted / "0/summary.csv").read_text().splitlines())
    assert line[result[0]] == result[1]
    assert 1000 <= float(line["seconds"]) < 1100


def test_a_run_that_ends_as_the_signal_comes_is_whole(tmp_path: Path) -> None:
    assert trained(tmp_path, [made(epochs=5)], after(4)) == ["completed"]


def test_a_failure_as_it_is_taken_up_leaves_it_as_it_was(tmp_path: Path) -> None:
    one = made(epochs=9)
    trained(tmp_path, [one], after(2))
    before = dict(files(tmp_path))

    def fails(_: int, errors: object) -> None:
        raise KeyboardInterrupt

    work = Work(Line(0, {}), str(tmp_path / "0"), replace(one, paused=checkpoint_of(tmp_path / "0")))
    with pytest.raises(KeyboardInterrupt):
        run_stack([work], 1, Watch(fails))
    assert dict(files(tmp_path)) == before


def test_a_checkpoint_that_was_changed_is_named(tmp_path: Path) -> None:
    trained(tmp_path, [made(epochs=9)], after(2))
    path = tmp_path / "0" / "checkpoint.npy"
    path.write_bytes(path.read_bytes()[:-1] + b"!")
    with pytest.raises(RunnerError, match=r"checkpoint\.npy: is not as it was written"):
        checkpoint_of(path.parent)
