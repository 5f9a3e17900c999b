"""How many workers a sweep is given: as many as its work pays for."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from processes import Command

import runner
from runner import resources
from runner.sweeping import paying
from runner.sweeping.paying import settled
from runner.sweeping.plugin_keys import LauncherSettings
from runner.training.experiment import Experiment

DIGITS = ["network=dense", "network.hidden=[32]", "data=digits", "epochs=50"]


@pytest.fixture(autouse=True)
def machine(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """One with eight cores, on which workers may be forked."""
    monkeypatch.setattr(paying, "cores", lambda: 8)
    monkeypatch.setattr(paying, "may_fork", lambda: True)
    monkeypatch.setattr(paying, "free_memory", lambda: 8 * 10**9)
    return monkeypatch


def workers(runs: float, *overrides: str, **settings: object) -> int:
    made: list[tuple[Experiment, float]] = [(runner.load(*overrides), runs)]
    return settled(LauncherSettings(**settings), made).workers  # type: ignore[arg-type]


def test_short_sweeps_start_none() -> None:
    assert workers(10) == 1
    assert workers(9, "experiment=chain_rule") == 1
    assert workers(50, "epochs=1000") == 1
    assert workers(100, "epochs=0") == 1
    assert settled(LauncherSettings(), []).workers == 1


def test_long_sweeps_take_every_core() -> None:
    assert workers(10_000) == 8
    assert workers(10_000, *DIGITS) == 8
    assert workers(3, *DIGITS, "epochs=100000") == 3


def test_what_starts_slowly_must_pay_for_it(machine: pytest.MonkeyPatch) -> None:
    assert workers(1000, "epochs=1000") > 1
    machine.setattr(paying, "may_fork", lambda: False)
    assert workers(1000, "epochs=1000") == 1
    assert workers(10_000, "epochs=1000") > 4


def test_a_table_pays_less_than_folders() -> None:
    assert workers(300, "epochs=300") > 1
    assert workers(300, "epochs=300", store="table") == 1


@pytest.mark.parametrize(("runs", "many"), [(10, False), (1000, True)])
def test_a_dry_run_says_how_many_processes_there_are(runs: int, many: bool, command: Command) -> None:
    sweep = ["-m", f"seed=range(0,{runs})", "epochs=5000", "hydra.sweeper.dry_run=true"]
    said = re.search(r"memory in (\d+) process", command(*sweep).stdout)
    assert said
    assert (int(said[1]) > 1) == (many and resources.cores() > 1)


def test_a_number_is_as_it_is_given() -> None:
    assert workers(10, n_jobs=3) == 3
    assert workers(10**6, n_jobs=1) == 1


@pytest.mark.parametrize("settings", [{"backend": "threading"}, {"backend": "dask", "address": "tcp://a:1"}])
def test_where_nobody_knows_it_is_one(settings: dict[str, object]) -> None:
    assert workers(10**6, **settings) == 1


def test_the_memory_bounds_it(machine: pytest.MonkeyPatch) -> None:
    wide = ["network=dense", "data=sine", "network.hidden=[500,500]"]  # of which one takes 36 MB
    assert workers(100, *wide) == 8
    assert workers(100, *wide, max_memory="80MiB") == 2
    machine.setattr(paying, "free_memory", lambda: 2 * 10**9)
    assert 1 < workers(100, *wide) < 8


def test_halving_compares_the_same_runs() -> None:
    halving = {"every": 10, "keep": 0.5}
    assert workers(64, *DIGITS, halving=halving, max_memory="4GiB") > 1
    assert workers(64, *DIGITS, halving=halving, max_memory="12MiB") == 1


@pytest.mark.parametrize(
    ("files", "there"),
    [
        ({"cpu.max": "150000 100000"}, 2),
        ({"cpu.max": "max 100000"}, 8),
        ({"cpu/cpu.cfs_quota_us": "300000", "cpu/cpu.cfs_period_us": "100000"}, 3),
        ({"cpu/cpu.cfs_quota_us": "-1", "cpu/cpu.cfs_period_us": "100000"}, 8),
        ({}, 8),
    ],
)
def test_cores_are_those_that_may_be_used(
    files: dict[str, str], there: int, machine: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "self").mkdir()
    (tmp_path / "self" / "cgroup").write_text("0::/\n4:cpu,cpuacct:/a\n")
    machine.setattr(resources, "PROC", tmp_path)
    machine.setattr(resources, "CGROUPS", tmp_path)
    machine.setattr(resources.os, "sched_getaffinity", lambda _: range(8), raising=False)
    for name, content in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(content)
    assert resources.cores() == there
