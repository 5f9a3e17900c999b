"""scikit-learn as a peer: its MLPRegressor and MLPClassifier, as far as their formulas are those of here.

Their penalty is divided by the examples of a batch, their Adam adds ε before √v is corrected, and their
rates fall by examples: so batches are equal where there is a penalty, ε is as good as nothing, and the
rate is constant. All layers have one activation and are trained.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from agreement import Path
from configurations import configurations
from numpy.typing import NDArray
from scipy.special import log_expit, log_softmax
from setting import Array, Config, flat, options, setting, sizes
from sklearn.neural_network import MLPClassifier, MLPRegressor

ACTIVATIONS = {"identity": "identity", "sigmoid": "logistic", "tanh": "tanh", "relu": "relu"}
LOSSES = {
    "half_squared_error": lambda z, y: 0.5 * np.square(z - y).sum(axis=1).mean(),
    "binary_cross_entropy_with_logits": lambda z, y: -(y * log_expit(z) + (1 - y) * log_expit(-z)).mean(),
    "cross_entropy": lambda z, y: -(y * log_softmax(z, axis=1)).sum(axis=1).mean(),
}
SMALLEST_EPS = 1e-30


def _has_counterpart(config: Config) -> bool:
    """Several outputs are averaged over there; two classes are one output."""
    outputs = len(config["data"]["targets"][0])
    few = {"binary_cross_entropy_with_logits": outputs == 1, "cross_entropy": outputs > 2}
    return few.get(config["loss"], True)


def _counterpart(config: Config) -> Config:
    """A configuration as scikit-learn could have it."""
    network, data, optimizer = config["network"], config["data"], config["optimizer"]
    examples = len(data["inputs"])
    equal = examples % (config["batch_size"] or examples) == 0
    if config["loss"].startswith("binary"):
        data = {**data, "targets": [[float(value >= 0.5) for value in row] for row in data["targets"]]}
    if optimizer["name"] == "adam":
        optimizer = {**optimizer, "eps": SMALLEST_EPS}
    return {
        **config,
        "data": data,
        "optimizer": optimizer,
        "regularization": {"l1": 0.0, "l2": config["regularization"]["l2"] * equal},
        "network": {
            **network,
            "activation": network["activation"][:1] * len(network["hidden"]),
            "output_activation": "identity",
            "biases": network["biases"] or [[0.0] * out for _, out in sizes(config)],
            "train_biases": True,
            "train": None,
        },
    }


DRAWN = (
    configurations(tuple(LOSSES), tuple(ACTIVATIONS), ("sgd", "adam"), ("constant",))
    .filter(_has_counterpart)
    .map(_counterpart)
)


def _estimator(config: Config, batch: int) -> Any:
    optimizer, network = options(config["optimizer"]), config["network"]
    own: dict[str, Any] = {"momentum": 0.0, "nesterovs_momentum": False}
    if "momentum" in optimizer:
        own = {"momentum": optimizer["momentum"], "nesterovs_momentum": optimizer.get("nesterov", False)}
    if "betas" in optimizer:
        beta_1, beta_2 = optimizer["betas"]
        own = {"beta_1": beta_1, "beta_2": beta_2, "epsilon": optimizer["eps"]}
    classifies = config["loss"] != "half_squared_error"
    return (MLPClassifier if classifies else MLPRegressor)(
        hidden_layer_sizes=tuple(network["hidden"]),
        activation=ACTIVATIONS[network["activation"][0]] if network["hidden"] else "identity",
        solver=config["optimizer"]["name"],
        alpha=config["regularization"]["l2"] * batch,
        batch_size=batch,
        learning_rate_init=config["learning_rate"],
        shuffle=False,
        **own,
    )


def train(config: Config, orders: NDArray[np.intp]) -> Path:
    told = setting(config, orders)
    model, loss = _estimator(config, told.size), LOSSES[config["loss"]]
    y, more = _targets(config, told.y)
    model.partial_fit(told.x, y, **more)  # makes what is put in its place now
    model.coefs_, model.intercepts_ = [w.T.copy() for w in told.weights], [b.copy() for b in told.biases]
    del model._optimizer
    errors, path = [loss(_outputs(model, told.x), told.y)], [told.start]
    for order in told.orders:
        try:
            model.partial_fit(told.x[order], y[order])
        except ValueError:  # not finite
            break
        error = loss(_outputs(model, told.x), told.y)
        if not np.isfinite(error):
            break
        errors.append(error)
        path.append(flat([*(w.T for w in model.coefs_), *model.intercepts_]))
    return Path(np.array(errors), np.array(path))


def _targets(config: Config, y: Array) -> tuple[Any, dict[str, Any]]:
    """Targets as an estimator takes them, and the classes, where it asks for them."""
    if config["loss"] == "half_squared_error":
        return (y[:, 0] if y.shape[1] == 1 else y), {}
    classes = {"classes": np.arange(max(2, y.shape[1]))}
    return (y.argmax(axis=1) if y.shape[1] > 1 else y[:, 0].astype(int)), classes


def _outputs(model: Any, x: Array) -> Array:
    """The last layer's z (N, O): probabilities have lost the digits of what is near 1."""
    if isinstance(model, MLPRegressor):
        return model.predict(x).reshape(len(x), -1)
    probabilities, model.out_activation_ = model.out_activation_, "identity"
    z = model.predict_proba(x)
    model.out_activation_ = probabilities
    return z[:, 1:] if model.n_outputs_ == 1 else z
