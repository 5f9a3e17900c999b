"""Which runs share a plane, and why others do not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
from reading_figures import drawn, retold, sweep_of

from runner.figures import load


def test_only_runs_that_start_alike_share_a_plane(seeds: Path) -> None:
    numbers, _ = drawn("landscape", seeds)
    paths = numbers[numbers["kind"] == "path"]
    table = pd.read_csv(seeds / "runs.csv", index_col="run")
    shown = table.loc[paths["run"].unique()]
    assert shown["seed"].nunique() == 1
    kept = table[(table["status"] == "completed") & (table["final_error"] < 1000 * table["initial_error"])]
    assert len(shown) == (kept["seed"] == shown["seed"].iloc[0]).sum() > 1
    text = load("landscape").caption(numbers)
    assert f"paths of {len(shown)} runs that start alike" in text
    diverged = (table["status"] == "diverged").sum()
    assert f"{diverged} diverged" in text
    assert f"{len(kept) - len(shown)} of other initial weights" in text


def test_seeds_that_change_nothing_share_a_plane(tmp_path: Path) -> None:
    numbers, _ = drawn(
        "landscape", sweep_of(tmp_path, {"seed": [0, 1], "learning_rate": [0.01, 0.1]}, "epochs=5")
    )
    assert numbers.loc[numbers["kind"] == "path", "run"].nunique() == 4
    keys = numbers.attrs["keys"]
    assert "seed" in (keys.color, keys.dash)


def test_landscape_counts_one_reason_a_run(tmp_path: Path) -> None:
    swept: dict[str, list[Any]] = {
        "network.activation": ["tanh", "relu"], "learning_rate": [0.01, 0.1], "seed": [0, 1],
    }  # fmt: skip
    sweep = sweep_of(tmp_path, swept, "network=dense", "network.hidden=[2]", "data=xor", "epochs=5")
    states = ["completed"] * 8
    states[5] = "diverged"  # of the other activation than that of the best, which is the first
    retold(sweep, status=states, final_error=["1e-3", *["0.1"] * 7])
    numbers, _ = drawn("landscape", sweep)
    assert (
        load("landscape")
        .caption(numbers)
        .endswith("Not drawn: 4 of another network, data or loss, 2 of other initial weights.")
    )
    retold(sweep, status=["completed"] * 2 + ["diverged", "completed"] * 3)
    numbers, _ = drawn("landscape", sweep)
    assert (
        load("landscape")
        .caption(numbers)
        .endswith("Not drawn: 4 of another network, data or loss, 1 diverged, 2 of other initial weights.")
    )
