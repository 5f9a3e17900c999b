"""The tables of a report: settings ranked, with how sure they are; runs; failures."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from runner.report import write_report
from runner.report.tables import failures_of, runs_of, settings_of
from runner.results import Results
from runner.results.intervals import settings_table


def test_settings_are_ranked_with_their_medians(sweep: Path) -> None:
    results = Results(sweep)
    table = settings_of(results, "final_error")
    medians = results.quality("final_error").groupby(results.runs["learning_rate"]).median()
    assert table.rows["learning_rate"].tolist() == medians.sort_values().index.tolist()
    assert table.rows["final_error"].tolist()[:2] == medians.sort_values().tolist()[:2]
    assert np.isnan(table.rows["final_error"].iloc[2])  # both were lost
    assert table.rows["diverged"].tolist() == [0, 0, 2]
    assert table.rows["runs"].tolist() == [2, 2, 2]
    assert "low" not in table.rows  # two seeds
    reached = pd.Series(results.curves("final_error").reached).groupby(results.runs["learning_rate"]).median()
    told = table.rows.set_index("learning_rate")["epochs_to_level"]
    assert told.dropna().to_dict() == reached[np.isfinite(reached)].to_dict()
    assert any(line.startswith("epochs_to_level: the median epoch from which on") for line in table.said)


def test_intervals_are_those_of_the_figures(sweep: Path, tmp_path: Path) -> None:
    runs = pd.read_csv(sweep / "runs.csv")
    copies = [
        runs.assign(seed=2 * i + runs["seed"], final_error=runs["final_error"] * (1 + i)) for i in range(3)
    ]
    many = pd.concat(copies)
    many.assign(run=range(len(many))).to_csv(tmp_path / "runs.csv", index=False)
    results = Results(tmp_path)
    told, want = settings_of(results, "final_error").rows, settings_table(results, "final_error")
    assert (
        told[["low", "high"]].iloc[:2].to_numpy().tolist()
        == want[["low", "high"]].iloc[:2].to_numpy().tolist()
    )
    assert told["against_best"].iloc[0] == "the best"
    words = {True: "worse", False: "not distinguishable"}
    assert told["against_best"].iloc[1:].tolist() == want["distinguishable"].iloc[1:].map(words).tolist()


def test_a_threshold_is_the_level(sweep: Path) -> None:
    table = settings_of(Results(sweep), "final_error", threshold=1e9)
    assert set(table.rows["epochs_to_level"].iloc[:2]) == {0}
    assert any("stays at 1e+09 (as asked for)" in line for line in table.said)


def test_runs_are_sorted_and_constant_columns_are_said(sweep: Path) -> None:
    results = Results(sweep)
    table = runs_of(results, "final_error")
    assert table.names[:4] == ["run", "learning_rate", "seed", "final_error"]
    done = table.rows[table.rows["status"] == "completed"]
    assert done["final_error"].is_monotonic_increasing
    assert table.rows["status"].tolist() == ["completed"] * 4 + ["diverged"] * 2
    constant = [name for name in results.runs if name not in ("directory", *table.names)]
    (said,) = table.said
    assert all(f"{name}=" in said for name in constant if name not in ("ending", "period"))


def test_settings_csv_has_the_numbers_as_they_are(sweep: Path, tmp_path: Path) -> None:
    write_report(sweep, tmp_path, only=["learning_rates"])
    read = pd.read_csv(tmp_path / "settings.csv")
    pd.testing.assert_frame_equal(
        read,
        settings_of(Results(sweep), "final_error").rows.reset_index(drop=True),
        rtol=1e-15,
        check_dtype=False,
    )


@pytest.fixture
def failed(sweep: Path, tmp_path: Path) -> Path:
    copy = tmp_path / "s"
    shutil.copytree(sweep, copy)
    table = pd.read_csv(copy / "runs.csv")
    table["status"] = ["failed", "failed", "failed", "completed", "completed", "completed"]
    table.to_csv(copy / "runs.csv", index=False)
    for run in (0, 1):
        (copy / str(run) / "error.txt").write_text("data.path=<nothere>.csv: there is no such file\n")
    return copy


def test_failures_have_their_reasons(failed: Path) -> None:
    first, second = failures_of(Results(failed))
    assert first == (2, "learning_rate=0.01, seed=0", "data.path=<nothere>.csv: there is no such file")
    assert second == (1, "learning_rate=0.05, seed=0", "no reason was recorded")
    write_report(failed, only=["learning_rates"])
    html, markdown = ((failed / name).read_text() for name in ("report.html", "report.md"))
    assert "<pre>data.path=&lt;nothere&gt;.csv: there is no such file</pre>" in html
    assert "- 2 runs, the first at learning\\_rate=0.01, seed=0: data.path=\\<nothere\\>.csv" in markdown
