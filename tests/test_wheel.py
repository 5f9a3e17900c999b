"""The built wheel, in an environment of its requirements and nothing else, runs from any folder."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parent.parent


def link_requirements(site: Path) -> None:
    """Links what the package in `site` requires, out of this environment, and nothing else."""
    (own,) = metadata.distributions(name="backprop-runner", path=[str(site)])
    left, linked = list(own.requires or ()), set[str]()
    while left:
        requirement = Requirement(left.pop())
        if requirement.name in linked or not (
            requirement.marker is None or requirement.marker.evaluate({"extra": ""})
        ):
            continue
        linked.add(requirement.name)
        package = metadata.distribution(requirement.name)
        assert requirement.specifier.contains(package.version), requirement
        left += package.requires or ()
        for name in {file.parts[0] for file in package.files or ()} - {
            "..",
            "__pycache__",
            *os.listdir(site),
        }:
            (site / name).symlink_to(package.locate_file(name))
    assert len(linked) > 15


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

    call(sys.executable, "-m", "venv", "--without-pip", "empty")
    python = tmp_path / "empty/bin/python"
    pip = [sys.executable, "-m", "pip", "--python", python, "--disable-pip-version-check"]
    call(*pip, "install", "--quiet", "--no-compile", "--no-deps", wheel)
    (site,) = tmp_path.glob("empty/lib/python*/site-packages")
    link_requirements(site)
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
