"""What a page says: exercises, blanks, large networks, epochs, rounding."""

from __future__ import annotations

import re

import numpy as np
import pytest
from reading import CHAPTERS, FORMATS, page, render

import runner
from runner.config import conf_dir
from runner.explain.document import Sheet
from runner.explain.page import Choices, explain
from runner.explain.step import take


def test_exercises_fit_100_columns_and_stay_friendly() -> None:
    for seed in range(30):
        experiment = runner.load("experiment=exercise", f"seed={seed}")
        text = render(explain(experiment, Choices(digits=17)), "text")
        assert max(map(len, text.splitlines())) <= 100 or re.search(r"\d{12}", text)
        weights = runner.train(experiment).parameters["initial"]
        assert (weights * 10).round(12).isin(range(-3, 4)).all()
        assert (weights != 0).all()
        first, second = experiment.data.inputs.ravel()
        assert {first, second} <= {3.0, 4.0, 5.0}
        assert first != second


def test_exercises_leave_something_to_work_out() -> None:
    for seed in range(40):
        step = take(runner.load("experiment=exercise", f"seed={seed}"), 1)
        assert np.abs(step.a[1]).min() > 1e-9, seed
        assert np.abs(step.gradient).min() > 1e-9, seed


def test_every_seed_is_another_exercise() -> None:
    pages = {
        render(explain(runner.load("experiment=exercise", f"seed={s}"), Choices()), "text") for s in range(8)
    }
    assert len(pages) == 8


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("preset", CHAPTERS)
def test_without_solution_no_result_is_shown(preset: str, form: str) -> None:
    experiment = runner.load(f"experiment={preset}")
    solved, blank = (decimals(explain(experiment, Choices(solution=s)), form) for s in (True, False))
    given = {f"{value:.6g}" for value in runner.train(experiment).parameters["initial"].abs()}
    given |= {f"{value:g}" for value in (*experiment.data.inputs.ravel(), *experiment.data.targets.ravel())}
    given |= {f"{experiment.learning_rate:g}", "0.9"}  # 0.9: the momentum
    assert blank <= given
    assert solved - given


def decimals(sheet: Sheet, form: str) -> set[str]:
    """The decimal numbers that a page shows; not those of its lay-out."""
    shown = re.sub(LAYOUT, "", render(sheet, form), flags=re.DOTALL)
    return set(re.findall(r"\d+\.\d+", shown))


LAYOUT = "|".join(
    (
        r"<svg.*?</svg>",
        r"<style.*?</style>",
        r"(?:style|width|depth)='[^']*'",
        r"\\documentclass.*?\\begin\{document\}",
        r"\\begin\{tikzpicture\}.*?\\end\{tikzpicture\}",
        r"\\arraystretch\S*",
    )
)


def test_a_sheet_to_work_out_says_so_and_leaves_room() -> None:
    sheet = page("exercise", solution=False)
    for form in FORMATS:
        text = render(sheet, form)
        assert "The chain rule, to work out" in text
        assert "worked out" not in text
        assert "The numbers are those of training" not in text
    blanks = re.findall(r"_{2,}", render(sheet, "text"))
    assert blanks
    assert min(map(len, blanks)) >= 12
    assert r"\underline{\hspace{25mm}}" in render(sheet, "latex")


@pytest.mark.parametrize(
    ("overrides", "sizes", "way"),
    [
        (["experiment=spiral"], "2-16-16-1", "x1 → h1⁽¹⁾ → h1⁽²⁾, …, h16⁽²⁾ → pred → E"),
        (["network=dense", "network.hidden=[16]"], "2-16-1", "x1 → h1 → pred → E"),
        (["network=dense", "network.hidden=[9]"], "2-9-1", "x1 → h1 → pred → E"),
    ],
)
def test_a_network_too_wide_to_draw_says_so(overrides: list[str], sizes: str, way: str) -> None:
    sheet = explain(runner.load(*overrides), Choices(weight="w1"))
    for form in FORMATS:
        assert f"A {sizes} network, with" in render(sheet, form)
        assert "too wide to draw. " in render(sheet, form)
    text = render(sheet, "text").replace("\n", " ")
    assert f"w1 is on the way {way}." in text
    assert re.search(r"Before update 1: w1 = \S+; the others stand in the forward pass", text)


def test_many_weights_of_a_network_too_wide_to_draw() -> None:
    sheet = explain(runner.load("network=dense", "network.hidden=[9]", "network.biases=null"), Choices())
    text = render(sheet, "text").replace("\n", " ")
    assert text.count("is too wide to draw. The forward pass below has all its connections.") == 1
    assert "the others" not in text


def test_epochs_are_counted_in_one_way() -> None:
    run = ["network=dense", "data=xor", "network.hidden=[2]", "batch_size=2", "schedule=step", "epochs=20"]
    text = render(explain(runner.load(*run), Choices(weight="w1", update=4)), "text")
    assert "Update 4 of 40, in epoch 1 (epochs count from 0)." in text
    assert "The schedule is step, with the epoch e = 1:" in text
    assert "epoch 2" not in text


def test_what_is_only_rounding_says_so() -> None:
    zero = ["network.hidden=[]", "network.weights=[[[0.1,-0.3]]]", "data.inputs=[[3,1]]"]
    text = render(explain(runner.load(*zero), Choices(weight="w1")), "text")  # not 0, however it is rounded
    assert re.search(r"pred = w1·x1 \+ w2·x2 = 0.1·3 \+ \(−0.3\)·1 = \S+e−17\n", text)
    assert re.search(r"pred = \S+: that is 0, but for the rounding of double precision\.\n", text)


def test_every_chapter_ships() -> None:
    shipped = {path.stem for path in (conf_dir() / "experiment").glob("*.yaml")}
    assert set(CHAPTERS) <= shipped
