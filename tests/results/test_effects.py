"""Each value of a key at its best of all else, and all other runs."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
from making_tables import make_table

from runner.results import Results
from runner.results.effects import MEDIAN, OTHER, SEED, effect_table, measures_of
from runner.results.intervals import interval

SWEPT = {"optimizer": ["sgd", "adam"], "learning_rate": [0.1, 1.0, 10.0], "seed": [0, 1, 2, 3, 4]}


def results(optimizer: str, rate: float, seed: int) -> dict[str, float] | None:
    if rate == 10 and seed > 1:
        return None
    best = {"sgd": 1.0, "adam": 0.1}[optimizer]
    test = 0.1 + math.log10(rate / best) ** 2 + 0.01 * seed**2
    return {"final_error": test / 2, "test_error": test}


def test_each_value_is_at_its_best_of_all_else(tmp_path: Path) -> None:
    table = effect_table(
        Results(make_table(tmp_path, SWEPT, results)), ["optimizer", "learning_rate"], "test_error"
    )
    medians = table[(table["layer"] == MEDIAN) & (table["measure"] == "test_error")].set_index("value")
    known = {"sgd": 0.14, "adam": 0.14, "0.1": 0.14, "1": 0.14}
    assert medians["number"].drop("10").round(12).to_dict() == known
    sample = np.array([results("sgd", 1.0, seed)["test_error"] for seed in range(5)])  # type: ignore[index]
    assert tuple(medians.loc["1", ["low", "high"]]) == interval(sample)
    training = table[(table["layer"] == MEDIAN) & (table["measure"] == "final_error")].set_index("value")
    assert training.loc["sgd", "number"] == medians.loc["sgd", "number"] / 2


def test_lost_runs_have_no_number_and_are_counted(tmp_path: Path) -> None:
    table = effect_table(Results(make_table(tmp_path, SWEPT, results)), ["learning_rate"], "test_error")
    lost = table[(table["value"] == "10") & (table["measure"] == "test_error")]
    median = lost[lost["layer"] == MEDIAN].iloc[0]
    assert (median["lost"], median["runs"]) == (3, 5)
    assert math.isnan(median["number"])
    seeds = lost[lost["layer"] == SEED]
    assert seeds["number"].isna().tolist() == [bool(one) for one in seeds["lost"]]
    assert len(lost[lost["layer"] == OTHER]) == 5


def test_all_other_runs_are_there_once(tmp_path: Path) -> None:
    read = Results(make_table(tmp_path, SWEPT, results))
    table = effect_table(read, ["optimizer"], "test_error")
    runs = table[(table["measure"] == "test_error") & (table["layer"] != MEDIAN)]["run"]
    assert sorted(runs) == list(range(30))
    assert measures_of(read, "final_error") == ["final_error", "test_error"]
    assert measures_of(read, "best_error") == ["best_error"]
