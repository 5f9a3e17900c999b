"""Exactness of the CSV files: every number reads back, and a run has the same bytes in any company."""

from __future__ import annotations

import csv
import itertools
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from making_runs import made, written

import runner
from runner.nn.arrays import Array
from runner.records.lines import Line
from runner.records.writing import WORTH_SYNCING, RunFiles, clear, write_whole
from runner.training.loop import train


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
    for decimal, value in zip(itertools.chain(*[line[1:] for line in lines]), rows.ravel(), strict=True):
        digits = decimal.split("e")[0].replace(".", "").replace("-", "").strip("0")
        assert len(digits) <= len(
            repr(float(value)).split("e")[0].replace(".", "").replace("-", "").strip("0")
        )


def test_a_summary_says_when_the_last_weights_were_made(tmp_path: Path) -> None:
    data = {"name": "xor", "points": 30, "noise": 0.3, "test_fraction": 0.4}
    one = made(data=data, learning_rate=0.3, batch_size=7, optimizer={"name": "adam"}, stop={"patience": 2})
    written([one], tmp_path)
    (summary,) = csv.DictReader((tmp_path / "0/summary.csv").read_text().splitlines())
    best, last, updates = (int(summary[key]) for key in ("final_epoch", "epochs", "final_update"))
    assert 0 < best == int(summary["best_epoch"]) == last - 2
    assert updates == 3 * best  # of 18 examples


def test_curvature_is_a_file_of_its_own_where_it_is_asked_for(tmp_path: Path) -> None:
    """Its numbers read back exactly, infinite ones too, and no other file is another for it."""
    flat = {"hidden": [2, 2], "weights": "zeros"}
    plain, measured, calm = (
        made(network=network, log={"curvature": every}, learning_rate=0.1)
        for network, every in ((flat, None), (flat, 5), ({"hidden": [2], "weights": "orthogonal"}, 5))
    )
    for name, one in (("plain", plain), ("measured", measured), ("calm", calm)):
        written([one], tmp_path / name)
    for name in ("history.csv", "parameters.csv"):
        assert (tmp_path / "plain/0" / name).read_bytes() == (tmp_path / "measured/0" / name).read_bytes()
    assert not (tmp_path / "plain/0/curvature.csv").exists()
    assert "sharpness" not in (tmp_path / "plain/0/summary.csv").read_text()
    table = runner.read_curvature(tmp_path / "measured/0")
    assert table.columns.tolist() == ["epoch", "sharpness", "stability_limit"]
    assert table.to_numpy().tolist() == [[epoch, 0.0, np.inf] for epoch in (0, 5, 10, 12)]
    calm_table = runner.read_curvature(tmp_path / "calm/0")
    assert calm_table.equals(runner.train(calm).curvature)
    summary = runner.read_runs(tmp_path / "measured/0")
    assert summary[["sharpness", "stability_limit"]].to_numpy().tolist() == [[0.0, np.inf]]
    assert ("curvature.csv" in (tmp_path / "measured/0/summary.csv").read_text()) is True
    (tmp_path / "calm/0/curvature.csv").write_text("epoch,sharpness,stability_limit\n0,1,2\n")
    with pytest.raises(runner.RunnerError, match=r"curvature\.csv: is not as it was written"):
        runner.read_curvature(tmp_path / "calm/0")
    with pytest.raises(runner.RunnerError, match=r"has no curvature\.csv; log\.curvature=10 has it written"):
        runner.read_curvature(tmp_path / "plain/0")


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
            files.finish(0, result, Line(0, {}).ended(result))
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
    replace_ = os.replace

    def interrupted(part: str, path: str) -> None:
        if done or not path.endswith(name):
            replace_(part, path)
        if path.endswith(name):
            raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", interrupted)
    files = RunFiles([tmp_path], made(epochs=3))
    (result,) = train([files.experiment], files)
    with pytest.raises(KeyboardInterrupt):
        files.finish(0, result, Line(0, {}).ended(result))
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
    files.finish(0, replace(result, seconds=WORTH_SYNCING), Line(0, {}).ended(result))
    assert sorted(synced[:2]) == ["history.csv", "parameters.csv"]
    assert synced[2:] == [tmp_path.name, tmp_path.parent.name, "summary", f"{tmp_path.name} done"]
