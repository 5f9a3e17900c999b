"""The sweep that reports are tested on, made once, with its report."""

from __future__ import annotations

from pathlib import Path

import pytest
from making_sweeps import make_sweep

from runner.report import write_report


@pytest.fixture(scope="session")
def sweep(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = make_sweep(
        tmp_path_factory.mktemp("report") / "s",
        {"learning_rate": [0.01, 0.05, 5.0], "seed": [0, 1]},
        ["epochs=40"],
    )
    write_report(folder, only=["learning_rates", "learning_curves", "network"])
    return folder
