"""When a run ends before its epochs: the section ``stop``."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from runner.config import checks
from runner.config.checks import Keys, checked
from runner.data.parts import PARTS
from runner.errors import ConfigError, one_of
from runner.nn.losses import LOSSES
from runner.training.experiment import Experiment, measures
from runner.training.settings import Stop

STOP_KEYS: Keys = {
    "patience": (checks.optional(checks.count, "null for none"), None),
    "metric": (checks.optional(checks.text), None),
    "error": (checks.optional(checks.number(above=0)), None),
    "tolerance": (checks.optional(checks.number(above=0)), None),
}
#: What the best weights are told by where nobody says: by examples that are not trained on, if there are any.
PREFERRED = ("validation_error", "test_error", "error")


def stop_of(section: Any) -> Stop | None:
    """What the section asks for, its metric yet to be chosen; None where there is no rule."""
    values = checked({} if section is None else section, STOP_KEYS, "stop.")
    if values["metric"] and values["patience"] is None:
        raise ConfigError("stop.metric", values["metric"], "needs stop.patience, as stop.patience=20")
    if all(value is None for value in values.values()):
        return None
    return Stop(**{**values, "metric": values["metric"] or ""})


def with_metric(made: Experiment) -> Stop:
    """The rules of a run, with a metric that it has: where none is chosen, the first of PREFERRED.

    Raises ConfigError for a metric that it does not have, and for a tolerance of what is no target.
    """
    assert made.stop is not None
    stop, has = made.stop, measures(made)
    metric = stop.metric or next(name for name in PREFERRED if name in has)
    if metric not in has:
        needs = "".join(
            f"; data.{part}_fraction=0.2 holds a part out" for part in PARTS if metric.startswith(part)
        )
        raise ConfigError("stop.metric", metric, f"this run has none: {one_of(has, metric)}{needs}")
    if stop.tolerance is not None and LOSSES[made.loss].probabilities is not None:
        allowed = f"the outputs under loss={made.loss} are not in the targets' units; choose stop.error"
        raise ConfigError("stop.tolerance", stop.tolerance, allowed)
    return replace(stop, metric=metric)
