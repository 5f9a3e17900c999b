"""The network as a drawing: its connections, and which of them lie on the way from a parameter to E."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from runner.explain.notation import Math, Names, symbol
from runner.network import ParameterName


@dataclass(frozen=True)
class Edge:
    """A weight or a bias drawn as a line into a neuron; a bias comes from nowhere.

    `serves` has the names of the explained parameters on whose way to the error it lies.
    """

    parameter: ParameterName
    name: Math
    source: Math
    target: Math
    serves: tuple[str, ...]


@dataclass(frozen=True)
class Picture:
    """Neurons by layer, the inputs first; edges in the order of the parameters.

    `marked` says whether one parameter was chosen, whose way is then drawn heavy.
    """

    layers: tuple[tuple[Math, ...], ...]
    edges: tuple[Edge, ...]
    marked: bool


def picture(names: Names, chosen: Collection[str]) -> Picture:
    """The drawing of a network with the ways of the `chosen` parameters."""
    layers = tuple(
        tuple(names.a(layer, j) for j in range(1, size + 1)) for layer, size in enumerate(names.sizes)
    )
    explained = [p for p in names.parameters.values() if p.name in chosen]
    edges = tuple(
        Edge(
            p,
            symbol(p),
            names.a(p.layer - 1, p.from_) if p.from_ else Math("1", "1"),
            names.a(p.layer, p.to),
            tuple(c.name for c in explained if on_the_way(c, p)),
        )
        for p in names.parameters.values()
    )
    return Picture(layers, edges, marked=len(explained) == 1)


def on_the_way(start: ParameterName, parameter: ParameterName) -> bool:
    """Whether a change of `start` reaches the error through `parameter`: that one, or a weight after it."""
    if parameter == start:
        return True
    if parameter.from_ == 0 or parameter.layer <= start.layer:
        return False
    return parameter.from_ == start.to if parameter.layer == start.layer + 1 else True


def position(drawing: Picture, layer: int, neuron: int) -> tuple[float, float]:
    """Where a neuron stands: layers are 1 apart, neurons of a layer 1 apart and centred around 0."""
    return float(layer), neuron - (len(drawing.layers[layer]) + 1) / 2


def label_place(from_: int) -> float:
    """How far along its line a name stands: lines have parted there, and crossing ones differ."""
    return 0.26 if from_ % 2 else 0.38
