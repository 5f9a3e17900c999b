"""Training from Python: one experiment or many, with nothing written."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import overload

import numpy as np

from runner.api.run import Run
from runner.api.sweep import Sweep
from runner.cost.refusal import refuse_histories
from runner.nn.arrays import Array
from runner.training.experiment import Experiment, width
from runner.training.loop import train as train_stack
from runner.training.stacking import MAX_MEMORY, in_bytes, row_bytes, stacked, widest
from runner.training.stopping import Callback, Ends


class _Rows:
    """A sink that keeps the rows in memory."""

    def __init__(self, runs: int) -> None:
        self.steps: list[list[int]] = [[] for _ in range(runs)]
        self.rows: list[list[Array]] = [[] for _ in range(runs)]

    def write(self, run: int, steps: Sequence[int], rows: Array) -> None:
        self.steps[run] += steps
        self.rows[run].append(rows)


@overload
def train(
    experiments: Experiment,
    *,
    max_memory: int | str = MAX_MEMORY,
    callback: Callback | None = None,
    force: bool = False,
) -> Run: ...
@overload
def train(
    experiments: Sequence[Experiment],
    *,
    max_memory: int | str = MAX_MEMORY,
    callback: Callback | None = None,
    force: bool = False,
) -> Sweep: ...
def train(
    experiments: Experiment | Sequence[Experiment],
    *,
    max_memory: int | str = MAX_MEMORY,
    callback: Callback | None = None,
    force: bool = False,
) -> Run | Sweep:
    """Trains one experiment, or many: those that may share arrays are trained as one, as sweeps do it.

    Of many it returns a :class:`Sweep`, a list with their table. Nothing is written. A run has the same
    numbers alone and in company. `max_memory`, in bytes or as ``"512MiB"``, bounds the arrays held while
    they train, beside the histories, which are all kept.

    ``callback(epoch, runs, parameters)`` is called before the first epoch and after each, for every stack:
    `runs` (R,) are the places of its runs among the experiments, `parameters` (R, P) where they are by then,
    read-only. It returns True to end these runs, or which of them (R,), or nothing.

    Raises ConfigError where arrays and histories are more than the memory has, unless it is to be tried by
    `force`.
    """
    if isinstance(experiments, Experiment):
        return train([experiments], max_memory=max_memory, callback=callback, force=force)[0]
    if not force:
        refuse_histories(experiments)
    most = in_bytes("max_memory", max_memory)
    stacks = stacked(range(len(experiments)), lambda at: experiments[at], partial(widest, max_bytes=most))
    runs: dict[int, Run] = {}
    for members in stacks:
        told = callback and _for_members(callback, members)
        runs |= _trained(experiments, members, row_bytes(most), told)
    return Sweep(runs[at] for at in range(len(experiments)))


def _for_members(callback: Callback, members: Sequence[int]) -> Callback:
    """A callback that is told of the runs of one stack by their places among all."""
    places = np.array(members)
    return lambda epoch, runs, parameters: callback(epoch, places[runs], parameters)


def _trained(
    experiments: Sequence[Experiment], members: Sequence[int], row_bytes: int, callback: Callback | None
) -> Iterator[tuple[int, Run]]:
    """The runs of one stack: `members` are their places in `experiments`."""
    stack = [experiments[at] for at in members]
    sink, none = _Rows(len(stack)), np.empty((0, width(stack[0])))
    for run, trained in enumerate(train_stack(stack, sink, row_bytes=row_bytes, ends=Ends(callback))):
        rows = np.concatenate([none, *sink.rows[run]])
        yield members[run], Run(stack[run], trained, sink.steps[run], rows)
