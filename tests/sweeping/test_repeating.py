"""The best settings again with fresh seeds."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from making_sweeps import lines
from processes import Command

from runner.errors import ConfigError
from runner.records.lines import Line
from runner.sweeping.repeating import Repeating

JOBS = [
    [f"optimizer={name}", f"learning_rate={rate}", "seed=42"]
    for name in ("sgd", "adam")
    for rate in (1, 2, 3)
]
ERRORS = [0.3, 0.1, 0.2, 0.4, 0.5, 0.6]


def ended(jobs: Sequence[Sequence[str]], errors: Sequence[float], status: str = "completed") -> list[Line]:
    swept = (dict(override.split("=") for override in job) for job in jobs)
    results = ({"initial_error": 1.0, "final_error": error} for error in errors)
    return [Line(at, s, status, r) for at, (s, r) in enumerate(zip(swept, results, strict=True))]


def test_each_optimizer_s_best_rate_comes_again_with_fresh_seeds() -> None:
    repeating = Repeating.of(2, JOBS)
    more = repeating.next_jobs(JOBS, ended(JOBS, ERRORS))
    assert more == [
        ["optimizer=sgd", "learning_rate=2", "seed=43"],
        ["optimizer=sgd", "learning_rate=2", "seed=44"],
        ["optimizer=adam", "learning_rate=1", "seed=43"],
        ["optimizer=adam", "learning_rate=1", "seed=44"],
    ]
    everything = [*JOBS, *more]
    done = ended(everything, [*ERRORS, 0.2, 0.4, 0.7, 0.7])
    assert repeating.next_jobs(everything, done) == []
    heading = "again with 2 fresh seeds"
    assert repeating.verdicts(everything, done) == [
        (heading, "final error 0.3 ± 0.14 (mean and standard deviation) at optimizer=sgd, learning_rate=2"),
        (heading, "final error 0.7 ± 0 (mean and standard deviation) at optimizer=adam, learning_rate=1"),
    ]


def test_without_rates_the_best_of_all_comes_again() -> None:
    jobs = [[f"network.hidden=[{size}]", f"seed={seed}"] for size in (2, 4) for seed in (0, 5)]
    more = Repeating.of(1, jobs).next_jobs(jobs, ended(jobs, [0.3, 0.4, 0.1, 0.2]))
    assert more == [["network.hidden=[4]", "seed=6"]]


def test_repeats_that_are_lost_are_counted() -> None:
    repeating, jobs = Repeating(2, 0), [["learning_rate=1", f"seed={seed}"] for seed in (0, 1, 2)]
    done = ended(jobs, [0.1, 0.2, 0.3])
    done[2] = done[2]._replace(status="diverged")
    ((_, text),) = repeating.verdicts(jobs, done)
    assert text == "final error 0.2 (mean and standard deviation; 1 lost) at learning_rate=1"
    ((_, text),) = repeating.verdicts(jobs, ended(jobs, [0.1, 0.2, 0.3], "diverged"))
    assert text == "all 2 diverged, blew up or failed at learning_rate=1"


def test_where_nothing_is_best_nothing_comes_again() -> None:
    assert Repeating.of(3, JOBS).next_jobs(JOBS, ended(JOBS, ERRORS, "diverged")) == []


def test_a_seed_that_is_no_number_is_refused() -> None:
    with pytest.raises(ConfigError, match="seed=x: must be a whole number"):
        Repeating.of(3, [["seed=x"]])


def test_a_sweep_that_repeats_says_every_seed(command: Command, tmp_path: Path) -> None:
    done = command("-m", "learning_rate=0.1,0.01", "epochs=3", "hydra.sweeper.repeat=2", "hydra.sweep.dir=s")
    assert "again with 2 fresh seeds: final error" in done.stdout, done.stderr
    assert "standard deviation) at learning_rate=0.1\n" in done.stdout  # and not at what is the same in all
    table = [(line["learning_rate"], line["seed"]) for line in lines(tmp_path / "s")]
    assert table == [("0.1", "0"), ("0.01", "0"), ("0.1", "1"), ("0.1", "2")]
