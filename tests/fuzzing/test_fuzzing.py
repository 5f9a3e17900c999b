"""A few hundred of the attempts that ``python tests/fuzzing`` makes by thousands."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

FUZZING = Path(__file__).parent


@pytest.mark.skipif(sys.platform != "linux", reason="memory is bounded as Linux has it")
def test_what_is_wrong_runs_or_is_refused_in_a_line() -> None:
    call = [sys.executable, str(FUZZING), "seed=1", "csv=40", "overrides=6"]
    done = subprocess.run(call, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "csv: 40 tried" in done.stdout
