"""What a configuration asks of any program that trains: its numbers as arrays, read off a plain mapping."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
#: A configuration of a run: weights, biases and data are given in it, number by number.
Config = Mapping[str, Any]


class Setting(NamedTuple):
    """Examples x (N, I) and y (N, O); weights (O, I) and biases (O,) a layer; what is `trained` (P,).

    `orders` (epochs, N) are the examples as each epoch takes them, in batches of `size`.
    """

    x: Array
    y: Array
    weights: list[Array]
    biases: list[Array]
    trained: NDArray[np.bool_]
    orders: NDArray[np.intp]
    size: int

    @property
    def start(self) -> Array:
        """The first parameters (P,): all weights, then all biases."""
        return flat([*self.weights, *self.biases])

    def epochs(self) -> Iterator[list[NDArray[np.intp]]]:
        """The batches of each epoch, as places of examples."""
        for order in self.orders:
            yield [order[first : first + self.size] for first in range(0, len(order), self.size)]


def setting(config: Config, orders: NDArray[np.intp]) -> Setting:
    data, network = config["data"], config["network"]
    x = scaled(np.array(data["inputs"], dtype=float), data["scale"])
    y = scaled(np.array(data["targets"], dtype=float), data["scale_targets"])
    weights = [np.array(w, dtype=float) for w in network["weights"]]
    biases = [np.array(b, dtype=float) for b in network["biases"] or []]
    size = min(config["batch_size"] or len(x), len(x))
    return Setting(x, y, weights, biases, trained(network), orders, size)


def scaled(columns: Array, how: str | None) -> Array:
    """Columns (N, I) of mean 0 and standard deviation 1, or from 0 to 1; a constant one becomes 0."""
    if how is None:
        return columns
    low, high = columns.min(axis=0), columns.max(axis=0)
    shift, spread = (columns.mean(axis=0), columns.std(axis=0)) if how == "standard" else (low, high - low)
    return np.where(low < high, (columns - shift) / np.where(low < high, spread, 1.0), 0.0)


def flat(arrays: Sequence[Any]) -> Array:
    return np.concatenate([np.asarray(array, dtype=float).ravel() for array in arrays])


def trained(network: Config) -> NDArray[np.bool_]:
    """Which parameters (P,) are trained: by ``network.train``, without biases unless ``train_biases``."""
    named = _named(network)
    chosen = network["train"]
    everything = chosen is None
    wanted = {chosen} if not isinstance(chosen, list) else set(chosen)
    return np.array(
        [
            (everything or not wanted.isdisjoint(names)) and (network["train_biases"] or names[0][0] == "w")
            for names in named
        ]
    )


def _named(network: Config) -> list[tuple[str, str, int]]:
    """What each parameter (P,) may be called by: its name, its kind, its layer."""
    names: list[tuple[str, str, int]] = []
    for kind, letter in (("weights", "w"), ("biases", "b")):
        layers = [layer for layer, array in enumerate(network[kind] or [], 1) for _ in np.ravel(array)]
        names += [(f"{letter}{number}", kind, layer) for number, layer in enumerate(layers, 1)]
    return names


def sizes(config: Config) -> list[tuple[int, int]]:
    """Inputs and outputs of each layer."""
    data = config["data"]
    widths = [len(data["inputs"][0]), *config["network"]["hidden"], len(data["targets"][0])]
    return list(pairwise(widths))


def activations(config: Config) -> list[str]:
    """The name of each layer's."""
    return [*config["network"]["activation"], config["network"]["output_activation"]]


def options(section: Config) -> dict[str, Any]:
    """Those of a group's choice, without its name."""
    return {key: value for key, value in section.items() if key != "name"}
