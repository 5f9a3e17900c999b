"""Where neurons and numbers stand in the picture of a pass through the network, in points of the page."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import matplotlib as mpl
import pandas as pd
from matplotlib.axes import Axes

from runner.explain.diagram import MIDDLE, Edge, Picture, Point, label_points, position
from runner.nn.formula import Symbol
from runner.nn.network import Network

#: In sizes of letters: a line below a neuron, and the room of an edge's two numbers.
LINE, LABEL = 1.1, (5.4, 2.6)
CLOSE = 12  # layers no farther apart have smaller numbers
NODE = 2.3  # a neuron's circle, in sizes of letters
DERIVATIVE = 1.2  # from a neuron down to what is as high as an edge's numbers and ends as its derivative does
TO_ERROR = 0.62  # how far the error stands from the outputs, in distances of layers


class Places(NamedTuple):
    """Where neurons stand, and the middles of the numbers of weights by layer, to and from: in points.

    `apart`: the distances of layers, and of neurons of one. `size`: that of the numbers' letters.
    """

    drawing: Picture
    apart: Point
    names: dict[tuple[int, ...], Point]
    size: str

    def neuron(self, layer: int, neuron: int) -> Point:
        """The middle of a neuron, or of the error, which stands behind the last layer."""
        last, (across, down) = len(self.drawing.layers) - 1, self.apart
        x, y = position(self.drawing, layer, neuron)
        return across * (x if layer <= last else last + TO_ERROR), -down * y


def places_on(ax: Axes, table: pd.DataFrame) -> Places:
    """The places in a panel, as wide as the page."""
    letter, width = float(mpl.rcParams["font.size"]), float(72 * ax.figure.bbox.width / ax.figure.dpi)
    return _places(width, letter, tuple(table.attrs["sizes"]), tuple(table.attrs["lines"]))


@lru_cache(maxsize=1)  # they are the same in every frame of a film
def _places(width: float, letter: float, sizes: tuple[int, ...], lines: tuple[int, ...]) -> Places:
    """The places on a page of so many points, with so many lines below the neurons of each layer."""
    drawing = _drawing(sizes)
    across, down = width / (len(sizes) - 0.3 + TO_ERROR), down_of(max(lines)) * letter
    size, share = ("small", 1.0) if across > CLOSE * letter else ("x-small", 0.85)
    below = [
        (across * x, down * y + (DERIVATIVE if line == 0 else LINE / 2 - down_to(line)) * letter)
        for layer, (size, count) in enumerate(zip(sizes, lines, strict=True))
        for x, y in (position(drawing, layer, neuron + 1) for neuron in range(size))
        for line in range(count + 1)  # the derivative is the first
    ]
    box = (LABEL[0] * share * letter, LABEL[1] * share * letter)
    points = label_points(drawing, across, down, box, MIDDLE, below)
    middles = {tuple(p[1:]): points[p.name] for p in (edge.parameter for edge in drawing.edges)}
    return Places(drawing, (across, down), {p: (x, -y) for p, (x, y) in middles.items()}, size)


def down_to(line: int) -> float:
    """How far above a neuron the top of a line below it stands: negative, in sizes of letters."""
    return -(NODE / 2 + 0.3 + LINE * line)


def down_of(lines: int) -> float:
    """How far apart neurons of a layer stand, in sizes of letters, with so many lines below each."""
    return 5.2 + LINE * lines


def _drawing(sizes: Sequence[int]) -> Picture:
    """The weights of a network, for their names to be placed."""
    network = Network(tuple(sizes), ("identity",) * (len(sizes) - 1), False)
    layers = tuple((Symbol("h"),) * size for size in sizes)
    return Picture(layers, tuple(Edge(p, (), False) for p in network.names), ())
