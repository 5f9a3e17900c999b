"""The finder as a command and from Python: a sweep in rounds, the same whichever way it is run."""

from __future__ import annotations

from pathlib import Path

import pytest
from making_sweeps import lines
from processes import Command

import runner
from runner.results.finding import RATES, SEEDS

ARGUMENTS = ("experiment=find_learning_rate", "epochs=30")
#: What differs from one time to another, or has no meaning where nothing is written.
OF_A_SWEEP = ["seconds", "directory"]


def table(folder: Path) -> list[dict[str, str]]:
    return [{key: cell for key, cell in line.items() if key != "seconds"} for line in lines(folder)]


def test_the_command_the_interface_and_every_launcher_find_the_same(command: Command, tmp_path: Path) -> None:
    done = command(*ARGUMENTS, "hydra.sweep.dir=s")
    assert done.returncode == 0, done.stderr
    found = runner.find_learning_rate(runner.load("epochs=30"))
    runs = runner.read_runs(tmp_path / "s")
    assert found.runs.equals(runs.drop(columns=OF_A_SWEEP))
    first = runs[: len(RATES) * len(SEEDS)]
    assert sorted(set(first["learning_rate"])) == list(RATES)
    assert sorted(set(first["seed"])) == list(SEEDS)
    assert f"\nlearning rate: {found.rate:.3g} (final error" in done.stdout
    assert f"\nfound by: {len(runs)} trainings of 30 epochs at " in done.stdout
    for folder, option in (("basic", "hydra/launcher=basic"), ("batches", "hydra.sweeper.max_batch_size=4")):
        narrow = (*ARGUMENTS, "seed=0", "learning_rate=0.1,0.2,0.25,0.3")
        again = command(*narrow, option, f"hydra.sweep.dir={folder}")
        assert again.returncode == 0, again.stderr
    assert len(table(tmp_path / "basic")) > 5
    assert table(tmp_path / "basic") == table(tmp_path / "batches")


def test_what_is_done_is_kept_by_a_resumption(command: Command, tmp_path: Path) -> None:
    sweep = (*ARGUMENTS, "seed=3", "hydra.sweep.dir=s")
    first = command(*sweep)
    before, runs = table(tmp_path / "s"), len(lines(tmp_path / "s"))
    (tmp_path / "s" / "runs.csv").unlink()
    (tmp_path / "s" / str(runs - 1) / "summary.csv").unlink()
    again = command(*sweep, "hydra.launcher.resume=true")
    assert table(tmp_path / "s") == before
    word = [line for line in first.stdout.splitlines() if ":" in line and "runs in" not in line]
    assert word == [line for line in again.stdout.splitlines() if ":" in line and "runs in" not in line]


def test_what_no_rate_can_be_found_by_is_refused(command: Command, tmp_path: Path) -> None:
    done = command(*ARGUMENTS[:1], "epochs=0", "hydra.sweep.dir=s")
    assert done.returncode == 1
    assert done.stderr == "epochs=0: must be at least 1, for a learning rate to be found\n"
    done = command(*ARGUMENTS, "hydra.sweeper.refine=accuracy", "hydra.sweep.dir=s")
    assert (
        done.stderr
        == "hydra.sweeper.refine=accuracy: must be one of auto, final_error, validation_error, test_error\n"
    )
    assert not list(tmp_path.iterdir())


def test_python_is_told_by_its_own_names() -> None:
    experiment = runner.load()
    for options, message in (
        ({"rates": [0.1, -1, 1]}, r"rates=-1: must be above 0"),
        ({"seeds": []}, r"seeds=\[\]: must be one or more"),
        ({"metric": "accuracy"}, "metric=accuracy: must be one of final_error, validation_error, test_error"),
    ):
        with pytest.raises(runner.ConfigError, match=message):
            runner.find_learning_rate(experiment, **options)  # type: ignore[arg-type]


def test_of_several_settings_each_has_a_rate_of_its_own(command: Command, tmp_path: Path) -> None:
    done = command(*ARGUMENTS, "seed=0", "optimizer=sgd,adam", "hydra.sweep.dir=s")
    rates = [line for line in done.stdout.splitlines() if ": learning rate: " in line]
    assert [line.split(":")[0] for line in rates] == ["optimizer=sgd", "optimizer=adam"]
    alone = runner.find_learning_rate(runner.load("epochs=30", "optimizer=adam"), seeds=[0])
    assert rates[1].startswith(f"optimizer=adam: learning rate: {alone.rate:.3g} (")
