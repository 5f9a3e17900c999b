"""How a run has ended, read back from its folder as it was in memory: to the last bit."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np

from runner.errors import RunnerError
from runner.files import kept
from runner.nn.arrays import Array
from runner.records.checksums import recorded, refuse_changed
from runner.records.names import CURVATURE, ERROR, HISTORY, OPTIONAL_RESULTS, PARAMETERS, RUNS, SUMMARY
from runner.records.reading import history_of, parameters_of, read_finished, state_of
from runner.training.experiment import Experiment, columns
from runner.training.recorder import Trained


class Ended(NamedTuple):
    """A run at its end, and its history: rows (T, columns) at `counts` of epochs or updates."""

    trained: Trained
    counts: list[int]
    rows: Array


def refuse_unended(folder: Path) -> None:
    """Raises RunnerError where a folder is not that of a run that has a result: says what it is."""
    if not folder.is_dir():
        raise RunnerError(f"{folder}: there is no such folder")
    if (folder / SUMMARY).exists():
        return
    if (folder / ERROR).exists():
        why = kept(folder / ERROR).read_text(encoding="utf-8", errors="replace").strip()
        raise RunnerError(f"{folder}: this run failed, and has no result: {why}")
    raise RunnerError(f"{folder}: is not the folder of a run that has ended; there is no {SUMMARY}")


def is_sweep(folder: Path) -> bool:
    """Whether there are runs in a folder, and it is not that of one itself."""
    is_run = (folder / SUMMARY).exists()
    return not is_run and ((folder / RUNS).exists() or any(folder.glob(f"*/{SUMMARY}")))


def ended(folder: Path, experiment: Experiment) -> Ended:
    """How the run in a folder ended. Raises RunnerError where a file is not as it was written."""
    summary = recorded(folder)
    if summary is None:
        raise RunnerError(f"{folder / SUMMARY}: is not as it was written")
    history = history_of(folder / HISTORY)
    if list(history.columns) != [experiment.log.unit, *columns(experiment)]:
        raise RunnerError(f"{folder / HISTORY}: has other columns than the run that {folder} describes")
    line, results = summary.line, dict(summary.line.results)
    parameters = parameters_of(folder / PARAMETERS)
    refuse_changed(folder / PARAMETERS)
    trained = Trained(
        status=line.status,
        ending=line.ending,
        period=None if np.isnan(line.result("period")) else int(line.result("period")),
        epochs=int(results["epochs"]),
        initial_error=line.result("initial_error"),
        final_error=line.result("final_error"),
        best_error=line.result("best_error"),
        best_epoch=int(results["best_epoch"]),
        metrics={name: results[name] for name in OPTIONAL_RESULTS if name in results},
        seconds=line.result("seconds"),
        initial=parameters["initial"].to_numpy(dtype=np.float64),
        final=parameters["final"].to_numpy(dtype=np.float64),
        curvature=_curvature(folder / CURVATURE),
        final_epoch=int(summary.files.get("final_epoch", results["epochs"])),
        state=_state(folder, experiment.optimizer),
    )
    rows = np.ascontiguousarray(history.iloc[:, 1:].to_numpy(dtype=np.float64))
    return Ended(trained, history.iloc[:, 0].tolist(), rows)


def _curvature(path: Path) -> tuple[list[int], Array] | None:
    if not path.exists():
        return None
    table = read_finished(path)
    return table.iloc[:, 0].tolist(), table.iloc[:, 1:].to_numpy(dtype=np.float64)


def _state(folder: Path, optimizer: str) -> dict[str, Array]:
    state = state_of(folder)
    return {name.removeprefix(f"{optimizer}_"): np.array(values) for name, values in state.items()}
