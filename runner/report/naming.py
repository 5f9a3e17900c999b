"""What a page calls swept keys and columns: names, or the user's own labels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from runner.figures.style.labels import plain_text
from runner.overrides import plain


@dataclass(frozen=True)
class Called:
    """What a page calls keys and columns: as the user does, by `labels`, else by their names."""

    labels: Mapping[str, str] = field(default_factory=dict)

    def key(self, key: str) -> str:
        """A swept key, or a column of ``runs.csv``: of a path its last part."""
        return self.column(key, key.rpartition(".")[2])

    def column(self, name: str, ours: str | None = None) -> str:
        """A column of a history, which we call `ours`."""
        return plain_text(self.labels[name]) if name in self.labels else ours or name

    def setting(self, row: Any, keys: Sequence[str]) -> str:
        """``learning_rate=0.1, hidden=[8]``."""
        return ", ".join(f"{self.key(key)}={plain(row[key])}" for key in keys)


#: Names as they are.
NAMES = Called()
