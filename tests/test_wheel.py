"""The built wheel, installed into an empty environment, runs from any folder."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


@pytest.mark.slow
def test_the_wheel_runs_from_another_folder(tmp_path: Path) -> None:
    def call(*command: str | Path, cwd: Path = tmp_path) -> str:
        done = subprocess.run(list(map(str, command)), cwd=cwd, capture_output=True, text=True, timeout=300)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    call(sys.executable, "-m", "build", "--wheel", "--outdir", tmp_path, ROOT)
    (wheel,) = tmp_path.glob("*.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    shipped = {f"runner/{path.relative_to(ROOT)}" for path in (ROOT / "conf").rglob("*.*")}
    assert shipped <= names
    assert {"runner/py.typed", "hydra_plugins/vectorized_launcher.py"} <= names
    files = (path for path in (ROOT / "runner").rglob("*.*") if path.suffix not in (".py", ".pyc"))
    beside = {f"{path.relative_to(ROOT)}" for path in files}
    assert {"runner/figures/style/paper.mplstyle", "runner/report/vendor/uPlot.iife.min.js"} <= beside
    assert beside <= names
    assert not {name for name in names if name.startswith("tests") or "hydra_plugins/__init__" in name}

    call(sys.executable, "-m", "venv", "empty")
    python = tmp_path / "empty/bin/python"
    call(python, "-m", "pip", "install", "--quiet", "--no-compile", "--disable-pip-version-check", wheel)
    (tmp_path / "elsewhere").mkdir()
    said = call(
        tmp_path / "empty/bin/backprop-runner", "epochs=1", "hydra.run.dir=run", cwd=tmp_path / "elsewhere"
    )
    assert "0.276957171" in said
    assert (tmp_path / "elsewhere/run/history.csv").is_file()
    assert "<style>" in call(tmp_path / "empty/bin/backprop-explain", "format=html")
    (tmp_path / "new.csv").write_text("x1,x2\n2,3\n")
    assert "x1,x2,prediction\n2,3,0.25" in call(
        tmp_path / "empty/bin/backprop-predict", tmp_path / "elsewhere/run", "new.csv"
    )
    call(
        python, "-m", "runner", "-m", "learning_rate=0.1,0.2", "hydra.sweep.dir=s", cwd=tmp_path / "elsewhere"
    )
    assert (tmp_path / "elsewhere/s/runs.csv").is_file()
