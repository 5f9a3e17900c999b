"""What a run shows of itself: a line, and in a notebook a page with the curve of its errors."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import runner
from runner.config.given import made_here
from runner.data.memory import in_memory
from runner.results.finding import Finding


@pytest.fixture(scope="module")
def run() -> runner.Run:
    """Classes with a name that would be markup, some held out."""
    x = np.random.default_rng(0).normal(size=(20, 30))
    frame = pd.DataFrame(x).add_prefix("<b>x").assign(k=np.where(x[:, 0] > 0, "<i>no", "yes & no"))
    given = {"loss": "cross_entropy", "epochs": 40, "data": {"test_fraction": 0.25}, "optimizer": "adam"}
    return runner.train(made_here(given, in_memory(frame, "k")))


def test_every_repr_is_a_line(run: runner.Run) -> None:
    deep = replace(run.experiment, sizes=(2, *[100] * 60, 1))
    found = Finding(0.1, 0.05, 0.2, 1e-3, "final_error", 0.4, 0.1, (1e-4, 10.0), ())
    for shown in (run, run.experiment, deep, run.experiment.data, run.result, found):
        assert re.fullmatch(r"<\w+: .{20,190}>|<Data given: .{20,190}>", repr(shown)), repr(shown)
    assert "30-8-2 network on given data (15 examples): cross_entropy, adam" in repr(run)
    assert "5 held out, 30 inputs, 2 targets (2 classes)" in repr(run.experiment.data)


def test_a_page_says_what_was_trained_and_escapes_it(run: runner.Run) -> None:
    page = run._repr_html_()
    root = ET.fromstring(page)
    assert root.find("p/b").text == run.experiment.title  # type: ignore[union-attr]
    assert "2 classes of k: <i>no (0), yes & no (1)" in "".join(root.itertext())
    cells = [[cell.text or "" for cell in row] for row in root.iter("tr")]
    assert cells[0][1:3] == ["epoch 0", "epoch 40"]
    assert cells[1][:3] == [
        "error",
        *(f"{e:.9g}" for e in (run.result.initial_error, run.result.final_error)),
    ]
    assert not any(row[0] == "w1" for row in cells)  # 258 of them


def test_the_curves_are_the_errors(run: runner.Run) -> None:
    root = ET.fromstring(run._repr_html_())
    lines = [line.get("points", "") for line in root.iter("{http://www.w3.org/2000/svg}polyline")]
    places = [np.array([point.split(",") for point in line.split()], dtype=float) for line in lines]
    history = run.history[["error", "test_error"]].to_numpy()
    for place, values in zip(places[:2], history.T, strict=True):
        assert len(place) == 41
        slope, at = np.polyfit(np.log(values), place[:, 1], 1)
        assert slope < 0
        assert place[:, 1] == pytest.approx(slope * np.log(values) + at, abs=0.11)  # a tenth of a pixel


def test_few_parameters_are_shown_and_one_row_has_no_curve() -> None:
    page = runner.train(
        made_here({"epochs": 0, "network": {"hidden": []}}, in_memory(([[1.0]], [2.0])))
    )._repr_html_()
    assert "<svg" not in page
    assert all(f"<td>{name}</td>" in page for name in ("w1", "b1", "prediction"))
