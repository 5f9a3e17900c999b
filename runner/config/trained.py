"""Which of a network's parameters are trained: the key ``network.train``."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import pairwise
from typing import Any

from runner.config.checks import Section
from runner.errors import ConfigError, show
from runner.nn.network import Network

KEY = "network.train"
KINDS = ("weights", "biases")


def trained_of(values: Section, network: Network) -> tuple[int, ...] | None:
    """The places in P of what ``network.train`` names, in order; None for all parameters.

    It names layers by their numbers, weights and biases as a history does, or all ``weights`` or ``biases``:
    one of them, or a list. Raises ConfigError for what the network does not have, for nothing, and for
    biases where ``network.train_biases`` leaves these as they are.
    """
    value = values["train"]
    if value is None:
        return None
    chosen = value if isinstance(value, list) else [value]
    places = sorted({place for one in chosen for place in _places(value, one, network)})
    if not places:
        raise ConfigError(KEY, value, "must name what is trained; null for all, epochs=0 to train nothing")
    has_weights, has_biases = places[0] < network.weight_count, places[-1] >= network.weight_count
    if has_biases and not values["train_biases"] and (not has_weights or _names_biases(chosen)):
        raise ConfigError(KEY, value, "has biases, which network.train_biases=false leaves as they are")
    return tuple(places)


def _names_biases(chosen: Iterable[Any]) -> bool:
    return any(isinstance(one, str) and one.startswith("b") for one in chosen)


def _places(value: Any, one: Any, network: Network) -> Iterable[int]:
    """The places of what `one` of the `value` names."""
    weights, biases = range(network.weight_count), range(network.weight_count, network.parameter_count)
    if isinstance(one, int) and not isinstance(one, bool) and 1 <= one < len(network.sizes):
        return _of_layer(one, network)
    if isinstance(one, str):
        match = re.fullmatch(r"([wb])([1-9]\d*)", one)
        of_kind = {"w": weights, "b": biases}.get(one[:1], range(0))
        if one in KINDS and of_kind:
            return of_kind
        if match and int(match[2]) <= len(of_kind):
            return [of_kind[int(match[2]) - 1]]
    raise ConfigError(KEY, value, _allowed(one, network))


def _of_layer(layer: int, network: Network) -> list[int]:
    """Those of the weights into `layer` = 1, 2, … and of its biases."""
    counts = [i * o for i, o in pairwise(network.sizes)]
    first = sum(counts[: layer - 1])
    places = list(range(first, first + counts[layer - 1]))
    if network.has_biases:
        first = network.weight_count + sum(network.sizes[1:layer])
        places += range(first, first + network.sizes[layer])
    return places


def _allowed(one: Any, network: Network) -> str:
    last, has = len(network.sizes) - 1, network.bias_count
    layers = f"a layer, 1{f' to {last}' * (last > 1)}"
    biases = f", b1{f' to b{has}' * (has > 1)}" if has else ""
    kinds = "weights or biases" if has else "weights (there are no biases)"
    names = f"{layers}; a name, w1 to w{network.weight_count}{biases}; {kinds}"
    return f"{show(one)} is none of what can be trained: {names}; or a list of them; null for all"
