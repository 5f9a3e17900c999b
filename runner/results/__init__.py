"""A run's or a sweep's folder as tidy tables: read once, checked, and never all held at once."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from runner.config.exporting import folder_of, with_history
from runner.errors import RunnerError, in_a_line
from runner.records.checksums import refuse_changed
from runner.records.histories import Errors, Histories, NotShownError, beside, header_of
from runner.records.names import HISTORY, HYDRA, METRICS, PARAMETERS, higher_is_better
from runner.records.reading import parameters_of
from runner.records.tails import Tails, last_rows
from runner.results.runs import Runs

if TYPE_CHECKING:  # pandas takes long to import, and a sweep's last word needs none of it
    import pandas as pd

    from runner.training.experiment import Experiment

#: The column of a history whose numbers a metric sums up.
COLUMNS = {name: "error" if name in ("final_error", "best_error") else name for name in METRICS}
#: Keys whose values may change the columns of a history, by their first words; and those of them that cannot.
SHAPING = ("network", "data", "experiment", "log")
SHAPELESS = {
    *(f"network.{key}" for key in ("activation", "output_activation", "weights")),
    *(f"data.{key}" for key in ("seed", "noise", "points", "test_fraction", "stratify")),
    "data.validation_fraction",
    *(f"data.{key}" for key in ("scale", "scale_targets")),
    "log.every",
}


def _may_shape(key: str) -> bool:
    return key.split(".")[0] in SHAPING and key not in SHAPELESS and not key.startswith("network.rates")


class Results(Runs):
    """What a folder holds: its runs, and what is in the files of each."""

    def __init__(self, folder: str | Path) -> None:
        """Raises RunnerError for a folder without results, or with a table that is not one."""
        super().__init__(folder)
        self._experiments: dict[int, Experiment] = {}
        self._parameters: dict[int, pd.DataFrame] = {}
        self._histories = Histories()
        self._curves: dict[str, tuple[float | None, Future[Errors]]] = {}

    def place(self, run: int) -> Path:
        """The folder that a run has, or would have in a sweep without folders, by its row in `runs`."""
        return self.folder / str(self.runs.at[run, "directory"])

    def path(self, run: int) -> Path:
        """The folder of a run; of one in a sweep without folders a temporary one, with all of its files."""
        return folder_of(self.place(run))

    def history_file(self, run: int) -> str:
        """Where the history of a run is, or would be in a sweep without folders: readers know of these."""
        return self._paths([run])[0]

    def record(self, run: int) -> Path:
        """A folder with the record of a run: its configuration, and what it was made of."""
        return folder_of(self.place(run), trained=False)

    def experiment(self, run: int) -> Experiment:
        """The experiment of a run, rebuilt from the configuration in its folder."""
        import yaml

        from runner.config.compose import load_run
        from runner.config.sources import OtherFileError

        if run not in self._experiments:
            path = self.record(run) / HYDRA / "config.yaml"
            if not path.is_file():
                raise NotShownError(f"there is no {path}")
            try:
                self._experiments[run] = load_run(self.record(run))
            except OtherFileError:
                raise
            except (yaml.YAMLError, UnicodeDecodeError, RunnerError) as error:
                raise RunnerError(f"{path}: {in_a_line(error)}") from None
        return self._experiments[run]

    def parameters(self, run: int) -> pd.DataFrame:
        """Every weight and bias of a run, before and after. Raises RunnerError where they are not whole."""
        if run not in self._parameters:
            folder = self.path(run)
            table = parameters_of(folder / PARAMETERS)
            refuse_changed(folder / PARAMETERS)
            self._parameters[run] = table
        return self._parameters[run]

    @cached_property
    def with_weights(self) -> list[int]:
        """The finished runs whose weights were recorded."""
        return sorted(run for runs in self._alike.values() if self._weights(runs[0]) for run in runs)

    def weight_names(self) -> list[str]:
        """The weights and biases of the first run whose history has any."""
        return self._weights(self.with_weights[0]) if self.with_weights else []

    def like(self, run: int) -> list[int]:
        """The finished runs whose histories have the unit and the weights of `run`, of as large a network."""
        groups = self._alike.values()
        alike = [runs for runs in groups if run in runs or self._shape(runs[0]) == self._shape(run)]
        return sorted(place for runs in alike for place in runs)

    @cached_property
    def _alike(self) -> dict[Any, list[int]]:
        """The finished runs by those swept values that may change the columns of a history."""
        keys = [key for key in self.swept if _may_shape(key)]
        groups: dict[Any, list[int]] = {}
        for run, *marks in self.finished[keys].astype(str).itertuples(name=None):
            groups.setdefault(tuple(marks), []).append(int(run))
        return groups

    def _weights(self, run: int) -> list[str]:
        return [name for name in self.header(run)[1:] if re.fullmatch(r"[wb]\d+", name)]

    def _shape(self, run: int) -> tuple[object, ...]:
        table = self.parameters(run)
        return self.header(run)[0], self._weights(run), table[["layer", "to", "from"]].to_numpy().tolist()

    @cached_property
    def unit(self) -> str:
        """What the histories count: epoch or update."""
        return self.header(self.rows[0])[0]

    def header(self, run: int) -> list[str]:
        """The columns of a run's history."""
        return header_of(self.history_file(run))

    def history(self, run: int, columns: Sequence[str] | None = None) -> pd.DataFrame:
        """A run's history, exactly; all columns, or the unit and `columns`."""
        return next(self.histories([run], columns, self.header(run)[0]))

    def histories(
        self, runs: Sequence[int], columns: Sequence[str] | None = None, unit: str | None = None
    ) -> Iterator[pd.DataFrame]:
        """The histories of `runs`, in their order, a few at a time. `unit` is what they count."""
        import pandas as pd

        names = None if columns is None else [unit or self.unit, *columns]
        for history in self._histories.read(self._paths(runs), names):
            yield pd.DataFrame(history, copy=False)

    def tails(self, runs: Sequence[int], columns: Sequence[str], count: int) -> Iterator[Tails]:
        """The last `count` rows of the histories of `runs`, a few at a time: the unit and `columns`."""
        paths = self._paths(runs)
        for path in paths:
            self._histories.check(path)
        return last_rows(paths, [self.unit, *columns], count)

    def _paths(self, runs: Sequence[int]) -> list[str]:
        folders = self.runs["directory"].loc[list(runs)]
        places = (os.path.normpath(f"{self.folder}/{folder}") for folder in folders)
        return [f"{with_history(place)}/{HISTORY}" for place in places]

    def curves(self, metric: str, level: float | None = None) -> Errors:
        """What `metric` sums up, of the finished runs at every count, all of it read in one pass.

        ``reached`` is at `level`, or at that of :meth:`level` where none was asked for.
        """
        self.read_ahead(metric, level)
        return self._curves[COLUMNS[metric]][1].result()

    def read_ahead(self, metric: str, level: float | None = None) -> None:
        """Begins to read `curves` beside what else is done. What is wrong is raised by `curves`."""
        column = COLUMNS[metric]
        if column not in self._curves or level not in (None, self._curves[column][0]):
            self._curves[column] = level, beside(partial(self._all_curves, column, level))

    def _all_curves(self, column: str, level: float | None) -> Errors:
        metric = "final_error" if column == "error" else column
        paths, names = self._paths(self.rows), [self.unit, column]
        level = self.level(metric).value if level is None else level
        return self._histories.errors(paths, names, level, higher_is_better(metric))


def read_runs(folder: str | Path) -> pd.DataFrame:
    """A sweep's table of runs, rebuilt from its folders where there is none yet; a run's single row."""
    return Results(folder).runs


def read_histories(folder: str | Path, columns: Sequence[str] | None = None) -> pd.DataFrame:
    """The histories of all finished runs as one tidy table, with the run's number and swept values."""
    import pandas as pd

    results = Results(folder)
    read = zip(results.rows, results.histories(results.rows, columns), strict=True)
    tables = [pd.DataFrame({**results.marks(run), **history}, index=history.index) for run, history in read]
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame()
