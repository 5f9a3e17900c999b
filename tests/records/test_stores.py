"""Sweeps without folders: the same numbers, to the last bit, wherever their runs are."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from making_sweeps import make_sweep

import runner
from runner.config.exporting import export, folder_of
from runner.errors import RunnerError
from runner.records import stack_files
from runner.records.histories import read_columns
from runner.records.lines import read_lines
from runner.records.names import LEFT
from runner.records.runs_table import RunsTable
from runner.records.stack_files import clear_parts
from runner.records.stores import store_in, stored
from runner.results import read_histories, read_runs
from runner.verifying import verify

SWEPT = {"learning_rate": [0.05, 0.1, 30], "seed": [0, 1]}  # at 30 it diverges
OVERRIDES = ["network=dense", "epochs=4", "optimizer=adam", "log.curvature=2", "log.predictions=true"]
STORES = ("folders", "parquet", "table")


@pytest.fixture(scope="module")
def sweeps(tmp_path_factory) -> dict[str, Path]:
    """The same sweep in each store; what has no histories is read from copies."""
    made = tmp_path_factory.mktemp("stores")
    return {store: make_sweep(made / store, SWEPT, OVERRIDES, store=store) for store in STORES}


@pytest.mark.parametrize("store", ["parquet", "table"])
def test_every_reader_has_the_numbers_of_folders(sweeps, store):
    there, here = sweeps["folders"], sweeps[store]
    tables = [read_runs(sweep).drop(columns="seconds") for sweep in (there, here)]
    pd.testing.assert_frame_equal(*tables, check_exact=True)
    pd.testing.assert_frame_equal(read_histories(there), read_histories(here), check_exact=True)
    assert not list(here.glob("[0-9]*"))


def test_what_a_table_of_runs_does_not_keep_is_not_made(tmp_path, monkeypatch):
    for name in ("order_of", "predictions_csv"):
        monkeypatch.setattr(f"runner.work.{name}", lambda *_: pytest.fail("was made"))
    logs = ["log.order=true", "log.predictions=true"]
    lines = read_runs(make_sweep(tmp_path / "s", SWEPT, [*OVERRIDES, *logs], store="table"))
    assert set(lines["status"]) == {"completed"}


@pytest.mark.parametrize("store", ["parquet", "table"])
def test_an_exported_folder_has_the_bytes_of_folders(sweeps, store, tmp_path):
    folder = export(sweeps[store], 5, tmp_path / "out")
    names = sorted(path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
    there = sweeps["folders"] / "5"
    assert names == sorted(path.relative_to(there) for path in there.rglob("*") if path.is_file())
    for name in names:
        if name.name != "summary.csv":
            assert (folder / name).read_bytes() == (there / name).read_bytes(), name
    (line, now), (then, before) = (without_seconds(at) for at in (folder, there))
    assert line == then
    assert now == before


def without_seconds(folder: Path) -> tuple[str, str]:
    table = pd.read_csv(folder / "summary.csv", dtype=str).drop(columns="seconds")
    return tuple(table.to_csv().splitlines())


@pytest.mark.parametrize("store", ["parquet", "table"])
def test_a_run_is_opened_taken_up_and_verified_where_it_would_be(sweeps, store):
    path = sweeps[store] / "3"
    there = runner.open(sweeps["folders"] / "3")
    assert np.array_equal(runner.open(path).result.final, there.result.final)
    begun = runner.train(runner.load("network=dense", f"network.weights={{from: '{path}'}}", "epochs=0"))
    assert np.array_equal(begun.result.initial[:16], there.result.final[:16])  # without biases
    assert verify(sweeps[store], runs=2).is_same


def test_a_folder_is_read_before_the_store(sweeps, tmp_path):
    sweep = make_sweep(tmp_path / "sweep", {"seed": [0, 1]}, ["epochs=2"], store="parquet")
    assert stored(sweep / "1") is not None
    export(sweep, 1)
    assert stored(sweep / "1") is None
    assert folder_of(sweep / "1") == sweep / "1"
    with pytest.raises(RunnerError, match="already holds the result of a run"):
        export(sweep, 1)
    with pytest.raises(RunnerError, match="--run 7: no run of this number has a result"):
        export(sweep, 7)


def test_the_table_is_rebuilt_from_the_files(sweeps, tmp_path):
    sweep = make_sweep(tmp_path / "sweep", SWEPT, OVERRIDES, runs_csv=False, store="parquet")
    RunsTable.now(sweep).write()
    there = [line._replace(results={}) for line in read_lines(sweeps["folders"] / "runs.csv")]
    assert [line._replace(results={}) for line in read_lines(sweep / "runs.csv")] == there


def test_rows_that_come_in_pieces_are_those_of_one(sweeps, tmp_path, monkeypatch):
    """Row groups of a few rows, so that runs lie across several, beside each other."""
    monkeypatch.setattr(stack_files, "ROWS", 4)
    sweep = make_sweep(tmp_path / "sweep", SWEPT, OVERRIDES, store="parquet", row_bytes=1)
    pd.testing.assert_frame_equal(read_histories(sweeps["folders"]), read_histories(sweep), check_exact=True)


def test_what_a_killed_process_left_is_cleared(tmp_path):
    sweep = make_sweep(tmp_path / "sweep", {"seed": [0, 1]}, ["epochs=2"], store="parquet")
    (whole,) = (sweep / "records").iterdir()
    for left in ("histories/0-1.parquet", "histories/0-2.parquet.part", "records/0-2.parquet.part"):
        (sweep / left).write_bytes(b"half")
    clear_parts(sweep)
    assert sorted(sweep.glob("*/*")) == [sweep / "histories" / whole.name, whole]


def test_a_file_that_is_cut_is_named(tmp_path):
    sweep = make_sweep(tmp_path / "sweep", {"seed": [0, 1]}, ["epochs=2"], store="parquet")
    (histories,) = (sweep / "histories").iterdir()
    histories.write_bytes(histories.read_bytes()[:-50])
    with pytest.raises(RunnerError, match=rf"{histories}: is not as it was written .* remove it, and resume"):
        list(read_columns([f"{sweep}/0/history.csv"], None))
    assert store_in(sweep) is not None


def sent(sweep, change):
    """Changes the records of a sweep, as who sends one may."""
    (path,) = (sweep / "records").iterdir()
    table = pq.read_table(path)
    pq.write_table(change(table), path)
    return sweep


def _other(cell, old, new):
    assert old in cell
    return cell.replace(old, new)


def of_run_0(table, name, to):
    column = pa.array(to(table[name].to_pylist()), table.schema.field(name).type)
    return table.set_column(table.schema.get_field_index(name), name, column)


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("directory", "0", "../out"),
        ("summary.csv", b",0,2,1,1,", b",../out,2,1,1,"),
        ("hydra", '".hydra"', '"../../out"'),
    ],
)
def test_a_store_that_was_sent_writes_nothing_outside(tmp_path, name, old, new):
    sweep = make_sweep(tmp_path / "s", {"seed": [0, 1]}, ["epochs=1"], store="parquet")
    sent(sweep, lambda table: of_run_0(table, name, lambda cells: [_other(cells[0], old, new), cells[1]]))
    with suppress(RunnerError):
        export(sweep, 0)
    with suppress(RunnerError):
        folder_of(sweep / "0")
    assert [path.name for path in tmp_path.iterdir()] == ["s"]


def test_a_store_that_was_sent_has_a_runs_files_and_no_others(tmp_path):
    sweep = make_sweep(tmp_path / "s", {"seed": [0, 1]}, ["epochs=1"], store="parquet")
    sent(sweep, lambda table: table.append_column("../evil", [[b"x"] * 2]))
    before = sorted(export(sweep, 0, tmp_path / "out").iterdir())
    assert {path.name for path in before} <= {".hydra", *LEFT}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out", "s"]
