"""The numbers that a page's scripts draw: those of the tables and histories, as a screen shows them."""

from __future__ import annotations

from base64 import b64decode
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from making_sweeps import make_sweep

from runner.figures.drawing import Rendered
from runner.figures.figure import Options
from runner.report import live
from runner.report.frames import frames_of
from runner.report.live import live_of, packed
from runner.report.tables import settings_of
from runner.results import Results


def unpacked(text: str) -> np.ndarray:
    whole = np.zeros((len(text) * 3 // 4 // 3, 4), np.uint8)
    whole[:, 1:] = np.frombuffer(b64decode(text), np.uint8).reshape(-1, 3)
    return whole.view("<f4").ravel()


def test_numbers_are_packed_to_four_digits() -> None:
    values = np.array([0.0, 1.0, -np.pi, 1.23456e-20, 7.7e30])
    assert unpacked(packed(values)) == pytest.approx(values, rel=2**-16, abs=0)
    assert np.isnan(unpacked(packed(np.array([np.nan, np.inf, -np.inf, 1e300])))).all()


def test_a_metric_of_errors_is_logarithmic_from_a_factor_of_3() -> None:
    table = pd.DataFrame({"test_error": [0.1, 0.31], "test_accuracy": [0.1, 0.9], "seed": [1, 9]})
    logs = {
        name: live._axis(table, name, live._wide(name))["log"] for name in ("test_error", "test_accuracy")
    }
    assert logs == {"test_error": True, "test_accuracy": False}
    assert not live._axis(table, "seed")["log"]


def test_curves_are_medians_over_the_seeds(sweep: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    results = Results(sweep)
    settings = settings_of(results, "final_error")
    page = live_of(results, "final_error", settings)
    assert page is not None
    assert [line["name"] for line in page["lines"]] == [
        f"learning_rate={v:g}" for v in settings.rows["learning_rate"]
    ]
    (measure,) = page["measures"]
    curves = unpacked(measure["values"]).reshape(3, -1)
    best = results.ranking().best
    assert best is not None
    runs = [h["error"].to_numpy() for h in results.histories(sorted(best.runs), ["error"])]
    assert curves[0] == pytest.approx(np.median(runs, axis=0), rel=2**-15, abs=0)
    assert unpacked(page["counts"]).tolist() == list(range(41))
    assert page["axes"][-1]["values"][-1] is None  # where all were lost
    monkeypatch.setattr(live, "MOST_NUMBERS", 30)
    few = live_of(results, "final_error", settings)
    assert few is not None
    assert unpacked(few["counts"])[[0, -1]].tolist() == [0, 40]
    assert len(unpacked(few["measures"][0]["values"])) <= 36


def test_frames_are_the_recorded_weights(tmp_path: Path) -> None:
    overrides = ["network=dense", "network.hidden=[2]", "data=moons", "data.points=12", "epochs=6"]
    sweep = make_sweep(
        tmp_path / "s", {"seed": [0, 1]}, [*overrides, "loss=binary_cross_entropy_with_logits"]
    )
    results = Results(sweep / "0")
    figures = [Rendered("network"), Rendered("decision_boundary", reason="not drawn")]
    (frames,) = frames_of(results, Options(), figures).values()
    history = results.history(0)
    assert frames["epochs"] == history["epoch"].tolist()
    weights = history.filter(regex=r"^[wb]\d+$")[[edge[0] for edge in frames["edges"]]].to_numpy()
    assert unpacked(frames["values"]).reshape(weights.shape) == pytest.approx(weights, rel=2**-15)
    plane = frames_of(results, Options(), [Rendered("decision_boundary")])["decision_boundary"]
    assert len(b64decode(plane["values"])) == 7 * plane["columns"] ** 2
    assert len(plane["points"]) == 12
