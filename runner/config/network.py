"""The group ``network``: from its keys to sizes, activations, weights and biases."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from runner.activations import ACTIVATIONS
from runner.config.checks import (
    MISSING,
    Check,
    Section,
    anything,
    boolean,
    checked,
    choice,
    count,
    matrix,
    number,
    options,
    text,
)
from runner.errors import ConfigError
from runner.experiment import Draw, Given, Source
from runner.history import PARAMETERS, read_parameters
from runner.initializers import INITIALIZERS

NETWORK_KEYS: dict[str, tuple[Check, Any]] = {
    "hidden": (anything, []),
    "activation": (anything, "identity"),
    "output_activation": (choice(list(ACTIVATIONS)), "identity"),
    "weights": (anything, "xavier_uniform"),
    "biases": (anything, None),
    "train_biases": (boolean, True),
}

OUTGROW = "; network=dense draws weights for any sizes"


def network_of(section: Section, inputs: int, outputs: int) -> dict[str, Any]:
    values = checked(section, NETWORK_KEYS, "network.")
    hidden = _hidden(values["hidden"])
    sizes = (inputs, *hidden, outputs)
    shapes = [(o, i) for i, o in pairwise(sizes)]
    biases = values["biases"]
    return {
        "sizes": sizes,
        "activations": _activations(values["activation"], len(hidden), values["output_activation"]),
        "weights": _parameters("network.weights", values["weights"], shapes),
        "biases": None
        if biases is None
        else _parameters("network.biases", biases, [(o,) for o, _ in shapes]),
        "train_biases": values["train_biases"],
    }


def _hidden(value: Any) -> tuple[int, ...]:
    sizes = value if isinstance(value, list) else [value]
    try:
        return tuple(count("network.hidden", size) for size in sizes)
    except ConfigError:
        raise ConfigError(
            "network.hidden",
            value,
            "must be a list of sizes, each a whole number at least 1, as [4,3]; [] for none",
        ) from None


def _activations(value: Any, hidden: int, output: str) -> tuple[str, ...]:
    check = choice(list(ACTIVATIONS))
    if not isinstance(value, list):
        return (check("network.activation", value),) * hidden + (output,)
    if len(value) != hidden:
        raise ConfigError(
            "network.activation", value, f"must be one name, or a name a hidden layer; there are {hidden}"
        )
    return (*[check("network.activation", name) for name in value], output)


def _parameters(key: str, value: Any, shapes: Sequence[tuple[int, ...]]) -> Draw | Given:
    """Weights or biases: explicit numbers, an initializer, or the last ones of an earlier run."""
    if isinstance(value, list):
        return _explicit(key, value, shapes)
    if isinstance(value, Mapping) and "from" in value:
        return _from_run(key, value, shapes)
    if isinstance(value, str):
        value = {"init": value}
    if not isinstance(value, Mapping) or "init" not in value:
        raise ConfigError(
            key, value, "must be a list of layers, an initializer's name, {init: NAME, ...} or {from: FOLDER}"
        )
    usable = [name for name, i in INITIALIZERS.items() if len(shapes[0]) == 2 or not i.needs_fan]
    name = choice(usable)(f"{key}.init", value["init"])
    given = {option: v for option, v in value.items() if option != "init"}
    chosen = checked(given, options(INITIALIZERS[name].options), f"{key}.")
    if name == "uniform" and chosen["low"] > chosen["high"]:
        raise ConfigError(f"{key}.low", chosen["low"], f"must not be above {key}.high={chosen['high']:g}")
    if name == "uniform" and not math.isfinite(chosen["high"] - chosen["low"]):
        raise ConfigError(f"{key}.high", chosen["high"], f"is too far from {key}.low={chosen['low']:g}")
    return Draw(name, tuple(chosen.items()))


def _explicit(key: str, value: list[Any], shapes: Sequence[tuple[int, ...]]) -> Given:
    if len(value) != len(shapes):
        raise ConfigError(
            key, value, f"has {len(value)} layers where the network has {len(shapes)}" + OUTGROW
        )
    layers = []
    for i, (layer, shape) in enumerate(zip(value, shapes, strict=True), start=1):
        where = f"{key}, layer {i}"
        if len(shape) == 2:
            array = matrix(where, layer)
        elif isinstance(layer, list):
            array = np.array([number()(where, item) for item in layer], dtype=np.float64)
        else:
            raise ConfigError(where, layer, "must be a list with a number a neuron")
        if array.shape != shape:
            form = (
                f"{shape[0]} rows (one a neuron) of {shape[1]} numbers (one an input)"
                if len(shape) == 2
                else f"{shape[0]} numbers (one a neuron)"
            )
            raise ConfigError(where, layer, f"must be {form} to fit network.hidden and the data" + OUTGROW)
        layers.append(array)
    return Given(tuple(layers))


def _from_run(key: str, value: Mapping[str, Any], shapes: Sequence[tuple[int, ...]]) -> Given:
    folder = checked(value, {"from": (text, MISSING)}, f"{key}.")["from"]
    letter = "w" if len(shapes[0]) == 2 else "b"
    try:
        rows = [row for row in read_parameters(folder) if row[0].startswith(letter)]
    except OSError:
        raise ConfigError(
            f"{key}.from", folder, "must be the folder of a finished run; it has no parameters.csv"
        ) from None
    except ValueError as error:
        raise ConfigError(f"{key}.from", folder, f"must be the folder of a finished run ({error})") from None
    layers = sorted({row[1] for row in rows})
    found = [tuple(max(r[n] for r in rows if r[1] == i) for n in (2, 3)[: len(shapes[0])]) for i in layers]
    if found != list(shapes):
        sizes = " ".join("x".join(map(str, shape)) for shape in found) or "none"
        wanted = " ".join("x".join(map(str, shape)) for shape in shapes)
        raise ConfigError(f"{key}.from", folder, f"has layers of {sizes} where this network needs {wanted}")
    arrays = [np.full(shape, np.nan) for shape in shapes]
    for name, layer, to, from_, _, final in rows:  # by their places: a spreadsheet may have sorted them
        place = (to - 1, from_ - 1)[: len(shapes[0])]
        array = arrays[layers.index(layer)]
        if min(place) < 0 or not np.isnan(array[place]) or not math.isfinite(final):
            raise ConfigError(f"{key}.from", folder, f"has a wrong line for {name} in its {PARAMETERS}")
        array[place] = final
    if any(np.isnan(array).any() for array in arrays):
        raise ConfigError(f"{key}.from", folder, f"has not all {key.partition('.')[2]} in its {PARAMETERS}")
    path = Path(folder, PARAMETERS)
    return Given(tuple(arrays), Source.of(f"{key}.from", path, path.read_bytes()))
