"""Estimators: scikit-learn's own checks, its tools around them, and the runs that they are."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.datasets import load_iris
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

import runner
from runner.sklearn import BackpropClassifier, BackpropRegressor

FAST: dict[str, Any] = {"hidden": (8,), "epochs": 30, "learning_rate": 0.05}


@pytest.mark.filterwarnings("ignore")  # the checks make some themselves
@parametrize_with_checks([BackpropClassifier(**FAST), BackpropRegressor(**FAST)])
def test_scikit_learn_s_checks(estimator: Any, check: Any) -> None:
    check(estimator)


def test_pipelines_cross_validation_and_searches() -> None:
    X, y = load_iris(return_X_y=True)
    pipeline = make_pipeline(StandardScaler(), BackpropClassifier(**FAST))
    assert cross_val_score(pipeline, X, y, cv=3).mean() > 0.9
    search = GridSearchCV(BackpropClassifier(**FAST), {"hidden": [(), (4,)], "l2": [0.0, 10.0]}, cv=2).fit(
        X, y
    )
    assert search.best_params_["l2"] == 0.0


def test_a_fitted_one_is_the_run_that_its_parameters_describe() -> None:
    X, y = load_iris(return_X_y=True)
    names = np.array(["a", "b", "c"])[y]
    given = {
        **FAST,
        "optimizer": {"name": "sgd", "momentum": 0.9},
        "config": {"schedule": {"name": "cosine"}},
    }
    fitted = BackpropClassifier(**given, batch_size=None, random_state=3).fit(X, names)
    keys = {"optimizer": {"name": "sgd", "momentum": 0.9}, "schedule": "cosine", "loss": "cross_entropy"}
    known = runner.train(
        runner.load(
            {"network": "dense", "network.hidden": [8], "data.scale": "standard"},
            keys,
            data=(X, np.eye(3)[y]),
            epochs=30,
            learning_rate=0.05,
            seed=3,
        )
    )
    assert fitted.history_["error"].equals(known.history["error"])
    assert np.array_equal(fitted.run_.predict(), known.predict())
    assert fitted.classes_.tolist() == ["a", "b", "c"]
    assert fitted.predict_proba(X).sum(axis=1) == pytest.approx(np.ones(len(X)), abs=1e-12)


def test_a_regression_learns_in_its_own_units() -> None:
    x = np.linspace(-2, 2, 60)[:, None]
    y = np.hstack([4000 + 500 * np.sin(x), 1e-3 * x])
    fitted = BackpropRegressor(hidden=(12,), epochs=200, learning_rate=0.02).fit(x, y)
    assert fitted.score(x, y) > 0.98
    assert fitted.predict(x).shape == y.shape


def test_what_is_wrong_is_a_value_error_or_a_warning() -> None:
    X, y = [[0.0], [1.0], [2.0]], [0, 1, 1]
    with pytest.raises(ValueError, match=r"learning_rate=-1: must be a number above 0"):
        BackpropClassifier(learning_rate=-1).fit(X, y)
    with pytest.raises(ValueError, match="only one class"):
        BackpropClassifier().fit(X, [1, 1, 1])
    with pytest.raises(ValueError, match="data=moons: cannot be chosen here"):
        BackpropClassifier(config={"data": "moons"}).fit(X, y)
    with pytest.warns(ConvergenceWarning, match="diverged after epoch"):
        BackpropRegressor(learning_rate=1e6, optimizer="sgd", activation="identity").fit(X, y)
