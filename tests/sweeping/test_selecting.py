"""Runs of a table, and runs that are excluded."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import runner
from runner.errors import ConfigError, RunnerError
from runner.sweeping.many_jobs import Grid
from runner.sweeping.selecting import rows_of, without_excluded

JOBS = Grid([[["optimizer=sgd", "optimizer=adam"]], [["learning_rate=0.1", "learning_rate=1.0"]]], [0, 1])


def test_the_best_again_with_other_seeds_is_a_filter(sweep: Path, tmp_path: Path) -> None:
    best = runner.read_runs(sweep).nsmallest(2, "final_error")
    best.to_csv(tmp_path / "best.csv", index=False)
    made = runner.load_sweep(f"hydra.sweeper.table={tmp_path / 'best.csv'}", "seed=range(0,3)", "epochs=2")
    assert [(one.learning_rate, one.seed) for one in made] == [
        (rate, seed) for rate in best["learning_rate"] for seed in range(3)
    ]


def test_cells_are_values_as_they_are_written(tmp_path: Path) -> None:
    file = tmp_path / "runs.csv"
    frame = pd.DataFrame(
        {
            "network.hidden": ["[8, 8]", "[]"],
            "network.biases": [None, "zeros"],
            "data.path": ["a (1).csv", "c"],
        }
    )
    frame.to_csv(file)  # its index has no name
    assert rows_of(str(file)) == {
        "network.hidden": ["network.hidden=[8, 8]", "network.hidden=[]"],
        "network.biases": ["network.biases=null", "network.biases=zeros"],
        "data.path": ["data.path='a (1).csv'", "data.path=c"],
    }


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, "cannot be read as CSV: No such file"),
        ("", "cannot be read as CSV"),
        ("run,status\n0,completed\n", "has no columns of keys"),
        ("learning_rate\n", "has no rows"),
        ("seed,plugins\n1,[x.py]\n", "has a column plugins: that says what code runs"),
        ("seed,+hydra.callbacks.x._target_\n1,os.abort\n", "has a column .hydra.callbacks.x._target_: that"),
        ("learning_rate,seed\n1\n", "line 2: has 1 cells, not 2"),
    ],
)
def test_what_is_no_table_is_refused(text: str | None, said: str, tmp_path: Path) -> None:
    file = tmp_path / "t.csv"
    if text is not None:
        file.write_text(text)
    with pytest.raises(RunnerError, match=f"^hydra.sweeper.table={file}.*{said}"):
        rows_of(str(file))


@pytest.mark.parametrize(
    ("rules", "left"),
    [
        (None, [0, 1, 2, 3]),
        ([], [0, 1, 2, 3]),
        ([{"optimizer": "adam", "learning_rate": 1}], [0, 1, 2]),
        ([{"optimizer": "adam"}, {"learning_rate": 0.1}], [1]),
        ([{"learning_rate": "1.0"}], [0, 2]),
    ],
)
def test_runs_with_all_of_the_values_are_left_out(rules: Any, left: list[int]) -> None:
    assert without_excluded(JOBS, rules) == [JOBS[at] for at in left]


@pytest.mark.parametrize(
    ("rules", "said"),
    [
        ("adam", "must be a list of keys and values"),
        ([{}], "must be a list"),
        ([{"optimiser": "adam"}], "has optimiser, which is not swept"),
        ([{"optimizer": "adam"}, {"optimizer": "sgd"}], "excludes all 4 runs"),
    ],
)
def test_what_excludes_nothing_or_everything_is_refused(rules: Any, said: str) -> None:
    with pytest.raises(ConfigError, match=f"^hydra.sweeper.exclude=.*{said}"):
        without_excluded(JOBS, rules)
