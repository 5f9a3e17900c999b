"""Explanations from Python are the command's pages."""

from __future__ import annotations

import pytest

import runner
from runner.explain.__main__ import main


@pytest.fixture(scope="module")
def run() -> runner.Run:
    return runner.train(runner.load("epochs=3"))


def test_the_text_is_that_of_the_command(run: runner.Run, capsys: pytest.CaptureFixture[str]) -> None:
    main(["epochs=3", "weight=w6", "update=2", "digits=9", "check=true"])
    said = capsys.readouterr().out
    asked = {"weight": "w6", "update": 2, "digits": 9, "check": True}
    assert f"{run.explain(**asked)}\n" == said
    assert (
        str(runner.explain(run.experiment, **asked)) == str(runner.explain(run, **asked)) == said.rstrip("\n")
    )
    assert len(repr(run.explain())) < 200


def test_every_format(run: runner.Run) -> None:
    page = run.explain(weight="w6")
    assert r"\begin{align*}" in page.latex()
    assert "```math" in page.markdown()
    assert page.html().startswith("<!DOCTYPE html>")


def test_in_a_notebook_its_style_has_no_hold_on_the_rest(run: runner.Run) -> None:
    shown = run.explain(weight="w6")._repr_html_()
    assert shown.startswith("<div class='backprop-explain'>\n<style>\n@scope (.backprop-explain) {")
    style = shown.partition("<style>")[2].partition("</style>")[0]
    assert ":root" not in style
    assert "\nbody" not in style
    assert style.count("{") == style.count("}")
    assert "<math>" in shown


@pytest.mark.parametrize(
    ("choices", "words"),
    [
        ({"wieght": "w6"}, ["unknown key wieght", "did you mean 'weight'"]),
        ({"weight": "w9"}, ["weight=w9", "no such parameter"]),
        ({"update": 0}, ["update=0", "at least 1"]),
        ({"update": 1.5}, ["update=1.5", "whole number"]),
        ({"solution": "no"}, ["solution=no", "true or false"]),
    ],
)
def test_what_is_wrong_is_said(run: runner.Run, choices: dict[str, object], words: list[str]) -> None:
    with pytest.raises(runner.RunnerError) as refused:
        run.explain(**choices)
    assert all(word in str(refused.value) for word in words), refused.value
