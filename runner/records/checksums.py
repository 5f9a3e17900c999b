"""What tells whether a run's files are as they were written: its summary has the checksum of each."""

from __future__ import annotations

import csv
import io
import zlib
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from runner.errors import RunnerError
from runner.files import kept
from runner.records.lines import Line, parser_of
from runner.records.names import FILES, HISTORY, PARAMETERS, SUMMARY

_PIECE = 2**20  # bytes of a file that are read at a time


class Sum(NamedTuple):
    """What tells a file's bytes from others: as text, ``SIZE:CRC-32``."""

    size: int = 0
    crc: int = 0

    def of(self, piece: bytes) -> Sum:
        """The sum with the file's next bytes."""
        return Sum(self.size + len(piece), zlib.crc32(piece, self.crc))

    def __str__(self) -> str:
        return f"{self.size}:{self.crc:08x}"


class Summary(NamedTuple):
    """A run's ``summary.csv``: its line of ``runs.csv``, and what stands behind that."""

    line: Line
    files: Mapping[str, str]  # by its column: how many ``rows`` its history has, and the sum of each file


def recorded(folder: str | Path) -> Summary | None:
    """The summary of a run; None where there is none, or none that is whole."""
    try:
        return parsed(kept(f"{folder}/{SUMMARY}").read_bytes().decode())
    except (OSError, UnicodeDecodeError):
        return None


def parsed(text: str) -> Summary | None:
    """The summary in a text; None where it is none that is whole."""
    try:
        header, row = csv.reader(io.StringIO(text))
        line = parser_of(header)(row)
    except (ValueError, csv.Error):
        return None
    behind = header.index("directory") + 1
    return Summary(line, dict(zip(header[behind:], row[behind:], strict=True))) if text[-1:] == "\n" else None


def changed(folder: str | Path, files: Mapping[str, str]) -> dict[str, str]:
    """The files of a finished run that are not as its summary says of `files`: what is wrong with each.

    A summary that an earlier version wrote has no checksums; then it is those that are gone or cut.
    """
    names = [name for name in FILES if files.get(name)] or [HISTORY, PARAMETERS]
    faults = {name: _fault(Path(folder, name), files.get(name)) for name in names}
    return {name: fault for name, fault in faults.items() if fault}


def refuse_changed(path: str | Path) -> None:
    """Raises RunnerError where a finished run's file is not as it was written, as far as that is known."""
    path = Path(path)
    summary = recorded(path.parent)
    then = summary.files.get(path.name) if summary else None
    if then and (fault := _fault(path, then)):
        raise RunnerError(f"{path}: is not as it was written: {fault}")


def _fault(path: Path, then: str | None) -> str:
    if then is None:
        return "" if _has_whole_lines(path) else "is gone or cut"
    now, size = sum_of(path), then.partition(":")[0]
    if now is None:
        return "is gone"
    if str(now) == then:
        return ""
    return f"has {now.size} bytes where {size} were" if str(now.size) != size else "has other bytes"


def sum_of(path: str | Path) -> Sum | None:
    """The sum of a file; None where there is none that can be read."""
    total = Sum()
    try:
        with open(kept(path), "rb") as f:
            while piece := f.read(_PIECE):
                total = total.of(piece)
    except OSError:
        return None
    return total


def _has_whole_lines(path: Path) -> bool:
    """Whether a file is CSV whose last line is as long as its first, and ended."""
    content = b""
    with suppress(OSError):
        content = kept(path).read_bytes()
    lines = content.splitlines() or [b""]
    return content.endswith(b"\n") and lines[0].count(b",") == lines[-1].count(b",")
