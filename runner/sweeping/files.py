"""The files that Hydra would write into a job's folder, as plain data that travels to workers."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

HYDRA_FILES = ("config.yaml", "hydra.yaml", "overrides.yaml")


@dataclass(frozen=True)
class Text:
    """A text with gaps: the parts around them, and the names of what goes into each."""

    parts: tuple[str, ...]
    gaps: tuple[str, ...] = ()

    @classmethod
    def marked(cls, text: str, names: Sequence[str]) -> Text:
        """Gaps wherever `text` has the :func:`mark` of one of `names`, with the space before it."""
        pieces = re.split(r" ?gap_(\d+)_gap", text)
        return cls(tuple(pieces[::2]), tuple(names[int(number)] for number in pieces[1::2]))

    def fill(self, values: Mapping[str, str]) -> bytes:
        """The text with `values` in its gaps."""
        filled = [values[gap] + part for gap, part in zip(self.gaps, self.parts[1:], strict=True)]
        return (self.parts[0] + "".join(filled)).encode()


def mark(number: int) -> str:
    """The word that stands for gap `number` until a text is cut there."""
    return f"gap_{number}_gap"


class JobFiles(NamedTuple):
    """What is written into a job's folder before it runs. Plain data: it travels to workers.

    `subdir` is Hydra's ``output_subdir``; None for no files.
    """

    subdir: str | None
    texts: tuple[Text, ...]
    values: Mapping[str, str]

    def write(self, folder: str) -> None:
        """Makes the job's folder, with the files that Hydra would write."""
        where = folder if self.subdir is None else f"{folder}/{self.subdir}"
        os.makedirs(where, exist_ok=True)
        if self.subdir is None:
            return
        for name, text in zip(HYDRA_FILES, self.texts, strict=True):
            with open(f"{where}/{name}", "wb", buffering=0) as f:
                f.write(text.fill(self.values))

    def config(self) -> bytes:
        """The text of ``config.yaml``."""
        return self.texts[0].fill(self.values)
