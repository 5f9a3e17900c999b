"""A run in its folder, as it was in memory when it had been trained."""

from __future__ import annotations

from pathlib import Path

from runner.api.run import Run
from runner.config.reopening import experiment_in
from runner.records.trained import ended, refuse_unended


def open(folder: str | Path) -> Run:
    """The run in a folder that the command or :meth:`Run.save` wrote, to the last bit; trains nothing.

    It predicts, goes on, is drawn and explained as when it had been trained. Where the file of its data is
    gone it predicts all the same (for other inputs), and says what is missing where examples are needed.
    Raises RunnerError for a folder without a result, for that of a sweep (of which one run is opened:
    ``open("sweep/3")``), and for files that are not as they were written.
    """
    path = Path(folder)
    refuse_unended(path)
    experiment = experiment_in(path)
    return Run(experiment, *ended(path, experiment), folder=path.absolute())
