"""A trained run: its history and parameters as tables, its predictions, more epochs of it, and its folder."""

from __future__ import annotations

from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from runner.nn.arrays import Array
from runner.records.names import PARAMETERS
from runner.records.predictions import predictions_frame
from runner.records.writing import order_of, state_columns
from runner.training.continuing import continued
from runner.training.experiment import CURVATURES, Experiment, columns
from runner.training.objective import outputs, predict
from runner.training.recorder import Trained
from runner.training.stopping import Callback

if TYPE_CHECKING:
    import pandas as pd

    from runner.explain.explanation import Explanation


@dataclass(repr=False)
class Run:
    """A trained run: its experiment, how it ended, its history, and the `folder` that it is in, if any."""

    experiment: Experiment
    result: Trained
    steps: list[int] = field(repr=False)
    rows: Array = field(repr=False)
    folder: Path | None = None

    def __repr__(self) -> str:
        return f"<Run: {self.experiment}; {self.result}>"

    def _repr_html_(self) -> str:
        from runner.api.showing import run_html

        return run_html(self)

    @property
    def history(self) -> pd.DataFrame:
        """The history as ``history.csv`` has it."""
        import pandas as pd

        frame = pd.DataFrame(self.rows, columns=columns(self.experiment))
        frame.insert(0, self.experiment.log.unit, self.steps)
        return frame

    @property
    def curvature(self) -> pd.DataFrame:
        """What ``curvature.csv`` has; no rows without ``log.curvature``."""
        import pandas as pd

        epochs, rows = self.result.curvature or ([], np.empty((0, len(CURVATURES))))
        frame = pd.DataFrame(rows, columns=list(CURVATURES))
        frame.insert(0, "epoch", epochs)
        return frame

    @property
    def parameters(self) -> pd.DataFrame:
        """Every weight and bias and the optimizer's state, as ``parameters.csv`` has them."""
        import pandas as pd

        frame = pd.DataFrame(self.experiment.network.names).rename(columns={"from_": "from"})
        ends = {"initial": self.result.initial, "final": self.result.final}
        return frame.assign(**ends, **state_columns(self.experiment, self.result))

    @property
    def order(self) -> pd.DataFrame:
        """What ``order.csv`` has: the examples, from 1 on, in the order in which each epoch took them."""
        import pandas as pd

        return pd.read_csv(BytesIO(order_of(self.experiment, self.result.epochs)))

    @property
    def predictions(self) -> pd.DataFrame:
        """What ``predictions.csv`` has: of each example, of both parts, target and prediction in own units.

        Columns are ``part``, ``example`` (its number among all of the data, from 1 on), ``target`` and
        ``prediction``; of classes also a ``probability_NAME`` each; of several outputs a column each.
        """
        return predictions_frame(self.experiment, self.result.final)

    def go_on(self, epochs: int, callback: Callback | None = None) -> Run:
        """Trains for more `epochs` from where this run ended, its optimizer, schedule and shuffling with it.

        Both histories together are that of a run that took all epochs at once. Raises RunnerError for a run
        that diverged, and for one whose data are gone.
        """
        from runner.api.saving import gone_on_from
        from runner.api.training import train

        onward = continued(self.experiment, self.result, epochs)
        if self.folder is not None and (self.folder / PARAMETERS).is_file():
            onward = gone_on_from(self.folder, onward)
        return train(onward, callback=callback)

    def save(self, folder: str | Path) -> Path:
        """Writes the run into a new folder, as the command writes it; returns that folder.

        It can be opened (:func:`runner.open`), drawn, reported on, repeated and gone on with from there.
        Raises RunnerError for a folder that holds a result or anything else.
        """
        from runner.api.saving import save

        save(self, Path(folder))
        self.folder = Path(folder).absolute()
        return Path(folder)

    def explain(self, **choices: Any) -> Explanation:
        """One update worked out, as ``backprop-explain`` does it: ``explain(weight="w6", update=1)``.

        See :func:`runner.explain.explanation.explained`.
        """
        from runner.explain.explanation import explained

        return explained(self.experiment, **choices)

    def predict(self, inputs: ArrayLike | None = None) -> Array:
        """The trained network's predictions (N, O): of the training inputs, or of others.

        `inputs` are (N, I), in the data's own units as the training inputs were before ``data.scale``,
        which is used on them here; of a frame the columns are found by name, texts among them.
        Raises RunnerError for another shape, and for cells that are none of what was learnt from.
        """
        from runner.data.new_rows import scaled_inputs

        x = None if inputs is None else scaled_inputs(inputs, self.experiment.data)
        if x is None:
            return predict(self.experiment, self.result.final, inputs)
        return self.experiment.data.targets_in_own_units(outputs(self.experiment, self.result.final, x))
