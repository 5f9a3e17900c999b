"""A start imports nothing heavy. (Who may import whom is in ``pyproject.toml``, for import-linter.)"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = ("pandas", "matplotlib", "sklearn", "scipy", "polars", "pyarrow", "dask", "joblib", "ray", "torch")


SWEEP = "from runner.__main__ import main; sys.argv[1:] = ['-m', 'seed=0,1', 'hydra.sweep.dir=s'{}]; main()"


@pytest.mark.parametrize(
    ("code", "loaded"),
    [
        ("import runner", []),
        ("from runner.__main__ import main; sys.argv[1:] = ['hydra.run.dir=run']; main()", []),
        (SWEEP.format(""), []),
        (SWEEP.format(", 'hydra.launcher.store=parquet'"), ["pyarrow"]),  # which would like to import pandas
    ],
    ids=["import runner", "a run", "a sweep", "a sweep without folders"],
)
def test_nothing_heavy_is_imported_unless_used(code: str, loaded: list[str], tmp_path: Path) -> None:
    ask = f"import sys\n{code}\nprint('loaded:', *[name for name in {HEAVY} if name in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", ask], cwd=tmp_path, capture_output=True, text=True, timeout=60
    )
    assert done.stdout.splitlines()[-1].split() == ["loaded:", *loaded], done.stderr


def test_private_names_of_hydras_are_in_one_file() -> None:
    package = Path(__file__).parent.parent / "runner"
    private = re.compile(
        r"(from|import) (hydra|omegaconf)\S*\._|\b(_set_value|_get_node|_return_value|_is_none)\b"
    )
    users = [path.name for path in package.rglob("*.py") if private.search(path.read_text(encoding="utf-8"))]
    assert users == ["hydra_internals.py"]
