"""Fences between the rooms, and a start that imports nothing heavy."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = sorted((ROOT / "runner").rglob("*.py"))
SOURCES = [*PACKAGE, *sorted((ROOT / "hydra_plugins").glob("*.py"))]

#: A package, and the only places that may import it: files or folders.
FENCES = {
    "hydra": {
        "runner/__main__.py",
        "runner/config/compose.py",
        "runner/guard.py",
        "runner/hydra_internals.py",
        "runner/overrides.py",
        "runner/explain",
        "runner/sweeping",
        "hydra_plugins",
    },
    "omegaconf": {
        "runner/__main__.py",
        "runner/config/compose.py",
        "runner/guard.py",
        "runner/hydra_internals.py",
        "runner/config",
        "runner/api.py",
        "runner/explain",
        "runner/sweeping",
        "hydra_plugins",
    },
    "joblib": {"runner/sweeping"},
    "dask": {"runner/sweeping"},
    "ray": {"runner/sweeping"},
    "matplotlib": {"runner/figures"},
}

#: From the ground up: a room imports only from those before it, sideways within its own line.
ROOMS = [
    ("errors",),
    ("nn",),
    ("data",),
    ("training",),
]


def imported(path: Path) -> set[str]:
    """The modules that a file imports, anywhere in it except for type checkers alone."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            node.body = []
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module}
    return found


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_packages_stay_in_their_rooms(path: Path) -> None:
    place = path.relative_to(ROOT)
    for package in {name.partition(".")[0] for name in imported(path)} & FENCES.keys():
        assert any(place.is_relative_to(room) for room in FENCES[package]), f"{place} imports {package}"


def test_fences_are_where_something_is() -> None:
    for package, rooms in FENCES.items():
        used = [p for p in SOURCES if package in {name.partition(".")[0] for name in imported(p)}]
        assert used or package in ("dask", "ray"), package
        assert all((ROOT / room).exists() for room in rooms)


@pytest.mark.parametrize("level", range(len(ROOMS)))
def test_rooms_import_only_from_below(level: int) -> None:
    above = {room for rooms in ROOMS[level + 1 :] for room in rooms}
    for room in ROOMS[level]:
        files = [
            path for path in PACKAGE if path.relative_to(ROOT / "runner").parts[0] in (room, f"{room}.py")
        ]
        assert files, room
        for path in files:
            rooms = {name.split(".")[1] for name in imported(path) if name.startswith("runner.")}
            assert not rooms & above, path


HEAVY = ("pandas", "matplotlib", "sklearn", "scipy", "polars", "pyarrow", "dask", "joblib", "ray", "torch")


@pytest.mark.parametrize(
    "code",
    [
        "import runner",
        "from runner.__main__ import main; sys.argv[1:] = ['hydra.run.dir=run']; main()",
        "from runner.__main__ import main; sys.argv[1:] = ['-m', 'seed=0,1', 'hydra.sweep.dir=s']; main()",
    ],
    ids=["import runner", "a run", "a sweep"],
)
def test_nothing_heavy_is_imported_unless_used(code: str, tmp_path: Path) -> None:
    ask = f"import sys\n{code}\nprint('loaded:', *[name for name in {HEAVY} if name in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", ask], cwd=tmp_path, capture_output=True, text=True, timeout=60
    )
    assert done.stdout.splitlines()[-1] == "loaded:", done.stderr
