"""The jobs of a sweep in rounds: which are refused, and which come next."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pytest

import runner
from runner.records.lines import Line
from runner.sweeping.refining import Refining

REFINING = Refining("final_error")


def jobs(rates: Sequence[object], *more: str) -> list[list[str]]:
    return [[*more, f"learning_rate={rate}", f"seed={seed}"] for rate in rates for seed in (4, 7)]


def ended(table: Sequence[Sequence[str]], status: str = "completed") -> list[Line]:
    """Lines of jobs whose error is least at a rate of 0.1."""
    lines = []
    for number, job in enumerate(table):
        rate = next(override.partition("=")[2] for override in job if override.startswith("learning_rate"))
        results = {
            "epochs": 5,
            "initial_error": 1.0,
            "final_error": 0.01 * max(float(rate) / 0.1, 0.1 / float(rate)),
        }
        lines.append(Line(number, {"learning_rate": rate}, status, results))
    return lines


@pytest.mark.parametrize(
    ("rates", "message"),
    [
        ([0.1], "learning_rate=0.1: is what is to be found: leave it out, or say between what it is"),
        ([0.1, 1], "learning_rate=[0.1, 1.0]: must be 3 or more, to find one between them"),
        (["fast", 0.1, 1], "learning_rate=fast: must be numbers; leave it out"),
        ([-1, 0.1, 1], "learning_rate=-1.0: must be above 0"),
    ],
)
def test_jobs_without_rates_to_compare_are_refused(rates: Sequence[object], message: str) -> None:
    with pytest.raises(runner.ConfigError, match=re.escape(message)):
        REFINING.refuse_unfit(jobs(rates), lambda _: runner.load())


def test_an_experiment_that_cannot_tell_rates_apart_is_refused() -> None:
    with pytest.raises(runner.ConfigError, match=r"data.test_fraction=0: must be above 0"):
        Refining("test_error").refuse_unfit(jobs([0.1, 1, 10]), lambda _: runner.load())
    REFINING.refuse_unfit(jobs([0.1, 1, 10]), lambda _: runner.load())


def test_the_next_round_has_every_seed_of_its_setting_at_finer_rates() -> None:
    first = [*jobs([0.01, 0.1, 1]), *jobs([0.01, 0.1, 1], "epochs=9")]
    more = REFINING.next_jobs(first, ended(first))
    assert [job[0] for job in more] == sorted((job[0] for job in more), key="epochs=9".__eq__)
    plain, other = [job for job in more if len(job) == 2], [job for job in more if len(job) == 3]
    assert [["epochs=9", *job] for job in plain] == other
    rates = [float(job[0].partition("=")[2]) for job in plain]
    assert [job[1] for job in plain] == ["seed=4", "seed=7"] * (len(plain) // 2)
    assert sorted({*rates, 0.01, 0.1, 1}) == pytest.approx(
        [0.01 * 10 ** (step / 16) for step in range(33)], rel=1e-4
    )
    everything = [*first, *more]
    assert REFINING.next_jobs(everything, ended(everything)) == []


def test_runs_that_failed_ask_for_no_more() -> None:
    first = jobs([0.01, 0.1, 1])
    assert REFINING.next_jobs(first, ended(first, "failed")) == []
    assert REFINING.verdicts(first, ended(first, "failed")) == []


def test_of_several_settings_each_says_which_it_is() -> None:
    first = [*jobs([0.01, 0.1, 1], "a=1", "b=1"), *jobs([0.01, 0.1, 1], "a=2", "b=1")]
    headings = [heading for heading, _ in REFINING.verdicts(first, ended(first))]
    assert headings[0] == "a=1: learning rate"
    assert headings[len(headings) // 2] == "a=2: learning rate"
    worse = [line._replace(results={**line.results, "final_error": 2.0}) for line in ended(first)]
    (_, text), _ = REFINING.verdicts(first, worse)
    assert text.startswith(
        "none; no learning rate from 0.01 to 1 brings the final error below its start of 1"
    )


def test_what_is_told_of_a_finding() -> None:
    first = jobs([0.01, 0.1, 1])
    said = dict(REFINING.verdicts(first, ended(first)))
    assert said["learning rate"] == "0.1 (final error 0.01); as good from 0.1 to 0.1"
    assert said["largest stable"] == "1, the largest tried"
    assert said["LR sensitivity"].endswith(" from 0.01 to 1")
    assert said["found by"] == "6 trainings of 5 epochs at 3 rates"
    lost = [line._replace(status="diverged") if line.run >= 4 else line for line in ended(first)]
    assert dict(REFINING.verdicts(first, lost))["largest stable"] == "0.1"
    seeds = [line._replace(swept={**line.swept, "seed": line.run % 2}) for line in ended(first)]
    assert "0.01, median of 2 seeds)" in dict(REFINING.verdicts(first, seeds))["learning rate"]


def test_the_rates_are_compared_by_a_validation_part_where_there_is_one() -> None:
    """Training error is least at 0.1, validation error at 1: finer rates are around that."""
    table = jobs([0.01, 0.1, 1, 10, 100])
    validated = [
        line._replace(results={**line.results, "validation_error": 0.1 if "learning_rate=1" in job else 0.9})
        for job, line in zip(table, ended(table), strict=True)
    ]
    for lines, centre in ((ended(table), 0.1), (validated, 1.0)):
        finer = {float(job[0].partition("=")[2]) for job in Refining("auto").next_jobs(table, lines)}
        assert {rate for rate in finer if centre / 10 < rate < centre}
        assert {rate for rate in finer if centre < rate < centre * 10}
    assert not any(rate > 10 for rate in finer)
