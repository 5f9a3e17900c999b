"""A whole sweep, from its arguments to its last word: what the grid sweeper does."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from hydra.core.utils import JobReturn, JobStatus
from hydra.plugins.launcher import Launcher
from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig, OmegaConf

from hydra_plugins.vectorized_launcher import VectorizedLauncher
from runner.config.compose import replacing
from runner.errors import ConfigError, RunnerError
from runner.guard import FolderGuard, claimed, complete_table, inside
from runner.ranking import default_metric, verdict
from runner.records.table import RunsTable, read_summary, swept_keys
from runner.records.writing import MULTIRUN, RUNS, write_whole
from runner.sweeping.grid import expand, with_params, without_duplicates
from runner.sweeping.jobs import Composer, effective
from runner.sweeping.launching import LazyJobReturn, expected, wants_a_process_of_its_own
from runner.training.experiment import width
from runner.work import describe

#: Bytes of a number in a history, with its comma: 17 significant digits as a rule.
BYTES_A_NUMBER = 20
#: A dry run's table shows this many runs from the start and from the end.
SHOWN = 10
#: Failed runs that the last word names.
FAILURES = 20


class SweepFailedError(RunnerError):
    """Some runs of a sweep failed; the others are done."""


def sweep(
    arguments: Sequence[str],
    context: HydraContext,
    task_function: TaskFunction,
    config: DictConfig,
    launcher: Launcher,
    *,
    max_batch_size: int | None,
    params: dict[str, str] | None,
    points: Any,
    together: Any,
    dry_run: bool,
) -> list[Sequence[JobReturn]]:
    """Runs a sweep; returns the batches' JobReturns. See Hydra's ``Sweeper.sweep``.

    Raises SweepFailedError at the end where runs of a batched task have failed, and for any other
    task, as Hydra's basic sweeper does, the first error of a batch.
    """
    if max_batch_size is not None and max_batch_size < 1:
        raise ConfigError("hydra.sweeper.max_batch_size", max_batch_size, "must be null or at least 1")
    asked = with_params(params, arguments)
    if hasattr(task_function, "batched"):
        asked = replacing(asked)
    expanded = expand(asked, context.config_loader, points=points, together=together)
    jobs = without_duplicates(expanded)
    if len(jobs) < len(expanded):
        print(f"{len(expanded) - len(jobs)} of {len(expanded)} runs are duplicates of others and left out")
    if dry_run:
        print(preview(jobs, Composer(context.config_loader, config), task_function))
        return []
    folder = Path(str(config.hydra.sweep.dir))
    folder.mkdir(parents=True, exist_ok=True)
    started = time.monotonic()
    with claimed(folder):
        returns = _launched(jobs, config, context, task_function, launcher, max_batch_size)
    if hasattr(task_function, "batched"):
        complete_table()
        _last_word(folder, [r for batch in returns for r in batch], time.monotonic() - started)
    return returns


def _launched(
    jobs: Sequence[list[str]],
    config: DictConfig,
    context: HydraContext,
    task_function: TaskFunction,
    launcher: Launcher,
    max_batch_size: int | None,
) -> list[Sequence[JobReturn]]:
    """The JobReturns of the batches, launched one after the other in the sweep's folder, which is ours."""
    folder, is_batched = Path(str(config.hydra.sweep.dir)), hasattr(task_function, "batched")
    is_new, is_vectorized = _record(folder, config), isinstance(launcher, VectorizedLauncher)
    knows_all = is_vectorized and not wants_a_process_of_its_own(config)
    table = _table_of(jobs, folder, config, context) if is_batched and not knows_all else None
    returns: list[Sequence[JobReturn]] = []
    for first in range(0, len(jobs), max_batch_size or max(1, len(jobs))):
        batch = jobs[first : first + (max_batch_size or len(jobs))]
        try:
            returned = launcher.launch(batch, initial_job_idx=first)
        except BaseException:
            if is_new and is_vectorized:
                _forget(folder)
            raise
        if not is_batched:
            for one in returned:
                _ = one.return_value  # raises where the job failed
        returns.append(returned)
        if table is not None:
            _place(table, first, returned)
    return returns


def _record(folder: Path, config: DictConfig) -> bool:
    """Writes ``multirun.yaml``, as Hydra's basic sweeper does; returns False where a resumed sweep has it."""
    if (folder / MULTIRUN).is_file():
        return False
    # A sweep that cannot be told from others cannot be resumed: it is the one thing to be on the disk first.
    write_whole(folder / MULTIRUN, OmegaConf.to_yaml(config).encode(), synced=True)
    return True


def _table_of(
    jobs: Sequence[list[str]], folder: Path, config: DictConfig, context: HydraContext
) -> RunsTable:
    """The table of a sweep whose launcher knows of none: it has every run from the start on."""
    lines = expected(jobs, config, context.config_loader)
    swept = dict.fromkeys(key for line in lines.values() for key in swept_keys(line))
    table = RunsTable(folder, list(swept), dict(lines))
    table.write()
    FolderGuard.is_begun = True
    return table


def _place(table: RunsTable, first: int, returned: Sequence[JobReturn]) -> None:
    """Tells the table where the runs of a batch are, which begins with run `first`."""
    sweep = str(table.path.parent.absolute())
    for number, one in enumerate(returned, start=first):
        assert one.hydra_cfg is not None
        directory = inside(str(one.hydra_cfg.hydra.runtime.output_dir), sweep)
        table.lines[number] = {**table.lines[number], "directory": directory}
    table.write()


def _forget(folder: Path) -> None:
    """Removes the record of a sweep of which no run was begun, so that it does not look like one."""
    if (folder / RUNS).exists():
        return
    FolderGuard.sweep = None
    (folder / MULTIRUN).unlink()
    if FolderGuard.is_new:
        with suppress(OSError):
            folder.rmdir()


def _last_word(folder: Path, returned: Sequence[JobReturn], seconds: float) -> None:
    """Prints what has become of the runs; raises SweepFailedError where some failed."""
    failed = [(i, r) for i, r in enumerate(returned) if r.status == JobStatus.FAILED]
    lines = [_line(r) for r in returned]
    counts = Counter(line.get("status", "failed") for line in lines)
    told = ", ".join(f"{counts[s]} {s}" for s in ("completed", "diverged", "failed") if counts[s])
    print(f"{len(returned)} runs in {seconds:.1f} s: {told}")
    for heading, text in _best([line for line in lines if line]):
        print(f"{heading}: {text}")
    print(f"table: {folder / RUNS}")
    if failed:
        raise SweepFailedError(f"{len(failed)} of {len(returned)} runs failed:\n{_failures(failed)}")


def _best(lines: Sequence[Mapping[str, Any]]) -> list[tuple[str, str]]:
    """What there is to say of the best setting. Not every launcher knows that a key has but one value."""
    values: dict[str, set[object]] = {}
    for line in lines:
        for key in swept_keys(line):
            values.setdefault(key, set()).add(line[key])
    keys = [key for key, distinct in values.items() if len(distinct) > 1 and key != "seed"]

    def name(run: int) -> str:
        return ", ".join(f"{key}={lines[run].get(key)}" for key in keys)

    return verdict(lines, keys, default_metric(lines), name)


def _line(returned: JobReturn) -> Mapping[str, Any]:
    """A run's line of the table; of a launcher that knows of none, from the run's folder."""
    if isinstance(returned, LazyJobReturn):
        return returned.line
    assert returned.hydra_cfg is not None
    return read_summary(str(returned.hydra_cfg.hydra.runtime.output_dir)) or {}


def _failures(failed: Sequence[tuple[int, JobReturn]]) -> str:
    """The failed runs, a line each, cut where there are many."""
    told = [f"  run {i} ({_swept(r)}): {describe(r._return_value)}" for i, r in failed[:FAILURES]]
    if len(failed) > FAILURES:
        told.append(f"  and {len(failed) - FAILURES} more; error.txt in each folder says why")
    return "\n".join(told)


def _swept(returned: JobReturn) -> str:
    """What a run does not share with the others, as far as that is known."""
    line = _line(returned)
    pairs = [f"{key}={line[key]}" for key in swept_keys(line)] if line else list(returned.overrides or [])
    return " ".join(pairs)


def preview(jobs: Sequence[list[str]], composer: Composer, task_function: TaskFunction) -> str:
    """The table of runs, and the rows and bytes that they would write."""
    batched = getattr(task_function, "batched", None)
    rows = size = 0
    shown = []
    for number, overrides in enumerate(jobs):
        if number < SHOWN or number >= len(jobs) - SHOWN:
            shown.append(f"{number:>7}  {' '.join(effective(overrides))}")
        elif number == SHOWN:
            shown.append(f"    ...  {len(jobs) - 2 * SHOWN} more")
        job = composer.job(number, overrides)
        if batched is not None:
            try:
                one = batched.prepare(job.config)
            except RunnerError as error:
                shown.append(f"{number:>7}  would fail: {error}")
                continue
            rows += one.rows
            size += one.rows * (1 + width(one)) * BYTES_A_NUMBER
    total = f"{len(jobs)} runs"
    if batched is not None:
        total += f", {rows} rows of history.csv, about {_bytes(size)}"
    return "\n".join(["    run  overrides", *shown, total + "; dry run: nothing was run"])


def _bytes(size: float) -> str:
    for unit in ("B", "kB", "MB", "GB"):
        if size < 1000:
            return f"{size:.3g} {unit}"
        size /= 1000
    return f"{size:.3g} TB"
