"""What a report says, the same in its three languages."""

from __future__ import annotations

import shutil
from pathlib import Path

import pandas as pd
import pytest
from html_pages import Reader
from making_sweeps import make_sweep

from runner.report.__main__ import parser, report
from runner.report.markup import html, latex
from runner.report.page import gather
from runner.results import Results


def test_the_table_has_every_run_and_marks_the_best(sweep: Path) -> None:
    page = Reader((sweep / "report.html").read_text())
    table = pd.read_csv(sweep / "runs.csv")
    assert len(page.rows) == 1 + len(table)
    assert page.tables[-1][0][:4] == ["run", "learning_rate", "seed", "final_error"]
    medians = table.groupby("learning_rate")["final_error"].median().drop(5.0)
    # the runs of the best rate, though a run alone may be better
    assert {row[0] for row in page.best()} == {"2", "3"}
    assert [row[1] for row in page.best()] == [f"{medians.idxmin():g}"] * 2
    (setting,) = page.best(table=0)
    assert setting[:2] == ["0.05", "2"]
    assert float(setting[3]) == pytest.approx(medians.min(), rel=1e-5)
    assert sum("diverged" in kind for kind in page.classes[-1]) == (table["status"] == "diverged").sum() == 2


def test_what_blew_up_is_counted_and_marked_so(sweep: Path, tmp_path: Path) -> None:
    shutil.copytree(sweep, tmp_path / "s")
    table = pd.read_csv(tmp_path / "s" / "runs.csv", dtype=str)
    table.loc[[2, 3], "final_error"] = ["1e34", "2e34"]
    table.to_csv(tmp_path / "s" / "runs.csv", index=False)
    made = gather(Results(tmp_path / "s"), "final_error", [])
    said = "2 completed, 2 blown up, 2 diverged; blown up: to 1,000 times the first error or more"
    assert dict(made.facts)["runs"] == said
    page = Reader(html(made))
    marked = [at for at, kind in enumerate(page.classes[-1]) if "blown" in kind]
    assert marked == [at for at, row in enumerate(page.rows) if "blown up" in row] == [5, 6]
    assert "0.05 & 2 & 2 & --" in latex(made)


def test_how_to_repeat_it(sweep: Path) -> None:
    assert (
        "backprop-runner -m epochs=40 learning_rate=0.01,0.05,5.0 seed=0,1"
        in (sweep / "report.md").read_text()
    )


def test_where_there_are_too_many_the_best_settings_are_kept(sweep: Path) -> None:
    results = Results(sweep)
    page = gather(results, "final_error", [])
    few = page.runs.most(3)
    assert few.rows["final_error"].tolist() == sorted(results.runs["final_error"])[:3]
    assert few.note == "the best 3 of 6; runs.csv has all runs"
    assert page.runs.most(6).note == ""


def test_the_best_is_the_same_everywhere(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A lucky seed is not the best, nor is what training error would choose: in no part of a report."""
    sweep = make_sweep(
        tmp_path / "s",
        {"learning_rate": [0.05, 0.1, 0.2], "seed": [0, 1, 2]},
        ["network=dense", "data=moons", "data.points=20", "data.test_fraction=0.5", "epochs=3"],
    )
    table = pd.read_csv(sweep / "runs.csv")
    table["test_error"] = [0.3, 0.4, 0.5, 0.2, 0.3, 0.4, 0.0, 0.6, 0.7]
    table["final_error"] = [0.5, 0.5, 0.5, 0.4, 0.4, 0.4, 0.1, 0.2, 0.3]
    table.to_csv(sweep / "runs.csv", index=False)
    report(parser().parse_args([str(sweep), "--only", "learning_rates", "network"]))
    said = [
        "best setting by test error: 0.3 at learning_rate=0.1 (the median of 3 seeds, run 4 in the middle)",
        "training error would choose: learning_rate=0.2, with a test error of 0.6",
    ]
    assert [line for line in capsys.readouterr().out.splitlines() if line in said] == said
    html, page = (sweep / "report.html").read_text(), Reader((sweep / "report.html").read_text())
    taken = "learning_rate=0.1, the best setting by test error: 0.3, the median of 3 seeds"
    other = "Training error would choose learning_rate=0.2, with a test error of 0.6."
    assert f"<dt>Take</dt><dd>{taken}" in html
    assert other in html
    assert f"The star marks the {said[0]}; {said[1]}" in html
    assert "the best setting by test error (learning_rate=0.1; seed=1, the median of 3 seeds)" in html
    assert [row[0] for row in page.best(table=0)] == ["0.1"]
    assert [row[0] for row in page.best()] == ["3", "4", "5"]
    assert "| **0.1** | **3** | **0.3** | **the best** |" in (sweep / "report.md").read_text()
    assert r"\textbf{3} & \textbf{0.3} & \textbf{the best} &" in (sweep / "results.tex").read_text()
    assert (sweep / "settings.csv").read_text().splitlines()[1].startswith("0.1,3,0.3,the best,")


def test_a_sweep_over_the_rate_has_a_row_a_line_of_it(sweep: Path) -> None:
    """With how far the rate may be off: the seeds' medians, as its figure has them."""
    page = gather(results := Results(sweep), "final_error", [])
    names = [name for name, _ in page.tables]
    assert names == ["Settings", "Learning rates"]
    (row,) = dict(page.tables)["Learning rates"].rows.to_dict("records")
    medians = results.runs.groupby("learning_rate")["final_error"].median()
    assert (row["best_rate"], row["final_error"]) == (0.05, medians[0.05])
    assert (row["near_from"], row["near_to"]) == (0.05, 0.05)
    assert (row["lost_from"], row["lost_runs"]) == (5.0, "2 of 2")
    assert 0 < row["lr_sensitivity"] < results.runs["initial_error"].max()
