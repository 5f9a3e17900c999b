"""Exactness of the CSV files: every number reads back, and a run has the same bytes in any company."""

from __future__ import annotations

import csv
import itertools
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from comparing import bits_of_a_run
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from runner.arrays import Array
from runner.config import Cache, experiment
from runner.experiment import Experiment
from runner.history import HISTORY, PARAMETERS, RunFiles, summary, table
from runner.training import ROW_BYTES, train

SEED_DATA = {"name": "inline", "inputs": [[2, 3]], "targets": [[1]]}


def made(cache: Cache | None = None, **changes: Any) -> Experiment:
    config: dict[str, Any] = {
        "epochs": 12,
        "network": {"hidden": [2], "weights": "xavier_uniform", "biases": "zeros"},
        "data": SEED_DATA,
    }
    return experiment({**config, **changes}, cache)


def written(stack: list[Experiment], folder: Path, row_bytes: int = ROW_BYTES) -> list[dict[str, bytes]]:
    """The files of each run, by name, when `stack` is trained as one."""
    folders = [folder / str(i) for i in range(len(stack))]
    for one in folders:
        one.mkdir(parents=True)
    files = RunFiles(folders, stack[0])
    for run, result in enumerate(train(stack, files, row_bytes=row_bytes)):
        files.finish(run, result, summary(run, {}, result, "."))
    return [{name: (one / name).read_bytes() for name in (HISTORY, PARAMETERS)} for one in folders]


@settings(max_examples=200, deadline=None)
@given(arrays(np.float64, (3, 4), elements=st.floats(allow_nan=False, allow_infinity=False)))
def test_every_number_reads_back_to_the_same_float(tmp_path_factory: Any, rows: Array) -> None:
    folder = tmp_path_factory.mktemp("run")
    one = made(network={"hidden": [], "weights": "zeros", "biases": "zeros"})  # error, w1, w2, b1
    files = RunFiles([folder], one)
    files.write(0, [0, 1], rows[:2])
    files.write(0, [2], rows[2:])
    (growing,) = folder.glob("history.csv.*.part")
    with open(growing, newline="") as f:
        header, *lines = csv.reader(f)
    assert header == ["epoch", "error", "w1", "w2", "b1"]
    assert [line[0] for line in lines] == ["0", "1", "2"]
    back = np.array([[float(cell) for cell in line[1:]] for line in lines])
    assert back.tobytes() == rows.tobytes()
    for text, value in zip(itertools.chain(*[line[1:] for line in lines]), rows.ravel(), strict=True):
        digits = text.split("e")[0].replace(".", "").replace("-", "").strip("0")
        assert len(digits) <= len(
            repr(float(value)).split("e")[0].replace(".", "").replace("-", "").strip("0")
        )


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
    (files,) = written([made(data=data, network={"weights": {"init": "constant", "value": 1e3}})], tmp_path)
    assert files[HISTORY] == b"epoch,error,w1,w2\n"


def test_cells_that_do_not_apply_are_empty_in_a_table() -> None:
    lines = [{"run": 0, "error": 0.1}, {"run": 1, "error": float("nan"), "note": 'a,"b"'}]
    assert table(lines, ["run", "error", "note"]) == b'run,error,note\n0,0.1,\n1,,"a,""b"""\n'
