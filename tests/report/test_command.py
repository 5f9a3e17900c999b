"""``backprop-report``: its files, its options, and what it leaves alone."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from html_pages import Reader

from runner.errors import RunnerError
from runner.figures.__main__ import draw
from runner.figures.__main__ import parser as figures_parser
from runner.report import write_report
from runner.report.__main__ import parser, report


def test_writing_twice_gives_the_same_bytes(sweep: Path, tmp_path: Path) -> None:
    for out in ("a", "b"):
        write_report(sweep, tmp_path / out, only=["learning_curves", "network"])
    for name in ("report.html", "report.md", "results.tex", "settings.csv"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def test_a_run_has_a_report_too(sweep: Path, tmp_path: Path) -> None:
    page = write_report(sweep / "1", tmp_path, only=["learning_rates", "learning_curves", "network"])
    assert [f.name for f in page.figures if f.reason is None] == ["learning_curves", "network"]


def test_pictures_that_others_drew_are_left_alone(sweep: Path, tmp_path: Path) -> None:
    copy = tmp_path / "s"
    shutil.copytree(sweep, copy)
    draw(figures_parser().parse_args([str(copy), "--only", "learning_rates", "--style", "slides"]))
    drawn = {path: path.read_bytes() for path in (copy / "figures").iterdir()}
    assert drawn
    report(parser().parse_args([str(copy), "--only", "learning_rates"]))
    assert {path: path.read_bytes() for path in (copy / "figures").iterdir()} == drawn
    assert (copy / "report" / "learning_rates.png").read_bytes() != drawn[copy / "figures/learning_rates.png"]
    assert "(report/learning_rates.png)" in (copy / "report.md").read_text()


def test_it_takes_the_options_of_figures(sweep: Path, tmp_path: Path) -> None:
    ours, theirs = (
        {option for action in each._actions for option in action.option_strings}
        for each in (parser(), figures_parser())
    )
    assert ours == theirs - {"--format"}
    arguments = [str(sweep), "--out", str(tmp_path), "--only", "learning_rates", "--metric", "best_error"]
    report(parser().parse_args(arguments))
    text = (tmp_path / "report.html").read_text()
    assert len(Reader(text).sources) == 1
    assert "Best error against the learning rate" in text
    with pytest.raises(RunnerError, match="--only learning_rates: it does not take --x"):
        report(parser().parse_args([*arguments, "--x", "learning_rate"]))
