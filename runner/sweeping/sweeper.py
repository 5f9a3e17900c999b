"""A whole sweep, from its arguments to its last word: what the grid sweeper does."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from hydra.core.utils import JobReturn, JobStatus
from hydra.plugins.launcher import Launcher
from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig, OmegaConf

from runner.config.compose import replacing
from runner.errors import RunnerError, describe
from runner.guard import claimed
from runner.hydra_internals import error_of
from runner.ranking import default_metric, verdict
from runner.records.folders import inside
from runner.records.lines import Line
from runner.records.names import FAILED, MULTIRUN, RUNS, STATUSES
from runner.records.runs_table import RunsTable, finished_line
from runner.records.writing import write_whole
from runner.sweeping.grid import expand, expected, fixed_overrides, with_params, without_duplicates
from runner.sweeping.jobs import Composer, effective
from runner.sweeping.launching import wants_a_process_of_its_own
from runner.sweeping.returns import LazyJobReturn
from runner.sweeping.settings import Expansion
from runner.training.stack import width

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
    settings: Expansion,
    context: HydraContext,
    task_function: TaskFunction,
    config: DictConfig,
    launcher: Launcher,
) -> list[Sequence[JobReturn]]:
    """Runs a sweep; returns the batches' JobReturns. See Hydra's ``Sweeper.sweep``.

    Raises SweepFailedError at the end where runs of a batched task have failed, and for any other
    task, as Hydra's basic sweeper does, the first error of a batch.
    """
    asked, is_batched = with_params(settings.params, arguments), hasattr(task_function, "batched")
    if is_batched:
        asked = replacing(asked)
    expanded = expand(asked, context.config_loader, points=settings.points, together=settings.together)
    jobs = without_duplicates(expanded)
    if len(jobs) < len(expanded):
        print(f"{len(expanded) - len(jobs)} of {len(expanded)} runs are duplicates of others and left out")
    if settings.dry_run:
        print(preview(jobs, Composer(context.config_loader, config), task_function))
        return []
    folder = Path(str(config.hydra.sweep.dir))
    folder.mkdir(parents=True, exist_ok=True)
    started = time.monotonic()
    size = settings.max_batch_size or max(1, len(jobs))
    batches = [jobs[first : first + size] for first in range(0, len(jobs), size)]
    with claimed(folder, context.callbacks.callbacks):
        returns = _launched(batches, folder, context, is_batched, config, launcher)
    if is_batched:
        _last_word(folder, [r for batch in returns for r in batch], time.monotonic() - started)
    return returns


def _launched(
    batches: Sequence[Sequence[list[str]]],
    folder: Path,
    context: HydraContext,
    is_batched: bool,
    config: DictConfig,
    launcher: Launcher,
) -> list[Sequence[JobReturn]]:
    """The JobReturns of the batches, launched one after the other in the sweep's folder, which is ours."""
    is_new, keeps_table = _record(folder, config), getattr(launcher, "keeps_table", False)
    table = None
    if is_batched and (not keeps_table or wants_a_process_of_its_own(config)):
        fixed = fixed_overrides(config, context.config_loader)
        table = RunsTable(folder, expected([job for batch in batches for job in batch], config, fixed))
        table.write()
    returns: list[Sequence[JobReturn]] = []
    first = 0
    try:
        for batch in batches:
            returned = launcher.launch(batch, initial_job_idx=first)
            if not is_batched:
                for job_return in returned:
                    _ = job_return.return_value  # raises where the job failed
            returns.append(returned)
            if table is not None:
                _place(table, first, returned)
            first += len(batch)
    except BaseException:
        if is_new and keeps_table and not (folder / RUNS).exists():
            (folder / MULTIRUN).unlink()  # of no run that was begun: it is not to look like a sweep
        raise
    finally:
        if table is not None:
            table.catch_up()
            table.write()
    return returns


def _record(folder: Path, config: DictConfig) -> bool:
    """Writes ``multirun.yaml``, as Hydra's basic sweeper does; returns False where a resumed sweep has it."""
    if (folder / MULTIRUN).is_file():
        return False
    # A sweep that cannot be told from others cannot be resumed: it is the one thing to be on the disk first.
    write_whole(folder / MULTIRUN, OmegaConf.to_yaml(config).encode(), synced=True)
    return True


def _place(table: RunsTable, first: int, returned: Sequence[JobReturn]) -> None:
    """Tells the table where the runs of a batch are, which begins with run `first`."""
    sweep = str(table.path.parent.absolute())
    for number, job_return in enumerate(returned, start=first):
        directory = inside(str(_folder_of(job_return)), sweep)
        table.lines[number] = table.lines[number]._replace(directory=directory)
    table.write()


def _folder_of(returned: JobReturn) -> Path:
    assert returned.hydra_cfg is not None
    return Path(str(returned.hydra_cfg.hydra.runtime.output_dir))


def _last_word(folder: Path, returned: Sequence[JobReturn], seconds: float) -> None:
    """Prints what has become of the runs; raises SweepFailedError where some failed."""
    lines = [_line(job_return) for job_return in returned]
    counts = Counter(line.status if line else FAILED for line in lines)
    told = ", ".join(f"{counts[status]} {status}" for status in STATUSES if counts[status])
    print(f"{len(returned)} runs in {seconds:.1f} s: {told}")
    for heading, text in _best([line for line in lines if line]):
        print(f"{heading}: {text}")
    print(f"table: {folder / RUNS}")
    failed = [i for i, job_return in enumerate(returned) if job_return.status == JobStatus.FAILED]
    if failed:
        reasons = [
            f"  run {i} ({_swept(lines[i], returned[i])}): {describe(error_of(returned[i]))}"
            for i in failed[:FAILURES]
        ]
        if len(failed) > FAILURES:
            reasons.append(f"  and {len(failed) - FAILURES} more; error.txt in each folder says why")
        raise SweepFailedError("\n".join([f"{len(failed)} of {len(returned)} runs failed:", *reasons]))


def _best(lines: Sequence[Line]) -> list[tuple[str, str]]:
    """What there is to say of the best setting. Not every launcher knows that a key has but one value."""
    values: dict[str, set[object]] = {}
    for line in lines:
        for key, value in line.swept.items():
            values.setdefault(key, set()).add(value)
    keys = [key for key, distinct in values.items() if len(distinct) > 1 and key != "seed"]

    def name(run: int) -> str:
        return ", ".join(f"{key}={lines[run].swept.get(key)}" for key in keys)

    return verdict(lines, keys, default_metric(lines), name)


def _line(returned: JobReturn) -> Line | None:
    """A run's line of the table; of a launcher that knows of none, from the run's folder."""
    return returned.line if isinstance(returned, LazyJobReturn) else finished_line(_folder_of(returned))


def _swept(line: Line | None, returned: JobReturn) -> str:
    """What a run does not share with the others, as far as that is known."""
    pairs = [f"{key}={value}" for key, value in line.swept.items()] if line else returned.overrides or []
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
                made = batched.prepare(job.config)
            except RunnerError as error:
                shown.append(f"{number:>7}  would fail: {error}")
                continue
            rows += made.rows
            size += made.rows * (1 + width(made)) * BYTES_A_NUMBER
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
