"""The group ``network``: from its keys to sizes, activations, weights and biases."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from runner.config import checks
from runner.config.checks import MISSING, SHIPPED, Keys, Section, checked
from runner.config.exporting import folder_of
from runner.config.resolved import Resolved
from runner.config.shipped import shipped
from runner.config.trained import trained_of
from runner.cost.refusal import refuse_parameters
from runner.data.examples import Source
from runner.errors import ConfigError
from runner.files import kept
from runner.nn.activations import ACTIVATIONS
from runner.nn.initializers import INITIALIZERS
from runner.nn.network import Network
from runner.records.names import PARAMETERS
from runner.records.reading import ParameterRow, parameter_rows
from runner.training.settings import Drawn, Given

NETWORK_KEYS: Keys = {
    "hidden": (checks.anything, SHIPPED),
    "activation": (checks.anything, SHIPPED),
    "output_activation": (checks.choice(ACTIVATIONS), SHIPPED),
    "weights": (checks.anything, SHIPPED),
    "biases": (checks.anything, SHIPPED),
    "train_biases": (checks.boolean, SHIPPED),
    "train": (checks.anything, SHIPPED),
    "rates": (checks.anything, SHIPPED),
}

MOST_PARAMETERS = 10**8  # more would hardly fit in memory beside their gradient, names and history
OUTGROW = "; network=dense draws weights for any sizes"
KINDS = {"w": "weights", "b": "biases"}
#: Said of biases that are chosen together with the weights of an earlier run.
BESIDE_A_RUN = (
    "stands beside network.weights={from: DIR}, which brings the biases of that run: leave it out, or take "
    "the weights alone, network.weights={from: DIR, biases: false}"
)


def network_of(section: Section, inputs: int, outputs: int) -> dict[str, Any]:
    """The network's part of an experiment, as the group `network` describes it for data of such a size.

    Raises RunnerError for the first thing that is wrong.
    """
    values = keys_of_network(section)
    hidden = _hidden(values["hidden"])
    sizes = (inputs, *hidden, outputs)
    shapes = [(o, i) for i, o in pairwise(sizes)]
    weights, biases = _with_its_biases(values["weights"], values["biases"])
    asked_by = "network.weights" if biases is weights else "network.biases"
    activations = _activations(values["activation"], len(hidden), values["output_activation"])
    _refuse_too_many(hidden, Network(sizes, activations, biases is not None).parameter_count)
    return {
        "sizes": sizes,
        "activations": activations,
        "weights": _parameters("network.weights", weights, shapes),
        "biases": None if biases is None else _parameters(asked_by, biases, [(o,) for o, _ in shapes]),
        "train_biases": values["train_biases"],
        "train": trained_of(values, Network(sizes, activations, biases is not None)),
    }


def _refuse_too_many(hidden: Sequence[int], parameters: int) -> None:
    """Raises ConfigError for more weights and biases than are possible, or than the memory holds."""
    if parameters > MOST_PARAMETERS:
        allowed = f"makes {parameters:,} weights and biases; at most {MOST_PARAMETERS:,} are possible"
        raise ConfigError("network.hidden", list(hidden), allowed)
    refuse_parameters(list(hidden), parameters)


def keys_of_network(section: Section) -> dict[str, Any]:
    """The values of the group's keys, as far as each can be judged alone. Raises RunnerError."""
    return checked(section, NETWORK_KEYS, "network.", lambda: shipped("network/chain_rule"))


def _with_its_biases(weights: Any, biases: Any) -> tuple[Any, Any]:
    """What weights and biases are made of, where the weights of an earlier run bring its biases.

    Null and zeros are what a network's file chooses, so they give way. Raises ConfigError for others.
    """
    if not isinstance(weights, Mapping) or "from" not in weights:
        return weights, biases
    chosen = checked(
        weights, {"from": (checks.text, MISSING), "biases": (checks.boolean, True)}, "network.weights."
    )
    weights = {"from": chosen["from"]}
    if not chosen["biases"] or (isinstance(biases, Mapping) and "from" in biases):
        return weights, biases
    if biases not in (None, "zeros"):
        raise ConfigError("network.biases", biases, BESIDE_A_RUN)
    has_biases = any(row[0].startswith("b") for row in _rows("network.weights.from", weights["from"]))
    return weights, weights if has_biases else None


def _hidden(value: Any) -> tuple[int, ...]:
    if isinstance(value, Resolved):
        value = value.read()
    sizes = value if isinstance(value, list) else [value]
    try:
        return tuple(checks.count("network.hidden", size) for size in sizes)
    except ConfigError:
        allowed = "must be a list of sizes, each a whole number at least 1, as [4,3]; [] for none"
        raise ConfigError("network.hidden", value, allowed) from None


def _activations(value: Any, hidden: int, output: str) -> tuple[str, ...]:
    check = checks.choice(ACTIVATIONS)
    if not isinstance(value, list):
        return (check("network.activation", value),) * hidden + (output,)
    if len(value) != hidden:
        allowed = f"must be one name, or a name a hidden layer; there are {hidden}"
        raise ConfigError("network.activation", value, allowed)
    return (*[check("network.activation", name) for name in value], output)


def _parameters(key: str, value: Any, shapes: Sequence[tuple[int, ...]]) -> Drawn | Given:
    """Weights or biases: explicit numbers, an initializer, or the last ones of an earlier run."""
    if isinstance(value, list):
        return _explicit(key, value, shapes)
    if isinstance(value, Mapping) and "from" in value:
        return _from_run(key, value, shapes)
    if isinstance(value, str):
        value = {"init": value}
    if not isinstance(value, Mapping) or "init" not in value:
        allowed = "must be a list of layers, an initializer's name, {init: NAME, ...} or {from: FOLDER}"
        raise ConfigError(key, value, allowed)
    name = checks.choice(INITIALIZERS)(f"{key}.init", value["init"])
    usable = [name for name, i in INITIALIZERS.items() if len(shapes[0]) == 2 or not i.needs_fan]
    name = checks.choice(usable)(f"{key}.init", name)
    given = {option: v for option, v in value.items() if option != "init"}
    chosen = checked(given, checks.options(INITIALIZERS[name].options), f"{key}.")
    if fault := INITIALIZERS[name].refuses(**chosen):
        raise ConfigError(f"{key}.{fault[0]}", chosen[fault[0]], fault[1].format(key=key))
    return Drawn(name, tuple(chosen.items()))


def _explicit(key: str, value: list[Any], shapes: Sequence[tuple[int, ...]]) -> Given:
    if len(value) != len(shapes):
        raise ConfigError(key, value, f"has {len(value)} layers where the network has {len(shapes)}{OUTGROW}")
    layers = []
    for i, (layer, shape) in enumerate(zip(value, shapes, strict=True), start=1):
        where = f"{key}, layer {i}"
        if len(shape) == 2:
            array = checks.matrix(where, layer)
        elif isinstance(layer, list):
            array = np.array([checks.number()(where, item) for item in layer], dtype=np.float64)
        else:
            raise ConfigError(where, layer, "must be a list with a number a neuron")
        if array.shape != shape:
            forms = "{} numbers (one a neuron)", "{} rows (one a neuron) of {} numbers (one an input)"
            form = forms[len(shape) - 1].format(*shape)
            raise ConfigError(where, layer, f"must be {form} to fit network.hidden and the data{OUTGROW}")
        layers.append(array)
    return Given(tuple(layers))


def _rows(key: str, folder: str) -> list[ParameterRow]:
    """A run's weights and biases. Raises ConfigError where `key` names no finished run."""
    try:
        return parameter_rows(folder_of(folder))
    except (OSError, ValueError) as error:
        fault = f" ({error})" if isinstance(error, ValueError) else "; it has no parameters.csv"
        raise ConfigError(key, folder, f"must be the folder of a finished run{fault}") from None


def _from_run(key: str, value: Mapping[str, Any], shapes: Sequence[tuple[int, ...]]) -> Given:
    folder = checked(value, {"from": (checks.text, MISSING)}, f"{key}.")["from"]
    return last_parameters(f"{key}.from", folder, shapes)


def last_parameters(key: str, folder: str, shapes: Sequence[tuple[int, ...]]) -> Given:
    """The last weights, of shapes (O, I) a layer, or biases, (O,), of the run in a `folder` that `key` names.

    Raises ConfigError where they are others, or not there.
    """
    letter = "w" if len(shapes[:1] and shapes[0]) == 2 else "b"
    rows = [row for row in _rows(key, folder) if row[0].startswith(letter)]
    layers = sorted({row[1] for row in rows})
    places = (2, 3)[: 2 if letter == "w" else 1]
    there = [tuple(max(r[n] for r in rows if r[1] == i) for n in places) for i in layers]
    if there != list(shapes):
        sizes = " ".join("x".join(map(str, shape)) for shape in there) or "none"
        what = "biases in " * (letter == "b")
        wanted = " ".join("x".join(map(str, shape)) for shape in shapes) or "none"
        raise ConfigError(key, folder, f"has {what}layers of {sizes} where this network needs {wanted}")
    arrays = [np.full(shape, np.nan) for shape in shapes]
    for name, layer, to, from_, _, final in rows:  # by their places: a spreadsheet may have sorted them
        place = (to - 1, from_ - 1)[: len(shapes[0])]
        array = arrays[layers.index(layer)]
        if min(place) < 0 or not np.isnan(array[place]) or not math.isfinite(final):
            raise ConfigError(key, folder, f"has a wrong line for {name} in its {PARAMETERS}")
        array[place] = final
    if any(np.isnan(array).any() for array in arrays):
        raise ConfigError(key, folder, f"has not all {KINDS[letter]} in its {PARAMETERS}")
    content = kept(folder_of(folder) / PARAMETERS).read_bytes()
    return Given(tuple(arrays), Source.of(key, Path(folder, PARAMETERS), content))
