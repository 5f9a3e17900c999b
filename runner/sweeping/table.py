"""``runs.csv``: a line a run, in job order, written as the sweep goes; rebuilt from the folders."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from runner.history import (
    ERROR,
    HISTORY,
    RESULT_COLUMNS,
    RUNS,
    SUMMARY,
    reached,
    recorded,
    table,
    write_whole,
)
from runner.training import METRICS

#: Seconds between two writings of the whole table; it grows with the time that a writing takes.
PATIENCE = 2.0


class RunsTable:
    """The table of a sweep, kept up to date on disk."""

    def __init__(
        self, folder: str | Path, swept: Sequence[str], lines: dict[int, Mapping[str, Any]] | None = None
    ) -> None:
        self.path = Path(folder) / RUNS
        self.swept = list(swept)
        self.lines = {} if lines is None else lines
        self.due = time.monotonic() + PATIENCE

    def add(self, number: int, line: Mapping[str, Any]) -> None:
        """Takes a run's line; writes the table when it is time again."""
        self.lines[number] = line
        if time.monotonic() >= self.due:
            started = time.monotonic()
            self.write()
            ended = time.monotonic()
            self.due = ended + max(PATIENCE, 20 * (ended - started))

    def write(self) -> None:
        """Writes the table as it is now; a reader never sees half of it."""
        lines = [self.lines[number] for number in sorted(self.lines)]
        write_whole(self.path, table(lines, header(lines, self.swept)))


def header(lines: Iterable[Mapping[str, Any]], swept: Sequence[str]) -> list[str]:
    """The columns of lines that may have different metrics."""
    present = {name for line in lines for name in METRICS if name in line}
    results = [reached(name, swept) for name in RESULT_COLUMNS if name not in METRICS or name in present]
    return ["run", *swept, *results, "directory"]


def read_summary(folder: str | Path) -> dict[str, str] | None:
    """A finished run's line, or None where the run is not finished: its files are not all there."""
    row = recorded(folder)
    if row is None or not Path(folder, HISTORY).is_file():
        return None
    names = list(row)
    return {name: row[name] for name in names[: names.index("directory") + 1]}


def swept_keys(line: Mapping[str, Any]) -> list[str]:
    """The swept keys of a line: what stands between the run's number and its status."""
    names = list(line)
    return names[1 : names.index("status")]


def rebuild(sweep: str | Path) -> Path:
    """Writes ``runs.csv`` anew from the folders of a sweep's runs; returns its path.

    A launcher of Hydra's own knows no swept keys: there, a key that is the same in every run is
    taken for not swept.
    """
    sweep = Path(sweep)
    lines: dict[int, dict[str, Any]] = {}
    for path in sorted([*sweep.rglob(SUMMARY), *sweep.rglob(ERROR)]):
        line = read_summary(path.parent)
        if line is not None:
            if Path(sweep, line["directory"]) == path.parent:  # not a run of its own that lies there
                lines[int(line["run"])] = line
        elif path.name == ERROR:
            lines.update(_failed(sweep, path.parent))
    keys = dict.fromkeys(key for line in lines.values() for key in swept_keys(line))
    values = {key: {line.get(key) for line in lines.values()} for key in keys}
    swept = [key for key in keys if len(lines) == 1 or len(values[key]) > 1]
    runs = RunsTable(sweep, swept)
    runs.lines.update({number: with_columns(line, swept) for number, line in lines.items()})
    runs.write()
    return runs.path


def with_columns(line: Mapping[str, Any], swept: Sequence[str]) -> dict[str, Any]:
    """A line with other swept keys than it was written with."""
    own = swept_keys(line)
    results = {reached(name, swept): line.get(reached(name, own)) for name in RESULT_COLUMNS}
    there = {name: value for name, value in results.items() if value is not None}
    return {
        "run": line["run"],
        **{key: line.get(key) for key in swept},
        **there,
        "directory": line["directory"],
    }


def _failed(sweep: Path, folder: Path) -> dict[int, dict[str, Any]]:
    """The line of a run that failed, its keys from Hydra's record of its overrides."""
    import yaml

    from runner.running import swept_values

    overrides = folder / ".hydra" / "overrides.yaml"
    chosen = yaml.safe_load(overrides.read_text(encoding="utf-8")) if overrides.is_file() else []
    directory = folder.relative_to(sweep).as_posix()
    hydra = folder / ".hydra" / "hydra.yaml"
    if hydra.is_file():
        number = int(yaml.safe_load(hydra.read_text(encoding="utf-8"))["hydra"]["job"]["num"])
    else:
        number = int(directory) if directory.isdecimal() else -1
    line = {"run": number, **swept_values(chosen), "status": "failed", "directory": directory}
    return {number: line}
