"""A sweep is asked what it takes: of runs that cost alike one is prepared."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

import runner
from runner.cost.estimate import cost_of
from runner.errors import RunnerError
from runner.resources import BeyondError, insist
from runner.sweeping import asking
from runner.sweeping.asking import MOST_KINDS, SweepCost, cost_of_sweep, kinds_of, refuse_beyond
from runner.sweeping.plugin_keys import LauncherSettings
from runner.training.experiment import Experiment

GB = 10**9


@pytest.fixture(autouse=True)
def machine(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """One with 8 GB of memory and of disk."""
    for name in ("free_memory", "whole_memory"):
        monkeypatch.setattr(asking, name, lambda: 8 * GB)
    monkeypatch.setattr(asking, "free_disk", lambda folder: 8 * GB)
    return monkeypatch


def asked(jobs: Sequence[Sequence[str]], tmp_path: Path, **settings: object) -> SweepCost:
    return cost_of_sweep(jobs, lambda job: runner.load(*job), LauncherSettings(**settings), tmp_path)  # type: ignore[arg-type]


def test_runs_that_differ_in_what_costs_nothing_are_one_kind() -> None:
    jobs = [
        [f"learning_rate={rate}", f"seed={seed}", f"epochs={epochs}", "optimizer.momentum=0.5"]
        for rate in (0.1, 0.2)
        for seed in range(50)
        for epochs in (1, 2)
    ]
    assert kinds_of(jobs) == [(0, 100), (1, 100)]
    groups = [
        ["optimizer=sgd"],
        ["optimizer=adam"],
        ["data.points=3"],
        ["data.seed=3"],
        ["network.hidden=[2]"],
    ]
    assert len(kinds_of(groups)) == 5


def test_a_large_sweep_prepares_one_run(tmp_path: Path) -> None:
    prepared: list[Sequence[str]] = []

    def prepare(job: Sequence[str]) -> Experiment:
        prepared.append(job)
        return runner.load(*job)

    jobs = [[f"seed={seed}", "epochs=7"] for seed in range(20_000)]
    cost = cost_of_sweep(jobs, prepare, LauncherSettings(), tmp_path)
    assert prepared == [["seed=0", "epochs=7"]]
    assert cost.rows == 20_000 * 8
    assert cost.said().startswith("160000 rows of history.csv, about ")


def test_a_sweep_takes_what_its_runs_take(tmp_path: Path) -> None:
    jobs = [[f"epochs={epochs}", f"log.every={every}"] for epochs in (10, 500) for every in (1, 7)]
    cost, each = asked(jobs, tmp_path), [cost_of(runner.load(*job)) for job in jobs]
    assert cost.rows == sum(one.rows for one in each)
    assert cost.disk == sum(one.disk for one in each) + asking.OF_LINE * len(jobs)
    wrong = asked([*jobs, ["epochs=-1"]], tmp_path)
    assert wrong.runs == 5


def test_of_very_many_kinds_some_speak_for_all(tmp_path: Path) -> None:
    made, prepared = runner.load(), []

    def prepare(job: Sequence[str]) -> Experiment:
        prepared.append(job)
        return made

    jobs = [[f"epochs={epochs}"] for epochs in range(10 * MOST_KINDS)]
    assert cost_of_sweep(jobs, prepare, LauncherSettings(), tmp_path).rows == 101 * len(jobs)
    assert len(prepared) == MOST_KINDS


DENSE = ["network=dense", "data=sine", "network.hidden=[500,500]"]
LARGE = ["network=dense", "network.hidden=[6000,6000]", "log.weights=false"]
LONG = ["epochs=1000000000"]
REFUSED = [
    ([LONG, LONG], {}, r"hydra\.sweep\.dir=.*: 2 runs would write about .* 8 GB are free; fewer runs,"),
    (
        [["seed=0"]],
        {"n_jobs": 1000},
        r"launcher\.n_jobs=1000: would take about 50(\.\d)? GB .*; at most 15\d ",
    ),
    ([["seed=0"]], {"max_memory": "9GiB"}, r"launcher\.max_memory=9GiB: this machine has 8 GB; "),
    ([DENSE], {"max_memory": "20MiB"}, r"max_memory=20MiB: a run alone takes 35\.8 MB; 35MiB is enough "),
    (
        [DENSE],
        {"max_memory": "80MiB", "n_jobs": 4},
        r"alone takes .* 4 workers share it; 137MiB is enough, or",
    ),
    ([LARGE], {}, r"network\.hidden=.*with 1 run "),
]


@pytest.mark.parametrize(("jobs", "settings", "message"), REFUSED)
def test_a_sweep_beyond_the_machine_is_refused(
    jobs: list[list[str]], settings: dict[str, object], message: str, tmp_path: Path
) -> None:
    cost = asked(jobs, tmp_path, **settings)
    with pytest.raises(BeyondError, match=message):
        refuse_beyond(cost)
    insist()
    try:
        refuse_beyond(cost)
    finally:
        insist(False)


def test_a_bound_that_is_enough_is_kept(tmp_path: Path) -> None:
    refuse_beyond(asked([DENSE], tmp_path, max_memory="35MiB"))
    refuse_beyond(asked([DENSE] * 10, tmp_path, n_jobs=10))  # nobody asked for a bound: memory is there
    refuse_beyond(asked([["seed=0"]], tmp_path, n_jobs=1000, backend="threading"))
    refuse_beyond(asked([["seed=0"], ["seed=1"]], tmp_path, n_jobs=2, max_memory="1MiB"))


def test_what_a_resumed_sweep_has_done_takes_no_room(machine: pytest.MonkeyPatch, tmp_path: Path) -> None:
    cost = asked([["seed=0"]] * 100, tmp_path)
    machine.setattr(asking, "free_disk", lambda folder: cost.disk / 2)
    refuse_beyond(cost, left=0.4)
    with pytest.raises(BeyondError, match="100 runs would write"):
        refuse_beyond(cost, left=0.6)


def test_data_beyond_the_memory_end_it_at_once(tmp_path: Path) -> None:
    points = ["network=dense", "data=exercise", "data.points=100000000", "data.features=100000"]
    with pytest.raises(RunnerError, match="of memory"):
        asked([["epochs=1"], points], tmp_path)


def test_each_store_says_what_it_would_take(tmp_path: Path) -> None:
    jobs = [[f"seed={seed}", "network=dense", "data=spiral", "epochs=99"] for seed in range(40)]
    folders, parquet, table = asked(jobs, tmp_path).stores()
    assert folders.startswith("store=folders: 4,000 rows, about ")
    assert folders.endswith(f" in {3 + 7 * 40} files")
    assert parquet.endswith(" in 5 files")
    assert table.startswith("store=table: no rows of histories, about ")
    disk = [asked(jobs, tmp_path, store=store).disk for store in ("folders", "parquet", "table")]
    assert disk == sorted(disk, reverse=True)
