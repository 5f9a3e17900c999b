"""``runs.csv`` from the first run on, whatever ends the sweep; and what the folders tell without it."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest
from forked import Forks
from making_sweeps import lines
from processes import Command

from runner.errors import RunnerError
from runner.figures.figure import note_of
from runner.records.lines import Line
from runner.records.runs_table import RunsTable
from runner.results import Results, read_runs

RATES = ["0.1", "-1", "0.2", "-2", "0.3"]
STATUSES = ["completed", "failed", "completed", "failed", "completed"]


def killed(folder: Path, *arguments: str, runs: int) -> Path:
    """A sweep that was killed when so many of its runs were done, or when it had begun to train."""
    call = [sys.executable, "-m", "runner", "-m", *arguments, "hydra.sweep.dir=s"]
    sweep, deadline = folder / "s", time.monotonic() + 100
    with subprocess.Popen(call, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as running:
        while len(list(sweep.rglob("summary.csv"))) < runs or not list(sweep.rglob("history.csv*")):
            assert running.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.005)
        running.kill()
    return sweep


@pytest.mark.parametrize(
    ("more", "runs"),
    [
        pytest.param([], 0, marks=pytest.mark.thorough),
        pytest.param(["hydra.launcher.max_memory=1MiB"], 3, marks=pytest.mark.thorough),
        (["hydra.sweeper.max_batch_size=4"], 3),
        pytest.param(
            ["hydra.sweeper.max_batch_size=4", "hydra/sweeper=basic"], 3, marks=pytest.mark.thorough
        ),
        pytest.param(["hydra/launcher=basic"], 2, marks=pytest.mark.thorough),
        (["hydra/launcher=basic", "hydra.sweep.subdir=of/${seed}"], 2),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_a_sweep_that_was_killed_has_all_of_its_runs(more: list[str], runs: int, tmp_path: Path) -> None:
    size = ["network=dense", "network.hidden=[8]", "data=moons", "epochs=4000", "log.every=100"]
    sweep = killed(tmp_path, "seed=" + ",".join(map(str, range(40))), *size, *more, runs=runs)
    table = read_runs(sweep)
    assert table["run"].tolist() == list(range(40))
    assert table["seed"].tolist() == list(range(40))
    done = {int(path.read_text().splitlines()[1].split(",")[0]) for path in sweep.rglob("summary.csv")}
    assert runs <= len(done) < 40
    assert table.index[table["status"] == "completed"].tolist() == sorted(done)
    assert set(table.loc[~table["run"].isin(done), "status"]) == {"interrupted"}
    assert f"{40 - len(done)} of 40 runs have no result" in note_of(Results(sweep))


def test_a_sweep_that_goes_on_keeps_the_lines_of_all_batches(command: Command, tmp_path: Path) -> None:
    arguments = ["seed=1,2,3,4", "epochs=3", "hydra.sweep.dir=s", "hydra.sweep.subdir=of/${seed}"]
    arguments += ["hydra.sweeper.max_batch_size=2"]
    assert command("-m", *arguments).returncode == 0
    whole = lines(tmp_path / "s")
    shutil.rmtree(tmp_path / "s" / "of" / "2")
    again = [*arguments, "hydra.launcher.resume=true"]
    assert command("-m", *again).returncode == 0
    volatile = {"seconds"}
    kept = [{k: v for k, v in line.items() if k not in volatile} for line in lines(tmp_path / "s")]
    assert kept == [{k: v for k, v in line.items() if k not in volatile} for line in whole]


@pytest.mark.parametrize("more", ["hydra.launcher.backend=dask", "hydra.launcher.n_jobs=abc"])
def test_a_sweep_that_was_refused_has_no_table(more: str, command: Command, tmp_path: Path) -> None:
    (tmp_path / "distributed.py").write_text("raise ImportError")
    assert command("-m", "seed=1,2", more, "hydra.sweep.dir=s").returncode == 1
    assert not (tmp_path / "s").exists()


@pytest.fixture(scope="module")
def failing(forks: Forks, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Five runs, two of them failed, in folders of three kinds of names."""
    folder = tmp_path_factory.mktemp("failing")
    kinds = {
        "numbers": [],
        "words": ["hydra.sweep.subdir=lr_${learning_rate}"],
        "nested": ["hydra.sweep.subdir=${seed}/${learning_rate}", "hydra.output_subdir=record"],
        "unrecorded": ["hydra.sweep.subdir=of/${learning_rate}", "hydra.output_subdir=null"],
    }
    call = ("-m", f"learning_rate={','.join(RATES)}", "seed=7", "epochs=3")
    for name, more in kinds.items():
        assert forks.run((*call, *more, f"hydra.sweep.dir={name}"), folder, timeout=120).returncode == 1
    return {name: folder / name for name in kinds}


def without_table(sweep: Path, tmp_path: Path) -> Path:
    copy = tmp_path / "s"
    shutil.copytree(sweep, copy)
    (copy / "runs.csv").unlink()
    return copy


@pytest.mark.parametrize("kind", ["numbers", "words", "nested"])
def test_the_folders_tell_whatever_their_names(kind: str, failing: dict[str, Path], tmp_path: Path) -> None:
    copy = without_table(failing[kind], tmp_path)
    assert read_runs(copy).equals(read_runs(failing[kind]))
    assert read_runs(copy)["status"].tolist() == STATUSES
    RunsTable.now(copy).write()
    assert lines(copy) == lines(failing[kind])


def test_runs_of_unknown_number_are_all_there(failing: dict[str, Path], tmp_path: Path) -> None:
    copy = without_table(failing["unrecorded"], tmp_path)
    table = read_runs(copy)
    assert table["run"].tolist() == [0, 1, 2, 3, 4]
    assert table["status"].tolist() == STATUSES
    assert sorted(table["directory"]) == sorted(f"of/{rate}" for rate in RATES)
    RunsTable.now(copy).write()
    assert [line["status"] for line in lines(copy)] == STATUSES


def test_what_is_no_run_of_the_sweep_is_not_counted(
    failing: dict[str, Path], command: Command, tmp_path: Path
) -> None:
    sweep = without_table(failing["words"], tmp_path)
    assert command("epochs=2", "hydra.run.dir=s/mine").returncode == 0
    assert command("learning_rate=-3", "hydra.run.dir=s/wrong").returncode == 1
    inner = ("seed=1,2,3", "learning_rate=0.1,-1", "epochs=2")  # of which the last has a number of its own
    assert command("-m", *inner, "hydra.sweep.dir=s/inner").returncode == 1
    (sweep / "figures").mkdir()
    (sweep / "figures" / "learning_curves.csv").write_text("epoch,error\n")
    shutil.copytree(failing["numbers"], tmp_path / "elsewhere")
    (sweep / "9").symlink_to(tmp_path / "elsewhere" / "0")
    (sweep / "linked").symlink_to(tmp_path / "elsewhere", target_is_directory=True)
    shutil.copytree(sweep / "lr_-1", sweep / "copied" / "lr_-1x")
    assert read_runs(sweep).equals(read_runs(failing["words"]))


def test_a_run_that_is_under_way_is_counted(failing: dict[str, Path], tmp_path: Path) -> None:
    sweep = without_table(failing["nested"], tmp_path)
    (sweep / "7" / "0.2" / "summary.csv").unlink()
    assert Counter(read_runs(sweep)["status"]) == {"completed": 2, "failed": 2, "interrupted": 1}
    assert read_runs(sweep).loc[2, "learning_rate"] == 0.2


def test_what_hydra_did_not_write_is_named(failing: dict[str, Path], tmp_path: Path) -> None:
    sweep = without_table(failing["words"], tmp_path)
    (sweep / "lr_-1" / ".hydra" / "overrides.yaml").write_text("- a: [\n")
    with pytest.raises(RunnerError, match=r"lr_-1/\.hydra/overrides\.yaml: is not as Hydra wrote it"):
        read_runs(sweep)


@pytest.mark.parametrize(
    ("hydra", "counted"),
    [("hydra: 1", 4), ("hydra: {job: [1], runtime: 2}", 4), ("hydra: {job: {num: x}}", 4), ("[1]", 5)],
)
def test_a_record_of_another_shape_says_nothing(
    hydra: str, counted: int, failing: dict[str, Path], tmp_path: Path
) -> None:
    sweep = without_table(failing["words"], tmp_path)
    (sweep / "multirun.yaml").write_text(hydra)
    (sweep / "lr_-1" / ".hydra" / "hydra.yaml").write_text(hydra)
    (sweep / "lr_-1" / ".hydra" / "overrides.yaml").write_text("a: 1\n")
    assert len(read_runs(sweep)) == counted  # as one of another program; or as with no record at all


def test_a_folder_of_something_else_is_no_sweep(tmp_path: Path) -> None:
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "error.txt").write_text("mine")
    with pytest.raises(RunnerError, match="neither the folder of a run nor of a sweep"):
        read_runs(tmp_path)


def test_a_table_has_every_run_from_its_first_write_on(tmp_path: Path) -> None:
    table = RunsTable(tmp_path, [Line(run, {"seed": str(run)}) for run in range(3)])
    assert not table.is_begun
    table.write()
    assert table.is_begun
    table.add(Line(1, {"seed": "1"}, "completed", {"epochs": 3}))
    table.expect([Line(2, {"seed": "2"}, directory="2")])
    assert table.is_begun
    table.expect([Line(3, {"seed": "3"})])
    assert not table.is_begun
    table.write()
    assert [line["status"] for line in lines(tmp_path)] == ["interrupted", "completed", *["interrupted"] * 2]
    assert RunsTable.now(tmp_path).text() == table.text()
