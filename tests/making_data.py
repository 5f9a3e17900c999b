"""Data as a configuration names them."""

from __future__ import annotations

from pathlib import Path

import runner
from runner.data.examples import Data


def load_data(*overrides: str) -> Data:
    return runner.load("network=dense", *overrides).data


def from_csv(tmp_path: Path, text: str | bytes, *overrides: str) -> Data:
    path = tmp_path / "table.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return load_data("data=csv", f"data.path={path}", "data.targets=y", *overrides)
