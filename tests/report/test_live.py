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
from runner.report import frames as module
from runner.report import live
from runner.report.frames import frames_of
from runner.report.linked import linked_of
from runner.report.live import live_of, packed
from runner.report.naming import NAMES, Called
from runner.report.tables import settings_of
from runner.results import Results

MOONS = ("network=dense", "data=moons", "data.points=12", "epochs=6", "loss=binary_cross_entropy_with_logits")


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
    sweep = make_sweep(tmp_path / "s", {"seed": [0, 1]}, [*MOONS, "network.hidden=[2]"])
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


def test_linked_figures_are_the_recorded_columns(sweep: Path) -> None:
    """Of the runs that are drawn, in colours of their settings; what is lost does not make the axis."""
    results = Results(sweep)
    linked = linked_of(results, Options(), [Rendered("weight_paths"), Rendered("gradients")], NAMES)
    chart = linked["weight_paths"]
    entries = [(entry["name"], entry["setting"]) for entry in chart["entries"]]
    assert sorted(entries)[:3] == [
        ("learning_rate=0.01, seed=0", 0),
        ("learning_rate=0.01, seed=1", 0),
        ("learning_rate=0.05, seed=0", 1),
    ]  # fmt: skip
    panel = chart["panels"][2]
    counts = unpacked(panel["counts"])
    values = unpacked(panel["values"]).reshape(len(panel["lines"]), -1)
    run = next(i for i, (entry, _) in enumerate(panel["lines"]) if entries[entry] == entries[0])
    assert counts.tolist() == list(range(41))
    assert panel["label"] == "w3"
    first = results.history(0)["w3"].to_numpy()
    assert values[run] == pytest.approx(first, rel=2**-15)
    assert panel["high"] < 1 < np.nanmax(np.abs(values))  # of runs that diverge
    assert "colours tell" not in chart["said"]
    steps = linked["gradients"]
    assert [entry["share"] for entry in steps["entries"]] == [0.0, 1.0]
    assert all(panel["log"] or panel["low"] >= 0 for panel in steps["panels"])


def test_layers_of_many_weights_are_bands_and_one_entry(tmp_path: Path) -> None:
    sweep = make_sweep(tmp_path / "s", {"seed": [0, 1]}, [*MOONS, "network.hidden=[12]"])
    chart = linked_of(Results(sweep / "0"), Options(), [Rendered("weight_paths")], NAMES)["weight_paths"]
    first, second = chart["panels"]
    assert [entry["group"] for entry in chart["entries"]][:2] == ["weights of layer 1", "biases of layer 1"]
    assert first["bands"] == [(4, 0), (3, 1), (9, 5), (8, 6)]
    assert [look for _, look in first["lines"]][:5] == ["edge", "edge", "", "edge", "edge"]
    assert len(second["lines"]) == 13


def test_curves_are_called_as_the_user_calls_them(sweep: Path) -> None:
    results = Results(sweep)
    called = Called({"learning_rate": r"step $\eta_0$", "epoch": "pass", "error": r"loss \$"})
    page = live_of(results, "final_error", settings_of(results, "final_error"), called)
    assert page is not None
    assert page["lines"][0]["name"].startswith("step η0=")
    assert (page["unit"], page["counted"], page["measures"][0]["title"]) == ("pass", "epoch", "loss $")
    assert [axis["label"] for axis in page["axes"]] == ["step η0", "final_error"]


def test_frames_of_large_networks_are_matrices(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A byte a weight; of as many epochs as a page has room for, or a line that says why there is none."""
    sweep = make_sweep(tmp_path / "s", {"seed": [0, 1]}, [*MOONS, "network.hidden=[24,15]"])
    results, figures = Results(sweep / "0"), [Rendered("network")]
    frames = frames_of(results, Options(), figures)["network"]
    assert frames["matrices"] == [[24, 2], [15, 24], [1, 15]]
    table = results.parameters(0)
    table = table[table["from"] > 0].sort_values(["layer", "to", "from"])
    values = np.frombuffer(b64decode(frames["values"]), np.uint8).reshape(7, -1)
    assert frames["reach"] * (values[-1] / 127.5 - 1) == pytest.approx(
        table["final"].to_numpy(), abs=frames["reach"] / 250
    )
    monkeypatch.setattr(module, "MOST_BYTES", 4 * 500)
    assert frames_of(results, Options(), figures)["network"]["epochs"] == [0.0, 2.0, 4.0, 6.0]
    monkeypatch.setattr(module, "MOST_BYTES", 2 * 500)
    assert [*frames_of(results, Options(), figures)["network"]] == ["said"]
