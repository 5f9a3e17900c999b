"""Networks as estimators of scikit-learn: for pipelines, cross-validation and searches of its own.

They are the same experiments as everywhere: ``run_`` of a fitted one is its run, with every weight and error.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from runner.api.run import Run
from runner.api.training import train
from runner.config.given import made_here
from runner.data.memory import in_memory
from runner.errors import RunnerError
from runner.nn.arrays import Array

try:
    from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.utils import check_random_state
    from sklearn.utils.multiclass import check_classification_targets
    from sklearn.utils.validation import check_is_fitted, validate_data
except ImportError as error:
    raise RunnerError(
        f"runner.sklearn needs scikit-learn 1.6 or newer: pip install 'backprop-runner[datasets]' ({error})"
    ) from None

#: Seeds that a generator of random numbers is asked for are below.
SEEDS = 2**31 - 1


class _Backprop(BaseEstimator):  # type: ignore[misc]
    """What both estimators share: parameters are kept as given and checked by `fit`."""

    _loss = ""
    _scale_targets: str | None = None

    def __init__(  # noqa: PLR0913 - as scikit-learn has it
        self,
        hidden: Sequence[int] = (16,),
        *,
        activation: str | Sequence[str] = "tanh",
        learning_rate: float = 0.01,
        epochs: int = 300,
        batch_size: int | None = 32,
        optimizer: str | Mapping[str, Any] = "adam",
        l1: float = 0.0,
        l2: float = 0.0,
        scale: str | None = "standard",
        config: Mapping[str, Any] | None = None,
        random_state: Any = 0,
    ) -> None:
        self.hidden = hidden
        self.activation = activation
        self.learning_rate = learning_rate
        self.epochs = epochs
        self.batch_size = batch_size
        self.optimizer = optimizer
        self.l1 = l1
        self.l2 = l2
        self.scale = scale
        self.config = config
        self.random_state = random_state

    def _train(self, x: Array, y: Array) -> None:
        """Trains on inputs (N, I) and targets (N, O). Raises ValueError for parameters that are none."""
        try:
            given = {**self._configuration(), **(self.config or {})}
            self.run_: Run = train(made_here(given, in_memory((x, y))))
        except RunnerError as error:
            raise ValueError(str(error)) from None
        self.history_ = self.run_.history
        self.n_iter_ = max(1, self.run_.result.epochs)
        if self.run_.result.status == "diverged":
            advice = "error or weights are no longer finite numbers; try a lower learning_rate"
            warnings.warn(f"diverged after epoch {self.n_iter_}: {advice}", ConvergenceWarning, stacklevel=3)

    def _configuration(self) -> dict[str, Any]:
        given = self.optimizer
        seed = self.random_state
        if not isinstance(seed, int | np.integer):
            seed = check_random_state(seed).randint(SEEDS)
        return {
            "network": {"hidden": self.hidden, "activation": self.activation},
            "optimizer": {"name": given} if isinstance(given, str) else given,
            "regularization": {"l1": self.l1, "l2": self.l2},
            "data": {"scale": self.scale, "scale_targets": self._scale_targets},
            "loss": self._loss,
            "log.weights": False,
            "seed": seed,
            **{key: getattr(self, key) for key in ("learning_rate", "epochs", "batch_size")},
        }

    def _output(self, X: Any) -> Array:
        """What the network gives for inputs (N, I): (N, O)."""
        check_is_fitted(self)
        return self.run_.predict(validate_data(self, X, reset=False, dtype=np.float64))


class BackpropClassifier(ClassifierMixin, _Backprop):  # type: ignore[misc]
    """A network that tells classes: softmax and cross entropy behind dense layers.

    `hidden` are the sizes of the hidden layers, `optimizer` is a name or a mapping with its options
    (``{"name": "sgd", "momentum": 0.9}``), `scale` one of ``data.scale``, and `config` whatever else a
    configuration has (``{"schedule": "cosine"}``). A fitted one has ``classes_``, ``run_``, ``history_``.
    """

    _loss = "cross_entropy"

    def fit(self, X: Any, y: Any) -> BackpropClassifier:
        """Trains on inputs (N, I) and the class of each (N,). Raises ValueError for what cannot be."""
        X, y = validate_data(self, X, y, dtype=np.float64)
        check_classification_targets(y)
        self.classes_, which = np.unique(y, return_inverse=True)
        if len(self.classes_) < 2:
            raise ValueError(f"needs 2 classes or more, and y has only one class, {self.classes_[0]!r}")
        self._train(X, np.eye(len(self.classes_))[which])
        return self

    def predict_proba(self, X: Any) -> Array:
        """The probability of each class (N, classes) for inputs (N, I)."""
        z = self._output(X)
        powers = np.exp(z - z.max(axis=1, keepdims=True))
        return powers / powers.sum(axis=1, keepdims=True)

    def predict(self, X: Any) -> np.ndarray[Any, Any]:
        """The class (N,) of inputs (N, I)."""
        output = self._output(X)  # first: it says where nothing was fitted yet
        return self.classes_[output.argmax(axis=1)]


class BackpropRegressor(RegressorMixin, _Backprop):  # type: ignore[misc]
    """A network that tells numbers, by half the squared error; `y` is scaled while it is learnt.

    Its parameters are those of :class:`BackpropClassifier`.
    """

    _loss = "half_squared_error"
    _scale_targets = "standard"

    def fit(self, X: Any, y: Any) -> BackpropRegressor:
        """Trains on inputs (N, I) and targets (N,) or (N, O). Raises ValueError for what cannot be."""
        X, y = validate_data(self, X, y, dtype=np.float64, multi_output=True, y_numeric=True)
        self._is_flat = np.ndim(y) == 1
        self._train(X, np.asarray(y, dtype=np.float64))
        return self

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags

    def predict(self, X: Any) -> Array:
        """Predictions for inputs (N, I): (N,) or (N, O), as `y` was."""
        output = self._output(X)
        return output[:, 0] if self._is_flat else output
