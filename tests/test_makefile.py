"""``make`` with a Python that is too old, and with an environment that is; nothing is installed here."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
OLD = 'case "$1" in -V) echo Python 3.10.12;; *) exit 1;; esac\n'
#: One that is new enough; the environment that it makes is all of scripts like this one.
NEW = """\
echo "$(basename "$0") $*" >> log
if [ "$2" = venv ]; then
    rm -rf .venv; mkdir -p .venv/bin
    for name in python backprop-runner backprop-report; do cp "$0" .venv/bin/$name; done
fi
"""

pytestmark = pytest.mark.skipif(shutil.which("make") is None, reason="needs make")


def script(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}")
    path.chmod(0o755)


def make(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    for name in ("Makefile", "pyproject.toml"):
        shutil.copy2(ROOT / name, folder)
    outside = {key: value for key, value in os.environ.items() if not key.startswith("MAKE")}
    return subprocess.run(
        ["make", *arguments], cwd=folder, env=outside, capture_output=True, text=True, timeout=60
    )


def test_a_python_that_is_too_old_is_named_and_nothing_is_made(tmp_path: Path) -> None:
    script(tmp_path / "python3", OLD)
    done = make(tmp_path, "run", "PYTHON=./python3")
    assert done.returncode != 0
    assert done.stdout == ""
    assert done.stderr.splitlines()[0] == (
        "./python3 is Python 3.10.12, and Python 3.11 or newer is needed: make run PYTHON=/path/to/python3.11"
    )
    assert not (tmp_path / ".venv").exists()
    assert "nowhere" in make(tmp_path, "run", "PYTHON=./nowhere").stderr.splitlines()[0]


def test_an_environment_that_is_too_old_is_made_anew(tmp_path: Path) -> None:
    script(tmp_path / "python3", NEW)
    script(tmp_path / ".venv/bin/python", OLD)
    (tmp_path / ".venv/of-the-old").touch()
    done = make(tmp_path, "run", "PYTHON=./python3")
    assert done.returncode == 0, done.stderr
    assert not (tmp_path / ".venv/of-the-old").exists()
    log = (tmp_path / "log").read_text()
    assert "python3 -m venv --clear .venv" in log
    assert log.splitlines()[-1].startswith("backprop-report outputs/sweeps/")


def test_an_environment_whose_python_has_gone_is_made_anew(tmp_path: Path) -> None:
    script(tmp_path / "python3", NEW)
    (tmp_path / ".venv/bin").mkdir(parents=True)
    (tmp_path / ".venv/bin/python").symlink_to("/nowhere/python3.11")
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    (tmp_path / ".venv/installed").touch()
    assert make(tmp_path, "run", "PYTHON=./python3").returncode == 0
    assert "python3 -m venv --clear .venv" in (tmp_path / "log").read_text()


def test_an_environment_that_is_new_enough_stays(tmp_path: Path) -> None:
    script(tmp_path / "python3", OLD)
    for name in ("python", "backprop-runner", "backprop-report"):
        script(tmp_path / ".venv/bin" / name, NEW)
    assert make(tmp_path, "run", "PYTHON=./python3").returncode == 0
    assert "venv --clear" not in (tmp_path / "log").read_text()
    assert "python -m pip install" in (tmp_path / "log").read_text()


def test_what_tests_need_is_installed_for_tests_alone(tmp_path: Path) -> None:
    script(tmp_path / "python3", NEW)
    assert make(tmp_path, "run", "PYTHON=./python3").returncode == 0
    installed = [line for line in (tmp_path / "log").read_text().splitlines() if "pip install" in line]
    assert [line.split()[-1] for line in installed] == ["."]
    for target in ("test", "format"):
        commands = make(tmp_path, "--dry-run", target).stdout
        assert "--editable '.[test]'" in commands
        assert "--editable .\n" not in commands  # that is done
    assert "pip install" not in make(tmp_path, "--dry-run", "run").stdout
