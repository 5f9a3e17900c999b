"""Data sets that are there as they are: those inside scikit-learn; nothing is downloaded."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import NamedTuple

import numpy as np

from runner.data.examples import Data, class_columns, one_hot
from runner.errors import RunnerError
from runner.nn.options import Option


class Dataset(NamedTuple):
    """``make(**options)`` returns the examples, in their own units and order: the same each time."""

    make: Callable[..., Data]
    options: Mapping[str, Option] = {}


#: True: the targets are classes.
SKLEARN_SETS = {"iris": True, "wine": True, "breast_cancer": True, "digits": True, "diabetes": False}


def load_sklearn(name: str) -> Data:
    """One of scikit-learn's data sets. Raises RunnerError where the package is not installed."""
    try:
        from sklearn import datasets
    except ImportError:
        need = f"data={name}: needs scikit-learn: pip install 'backprop-runner[datasets]'"
        raise RunnerError(need) from None
    bunch = getattr(datasets, f"load_{name}")()
    inputs = np.asarray(bunch.data, dtype=np.float64)
    names = [str(feature) for feature in bunch.feature_names]
    if not SKLEARN_SETS[name]:
        return Data(inputs, np.asarray(bunch.target, dtype=np.float64)[:, None], names, ["target"])
    classes = [str(label) for label in bunch.target_names]
    targets = one_hot(np.asarray(bunch.target), len(classes))
    return Data(inputs, targets, names, class_columns(classes), classifies=True, classes={"target": classes})


DATASETS: dict[str, Dataset] = {name: Dataset(partial(load_sklearn, name)) for name in SKLEARN_SETS}
