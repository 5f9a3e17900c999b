"""What the tests share: the command as a process, and experiments made from overrides."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from making_sweeps import make_sweep
from processes import Command


@pytest.fixture
def command(tmp_path: Path) -> Command:
    """``backprop-runner`` with arguments, as a process in an empty folder."""

    def run(*arguments: str, cwd: Path = tmp_path) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, "PYTHONWARNINGS": "error::DeprecationWarning:runner"}
        return subprocess.run(
            [sys.executable, "-m", "runner", *arguments],
            cwd=cwd,
            env=environment,
            capture_output=True,
            text=True,
            timeout=120,
        )

    return run


@pytest.fixture(scope="session")
def sweep(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three runs of the seed's example, of which the last diverges; to be read, never changed."""
    return make_sweep(
        tmp_path_factory.mktemp("results") / "s",
        {"learning_rate": [0.01, 0.05, 5.0], "log.every": [1]},
        ["epochs=30"],
    )
