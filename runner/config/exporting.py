"""The folder of a run out of a sweep without folders: from its files, or by training it again."""

from __future__ import annotations

import atexit
import math
from collections.abc import Callable, Sequence
from functools import lru_cache, partial, reduce
from operator import getitem
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import numpy as np

from runner.errors import RunnerError
from runner.files import inner, parsed
from runner.nn.arrays import Array, Mask
from runner.plugins import KEY
from runner.records.checksums import Summary, recorded
from runner.records.histories import NotShownError
from runner.records.lines import Line
from runner.records.names import ABOUT, INTERRUPTED, PARQUET, RUNS, STOPPED
from runner.records.stack_files import Into
from runner.records.stores import Store, Stored, store_in, stored
from runner.records.writing import write_whole
from runner.remarks import remark
from runner.training.experiment import Experiment
from runner.training.loop import Tick
from runner.training.stacking import MAX_MEMORY, in_bytes, row_bytes, stacked, widest
from runner.work import Watch, Work, run_stack


def export(sweep: str | Path, run: int, out: Path | None = None, plugins: Sequence[str | Path] = ()) -> Path:
    """Writes the folder of run number `run` of a sweep, where the sweep would have it, or as `out`.

    It is what the sweep would have written with a folder a run, but for what ``hydra.yaml`` says of the
    store, and for the seconds of one that is trained again, of a sweep that kept its table alone. That may
    need the files of code among `plugins`. Returns the folder. Raises RunnerError for a run that is not
    there, and for a folder that is.
    """
    from runner.guard import claimed_for_one

    at = _run_of(Path(sweep), run)
    folder = out or inner(Path(sweep), at.store.directory(run))
    with claimed_for_one("--out", folder):
        _write(at, folder, plugins)
    return folder


def _run_of(sweep: Path, run: int) -> Stored:
    """A run of a sweep's store. Raises RunnerError where it is not there."""
    if not sweep.is_dir():
        raise RunnerError(f"{sweep}: there is no such folder")
    store = store_in(sweep)
    if store is None:
        raise RunnerError(f"{sweep}: is not the folder of a sweep without folders: its runs have theirs")
    if run not in store.where:
        has = f"{min(store.where)} to {max(store.where)}" if store.where else "none yet"
        raise RunnerError(f"--run {run}: no run of this number has a result in {sweep}; it has {has}")
    return Stored(store, run)


def folder_of(path: str | Path, plugins: Sequence[str | Path] = (), *, trained: bool = True) -> Path:
    """The folder of a run at `path`; of one in a store a temporary one, for as long as this process lives.

    If it need not be `trained`, of a sweep that kept its table alone it has the run's configuration only.
    """
    at = stored(path)
    if at is None:
        return Path(path)
    has_all = at.store.has_history(at.run)
    return _temporary(at, tuple(map(str, plugins)), trained=trained or has_all)


@lru_cache(maxsize=4096)
def _temporary(at: Stored, plugins: tuple[str, ...], *, trained: bool) -> Path:
    folder = Path(_scratch(), f"{id(at.store)}{'' if trained else '-record'}", at.store.directory(at.run))
    folder.mkdir(parents=True, exist_ok=True)
    if trained:
        _write(at, folder, plugins)
    else:
        _write_record(at, folder)
    return folder


@lru_cache(maxsize=1)
def _scratch() -> str:
    scratch = TemporaryDirectory(prefix="backprop-runs-", ignore_cleanup_errors=True)
    atexit.register(scratch.cleanup)
    return scratch.name


def _write(at: Stored, folder: Path, plugins: Sequence[str | Path]) -> None:
    store, run = at
    if store.has_history(run):
        store.write(run, folder)
        return
    from runner.config.compose import load_run

    _write_record(at, folder)
    made = load_run(folder, plugins)
    trained_again(made, store.lines[run], folder, lambda epoch, errors: None)


#: Of a sweep of more runs none is trained again to be drawn.
MOST_AGAIN = 10_000


def with_history(folder: str) -> str:
    """The folder of a run; where its sweep kept its table alone, that in a temporary one with histories.

    All of it is trained when the first run is asked for. Raises NotShownError where that is too much.
    """
    at = stored(folder)
    if at is None or at.store.has_history(at.run):
        return folder
    return f"{_again(at.store)}/{at.store.directory(at.run)}"


@lru_cache(maxsize=8)
def _again(store: Store) -> str:
    """A temporary sweep with the histories of all runs of one that kept none."""
    if len(store.where) > MOST_AGAIN:
        raise NotShownError(
            f"{store.sweep}: has {len(store.where):,} runs and no histories (hydra.launcher.store=table), "
            f"more than are trained again to be shown; backprop-export {store.sweep} --run N does so with one"
        )
    remark(f"{store.sweep}: has no histories (hydra.launcher.store=table); they are trained again")
    folder = Path(_scratch(), f"{id(store)}-again")
    folder.mkdir()
    (folder / RUNS).touch()
    memory = in_bytes("", MAX_MEMORY)
    ends: dict[float, list[Work]] = {}
    for run in store.where:
        line, into = store.lines[run], Into(PARQUET, str(folder))
        work = Work(line, f"{folder}/{store.directory(run)}", _made(store, run), store.job(run), into)
        ends.setdefault(line.result("epochs") if line.status == STOPPED else math.inf, []).append(work)
    for end, works in ends.items():
        watch = Watch() if end == math.inf else Watch(halving=_Until(end))
        for stack in stacked(works, lambda work: work.experiment, partial(widest, max_bytes=memory)):
            for outcome in run_stack(stack, row_bytes(memory), watch):
                if outcome.error is not None:
                    raise outcome.error
    return str(folder)


def _made(store: Store, run: int) -> Experiment:
    """The experiment of a run: as :func:`runner.config.compose.load_run`, without its folder."""
    from omegaconf import OmegaConf

    from runner.config import experiment
    from runner.config.compose import CACHE, code_of
    from runner.config.sources import whereabouts

    content = store.job(run).config()
    folder = Path(store.sweep, store.directory(run))
    config: Any = parsed(content, folder)
    if b"${" in content:
        config = OmegaConf.to_container(OmegaConf.create(config), resolve=True)
    for key, place in whereabouts(folder, config, [KEY]).items():
        *path, last = key.split(".")
        reduce(getitem, path, config)[last] = place
    return experiment(config, CACHE, code_of(folder))


def _write_record(at: Stored, folder: Path) -> None:
    """Hydra's record of a run, and what it was made of."""
    at.store.job(at.run).write(str(folder))
    write_whole(folder / ABOUT, at.store.files(at.run)[ABOUT])


def trained_again(made: Experiment, line: Line, folder: Path, tick: Tick) -> Summary:
    """The summary of a run that is trained into a folder, as far as its line says."""
    reached = made.epoch_now

    def count(epoch: int, errors: Callable[[], Array]) -> None:
        nonlocal reached
        reached = epoch
        tick(epoch, errors)

    last = line.result("epochs")
    ways = {
        INTERRUPTED: Watch(count, halted=lambda: reached >= last),
        STOPPED: Watch(count, halving=_Until(last)),
    }
    (outcome,) = run_stack([Work(line, str(folder), made)], watch=ways.get(line.status, Watch(count)))
    if outcome.error is not None:
        raise outcome.error
    summary = recorded(folder)
    assert summary is not None
    return summary


class _Until(NamedTuple):
    """Stops a run after an epoch. See :class:`runner.training.halving.Halver`."""

    epoch: float

    def is_due(self, epoch: int) -> bool:
        return epoch >= self.epoch

    def worse(self, errors: Array) -> Mask:
        return np.ones(len(errors), dtype=bool)
