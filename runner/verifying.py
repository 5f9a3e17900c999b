"""Whether runs come out as they were written: trained again, and compared byte for byte."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import numpy as np

from runner.config.compose import load_run
from runner.config.exporting import folder_of, trained_again
from runner.config.own import files_of
from runner.errors import ConfigError, RunnerError
from runner.files import inner
from runner.overrides import key_of, parse
from runner.plugins import KEY
from runner.records.checksums import Summary, changed, recorded
from runner.records.machine import machine_in, unlike
from runner.records.names import ABOUT, CHECKPOINT, FILES
from runner.records.reading import read_table
from runner.records.runs_table import RunsTable
from runner.records.stores import Stored, stored
from runner.records.trained import is_sweep, refuse_unended
from runner.training.experiment import Experiment
from runner.training.loop import Tick
from runner.work import unseen

if TYPE_CHECKING:
    import pandas as pd

#: The key by which the command is told to, and the keys that may stand beside it.
VERIFY, BESIDE = "verify", ("runs", KEY)
#: How many runs of a sweep are trained again where nobody says.
SAMPLE = 20
#: The files that are compared: two others say on what machine, and how many seconds it took.
COMPARED = tuple(name for name in FILES if name not in (ABOUT, CHECKPOINT))
#: Shows how far a run is.
Shown = Callable[[Experiment], AbstractContextManager[Tick]]


@dataclass(frozen=True)
class Verification:
    """What became of runs that were trained again: of each, by its folder, what is not as it was written.

    `count` are the runs that have a result; `unlike` is in what the machine that made them differs from this.
    """

    faults: Mapping[str, Sequence[str]]
    count: int
    unlike: Sequence[str]

    @property
    def is_same(self) -> bool:
        """Whether every byte is as it was written."""
        return not any(self.faults.values())

    def __str__(self) -> str:
        wrong = [f"{folder}: {fault}" for folder, faults in self.faults.items() for fault in faults]
        made = [f"made with {', '.join(self.unlike)}"] if self.unlike else []
        return "\n".join([*wrong, *made, self._verdict()])

    def _verdict(self) -> str:
        same, all_of = sum(not faults for faults in self.faults.values()), len(self.faults)
        if self.count == 1:
            return f"trained again: {'every' if same else 'not every'} byte is as it was written"
        of = f" (of {self.count:,})" if self.count > all_of else ""
        return f"{all_of:,} runs{of} trained again: {same:,} have every byte as it was written"


def verify(
    folder: str | Path, runs: int | None = SAMPLE, plugins: Sequence[str | Path] = (), shown: Shown = unseen
) -> Verification:
    """Trains the run in a folder again, or `runs` of a sweep's, spread evenly over it; None is all.

    What they write is compared with what the folders have, but for the seconds that they took. An
    interrupted or stopped run is trained as far as it was. Nothing is written into the folders. A run that
    cannot be made again counts among the others: its data are gone, or its code is not among `plugins`.
    Raises RunnerError for a folder without a result.
    """
    if runs is not None and runs < 1:
        raise ConfigError("runs", runs, "must be 1 or more, or all")
    path = Path(folder)
    folders = _ended(path) if is_sweep(path) else [path]
    if not folders:
        raise RunnerError(f"{folder}: no run of this sweep has a result")
    if not stored(folders[0]):
        refuse_unended(folders[0])
    chosen = folders if runs is None else _spread(folders, runs)
    differ = dict.fromkeys(text for one in chosen for text in unlike(machine_in(one)))
    return Verification(
        {str(one): _faults(one, plugins, shown) for one in chosen}, len(folders), list(differ)
    )


def is_asked_for(overrides: Sequence[str]) -> bool:
    """Whether a command is to verify what is there."""
    return any(key_of(one) == VERIFY for one in overrides)


def as_asked(overrides: Sequence[str], shown: Shown) -> Verification:
    """What ``verify=DIR``, with ``runs=N`` or ``runs=all`` and ``plugins=[FILE]`` beside it, asks for.

    Raises RunnerError for other keys beside it, and as `verify` does.
    """
    given = {key_of(one): one.partition("=")[2] for one in overrides}
    if others := [one for one in overrides if key_of(one) not in (VERIFY, *BESIDE)]:
        raise RunnerError(
            f"{others[0]}: verify=DIR trains runs as they were set; beside it there may be "
            f"runs=N or runs=all (of a sweep; {SAMPLE} where it is left out) and plugins=[FILE]"
        )
    runs = given.get("runs", str(SAMPLE))
    if runs != "all" and not (runs.isdecimal() and int(runs)):
        raise ConfigError("runs", runs, "must be a whole number from 1 on, or all")
    plugins = files_of(parse(given[KEY])) if KEY in given else []
    folder = given[VERIFY].strip("'\"")
    return verify(folder, None if runs == "all" else int(runs), plugins, shown)


def _ended(sweep: Path) -> list[Path]:
    """The folders of a sweep's runs that have a result."""
    folders = [inner(sweep, line.directory) for line in RunsTable.now(sweep).lines.values() if line.directory]
    return [folder for folder in folders if stored(folder) or recorded(folder) is not None]


def _spread(folders: Sequence[Path], count: int) -> list[Path]:
    """So many of them at equal distances, the first and the last among them."""
    places = np.linspace(0, len(folders) - 1, min(count, len(folders)))
    return [folders[int(at)] for at in np.round(places)]


def _faults(folder: Path, plugins: Sequence[str | Path], shown: Shown) -> list[str]:
    """What of a run's files is not as it comes out now."""
    at = stored(folder)
    if at and not at.store.has_history(at.run):
        return _faults_of_line(at, plugins, shown)
    folder = folder_of(folder)
    then = recorded(folder)
    if then is None:
        return ["its summary is not as it was written"]
    if faults := changed(folder, then.files):
        return [f"{name} was changed after the run: it {fault}" for name, fault in faults.items()]
    with TemporaryDirectory(prefix="backprop-verify-") as scratch:
        again = Path(scratch)
        try:
            made = load_run(folder, plugins)
            with shown(made) as tick:
                now = trained_again(made, then.line, again, tick)
        except RunnerError as error:
            return [f"cannot be trained again: {error}"]
        differ = [name for name in COMPARED if then.files.get(name) != now.files.get(name)]
        told = [f"{name} {_difference(folder / name, again / name)}" for name in differ]
    return told if told or _results(then) == _results(now) else ["its summary comes out otherwise"]


def _faults_of_line(at: Stored, plugins: Sequence[str | Path], shown: Shown) -> list[str]:
    """The same of a run of which its line alone was kept."""
    then = at.store.summary(at.run)
    with TemporaryDirectory(prefix="backprop-verify-") as scratch:
        try:
            made = load_run(folder_of(f"{at.store.sweep}/{then.line.directory}", trained=False), plugins)
            with shown(made) as tick:
                now = trained_again(made, then.line, Path(scratch), tick)
        except RunnerError as error:
            return [f"cannot be trained again: {error}"]
    return [] if _results(then) == _results(now) else ["its summary comes out otherwise"]


def _results(summary: Summary) -> tuple[object, ...]:
    """What a summary says of a run, but for how long it took."""
    line = summary.line
    return (
        line.status,
        line.ending,
        {name: x for name, x in line.results.items() if name != "seconds" and not math.isnan(x)},
    )


def _difference(there: Path, here: Path) -> str:
    """How far what two files of a run say is apart."""
    if not (there.is_file() and here.is_file()):
        return f"is {'not ' if here.is_file() else ''}there, and {'is' if here.is_file() else 'is not'} now"
    if there.suffix != ".csv":
        return "comes out otherwise"
    then, now = read_table(there), read_table(here)
    if list(then.columns) != list(now.columns) or len(then) != len(now):
        return (
            f"has {then.shape[0]} rows and {then.shape[1]} columns, and {now.shape[0]} and {now.shape[1]} now"
        )
    return ", ".join(_numbers_apart(then.select_dtypes("number"), now.select_dtypes("number")))


def _numbers_apart(then: pd.DataFrame, now: pd.DataFrame) -> Iterator[str]:
    a, b = then.to_numpy(dtype=float), now.to_numpy(dtype=float)
    with np.errstate(divide="ignore", invalid="ignore"):
        apart = np.nan_to_num(np.abs(a - b) / np.maximum(np.abs(a), np.abs(b)))
    rows = np.flatnonzero((a != b).any(axis=1))
    yield f"differs in {len(rows)} of {len(a)} rows"
    if len(rows):
        row, column = np.unravel_index(apart.argmax(), apart.shape)
        yield f"first in row {rows[0]}"
        yield f"by {apart.max():.1g} of the value at most ({then.columns[column]} in row {row})"
