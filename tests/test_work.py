"""A run has the same bytes alone and in company, and of a stack that fails only what fails is lost."""

from __future__ import annotations

import csv
import errno
import itertools
import os
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from comparing import bits_of_a_run
from making_runs import made, written

from runner import load
from runner.config import Cache
from runner.records.job_files import JobFiles, Template
from runner.records.lines import Line
from runner.records.names import HISTORY, PARAMETERS
from runner.records.writing import NoRoomError, RunFiles
from runner.training.loop import Tick
from runner.training.recorder import ROW_BYTES
from runner.work import Watch, Work, run_stack

XOR = {"name": "xor", "points": 12, "noise": 0.1}
COMPANY: list[dict[str, Any]] = [
    {},
    {"network": {"hidden": [], "weights": "normal", "biases": None}},
    {"data": XOR, "batch_size": 5},
    {"data": XOR, "batch_size": 1, "shuffle": False, "optimizer": {"name": "adam"}},
    {"data": XOR, "batch_size": 5, "log": {"every": 3, "unit": "update", "gradients": True}},
    {"data": XOR, "optimizer": {"name": "sgd", "momentum": 0.9, "nesterov": True}},
    {"data": XOR, "optimizer": {"name": "rmsprop"}, "schedule": {"name": "cosine"}, "log": {"every": 5}},
    {"data": XOR, "optimizer": {"name": "adagrad"}, "schedule": {"name": "step", "every": 2}},
    {"data": XOR, "regularization": {"l1": 0.01, "l2": 0.1}, "loss": "huber"},
    {
        "data": {**XOR, "test_fraction": 0.3},
        "batch_size": 4,
        "loss": "binary_cross_entropy_with_logits",
        "network": {
            "hidden": [17, 5],
            "activation": ["gelu", "softplus"],
            "weights": "orthogonal",
            "biases": "normal",
        },
    },
    {
        "data": {"name": "gaussians", "classes": 5, "points": 60},
        "batch_size": 16,
        "loss": "cross_entropy",
        "network": {"hidden": [33], "activation": "silu", "weights": "he_normal", "biases": "zeros"},
    },
    {"data": XOR, "network": {"hidden": [3], "weights": "normal", "biases": "zeros", "train_biases": False}},
]


@bits_of_a_run
@pytest.mark.parametrize("changes", COMPANY, ids=lambda c: ",".join(c) or "plain")
@pytest.mark.parametrize("row_bytes", [1, 4000, ROW_BYTES])
def test_the_same_bytes_alone_and_in_company(changes: dict[str, Any], row_bytes: int, tmp_path: Path) -> None:
    cache = Cache()
    rates = [0.05, 0.3, 1e200, 0.01, 3.0, 0.05]  # 1e200 diverges, and leaves the stack
    runs = [
        made(cache, **changes, learning_rate=rate, seed=seed)
        for seed, rate in itertools.zip_longest([0, 1, 2, 1, 0, 3], rates)
    ]
    assert len({run.stack_key for run in runs}) == 1
    together = written(runs, tmp_path / "together", row_bytes)
    backwards = written(runs[::-1], tmp_path / "backwards", row_bytes)[::-1]
    for i, run in enumerate(runs):
        (alone,) = written([run], tmp_path / f"alone{i}")
        assert together[i] == alone
        assert backwards[i] == alone


def test_runs_of_different_lengths_share_a_stack(tmp_path: Path) -> None:
    cache = Cache()
    runs = [made(cache, epochs=epochs, seed=epochs) for epochs in (0, 3, 12, 7)]
    together = written(runs, tmp_path / "together")
    assert [files[HISTORY].count(b"\n") for files in together] == [2, 5, 14, 9]
    for i, run in enumerate(runs):
        assert together[i] == written([run], tmp_path / f"alone{i}")[0]


@pytest.mark.parametrize("row_bytes", [1, ROW_BYTES])
def test_a_diverged_run_ends_with_its_last_finite_row(row_bytes: int, tmp_path: Path) -> None:
    run = made(learning_rate=5.0, epochs=200)
    (files,) = written([run], tmp_path, row_bytes)
    rows = [line.split(b",") for line in files[HISTORY].splitlines()[1:]]
    assert 2 <= len(rows) < 201
    assert np.isfinite(np.array(rows, dtype=float)).all()
    final = [float(line.split(b",")[5]) for line in files[PARAMETERS].splitlines()[1:]]
    assert final == [float(cell) for cell in rows[-1][2:]]  # parameters.csv ends where the history does
    with open(tmp_path / "0/summary.csv", newline="") as f:
        (line,) = csv.DictReader(f)
    assert line["status"] == "diverged"
    assert int(line["epochs"]) == int(rows[-1][0])
    assert float(line["final_error"]) == float(rows[-1][1])


def test_a_run_whose_first_error_is_not_finite_has_a_header_and_no_rows(tmp_path: Path) -> None:
    data = {"name": "inline", "inputs": [[1e308, 1e308]], "targets": [[1]]}
    network = {"hidden": [], "weights": {"init": "constant", "value": 1e3}}
    (files,) = written([made(data=data, network=network)], tmp_path)
    assert files[HISTORY] == b"epoch,error,w1,w2\n"


def work(sweep: Path, number: int) -> Work:
    one, files = load("epochs=3", f"seed={number}"), JobFiles(Template(None, ()), number, [])
    return Work(Line(number, {}, directory=str(number)), str(sweep / str(number)), one, files)


def test_of_a_stack_that_fails_only_what_is_not_done_is_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    works = [work(tmp_path, number) for number in range(3)]
    finish, finished = RunFiles.finish, []

    def failing(self: RunFiles, run: int, *others: object) -> None:
        finished.append(self.folders[run][-1])
        if finished == ["0", "1"]:
            raise OSError("the disk is full for a while")
        finish(self, run, *others)  # type: ignore[arg-type]

    monkeypatch.setattr(RunFiles, "finish", failing)
    outcomes = run_stack(works, 2**20)
    assert finished == ["0", "1", "1", "2"]
    assert [(outcome.line.run, outcome.line.status) for outcome in outcomes] == [
        (0, "completed"), (1, "completed"), (2, "completed")]  # fmt: skip
    assert not list(tmp_path.rglob("error.txt"))


@pytest.mark.parametrize("at", range(9))
def test_a_worker_without_its_sweep_ends_before_its_next_write(at: int, tmp_path: Path) -> None:
    """`check` is asked before the first files, every row, the files' places, and a failure's reason."""

    def check() -> None:
        nonlocal left
        left -= 1
        if left < 0:
            raise SystemExit

    def failing(*_: object) -> None:
        raise ValueError("what fails by itself")

    left = at
    tick: Tick = failing if at < 5 else (lambda epoch, errors: None)
    with pytest.raises(SystemExit):
        run_stack([work(tmp_path, 0)], 1, Watch(tick, check))
    assert not (tmp_path / "0" / "error.txt").exists()
    assert not (tmp_path / "0" / "summary.csv").exists()
    assert (tmp_path / "0").exists() == (at > 0)


@pytest.mark.parametrize("runs", [1, 4])
def test_a_full_disk_ends_at_once_and_says_at_which_file(
    runs: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folders = [tmp_path / str(n) for n in range(runs)]
    for folder in folders:
        folder.mkdir()
    tries = []

    def full(handle: int, content: bytes) -> int:
        tries.append(content)
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(NoRoomError) as ended:
        run_stack([Work(Line(n, {}), str(folder), made(seed=n)) for n, folder in enumerate(folders)])
    assert (ended.value.filename, ended.value.errno) == (f"{folders[0]}/about.yaml", errno.ENOSPC)
    assert len(tries) == 1
    assert not [path for folder in folders for path in folder.iterdir()]
    again = pickle.loads(pickle.dumps(ended.value))  # as it comes from a worker
    assert (type(again), str(again)) == (NoRoomError, str(ended.value))


def test_a_folder_that_nothing_can_be_written_to_hides_no_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> int:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(os, "open", refuse)
    (outcome,) = run_stack([Work(Line(0, {}), str(tmp_path), made())])
    assert outcome.line.status == "failed"
    assert isinstance(outcome.error, PermissionError)
    assert outcome.error.filename == f"{tmp_path}/about.yaml"
