"""What is beyond the machine is refused before it starts, with the estimate and what to change."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from processes import Command

import runner
from runner import resources
from runner.cost import refusal
from runner.cost.refusal import refuse_beyond
from runner.resources import BeyondError, insist

MB, GB = 10**6, 10**9
LONG = "epochs=1000000000000"


@pytest.fixture
def free(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """A machine with 8 GB of memory and of disk, and nobody who insists."""
    monkeypatch.setattr(refusal, "free_memory", lambda: 8 * GB)
    monkeypatch.setattr(refusal, "free_disk", lambda folder: 8 * GB)
    yield monkeypatch
    insist(False)


DENSE, SINE = "network=dense", "network=dense data=sine"
#: Attempts, and what is said of them: the key, the estimate and what to change.
BEYOND = {
    LONG: r"epochs=10{12}: would write about 1,0.* rows .* 159 TB in all; .* 8 GB free; log\.every",
    "epochs=100000000 log.unit=update": r"epochs=10{8}: .* 1\d\.\d GB in all; .*; log\.every=20 for fewer",
    f"{DENSE} network.hidden=[5000,5000]": r"network\.hidden=.* 5\d\.\d GB in all.*; log\.weights=false",
    f"{DENSE} network.hidden=[9990,9990]": r"network\.hidden=.*: makes 99,850,051 weights and biases, and",
    f"{DENSE} data=exercise data.features=10000000": r"(network\.hidden|data\.features)=.* of memory",
    f"{SINE} data.points=100000000": r"batch_size=null: would take about 5\d(\.\d)? GB of memory",
    f"{SINE} data.points=1000000000000": r"data\.points=10{12}: would take about .* TB of memory",
    f"{DENSE} data=gaussians data.points=100000 data.classes=100000": "would take about",
    f"{SINE} batch_size=10 epochs=1000000000 log.every=1000000000 log.order=true": r"log\.order=true: ",
    f"{DENSE} network.hidden=[4000,4000] epochs=0 log.weights=false log.curvature=1": "of memory, and 8 GB",
}


@pytest.mark.parametrize("attempt", BEYOND)
def test_what_is_beyond_the_machine_is_refused(
    attempt: str, free: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with pytest.raises(BeyondError) as refused:
        refuse_beyond(runner.load(*attempt.split()), tmp_path)
    assert re.search(BEYOND[attempt], str(refused.value)), refused.value
    assert str(refused.value).endswith("(--force insists)")
    assert "\n" not in str(refused.value)


def test_who_insists_is_let(free: pytest.MonkeyPatch, tmp_path: Path) -> None:
    made = runner.load(LONG)
    insist()
    refuse_beyond(made, tmp_path)
    insist(False)
    with pytest.raises(BeyondError):
        refuse_beyond(made, tmp_path)


def test_nothing_is_refused_where_nobody_knows_what_is_free(free: pytest.MonkeyPatch, tmp_path: Path) -> None:
    free.setattr(refusal, "free_disk", lambda folder: None)
    refuse_beyond(runner.load(LONG), tmp_path)
    free.setattr(refusal, "free_memory", lambda: None)
    refuse_beyond(runner.load("network=dense", "network.hidden=[9000,9000]"), tmp_path)


def test_the_largest_that_ship_are_affordable(free: pytest.MonkeyPatch, tmp_path: Path) -> None:
    free.setattr(refusal, "free_memory", lambda: 100 * MB)
    free.setattr(refusal, "free_disk", lambda folder: 100 * MB)
    for preset in ("spiral", "edge_of_stability_adam"):
        refuse_beyond(runner.load(f"experiment={preset}"), tmp_path)


def test_a_small_disk_takes_a_small_run(free: pytest.MonkeyPatch, tmp_path: Path) -> None:
    free.setattr(refusal, "free_disk", lambda folder: 1 * MB)
    refuse_beyond(runner.load("epochs=3000"), tmp_path)
    with pytest.raises(BeyondError, match=r"epochs=30000: .* has 1 MB free; log.every=50 for"):
        refuse_beyond(runner.load("epochs=30000"), tmp_path)
    refuse_beyond(runner.load("epochs=30000", "log.every=50"), tmp_path)
    refuse_beyond(runner.load("epochs=30000"), None)  # nothing is written


def test_python_keeps_all_histories(free: pytest.MonkeyPatch) -> None:
    made = runner.load("epochs=3", "seed=1")
    runner.train(made)
    free.setattr(refusal, "free_memory", lambda: 1 * MB)
    with pytest.raises(runner.ConfigError, match=r"epochs=100000: would take about .* 1 MB are free"):
        runner.train([made, runner.load("epochs=100000")])
    assert len(runner.train([made], force=True)) == 1


MANY = "these values make 1,000,000,000 runs, which would write 41 TB"
COMMANDS = [
    ([LONG], "epochs=1000000000000: would write about"),
    (["-m", "seed=range(0,1000000000)"], MANY),
    (["-m", "seed=range(0,1000000000)", "dry_run=true"], MANY),
    (["-m", "seed=range(0,9)", LONG], "hydra.sweep.dir=outputs/sweeps/"),
    (["-m", "seed=1,2", "hydra.launcher.n_jobs=1000000"], "n_jobs=1000000: would take about 50 TB"),
    (["-m", "seed=1,2", "hydra/sweeper=basic", LONG], "hydra.sweep.dir="),
    ([*SINE.split(), "data.points=100000000", "network.hidden=[9000]"], "batch_size=null: would"),
]


@pytest.mark.parametrize(("arguments", "message"), COMMANDS)
def test_a_command_is_refused_and_leaves_nothing(
    arguments: list[str], message: str, command: Command, tmp_path: Path
) -> None:
    done = command(*arguments)
    assert (done.returncode, done.stdout) == (1, "")
    assert message in done.stderr
    assert len(done.stderr.splitlines()) == 1
    left = {path.name for path in tmp_path.rglob("*") if path.is_file()}
    assert left <= ({"multirun.yaml"} if "hydra/sweeper=basic" in arguments else set())


def test_a_dry_run_says_what_one_run_would_take(command: Command, tmp_path: Path) -> None:
    said = command("epochs=20", "dry_run=true").stdout
    assert "20 epochs of 1 update, 21 rows of history.csv of 8 columns\n" in said
    assert re.search(r"^disk: about \d+(\.\d)? kB, of .* that are free$", said, re.MULTILINE)
    assert re.search(r"^memory: about 5\d(\.\d)? MB, of .* that are free$", said, re.MULTILINE)
    assert said.endswith("dry run: nothing was run\n")
    refused = command(LONG, "dry_run=true")
    assert refused.returncode == 0
    assert "would be refused: epochs=1000000000000: " in refused.stdout
    wrong = command("epochs=-1", "dry_run=true")
    assert (wrong.returncode, wrong.stderr) == (1, "epochs=-1: must be a whole number at least 0\n")
    maybe = command("dry_run=maybe")
    assert (maybe.returncode, maybe.stderr) == (1, "dry_run=maybe: must be true or false\n")
    assert not list(tmp_path.iterdir())


def test_units_and_places(tmp_path: Path) -> None:
    assert [resources.in_words(n) for n in (999, 1.2e6, 3.4e16)] == ["999 B", "1.2 MB", "34 PB"]
    assert resources.free_disk(tmp_path / "not" / "there" / "yet") is not None
