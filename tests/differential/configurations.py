"""Random configurations, small enough to be read when Hypothesis has shrunk one that went wrong.

Each is a plain mapping with everything in it: weights, biases and data are numbers of three decimals.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

from hypothesis import strategies as st

from runner.nn.activations import ACTIVATIONS
from runner.nn.losses import LOSSES
from runner.nn.schedules import SCHEDULES

Draw = Callable[[st.SearchStrategy[Any]], Any]


def decimals(low: float, high: float) -> st.SearchStrategy[float]:
    return st.integers(round(low * 1000), round(high * 1000)).map(lambda n: n / 1000)


def rows(count: int, width: int, number: st.SearchStrategy[float]) -> st.SearchStrategy[list[list[float]]]:
    row = st.lists(number, min_size=width, max_size=width)
    return st.lists(row, min_size=count, max_size=count)


EPS = st.sampled_from([1e-8, 1e-10, 1e-4, 0.1, 0.0])
MOMENTUM = st.sampled_from([0.0, 0.5, 0.9, 0.99])
BETAS = st.lists(st.sampled_from([0.0, 0.5, 0.8, 0.9, 0.99, 0.999]), min_size=2, max_size=2)
_ADAM = {"betas": BETAS, "eps": EPS}
OPTIMIZERS: dict[str, dict[str, st.SearchStrategy[Any]]] = {
    "sgd": {"momentum": MOMENTUM, "nesterov": st.booleans()},
    "adagrad": {
        "lr_decay": st.sampled_from([0.0, 0.01, 0.5]),
        "initial_accumulator_value": st.sampled_from([0.0, 0.1, 1.0]),
        "eps": EPS,
    },
    "rmsprop": {"alpha": st.sampled_from([0.99, 0.9, 0.5, 0.0]), "eps": EPS, "momentum": MOMENTUM},
    "adam": _ADAM,
    "adamw": {**_ADAM, "weight_decay": st.sampled_from([0.0, 0.01, 0.5])},
}
SCHEDULE_OPTIONS: dict[str, dict[str, st.SearchStrategy[Any]]] = {
    "constant": {},
    "step": {"every": st.integers(1, 5), "factor": decimals(0.1, 1.5)},
    "exponential": {"factor": decimals(0.5, 1.1)},
    "inverse_scaling": {"power": decimals(0, 2)},
    "cosine": {"min": decimals(0, 0.1)},
    "linear": {
        "start_factor": decimals(0.001, 1),
        "end_factor": decimals(0, 1),
        "total_iters": st.integers(1, 12),
    },
}


def _chosen(
    draw: Draw, names: Sequence[str], options: dict[str, dict[str, st.SearchStrategy[Any]]]
) -> dict[str, Any]:
    name = draw(st.sampled_from(names))
    made = {"name": name, **{key: draw(value) for key, value in options[name].items()}}
    if not made.get("momentum", True):
        made.pop("nesterov", None)  # which needs one
    return made


def _targets(draw: Draw, loss: str, examples: int, outputs: int) -> list[list[float]]:
    if loss == "cross_entropy":
        classes = draw(st.lists(st.integers(0, outputs - 1), min_size=examples, max_size=examples))
        return [[float(k == right) for k in range(outputs)] for right in classes]
    unit = st.one_of(st.sampled_from([0.0, 1.0]), decimals(0, 1))
    return draw(rows(examples, outputs, unit if LOSSES[loss].classifies else decimals(-2, 2)))


def _data(draw: Draw, loss: str) -> dict[str, Any]:
    examples, inputs = draw(st.integers(1, 8)), draw(st.integers(1, 4))
    outputs = draw(st.integers(2, 4) if loss == "cross_entropy" else st.integers(1, 3))
    scales = st.sampled_from([None, None, "standard", "minmax"])
    return {
        "name": "inline",
        "inputs": draw(rows(examples, inputs, decimals(-3, 3))),
        "targets": _targets(draw, loss, examples, outputs),
        "scale": draw(scales),
        "scale_targets": None if LOSSES[loss].classifies else draw(scales),
    }


def _train(draw: Draw, weights: int, layers: int, biases: int) -> Any:
    """``network.train``: mostly all of them."""
    names = st.integers(1, weights).map(lambda n: f"w{n}")
    names |= st.integers(1, layers) | st.just("weights")
    if biases:
        names |= st.integers(1, biases).map(lambda n: f"b{n}") | st.just("biases")
    some = st.lists(names, min_size=1, max_size=4, unique=True)
    return draw(st.one_of(st.none(), st.none(), names, some))


def _network(draw: Draw, data: dict[str, Any], loss: str, names: Sequence[str]) -> dict[str, Any]:
    hidden = draw(st.lists(st.integers(1, 5), max_size=3))
    widths = [len(data["inputs"][0]), *hidden, len(data["targets"][0])]
    has_biases, train_biases = draw(st.booleans()), draw(st.sampled_from([True, True, False]))
    biases = [draw(rows(1, out, decimals(-1, 1)))[0] for out in widths[1:]] if has_biases else None
    weights = [draw(rows(out, inputs, decimals(-1.5, 1.5))) for inputs, out in pairwise(widths)]
    count = sum(len(layer) * len(layer[0]) for layer in weights)
    trainable = sum(widths[1:]) if has_biases and train_biases else 0
    output = "sigmoid" if loss == "binary_cross_entropy" else draw(st.sampled_from(["identity", *names]))
    return {
        "hidden": hidden,
        "activation": [draw(st.sampled_from(names)) for _ in hidden],
        "output_activation": output,
        "weights": weights,
        "biases": biases,
        "train_biases": train_biases,
        "train": _train(draw, count, len(weights), trainable),
    }


@st.composite
def configurations(
    draw: Draw,
    losses: Sequence[str] = tuple(LOSSES),
    activations: Sequence[str] = tuple(ACTIVATIONS),
    optimizers: Sequence[str] = tuple(OPTIMIZERS),
    schedules: Sequence[str] = tuple(SCHEDULES),
) -> dict[str, Any]:
    """Any of them, with these entries of the tables; some rates are chaotic, and some diverge."""
    loss = draw(st.sampled_from(losses))
    data = _data(draw, loss)
    return {
        "learning_rate": draw(st.one_of(decimals(0.001, 0.1), decimals(0.001, 1))),
        "epochs": draw(st.integers(1, 20)),
        "batch_size": draw(st.none() | st.integers(1, len(data["inputs"]))),
        "shuffle": draw(st.booleans()),
        "seed": draw(st.integers(0, 99)),
        "loss": loss,
        "network": _network(draw, data, loss, activations),
        "optimizer": _chosen(draw, optimizers, OPTIMIZERS),
        "schedule": _chosen(draw, schedules, SCHEDULE_OPTIONS),
        "regularization": {key: draw(st.sampled_from([0.0, 0.0, 0.001, 0.05, 0.3])) for key in ("l1", "l2")},
        "data": data,
    }
