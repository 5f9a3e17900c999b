"""What a sweep says in a handful of sentences, each number of which stands in the tables."""

from __future__ import annotations

import shutil
from itertools import product
from pathlib import Path

import pandas as pd
import pytest
from making_sweeps import make_sweep

from runner.report.findings import Course, _overfitting, findings
from runner.report.live import live_of
from runner.report.tables import LEVEL, rates_of, settings_of
from runner.results import Results

L2 = "regularization.l2"


@pytest.fixture(scope="module")
def held_out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_sweep(
        tmp_path_factory.mktemp("findings") / "s",
        {L2: [0.0, 0.1, 1.0], "seed": [0, 1, 2, 3, 4]},
        ["network=dense", "network.hidden=[3]", "data=moons", "data.points=30", "data.test_fraction=0.5",
         "epochs=5", "loss=binary_cross_entropy_with_logits"],
    )  # fmt: skip


def with_errors(sweep: Path, folder: Path, tested: list[float], trained: list[float]) -> Results:
    table = pd.read_csv(sweep / "runs.csv")
    table["test_error"], table["final_error"] = tested, trained
    for run in table["directory"]:
        shutil.copytree(sweep / str(run), folder / str(run))
    table.to_csv(folder / "runs.csv", index=False)
    return Results(folder)


def said(results: Results) -> dict[str, str]:
    metric = results.metric(None)
    return dict(findings(results, metric, settings_of(results, metric)))


def test_which_setting_how_sure_and_what_next(held_out: Path, tmp_path: Path) -> None:
    tested = [0.50, 0.51, 0.52, 0.53, 0.54, 0.20, 0.21, 0.22, 0.23, 0.24, 0.23, 0.24, 0.25, 0.26, 0.22]
    trained = [0.01] * 5 + [0.1] * 5 + [0.2] * 5
    results = with_errors(held_out, tmp_path, tested, trained)
    told, (best, *_) = said(results), settings_of(results, "test_error").rows.to_dict("records")
    assert told["Take"].startswith(f"{L2}=0.1, the best setting by test error: 0.22, the median of 5 seeds")
    assert told["Take"].endswith(f"Training error would choose {L2}=0, with a test error of 0.52.")
    ends = f"{best['low']:.4g} to {best['high']:.4g}"
    assert told["How sure"] == (
        f"The 95 % interval of its median is {ends} (5 seeds); "
        f"the runner-up is {L2}=1, with 0.24: 5 seeds do not tell them apart; about 7 would; "
        "1 of the 2 other settings is not distinguishable from the best."
    )
    assert told["Try next"].endswith("ore seeds, to tell the first settings apart: about 7 would.")
    assert 3 <= len(told) <= 5


def test_a_best_at_an_edge_and_apart_from_all(held_out: Path, tmp_path: Path) -> None:
    tested = [0.5 + i / 100 for i in range(10)] + [0.1, 0.11, 0.12, 0.13, 0.14]
    results = with_errors(held_out, tmp_path, tested, tested)
    told = said(results)
    assert "; the seeds tell the best from every other setting." in told["How sure"]
    assert f"{L2}=1 is the largest of 3 values; go on with" in told["Try next"]


def test_an_edge_of_a_part_comes_last_and_failures_are_lost(tmp_path: Path) -> None:
    keys = {"optimizer": ["sgd", "adam"], "learning_rate": [0.1, 0.2, 0.3], "seed": [0, 1]}
    lines = [
        f"{run},{optimizer},{rate},{seed},completed,falling,,20,1,{error + seed / 10},0.1,20,1,{run}"
        for run, ((optimizer, rate), error, seed) in enumerate(
            (setting, error, seed)
            for setting, error in zip(
                product(keys["optimizer"], keys["learning_rate"]), (0.5, 0.2, 0.3, 0.8, 0.7, 0.6), strict=True
            )
            for seed in keys["seed"]
        )
    ]
    header = "run,optimizer,learning_rate,seed,status,ending,period,epochs,"
    header += "initial_error,final_error,best_error,best_epoch,seconds,directory"
    failed = "12,adam,0.4,0,failed,,,,,,,,1,12"
    (tmp_path / "runs.csv").write_text("\n".join([header, *lines, failed]) + "\n")
    (tmp_path / "0").mkdir()
    (tmp_path / "0" / "history.csv").write_text("epoch,error\n0,1\n")
    told = said(Results(tmp_path))
    of_all, of_a_part = "more epochs would lower", "learning_rate=0.3 is the largest of 3 values"
    assert 0 <= told["Try next"].find(of_all) < told["Try next"].find(of_a_part)
    assert told["Lost runs"] == "1 of 13 runs failed (reasons below)."


def test_overfitting_is_the_median_of_the_histories(held_out: Path) -> None:
    results = Results(held_out)
    best = results.ranking("test_error").best
    assert best is not None
    histories = list(results.histories(best.runs, ["test_error"]))
    end = pd.concat([h["test_error"].tail(1) for h in histories]).median()
    assert f"ends at a test error of {end:.4g}, and a training error of" in said(results)["Overfitting"]


@pytest.mark.parametrize(
    ("course", "is_like", "words"),
    [
        (
            Course(0.1, 10, 0.2, 100, 0.09, 0.05),
            (True, True, False),
            "it overfits from there on",
        ),
        (
            Course(0.1, 99, 0.1, 100, 0.09, 0.05),
            (False, False, True),
            "still falls at the end",
        ),
        (
            Course(0.1, 50, 0.101, 100, 0.09, 0.05),
            (False, False, False),
            "does not rise again",
        ),
        (
            Course(0.33, 4, 0.39, 400, 0.577, 0.556),
            (True, False, False),
            "at epoch 4: the training error hardly fell since",
        ),
    ],
)
def test_a_course_overfits_falls_or_stays(
    course: Course, is_like: tuple[bool, bool, bool], words: str
) -> None:
    """What rises while the training error stays where it was is no overfitting, and no reason to stop."""
    assert (course.rises, course.overfitted, course.falls) == is_like
    assert _overfitting(course, "epoch").endswith(words)


def test_settings_that_may_be_equal_ask_for_no_more_seeds(held_out: Path, tmp_path: Path) -> None:
    tested = [0.5, 0.5, 0.5, 0.5, 0.5, 0.2, 0.21, 0.22, 0.23, 0.24, 0.2001, 0.2099, 0.2201, 0.2299, 0.2401]
    results = with_errors(held_out, tmp_path, tested, tested)
    told = said(results)
    assert "they may be equal" in told["How sure"]
    assert "ny of the first settings, as they may be equal." in told["Try next"]
    assert "seeds" not in told["Try next"]


def test_all_lost(tmp_path: Path) -> None:
    results = Results(make_sweep(tmp_path / "s", {"learning_rate": [5.0, 10.0, 20.0]}, ["epochs=20"]))
    told = said(results)
    assert told["Take"].startswith("None: every run, or half of those of each setting, was lost")
    assert told["Lost runs"] == "100% diverged, the first at learning_rate=5."
    assert told["Try next"].startswith("learning_rate=2.5, 1.2")
    settings = settings_of(results, "final_error")
    assert LEVEL not in settings.rows
    assert not any("nan" in sentence for sentence in settings.said)
    assert rates_of(results, "final_error") is None
    live = live_of(results, "final_error", settings)
    assert live is not None
    assert live["best"] is False


def test_a_run_alone_says_how_it_went(sweep: Path) -> None:
    told = said(Results(sweep / "0"))
    row = pd.read_csv(sweep / "0" / "summary.csv").iloc[0]
    assert told["Error"].startswith(f"{row['initial_error']:.6g} before the first update, ")
    assert told["Ended"] == "Falling, after 40 epochs."
