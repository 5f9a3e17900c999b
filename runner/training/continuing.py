"""A run that goes on from another one in memory."""

from __future__ import annotations

from dataclasses import replace

from runner.errors import RunnerError
from runner.training.experiment import Experiment
from runner.training.recorder import Trained
from runner.training.settings import Begun, Given


def continued(experiment: Experiment, trained: Trained, epochs: int) -> Experiment:
    """The experiment that goes on for `epochs` from where a run of `experiment` has ended.

    Raises RunnerError for one that diverged.
    """
    if trained.status == "diverged":
        raise RunnerError(f"the run diverged after epoch {trained.epochs}: there is nothing to go on from")
    layers = experiment.network.views(trained.final[None].copy())
    biases = tuple(b[0, 0] for _, b in layers if b is not None)
    updates = experiment.updates_at(trained.final_epoch)
    return replace(
        experiment,
        weights=Given(tuple(w[0] for w, _ in layers)),
        biases=Given(biases) if experiment.biases is not None else None,
        begun=Begun(trained.final_epoch, updates, trained.state),
        epochs=epochs,
    )
