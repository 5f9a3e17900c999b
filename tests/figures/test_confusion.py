"""Its counts against counts by other means; its probabilities, its images, and its words."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from making_sweeps import make_sweep
from reading_figures import drawn, rows

from runner.figures import load
from runner.figures.confusion import probabilities
from runner.figures.figure import Options
from runner.results import Results


def test_the_diagonal_is_the_accuracy_of_the_held_out_part(seeds: Path) -> None:
    numbers, canvas = drawn("confusion", seeds)
    results = Results(seeds)
    right = numbers.loc[numbers["true"] == numbers["predicted"], "count"].sum()
    assert numbers["count"].sum() == 6
    assert right / 6 == pytest.approx(results.runs.at[results.best(), "test_accuracy"])
    texts = [text.get_text().split("\n")[0] for text in canvas.axes[0].texts]
    assert texts[:4] == [str(count) for count in numbers["count"]]
    assert "held-out examples" in load("confusion").caption(numbers)


def test_without_a_held_out_part_the_training_part_is_counted(tmp_path: Path) -> None:
    run = make_sweep(tmp_path, {"seed": [0]}, ["experiment=xor", "epochs=3"]) / "0"
    numbers, _ = drawn("confusion", run)
    assert numbers["count"].sum() == 4
    assert "no part was held out" in load("confusion").caption(numbers)


def test_of_a_class_without_examples_nothing_is_said_to_be_right(tmp_path: Path) -> None:
    run = make_sweep(tmp_path, {"seed": [0]}, ["experiment=chain_rule_softmax", "epochs=3"]) / "0"
    numbers, canvas = drawn("confusion", run)
    assert numbers["share"].isna().tolist() == [True] * 3 + [False] * 3 + [True] * 3
    texts = [text.get_text() for text in canvas.axes[0].texts]
    assert texts[-3:] == ["–", "100 %", "–"]
    assert texts[:3] == ["0\n–"] * 3
    assert "(–: there is no example of it)" in load("confusion").caption(numbers)


def test_misread_digits_are_their_pixels_the_surest_first(tmp_path: Path) -> None:
    given = ["network=dense", "network.hidden=[4]", "data=digits", "loss=cross_entropy", "epochs=2"]
    run = make_sweep(tmp_path, {"seed": [0]}, [*given, "data.test_fraction=0.05", "log.weights=false"]) / "0"
    numbers, canvas = drawn("confusion", run)
    misread = numbers[numbers["kind"] == "misread"]
    assert len(misread) == 12
    assert (misread["true"] != misread["predicted"]).all()
    assert (np.diff(misread["probability"]) <= 0).all()
    data = Results(run).experiment(0).data
    first = data.in_own_units(data.test_inputs)[int(misread["example"].iloc[0])]
    image = canvas.axes[1].get_images()[0].get_array()
    assert np.asarray(image).ravel().tolist() == first.tolist()
    wrong = numbers[(numbers["kind"] == "count") & (numbers["true"] != numbers["predicted"])]
    accuracy = float(rows(run / "summary.csv")[0]["test_accuracy"])
    assert wrong["count"].sum() == round((1 - accuracy) * len(data.test_inputs))


def test_probabilities_are_those_of_the_loss() -> None:
    logits = np.array([[0.0, np.log(3.0)]])
    assert probabilities("cross_entropy", logits)[0] == pytest.approx([0.25, 0.75])
    assert probabilities("binary_cross_entropy_with_logits", logits[:, 1:])[0] == pytest.approx([0.25, 0.75])
    several = probabilities("binary_cross_entropy_with_logits", np.array([[0.0, np.log(3.0)]]))
    assert several[0] == pytest.approx([0.5, 0.75])
    assert probabilities("half_squared_error", np.array([[-0.1, 1.2]]))[0] == pytest.approx([0, 1])
    assert probabilities("binary_cross_entropy", np.array([[0.3]]))[0] == pytest.approx([0.7, 0.3])


def test_regressions_have_no_classes(alone: Path) -> None:
    assert "no classes" in str(load("confusion").applies(Results(alone), Options()))
