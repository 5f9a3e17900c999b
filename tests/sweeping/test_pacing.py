"""A stack that would take long is cut, and its runs have the bytes that they have in the whole."""

from __future__ import annotations

from pathlib import Path

import pytest
from comparing import bits_of_a_run
from making_runs import made, written

from runner.config import Cache
from runner.records.lines import Line
from runner.sweeping import pacing
from runner.sweeping.plugin_keys import LauncherSettings
from runner.sweeping.workers import train_stacks
from runner.training.experiment import Experiment
from runner.work import TooLongError, Work

#: What has every stack cut into its runs.
ALWAYS = {"SEEN": 0.0, "LONGEST": 1e-9, "WANTED": 1e-9, "CALLS": 1e-12, "NARROW_BYTES": 1}


@pytest.fixture
def runs() -> list[Experiment]:
    cache = Cache()
    return [made(cache, epochs=9, seed=seed) for seed in range(5)]


def saved(runs: list[Experiment], folder: Path, workers: int = 1) -> list[list[int]]:
    """The runs that are saved together, where all make one stack."""
    works = [Work(Line(at, {}), str(folder / str(at)), run) for at, run in enumerate(runs)]
    for work in works:
        Path(work.folder).mkdir(parents=True)
    settings = LauncherSettings(n_jobs=workers, backend="threading")
    done = list(train_stacks(iter([works]), settings, lambda _: None, folder, lambda: None))
    return [[outcome.line.run for outcome in outcomes] for outcomes in done if outcomes]


@bits_of_a_run
@pytest.mark.parametrize("workers", [1, 2])
def test_a_long_stack_is_cut(
    workers: int, runs: list[Experiment], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in ALWAYS.items():
        monkeypatch.setattr(pacing, name, value)
    assert sorted(saved(runs, tmp_path / "cut", workers)) == [[0], [1], [2], [3], [4]]
    for at, whole in enumerate(written(runs, tmp_path / "whole")):
        assert whole == {name: (tmp_path / "cut" / str(at) / name).read_bytes() for name in whole}


def test_what_a_stack_takes_before_its_first_epoch_is_no_training(
    runs: list[Experiment], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of 11,000 runs of 100 epochs it is half of the time: they were cut into four."""
    for name, value in {"NARROW_BYTES": 1, "CALLS": 1e-12}.items():
        monkeypatch.setattr(pacing, name, value)
    works = [Work(Line(at, {}), "", run) for at, run in enumerate(runs)]
    first_ended, second_ended = 100.0, 100.6
    for late in (0.0, 100.0):
        monkeypatch.setattr(pacing.time, "monotonic", lambda: 0.0)
        pace = pacing._Pace(works, may_be_cut=True)
        monkeypatch.setattr(pacing.time, "monotonic", lambda: first_ended)
        pace.tick(1)
        monkeypatch.setattr(pacing.time, "monotonic", lambda late=late: second_ended + late)
        if late:
            with pytest.raises(TooLongError):
                pace.tick(2)
        else:
            pace.tick(2)


@pytest.mark.parametrize("key", ["LONGEST", "CALLS", "SEEN", "NARROW_BYTES"])
def test_a_stack_stays_whole_that_is_short_or_would_be_slow_in_parts(
    key: str, runs: list[Experiment], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {**ALWAYS, key: 2**40}.items():
        monkeypatch.setattr(pacing, name, value)
    assert saved(runs, tmp_path) == [[0, 1, 2, 3, 4]]
