"""``runs.csv``: a line a run from the first write on, replaced as the run ends, in job order.

Whoever reads a sweep, be it under way, ended or killed, has its lines from here: those of the table,
with what has become since of the runs that had not ended; or, without a table, what the folders tell.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain, count
from pathlib import Path
from typing import TYPE_CHECKING, Any

from runner.errors import RunnerError, in_a_line
from runner.files import inner, is_within, load_yaml
from runner.overrides import swept_values
from runner.records.checksums import recorded
from runner.records.lines import Line, in_pieces, read_lines, varying_keys
from runner.records.many_lines import Lines
from runner.records.names import ERROR, FAILED, HISTORY, HYDRA, INTERRUPTED, MULTIRUN, RUNS, SUMMARY
from runner.records.reading import read_runs_table
from runner.records.stores import store_in, stored
from runner.records.writing import write_whole

if TYPE_CHECKING:
    import pandas as pd

#: Seconds between two writings of the whole table; it grows with the time that a writing takes.
PATIENCE = 2.0
#: Of a run whose number nobody knows.
UNNUMBERED = -1


class RunsTable:
    """The table of a sweep, kept up to date on disk; `is_begun` says whether it has all its runs there."""

    def __init__(self, folder: str | Path, lines: Iterable[Line]) -> None:
        """The table in a sweep's folder, with a line for every run that it is to have."""
        self.path = Path(folder) / RUNS
        self.lines = Lines()
        self.is_begun = False
        self.expect(lines)
        self.due = time.monotonic() + PATIENCE

    @classmethod
    def now(cls, folder: str | Path) -> RunsTable:
        """The table of a sweep as it is now. Raises RunnerError for what is not as it was written."""
        folder = Path(folder)
        table = cls(folder, read_lines(folder / RUNS))
        if not table.lines:
            table.expect(_varying(_numbered(_found(folder))))
        table.catch_up()
        return table

    def expect(self, lines: Iterable[Line]) -> None:
        """Takes the lines of runs that it is to have too, or has by now."""
        known = len(self.lines)
        self.lines.take(lines)
        self.is_begun &= len(self.lines) == known

    def add(self, line: Line) -> None:
        """Takes a run's line in the place of that it had; writes the table when it is time again."""
        self.lines[line.run] = line
        if time.monotonic() >= self.due:
            self.write()

    def catch_up(self) -> None:
        """Takes what has become of runs that had not ended, as their folders tell."""
        waiting = {run: line for run, line in self.lines.items() if line.status == INTERRUPTED}
        folder = self.path.parent
        if all(line.directory for line in waiting.values()):
            now = (line_now(inner(folder, line.directory), line) for line in waiting.values())
        else:  # nobody knew yet where they would be
            now = (line for line in _found(folder) if line.run in waiting)
        self.lines.take(line.with_keys(self.lines.swept) for line in now)

    def text(self) -> bytes:
        """The table as CSV."""
        return b"".join(self._pieces())

    def _pieces(self) -> Iterator[bytes]:
        return in_pieces(self.lines.rows())

    def write(self) -> None:
        """Writes the table as it is now; a reader never sees half of it."""
        started = time.monotonic()
        write_whole(self.path, self._pieces())
        self.is_begun = True
        ended = time.monotonic()
        self.due = ended + max(PATIENCE, 20 * (ended - started))


def finished_line(folder: str | Path) -> Line | None:
    """A finished run's line, or None where the run is not finished: its files are not all there."""
    if at := stored(folder):
        return at.store.lines[at.run]
    summary = recorded(folder)
    return summary.line if summary and Path(folder, HISTORY).is_file() else None


def line_now(folder: Path, line: Line) -> Line:
    """The line of a run, after what its folder holds by now."""
    status = FAILED if (folder / ERROR).is_file() else line.status
    return finished_line(folder) or line._replace(status=status)


def runs_now(folder: Path, is_sweep: bool) -> pd.DataFrame:
    """The line of a run, or those of a sweep's runs as they are now. Raises RunnerError for none."""
    if is_sweep:
        table = _sweep_now(folder)
    elif (folder / SUMMARY).is_file():
        table = read_runs_table(folder / SUMMARY)
        swept = list(table)[1 : list(table).index("status")]
        table = table.drop(columns=swept).assign(directory=".")  # which are as its sweep sees them
    else:
        raise RunnerError(f"{folder}: the run is not finished; there is no {SUMMARY}")
    table["directory"] = table["directory"].fillna("").astype(str)
    for directory in table["directory"] if is_sweep else ():
        inner(folder, directory)
    return table.sort_values("run", kind="stable", ignore_index=True)


def _sweep_now(folder: Path) -> pd.DataFrame:
    """``runs.csv``, read as it stands where all of its runs have ended."""
    path = folder / RUNS
    if path.is_file():
        table = read_runs_table(path)
        if not (table["status"] == INTERRUPTED).any():
            return table
    elif not (folder / MULTIRUN).exists() and not any(
        path.name.isdigit() and path.is_dir() for path in folder.iterdir()
    ):
        raise RunnerError(f"{folder}: is neither the folder of a run nor of a sweep: no {HISTORY}, no {RUNS}")
    now = RunsTable.now(folder)
    if not now.lines:
        raise RunnerError(f"{folder}: the sweep has no runs yet; there is nothing to draw")
    return read_runs_table(path, now.text())


# --- without a table: what the folders tell -----------------------------------------------------------


def _found(sweep: Path) -> Iterator[Line]:
    """The lines of the runs whose folders lie in a sweep's, as they tell; UNNUMBERED where none says.

    Runs and sweeps of their own that lie there too are no runs of it, and links lead elsewhere.
    """
    record = _record(sweep)
    if store := store_in(sweep):
        yield from (line for line in store.lines.values() if stored(sweep / line.directory))
    for place, folders, files in os.walk(sweep):
        folder = Path(place)
        is_recorded = record.parts[0] in folders
        folders[:] = sorted({*folders} - {record.parts[0]})
        if folder == sweep:
            continue
        if {RUNS, MULTIRUN}.intersection(files):
            folders.clear()
            continue
        if stored(folder):  # what it has is of a try before
            continue
        if SUMMARY in files and (line := finished_line(folder)):
            if sweep / line.directory == folder:
                yield line
        elif (ERROR in files or is_recorded) and (line := _unfinished(sweep, folder, record)):
            yield line


def _record(sweep: Path) -> Path:
    """Where Hydra records a run, seen from the run's folder."""
    record = str(_at(_yaml(sweep / MULTIRUN), "hydra", "output_subdir") or HYDRA)
    return Path(record if is_within(record) else HYDRA)


def _unfinished(sweep: Path, folder: Path, record: Path) -> Line | None:
    """The line of a run that failed or has not ended, after Hydra's record of it; None for one of its own."""
    directory = folder.relative_to(sweep)
    hydra = _at(_yaml(folder / record / "hydra.yaml"), "hydra")
    number = _at(hydra, "job", "num") if hydra else UNNUMBERED
    made = Path(str(_at(hydra, "runtime", "output_dir") if hydra else directory)).parts
    if not isinstance(number, int) or made[-len(directory.parts) :] != directory.parts:
        return None
    given = _yaml(folder / record / "overrides.yaml")
    swept = swept_values(map(str, given if isinstance(given, list) else []))
    return line_now(folder, Line(number, swept, directory=directory.as_posix()))


def _numbered(lines: Iterable[Line]) -> list[Line]:
    """Lines of runs with a number each. Of whom nobody knows it has its folder's, or the first, if free."""
    lines = list(lines)
    numbered = {line.run: line for line in lines if line.run != UNNUMBERED}
    for line in lines:
        if line.run == UNNUMBERED:
            own = [int(line.directory)] if line.directory.isdecimal() else []
            number = next(number for number in chain(own, count()) if number not in numbered)
            numbered[number] = line._replace(run=number)
    return list(numbered.values())


def _varying(lines: list[Line]) -> list[Line]:
    """Lines without the keys that are the same in every run: a launcher of Hydra's own knows of none."""
    swept = varying_keys(lines)
    return [line.with_keys(swept) for line in lines] if len(lines) > 1 else lines


def _at(content: Any, *keys: str) -> Any:
    """What mappings in each other hold under keys; None where there is none, or something else than these."""
    for key in keys:
        content = content.get(key) if isinstance(content, Mapping) else None
    return content


def _yaml(path: Path) -> Any:
    """What a file of Hydra's holds; None where there is none. Raises RunnerError for what is not YAML."""
    import yaml

    try:
        return load_yaml(path, of_run=True)
    except FileNotFoundError:
        return None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise RunnerError(f"{path}: is not as Hydra wrote it: {in_a_line(error)}") from None
