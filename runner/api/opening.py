"""A run in its folder, as it was in memory when it had been trained."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from runner.api.run import Run
from runner.config.exporting import folder_of
from runner.config.reopening import experiment_in
from runner.errors import RunnerError
from runner.records.names import words_of
from runner.records.trained import ended, is_sweep, refuse_unended
from runner.results import Results


def _best_of(folder: Path) -> str:
    """A run of a sweep: the best, where that can be said."""
    with suppress(RunnerError):
        results = Results(folder)
        best = results.best()
        return f"{results.place(best)}, the best by {words_of(results.metric())}"
    return f"{folder / '0'}"


def open(folder: str | Path, plugins: Sequence[str | Path] = ()) -> Run:
    """The run in a folder that the command or :meth:`Run.save` wrote, to the last bit; trains nothing.

    It predicts, goes on, is drawn and explained as when it had been trained. Where the file of its data is
    gone it predicts all the same (for other inputs), and says what is missing where examples are needed.
    `plugins` are the files of code that it was made with, where they are not loaded yet.
    Raises RunnerError for a folder without a result, for that of a sweep (of which one run is opened:
    ``open("sweep/3")``), and for files that are not as they were written.
    """
    path = Path(folder)
    if is_sweep(path):
        raise RunnerError(f"{folder}: is the folder of a sweep: name one of its runs, as {_best_of(path)}")
    path = folder_of(path, plugins)
    refuse_unended(path)
    experiment = experiment_in(path, plugins)
    return Run(experiment, *ended(path, experiment), folder=path.absolute())
