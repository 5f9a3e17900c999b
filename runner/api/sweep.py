"""Runs that were trained together: a list of them, with their table and the best."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from runner.api.run import Run
from runner.api.saving import composed_now, save
from runner.errors import RunnerError
from runner.overrides import swept_values
from runner.records.lines import Line, as_csv, rows_of, swept_keys, varying_keys
from runner.records.names import RUNS
from runner.records.reading import read_runs_table
from runner.records.writing import write_whole
from runner.results.ranking import Ranking, default_metric, rank
from runner.training.experiment import Experiment

if TYPE_CHECKING:
    import pandas as pd


class Sweep(list[Run]):
    """Runs in the order of their experiments: a list, and a notebook shows their table, ranked."""

    @property
    def lines(self) -> list[Line]:
        """The line of each in a table of runs; what is swept is what differs between their configurations."""
        marks = _settings([run.experiment for run in self])
        lines = [Line(at, swept) for at, swept in enumerate(marks)]
        lines = [line.with_keys(varying_keys(lines)) for line in lines]
        return [line.ended(run.result) for line, run in zip(lines, self, strict=True)]

    @property
    def runs(self) -> pd.DataFrame:
        """A row a run, as ``runs.csv`` has them but for their folders."""
        return _table(self.lines).drop(columns="directory")

    @property
    def ranking(self) -> Ranking:
        """The settings, the best first; runs are told by their places."""
        lines = self.lines
        keys = [key for key in swept_keys(lines) if key != "seed"]
        return rank(lines, keys, default_metric(lines))

    @property
    def best(self) -> Run:
        """The median run of the best setting: by the test error where examples are held out, else the error.

        Raises RunnerError where at least half of the runs of every setting diverged.
        """
        if (setting := self.ranking.best) is None:
            raise RunnerError("at least half of the runs of every setting diverged")
        return self[setting.middle]

    def save(self, folder: str | Path) -> Path:
        """Writes all runs into a new folder, as ``-m`` writes a sweep; returns that folder.

        Raises RunnerError as :meth:`Run.save` does.
        """
        folder = Path(folder)
        lines = [line._replace(directory=str(line.run)) for line in self.lines]
        for line, run in zip(lines, self, strict=True):
            save(run, folder / line.directory)
        write_whole(folder / RUNS, _csv(lines))
        return folder

    def __repr__(self) -> str:
        if not self:
            return "<Sweep: no runs>"
        swept = ", ".join(swept_keys(self.lines)) or "nothing"
        what = swept if len(swept) <= 80 else f"{swept[:79]}…"
        ranking = self.ranking
        best = f"{ranking.value(ranking.best):.6g}" if ranking.best else "none"
        return f"<Sweep: {len(self)} runs over {what}; best {ranking.words} {best}>"

    def _repr_html_(self) -> str:
        from runner.api.showing import sweep_html

        return sweep_html(self)


def _csv(lines: Sequence[Line]) -> bytes:
    return as_csv(rows_of(lines, swept_keys(lines)))


def _table(lines: Sequence[Line]) -> pd.DataFrame:
    return read_runs_table(Path(RUNS), _csv(lines))


def _settings(experiments: Sequence[Experiment]) -> list[dict[str, Any]]:
    """The overrides of each, and what its configuration has of those of the others."""
    composed = [composed_now(made) if made.composed else None for made in experiments]
    given = [swept_values(part.overrides) if part else {} for part in composed]
    keys = dict.fromkeys(key for marks in given for key in marks)
    return [
        {key: marks[key] if key in marks else _value(part.config if part else {}, key) for key in keys}
        for part, marks in zip(composed, given, strict=True)
    ]


def _value(config: Mapping[str, Any], key: str) -> Any:
    """The value of a dotted key as text, of a group its name; None where there is none."""
    at: Any = config
    for word in key.split("."):
        at = at.get(word) if isinstance(at, Mapping) else None
    at = at.get("name") if isinstance(at, Mapping) else at
    return "null" if at is None else str(at).lower() if isinstance(at, bool) else str(at)
