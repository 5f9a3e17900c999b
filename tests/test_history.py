"""Exactness of the CSV files: every number reads back, and a run has the same bytes in any company."""

from __future__ import annotations

import csv
import itertools
import os
import zlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from comparing import bits_of_a_run
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from runner.config import Cache, experiment
from runner.nn.arrays import Array
from runner.records.writing import (
    HISTORY,
    PARAMETERS,
    WORTH_SYNCING,
    RunFiles,
    changed,
    clear,
    recorded,
    summary,
    table,
    write_whole,
)
from runner.training.experiment import Experiment
from runner.training.loop import train
from runner.training.recorder import ROW_BYTES

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


def test_a_summary_says_what_was_written(tmp_path: Path) -> None:
    """However many pieces a history is written in."""
    runs = [made(seed=seed, epochs=40) for seed in (0, 1)]
    for row_bytes in (1, 500, ROW_BYTES):
        written(runs, tmp_path / str(row_bytes), row_bytes)
        for folder in (tmp_path / str(row_bytes)).iterdir():
            row = recorded(folder)
            assert row is not None
            assert row["rows"] == "41"
            for name in (HISTORY, PARAMETERS):
                content = (folder / name).read_bytes()
                assert row[name] == f"{len(content)}:{zlib.crc32(content):08x}"
            assert changed(folder, row) == {}


@pytest.mark.parametrize("old", [False, True], ids=["", "of an earlier version"])
@pytest.mark.parametrize("name", [HISTORY, PARAMETERS])
def test_a_file_that_has_changed_is_told(name: str, old: bool, tmp_path: Path) -> None:
    written([made()], tmp_path)
    folder = tmp_path / "0"
    row = recorded(folder)
    assert row is not None
    if old:
        row = {key: value for key, value in row.items() if key not in ("rows", HISTORY, PARAMETERS)}
    whole = (folder / name).read_bytes()
    for content in (b"", whole[:-1], whole[: len(whole) // 2]):
        (folder / name).write_bytes(content)
        fault = "is gone or cut" if old else f"has {len(content)} bytes where {len(whole)} were"
        assert changed(folder, row) == {name: fault}
    (folder / name).unlink()
    assert list(changed(folder, row)) == [name]
    (folder / name).write_bytes(whole)
    assert changed(folder, row) == {}


def test_a_summary_that_is_cut_tells_nothing(tmp_path: Path) -> None:
    written([made()], tmp_path)
    path = tmp_path / "0" / "summary.csv"
    whole = path.read_bytes()
    for end in range(len(whole)):
        path.write_bytes(whole[:end])
        assert recorded(path.parent) is None
    path.write_bytes(bytes(len(whole)))  # as a power cut may leave it
    assert recorded(path.parent) is None


def test_who_may_not_write_writes_nothing(tmp_path: Path) -> None:
    """A sink asks before every write, and before it removes anything."""

    class GoneError(Exception):
        pass

    def check() -> None:
        if left[0] == 0:
            raise GoneError
        left[0] -= 1

    one = made(epochs=3)
    for checks in range(8):  # a write a row, the places of the files, one of them, the summary
        left = [checks]
        folder = tmp_path / str(checks)
        folder.mkdir()
        files = RunFiles([folder], one, check)
        try:
            (result,) = train([one], files, row_bytes=1)
            files.finish(0, result, summary(0, {}, result, "."))
        except GoneError:
            before = {path.name: path.read_bytes() for path in folder.iterdir()}
            with pytest.raises(GoneError):
                files.discard()
            assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
        assert (folder / "summary.csv").exists() == (checks == 7)
        assert len(list(folder.glob("history.csv.*"))) == (0 < checks < 5)


def test_only_what_was_opened_is_discarded(tmp_path: Path) -> None:
    one = made(epochs=3)
    others = {"film.mkv.part", "history.csv.0123abcd.part", "parameters.csv"}
    for name in others:
        (tmp_path / name).write_text("mine")
    files = RunFiles([tmp_path], one)
    train([one], files)
    assert len(list(tmp_path.iterdir())) == 4
    files.discard()
    assert {path.name for path in tmp_path.iterdir()} == others
    clear(tmp_path)  # of a folder that is ours
    assert {path.name for path in tmp_path.iterdir()} == {"film.mkv.part"}


@pytest.mark.parametrize("name", ["history.csv", "parameters.csv", "summary.csv"])
@pytest.mark.parametrize("done", [False, True], ids=["before", "after"])
def test_an_interrupt_leaves_a_run_whole_or_nothing_of_it(
    name: str, done: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rename = os.rename

    def interrupted(part: str, path: str) -> None:
        if done or not path.endswith(name):
            rename(part, path)
        if path.endswith(name):
            raise KeyboardInterrupt

    monkeypatch.setattr(os, "rename", interrupted)
    files = RunFiles([tmp_path], made(epochs=3))
    (result,) = train([files.experiment], files)
    with pytest.raises(KeyboardInterrupt):
        files.finish(0, result, summary(0, {}, result, "."))
    files.discard()
    whole = {"history.csv", "parameters.csv", "summary.csv"} if done and name == "summary.csv" else set()
    assert {path.name for path in tmp_path.iterdir()} == whole


def test_a_file_that_cannot_be_put_in_its_place_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "runs.csv" / "a").mkdir(parents=True)
    with pytest.raises(OSError, match=r"runs\.csv"):
        write_whole(tmp_path / "runs.csv", b"")
    assert [path.name for path in tmp_path.iterdir()] == ["runs.csv"]


@pytest.mark.skipif(os.name != "posix", reason="modes are read as POSIX has them")
def test_files_have_the_mode_that_the_users_mask_leaves_them(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        written([made()], tmp_path)
    finally:
        os.umask(before)
    assert {oct(path.stat().st_mode & 0o777) for path in (tmp_path / "0").iterdir()} == {"0o640"}


def test_a_run_of_some_seconds_is_on_the_disk_before_it_is_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[str] = []

    def fsync(handle: int) -> None:
        done = " done" if (tmp_path / "summary.csv").exists() else ""
        path = Path(os.readlink(f"/proc/self/fd/{handle}"))
        synced.append(path.name.partition(".csv.")[0] + done)

    monkeypatch.setattr(os, "fsync", fsync)
    one = made(epochs=3)
    files = RunFiles([tmp_path], one)
    (result,) = train([one], files)
    files.finish(0, replace(result, seconds=WORTH_SYNCING), summary(0, {}, result, "."))
    assert sorted(synced[:2]) == ["history.csv", "parameters.csv"]
    assert synced[2:] == [tmp_path.name, tmp_path.parent.name, "summary", f"{tmp_path.name} done"]


def test_cells_that_do_not_apply_are_empty_in_a_table() -> None:
    lines = [{"run": 0, "error": 0.1}, {"run": 1, "error": float("nan"), "note": 'a,"b"'}]
    assert table(lines, ["run", "error", "note"]) == b'run,error,note\n0,0.1,\n1,,"a,""b"""\n'
