"""What another system would do otherwise, as far as its rules can be kept here."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path, PureWindowsPath

import pytest
import yaml
from packaging.version import Version

ROOT = Path(__file__).parent.parent
#: What Windows keeps for itself, and the characters that no name there may have.
RESERVED = {"con", "prn", "aux", "nul", *(f"{port}{i}" for port in ("com", "lpt") for i in range(1, 10))}
FORBIDDEN = re.compile(r'[<>:"|?*\\]|[ .]$')


@pytest.mark.parametrize("encoding", ["cp1252", "ascii"])
def test_what_an_encoding_lacks_ends_no_command(encoding: str) -> None:
    script = "from runner.streams import take_over; take_over(); print('R² at η = 1')"
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=ROOT, env={**os.environ, "PYTHONIOENCODING": encoding, "PYTHONUTF8": "0"}, capture_output=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "R² at η = 1".encode(encoding, "backslashreplace")


def test_the_lowest_versions_are_those_that_are_allowed() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    allowed = [*project["dependencies"], *project["optional-dependencies"]["datasets"]]
    lowest = dict(line.split("==") for line in (ROOT / ".ci/lowest.txt").read_text().splitlines()[1:])
    for requirement in allowed:
        name, bound = re.match(r"([\w-]+)>=([\d.]+)", requirement).groups()  # type: ignore[union-attr]
        assert Version(lowest[name]) == Version(bound)


def test_names_of_files_are_names_on_windows_and_where_case_does_not_count() -> None:
    names = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True).stdout.split("\n")
    parts = {part for name in names for part in Path(name).parts}
    assert not [
        part for part in parts if FORBIDDEN.search(part) or part.partition(".")[0].lower() in RESERVED
    ]
    assert len({name.lower() for name in names}) == len(names)


def test_folders_of_results_have_names_on_windows() -> None:
    config = yaml.safe_load((ROOT / "conf/config.yaml").read_text(encoding="utf-8"))
    for folder in (config["hydra"]["run"]["dir"], config["hydra"]["sweep"]["dir"]):
        made = re.sub(r"\$\{now:([^}]*)\}", lambda match: re.sub("%.", "00", match[1]), folder)
        assert not PureWindowsPath(made).drive
        assert not any(FORBIDDEN.search(part) for part in PureWindowsPath(made).parts)


@pytest.mark.parametrize("name", ["hydra_plugins", "runner"])
def test_rows_end_in_one_byte_whatever_the_system_writes(name: str) -> None:
    """A file that is opened as text for CSV says newline=; others are written as bytes."""
    for path in (ROOT / name).rglob("*.py"):
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
            if re.search(r"\bopen\([^)]*[\"'][wax]t?[\"']|\.write_text\(", line):
                assert "newline=" in line, f"{path}:{number}"


def test_every_system_has_its_continuous_integration() -> None:
    jobs = yaml.safe_load((ROOT / ".github/workflows/test.yml").read_text(encoding="utf-8"))["jobs"]
    matrix = jobs["test"]["strategy"]["matrix"]
    assert {system.partition("-")[0] for system in matrix["os"]} == {"ubuntu", "windows", "macos"}
    assert matrix["python"] == ["3.11", "3.12", "3.13"]
