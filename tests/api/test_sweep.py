"""Runs trained together: a list, with the table that a sweep's folder has, and the best of them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import runner
from runner.api.run import Run
from runner.results import Results


@pytest.fixture(scope="module")
def sweep() -> runner.Sweep:
    """Two rates, of which the second diverges for one seed of three, and two sizes; examples held out."""
    return runner.train(
        runner.load_sweep(
            "network=dense",
            {"data": {"name": "xor", "points": 24, "test_fraction": 0.25}, "network.hidden": [[2], [3, 2]]},
            learning_rate=[0.1, 0.3],
            seed=range(3),
            epochs=15,
        )
    )


def test_it_is_a_list_of_runs(sweep: runner.Sweep) -> None:
    assert isinstance(sweep, list)
    assert len(sweep) == 12
    assert all(isinstance(run, Run) for run in sweep)
    assert [run.experiment.seed for run in sweep[:4]] == [0, 1, 2, 0]
    assert len(repr(sweep)) < 200


def test_its_table_and_its_best_are_those_of_the_folder_that_it_is_saved_into(
    sweep: runner.Sweep, tmp_path: Path
) -> None:
    saved = Results(sweep.save(tmp_path / "s"))
    table = runner.read_runs(tmp_path / "s").drop(columns="directory")
    assert sweep.runs.columns.tolist() == table.columns.tolist()
    assert {"learning_rate", "seed", "network.hidden", "test_error"} <= {*sweep.runs}
    assert sweep.runs.drop(columns="network.hidden").equals(table.drop(columns="network.hidden"))
    assert sweep.best is sweep[saved.best()]
    again = runner.open(tmp_path / "s" / "5")
    assert np.array_equal(again.result.final, sweep[5].result.final)
    with pytest.raises(runner.RunnerError, match="s"):
        sweep.save(tmp_path / "s")


def test_changed_experiments_differ_in_what_was_changed() -> None:
    made = runner.load("epochs=2")
    runs = runner.train([replace(made, learning_rate=rate) for rate in (0.01, 0.05)])
    assert runs.runs["learning_rate"].tolist() == [0.01, 0.05]
    assert runs.best.experiment.learning_rate == 0.05
    lost = runner.train([replace(made, learning_rate=rate, epochs=60) for rate in (5.0, 6.0)])
    with pytest.raises(runner.RunnerError, match="at least half of the runs of every setting diverged"):
        _ = lost.best
    assert "best final error none" in repr(lost)
    assert repr(runner.train([])) == "<Sweep: no runs>"


def test_a_notebook_shows_ten_at_most_ranked_and_escaped(sweep: runner.Sweep) -> None:
    page = sweep._repr_html_()
    assert page.count("<tr>") == 1 + 10
    assert "12 runs, settings ranked by test error; the first 10 of 12" in page
    first = sweep.ranking.settings[0].runs[0]
    assert f"<tbody><tr><td>{first}</td>" in page
    assert runner.train([])._repr_html_() == "<p>no runs</p>"
