"""``runs.csv``: a line a run from the start on, in job order; written as the sweep goes, or rebuilt from the
folders."""

from __future__ import annotations

import csv
import os
import time
from collections.abc import Iterable, Mapping, Sequence
from itertools import count
from pathlib import Path
from typing import Any

from runner.errors import RunnerError
from runner.records.writing import (
    ERROR,
    HISTORY,
    MULTIRUN,
    RESULT_COLUMNS,
    RUNS,
    SUMMARY,
    reached,
    recorded,
    table,
    write_whole,
)
from runner.training.experiment import FINAL_MEASURES
from runner.work import swept_values

#: The status of a run from the first on, until it ends.
INTERRUPTED = "interrupted"

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
            self.write()

    def write(self) -> None:
        """Writes the table as it is now; a reader never sees half of it."""
        started = time.monotonic()
        write_whole(self.path, text(self.lines, self.swept))
        ended = time.monotonic()
        self.due = ended + max(PATIENCE, 20 * (ended - started))


def text(lines: Mapping[int, Mapping[str, Any]], swept: Sequence[str]) -> bytes:
    """Lines as ``runs.csv`` has them, in the order of their runs."""
    in_order = [lines[number] for number in sorted(lines)]
    return table(in_order, header(in_order, swept))


def unended(number: int, swept: Mapping[str, object], directory: str) -> dict[str, Any]:
    """The line of a run that has not ended; `directory` may be empty where nobody knows it yet."""
    return {"run": number, **swept, "status": INTERRUPTED, "directory": directory}


def header(lines: Iterable[Mapping[str, Any]], swept: Sequence[str]) -> list[str]:
    """The columns of lines that may have different metrics."""
    present = {name for line in lines for name in FINAL_MEASURES if name in line}
    results = [
        reached(name, swept) for name in RESULT_COLUMNS if name not in FINAL_MEASURES or name in present
    ]
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
    """Writes ``runs.csv`` as the folders of a sweep's runs have it now; returns its path."""
    runs = RunsTable(sweep, *lines_now(sweep))
    runs.write()
    return runs.path


def lines_now(sweep: str | Path) -> tuple[list[str], dict[int, Mapping[str, Any]]]:
    """The swept keys of a sweep, and each run's line: as ``runs.csv`` has it, or as its folder does by now.

    Where there is no table a key that is the same in every run is taken for not swept: a launcher of
    Hydra's own knows of none. Raises RunnerError for what is not as Hydra wrote it.
    """
    sweep = Path(sweep)
    lines: dict[int, Mapping[str, Any]] = dict(table_lines(sweep))
    if not lines:
        found = _numbered(_found(sweep))
        keys = dict.fromkeys(key for line in found.values() for key in swept_keys(line))
        values = {key: {line[key] for line in found.values() if key in line} for key in keys}
        swept = [key for key in keys if len(found) == 1 or len(values[key]) > 1]
        return swept, {number: with_columns(line, swept) for number, line in found.items()}
    swept = swept_keys(next(iter(lines.values())))
    waiting = {number: line for number, line in lines.items() if line["status"] == INTERRUPTED}
    if all(line["directory"] for line in waiting.values()):
        now = [_now(sweep, line) for line in waiting.values()]
    else:  # nobody knew yet where they would be
        now = [line for line in _found(sweep) if line["run"] is not None and int(line["run"]) in waiting]
    return swept, lines | {int(line["run"]): with_columns(line, swept) for line in now}


def table_lines(sweep: Path) -> dict[int, dict[str, str]]:
    """The lines of ``runs.csv`` by their runs; none where it is not there."""
    try:
        with open(sweep / RUNS, newline="", encoding="utf-8") as f:
            return {int(line["run"]): line for line in csv.DictReader(f)}
    except FileNotFoundError:
        return {}


def _now(sweep: Path, line: Mapping[str, Any]) -> Mapping[str, Any]:
    """What has become of a run that had not ended when its line was written."""
    folder = sweep / line["directory"]
    status = "failed" if (folder / ERROR).is_file() else line["status"]
    return read_summary(folder) or {**line, "status": status}


def _found(sweep: Path) -> list[dict[str, Any]]:
    """The lines of the runs whose folders lie in a sweep's, as they tell; `run` is None where none says.

    Runs and sweeps of their own that lie there too are no runs of it, and links lead elsewhere.
    """
    record = _record(sweep)
    lines = []
    for place, folders, files in os.walk(sweep):
        folder = Path(place)
        is_recorded = record.parts[0] in folders
        folders[:] = sorted({*folders} - {record.parts[0]})
        if folder == sweep:
            continue
        if {RUNS, MULTIRUN}.intersection(files):
            folders.clear()
            continue
        if SUMMARY in files and (line := read_summary(folder)):
            if sweep / line["directory"] == folder:
                lines.append(line)
        elif ERROR in files or is_recorded:
            lines += _without_result(folder.relative_to(sweep), folder, folder / record)
    return lines


def _record(sweep: Path) -> Path:
    """Where Hydra records a run, seen from the run's folder."""
    asked = (_yaml(sweep / MULTIRUN) or {}).get("hydra") or {}
    return Path(asked.get("output_subdir") or ".hydra")


def _without_result(directory: Path, folder: Path, record: Path) -> list[dict[str, Any]]:
    """The line of a run that failed or has not ended, after Hydra's record of it; none for one of its own."""
    hydra = (_yaml(record / "hydra.yaml") or {}).get("hydra")
    number = hydra["job"]["num"] if hydra else None
    made = Path(hydra["runtime"]["output_dir"]).parts if hydra else directory.parts
    if (hydra and not isinstance(number, int)) or made[-len(directory.parts) :] != directory.parts:
        return []
    swept = swept_values(map(str, _yaml(record / "overrides.yaml") or []))
    status = "failed" if (folder / ERROR).is_file() else INTERRUPTED
    return [{"run": number, **swept, "status": status, "directory": directory.as_posix()}]


def _numbered(lines: Sequence[dict[str, Any]]) -> dict[int, dict[str, Any]]:
    """Lines by their runs. Of whom nobody knows the number has its folder's, or the first, that is free."""
    numbered = {int(line["run"]): line for line in lines if line["run"] is not None}
    for line in lines:
        if line["run"] is None:
            name = line["directory"]
            own = int(name) if name.isdecimal() else -1
            free = next(number for number in count() if number not in numbered)
            number = own if own >= 0 and own not in numbered else free
            numbered[number] = {**line, "run": number}
    return numbered


def _yaml(path: Path) -> Any:
    """What a file of Hydra's holds; None where there is none. Raises RunnerError for what is not YAML."""
    import yaml

    try:  # C's loader is ten times as fast, where there is one
        return yaml.load(path.read_text(encoding="utf-8"), getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except FileNotFoundError:
        return None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise RunnerError(f"{path}: is not as Hydra wrote it: {' '.join(str(error).split())}") from None


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
