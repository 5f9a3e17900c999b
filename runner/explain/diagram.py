"""The network as a drawing: its connections, and which of them lie on the way from a parameter to E."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from runner.explain.notation.names import Names
from runner.nn.formula import Formula
from runner.nn.network import ParameterName


@dataclass(frozen=True)
class Edge:
    """A line into a neuron: a weight, a bias that comes from nowhere, or one without a name into the error.

    `serves` has the names of the explained parameters on whose way to the error it lies; `marked` says
    whether it is drawn heavy, because the only one of them is among these.
    """

    parameter: ParameterName
    serves: tuple[str, ...]
    marked: bool


@dataclass(frozen=True)
class Picture:
    """Neurons by layer, the inputs first; edges in the order of the parameters, and `exits` to the error."""

    layers: tuple[tuple[Formula, ...], ...]
    edges: tuple[Edge, ...]
    exits: tuple[Edge, ...]


@dataclass(frozen=True)
class Circuit:
    """The drawing with numbers on it: pairs of a value and of the derivative of the error by it.

    `neurons` are by layer, the error in a layer after the last; `parameters` by their names. Of several
    `examples` they are the share that one has in the mean.
    """

    drawing: Picture
    neurons: tuple[tuple[tuple[float, float], ...], ...]
    parameters: Mapping[str, tuple[float, float]]
    examples: int


def picture(names: Names, chosen: Collection[str]) -> Picture:
    """The drawing of a network with the ways of the `chosen` parameters."""
    layers = tuple(
        tuple(names.a(layer, j) for j in range(1, size + 1)) for layer, size in enumerate(names.sizes)
    )
    parameters = names.parameters.values()
    explained = [p for p in parameters if p.name in chosen]

    def edge(p: ParameterName) -> Edge:
        serves = tuple(c.name for c in explained if _on_the_way(c, p))
        return Edge(p, serves, marked=len(explained) == 1 and bool(serves))

    exits = [ParameterName("", len(layers), 1, k) for k in range(1, names.sizes[-1] + 1)]
    return Picture(layers, tuple(map(edge, parameters)), tuple(map(edge, exits)))


def _on_the_way(start: ParameterName, parameter: ParameterName) -> bool:
    """Whether a change of `start` reaches the error through `parameter`: that one, or a weight after it."""
    if parameter == start:
        return True
    if parameter.from_ == 0 or parameter.layer <= start.layer:
        return False
    return parameter.from_ == start.to if parameter.layer == start.layer + 1 else True


def position(drawing: Picture, layer: int, neuron: int) -> tuple[float, float]:
    """Where a neuron stands: layers are 1 apart, neurons of a layer 1 apart and centred around 0.

    The layer after the last has the error in it.
    """
    size = len(drawing.layers[layer]) if layer < len(drawing.layers) else 1
    return float(layer), neuron - (size + 1) / 2


#: Where on its line a weight's name may stand; first where the lines of a neuron have parted.
PLACES = sorted((0.2 + 0.02 * i for i in range(31)), key=lambda place: abs(place - 0.34))
#: And where its two numbers may, which are wider: they keep clear of the neurons.
MIDDLE = [place for place in PLACES if 0.26 <= place <= 0.66]
Point: TypeAlias = tuple[float, float]
Line: TypeAlias = tuple[Point, Point]


def label_points(
    drawing: Picture,
    across: float,
    down: float,
    box: Point,
    places: Sequence[float] = PLACES,
    others: Sequence[Point] = (),
) -> dict[str, Point]:
    """Where on its line each weight's name stands, so that no two names cover each other.

    `across` and `down` are the distances of layers and of neurons, and `box` is the size of a name; so large
    are the `others` that stand there, too.
    """

    def point(layer: int, neuron: int) -> Point:
        x, y = position(drawing, layer, neuron)
        return across * x, down * y

    weights = [edge.parameter for edge in drawing.edges if edge.parameter.from_]
    lines = {p: (point(p.layer - 1, p.from_), point(p.layer, p.to)) for p in weights}
    points: dict[str, Point] = {}
    for p in weights:
        near = [other for other in weights if other.layer == p.layer and other != p]
        taken = [*others, *(points[other.name] for other in near if other.name in points)]
        parted = [lines[other] for other in near if other.from_ != p.from_]
        points[p.name] = _clearest([_along(lines[p], place) for place in places], taken, parted, box)
    return points


def _clearest(points: Sequence[Point], taken: Sequence[Point], others: Sequence[Line], box: Point) -> Point:
    """The one of the points on a line that is clear of the names that are there, and then of other lines."""

    def room(point: Point) -> tuple[float, float]:
        x, y = point
        names = [max(abs(x - u) / box[0], abs(y - v) / box[1]) for u, v in taken]
        heights = [_along(((x1, y1), (x2, y2)), (x - x1) / (x2 - x1))[1] for (x1, y1), (x2, y2) in others]
        lines = [abs(y - height) / box[1] for height in heights]
        return min([1.2, *names]), min([0.6, *lines])

    return max(points, key=room)


def _along(line: Line, share: float) -> Point:
    (x1, y1), (x2, y2) = line
    return x1 + share * (x2 - x1), y1 + share * (y2 - y1)
