"""predictions.csv: exact, checksummed, the same bytes in any company, and only where it is asked for."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from making_runs import made

import runner
from runner.records.lines import Line
from runner.records.predictions import as_texts
from runner.records.reading import read_table
from runner.work import Work, run_stack


def test_a_run_has_the_bytes_that_it_has_in_company(tmp_path: Path) -> None:
    ways = [
        "network=dense",
        "data=gaussians",
        "data.classes=3",
        "data.points=30",
        "loss=cross_entropy",
        "epochs=3",
    ]
    runs = runner.load_sweep(*ways, "log.predictions=true", "data.test_fraction=0.3", "seed=0,1,2")
    works = [Work(Line(i, {}), str(tmp_path / str(i)), one) for i, one in enumerate(runs)]
    for work in works:
        Path(work.folder).mkdir()
    run_stack(works)
    for at, one in enumerate(runs):
        alone = runner.train(one)
        alone.save(tmp_path / f"alone{at}")
        content = (tmp_path / f"alone{at}" / "predictions.csv").read_bytes()
        assert (tmp_path / str(at) / "predictions.csv").read_bytes() == content
        table = read_table(tmp_path / f"alone{at}" / "predictions.csv")
        assert table.astype({"target": str, "prediction": str}).equals(alone.predictions)


def test_a_changed_file_is_seen_and_none_is_there_unasked(tmp_path: Path) -> None:
    runner.train(runner.load("epochs=1", "log.predictions=true")).save(tmp_path / "asked")
    runner.train(runner.load("epochs=1")).save(tmp_path / "unasked")
    assert not (tmp_path / "unasked/predictions.csv").exists()
    assert "predictions.csv" not in (tmp_path / "unasked/summary.csv").read_text()
    from runner.records.checksums import changed, recorded

    summary = recorded(tmp_path / "asked")
    assert summary
    assert changed(tmp_path / "asked", summary.files) == {}
    (tmp_path / "asked/predictions.csv").write_text("mine\n")
    assert changed(tmp_path / "asked", summary.files).keys() == {"predictions.csv"}


def test_rows_left_out_of_a_file_keep_the_others_numbers(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_text("x,y\n1,2\n2,\n3,4\n4,5\n")
    data = {"name": "csv", "path": str(path), "targets": "y", "missing": "drop"}
    assert runner.train(made(data=data)).predictions["example"].tolist() == [1, 3, 4]


def test_numbers_are_the_shortest_that_read_back() -> None:
    written = ["0.1", "1e22", "2.0"]
    assert [text.replace("+", "") for text in as_texts(np.array([0.1, 1e22, 2.0]))] == written


def test_a_run_that_diverged_at_once_has_no_rows(tmp_path: Path) -> None:
    big = "network.weights=[[[1e200,1e200],[1e200,1e200]],[[1e200,1e200]]]"
    runner.train(runner.load(big, "log.predictions=true")).save(tmp_path / "run")
    assert (tmp_path / "run/predictions.csv").read_text() == "part,example,target,prediction\n"
