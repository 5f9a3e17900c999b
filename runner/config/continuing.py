"""What a run goes on from: the key ``continue``, the folder of an earlier run."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from runner.config.checks import Section
from runner.config.exporting import folder_of
from runner.config.network import last_parameters
from runner.data.examples import Source
from runner.errors import ConfigError
from runner.files import kept
from runner.nn.optimizers import OPTIMIZERS
from runner.records.checkpoint import checkpoint_of
from runner.records.checksums import recorded
from runner.records.names import CHECKPOINT, DIVERGED, PARAMETERS
from runner.records.reading import state_of
from runner.training.experiment import Experiment
from runner.training.pausing import under
from runner.training.settings import Begun

KEY = "continue"
INSTEAD = "network.weights={from: DIR} takes its weights alone"


def going_on(section: Section, sizes: Sequence[int], has_biases: bool, optimizer: str) -> dict[str, Any]:
    """The part of an experiment that goes on from a run: its last parameters, and what it had behind it.

    Raises ConfigError for a folder whose run did not end well, or does not fit.
    """
    folder = section["weights"]["from"]
    there = folder_of(folder)
    epochs, updates = _ends(folder, there)
    weights = last_parameters(KEY, folder, [(o, i) for i, o in pairwise(sizes)])
    biases = last_parameters(KEY, folder, [(o,) for o in sizes[1:]] if has_biases else [])
    state = state_of(there)
    theirs = {name.partition("_")[0] for name in state}
    if not theirs <= {optimizer}:
        was = min(theirs)
        allowed = f"that run had {was}, and this one has {optimizer}: give optimizer={was}; {INSTEAD}"
        raise ConfigError(KEY, folder, allowed)
    quantities = {name.removeprefix(f"{optimizer}_"): np.array(values) for name, values in state.items()}
    source = Source.of(KEY, Path(folder, PARAMETERS), kept(there / PARAMETERS).read_bytes())
    begun = Begun(epochs, updates, quantities, source, _best_so_far(there))
    return {"weights": weights, "biases": biases if has_biases else None, "begun": begun}


def refuse_other_state(made: Experiment) -> None:
    """Raises ConfigError where the optimizer needs what the earlier run's did not have."""
    assert made.begun is not None
    assert made.begun.source is not None
    h = {name: np.full((1, 1), float(value)) for name, value in made.optimizer_options.items()}
    needs = OPTIMIZERS[made.optimizer].init(h, (1, 1))
    if lacking := ", ".join(name for name in needs if name not in made.begun.state):
        folder = str(Path(made.begun.source.path).parent)
        allowed = f"that run has no {lacking} of optimizer={made.optimizer}: give the optimizer that it had"
        raise ConfigError(KEY, folder, f"{allowed}; {INSTEAD}")


def _best_so_far(folder: Path) -> dict[str, np.ndarray[Any, Any]]:
    """What a run that was interrupted knew of its best."""
    is_paused = Path(folder, CHECKPOINT).is_file()
    return under("stop ", checkpoint_of(folder).memory) if is_paused else {}


def _ends(folder: str, there: Path) -> tuple[int, int]:
    """How many epochs and updates the last parameters of a run, called `folder`, have behind them."""
    summary = recorded(there)
    if summary is None:
        raise ConfigError(KEY, folder, "must be the folder of a finished run; it has no summary.csv")
    if summary.line.status == DIVERGED:
        epoch = summary.line.results["epochs"]
        raise ConfigError(
            KEY, folder, f"that run diverged after epoch {epoch}; there is nothing to go on from"
        )
    try:
        return int(summary.files["final_epoch"]), int(summary.files["final_update"])
    except (KeyError, ValueError):
        allowed = f"that run is of an earlier version, which kept no optimizer's state; {INSTEAD}"
        raise ConfigError(KEY, folder, allowed) from None
