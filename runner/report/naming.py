"""What a page calls swept keys and columns: names, or the user's own labels."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from unicodedata import lookup

from runner.overrides import plain

#: What mathtext has to set letters by, and no reader wants to see.
UNSET = str.maketrans("", "", "{}_\\")


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


def plain_text(text: str) -> str:
    """A label without mathtext, which a page does not set: η for ``$\\eta$``, L2 for ``$L_2$``."""

    def letter(command: re.Match[str]) -> str:
        name = command[1]
        try:
            return lookup(f"GREEK {'CAPITAL' if name[:1].isupper() else 'SMALL'} LETTER {name.upper()}")
        except KeyError:
            return name

    def unset(formula: re.Match[str]) -> str:
        return re.sub(r"\\([A-Za-z]+) ?", letter, formula[1]).translate(UNSET)

    return re.sub(r"(?<!\\)\$(.*?)(?<!\\)\$", unset, text).replace(r"\$", "$")


#: Names as they are.
NAMES = Called()
