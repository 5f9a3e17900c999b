"""The bytes of memory that a run takes as it trains: stacks are cut by them, and they are asked before.

The factors are measured (``tests/cost/test_estimate.py``), not derived.
"""

from __future__ import annotations

import numpy as np

from runner.nn.optimizers import OPTIMIZERS
from runner.training.experiment import CURVATURES, Experiment, width
from runner.training.lanczos import MOST_PRODUCTS
from runner.training.objective import EVALUATED

#: Arrays of the parameters (P,) that are held at once: where the run is, was at its last row and in two
#: epochs before, began and ended, the gradient and the direction; and those of a quantity of the state.
PLACES, OF_STATE = 9, 3
#: Those of the columns of a row: the row, the first and the last.
ROWS = 3
#: Arrays of an example and a neuron: z, a, ∂E/∂a, ∂a/∂z, ∂E/∂z, and one on the way.
FACTORS = 6
#: Arrays of the parameters that the largest eigenvalue takes: Lanczos' basis, and a copy of a part.
BASIS = MOST_PRODUCTS + 20


def run_bytes(experiment: Experiment) -> int:
    """The bytes of a run's arrays in training, beside its data and the rows that are yet to be written."""
    places = PLACES + OF_STATE * states(experiment) + (BASIS if experiment.log.curvature else 0)
    numbers = places * experiment.network.parameter_count + ROWS * width(experiment)
    return 8 * (numbers + len(CURVATURES) * experiment.measurements) + passed_bytes(experiment)


def passed_bytes(experiment: Experiment) -> int:
    """Those of them that a pass through the network makes, there and back."""
    largest = max(len(part.inputs) for part in experiment.data.parts.values())
    evaluated = experiment.data.examples if experiment.log.gradients else min(EVALUATED, largest)
    return 8 * FACTORS * max(experiment.batch, evaluated) * sum(experiment.sizes[1:])


def states(experiment: Experiment) -> int:
    """How many quantities the optimizer keeps of each parameter."""
    options = {name: np.array([[float(value)]]) for name, value in experiment.optimizer_options.items()}
    return len(OPTIMIZERS[experiment.optimizer].init(options, (1, 1)))
