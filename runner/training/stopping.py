"""What ends runs before their epochs: the rules of ``stop``, and a callback; and the best weights, kept.

Both look after every epoch, whatever ``log.every`` is, so that what is recorded changes no training.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np

from runner.nn.arrays import Array, Mask, Numbers, spread
from runner.nn.optimizers import State
from runner.training.experiment import FINAL_MEASURES, Experiment, measures
from runner.training.halving import Halver
from runner.training.pausing import Memory, prefixed, under
from runner.training.recorder import Trained
from runner.training.settings import Stop
from runner.training.stack import Stack

#: Is told, before the first epoch and after each, how many there were, which runs (R,) are at it, and their
#: parameters (R, P), read-only; returns True to end all of these, or which of them (R,), or None.
Callback: TypeAlias = Callable[[int, Numbers, Array], "Mask | bool | None"]


@dataclass(frozen=True)
class Ends:
    """What ends runs before their epochs, beside their own rules, asked after every epoch.

    A `callback` may end some, `halving` stops the worse, and where `halted` returns True all that have not
    ended are interrupted, each with what lets it be taken up.
    """

    callback: Callback | None = None
    halving: Halver | None = None
    halted: Callable[[], bool] = lambda: False


#: Before the names of the optimizer's quantities, among others.
STATE = "state "


class Stopping:
    """The rules of the runs of a stack, their callback, and the best place of each where that is kept."""

    def __init__(self, stack: Stack, experiments: Sequence[Experiment], callback: Callback | None) -> None:
        shared, runs = experiments[0], len(experiments)
        self.rules, self.callback = shared.stop or Stop(), callback
        self.looks = callback is not None or shared.stop is not None
        self.measures = measures(shared)
        self.sign = -1.0 if self.rules.metric.endswith("accuracy") else 1.0
        self.best = np.full(runs, np.inf)
        self.best_epoch = np.full(runs, shared.first_epoch)
        self.kept: dict[str, Array] = {}  # by run, where the best are kept: parameters, measures, state
        if self.rules.patience is not None:
            state = prefixed(STATE, {name: array.copy() for name, array in stack.state.items()})
            measured = np.full((runs, len(self.measures)), np.nan)
            self.kept = {"parameters": stack.parameters.copy(), "measures": measured, **state}
        begun = [e.begun.stopping for e in experiments if e.begun and e.begun.stopping]
        if len(begun) == runs:
            self.recall({name: np.stack([memory[name] for memory in begun]) for name in begun[0]})

    def memory(self, runs: Numbers) -> Memory:
        """What is known of the best of `runs` (R,)."""
        if not self.kept:
            return {}
        kept = prefixed("kept ", {name: array[runs] for name, array in self.kept.items()})
        best: Memory = {"best": self.best[runs], "best_epoch": self.best_epoch[runs], **kept}
        return prefixed(f"{self.rules.metric} ", best)

    def recall(self, memory: Memory) -> None:
        """Takes up what was known of the best of all runs, if that was the best of the same."""
        known = under(f"{self.rules.metric} ", memory)
        kept = under("kept ", known)
        if kept and {n: a.shape for n, a in kept.items()} == {n: a.shape for n, a in self.kept.items()}:
            self.best, self.best_epoch, self.kept = known["best"], known["best_epoch"].astype(int), kept

    def after(self, epoch: int, stack: Stack, row: Array) -> Mask:
        """Which runs of the stack (R,) end after `epoch`, by the `row` (R, columns) of their histories."""
        rules, ended = self.rules, np.zeros(len(stack.runs), dtype=bool)
        if rules.error is not None:
            ended |= row[:, self.measures.index("error")] <= rules.error
        if rules.tolerance is not None:
            ended |= stack.largest_miss() <= rules.tolerance
        if rules.patience is not None:
            self._keep_best(epoch, stack, row)
            ended |= epoch - self.best_epoch[stack.runs] >= rules.patience
        if self.callback is not None:
            parameters = stack.parameters.view()
            parameters.flags.writeable = False
            ended |= np.asarray(self.callback(epoch, stack.runs.copy(), parameters), dtype=bool)
        return ended

    def _keep_best(self, epoch: int, stack: Stack, row: Array) -> None:
        values = self.sign * row[:, self.measures.index(self.rules.metric)]
        better = values < self.best[stack.runs]
        runs = stack.runs[better]
        self.best[runs], self.best_epoch[runs] = values[better], epoch
        measured = row[:, : len(self.measures)]
        now = {"parameters": stack.parameters, "measures": measured, **prefixed(STATE, stack.state)}
        for name, array in now.items():
            self.kept[name][runs] = array[better]

    def with_best(self, trained: Trained, run: int, experiment: Experiment) -> Trained:
        """How a run ended: with the best parameters, and what these measure, where they are kept."""
        if not self.kept or not np.isfinite(self.best[run]) or trained.status == "interrupted":
            return trained
        numbers = dict(zip(self.measures, self.kept["measures"][run].tolist(), strict=True))
        epoch = int(self.best_epoch[run])
        state = {name: array[run] for name, array in under(STATE, self.kept).items()}
        return replace(
            trained,
            final=self.kept["parameters"][run],
            final_error=numbers["error"],
            best_error=numbers["error"],
            best_epoch=epoch,
            final_epoch=epoch,
            metrics={**trained.metrics, **{m: numbers[m] for m in FINAL_MEASURES if m in numbers}},
            state=whole_state(state, experiment),
        )


def whole_state(state: State, experiment: Experiment) -> State:
    """The optimizer's state of a run, each quantity (P,); 0 for parameters that are not trained."""
    width = experiment.network.parameter_count
    return {name: spread(array, experiment.trained, width) for name, array in state.items()}
