"""The network as an SVG picture: alone in a file, or within a page that marks a way in it."""

from __future__ import annotations

from collections.abc import Iterable

from runner.escaping import html as escape
from runner.explain.diagram import Edge, Picture, Point, label_points, passes, position
from runner.explain.notation.printers import TEXT
from runner.nn.formula import Formula

ACROSS, DOWN, RADIUS, MARGIN = 190, 106, 26, 60
#: How far the error stands from the outputs, and the room that a weight's name takes.
TO_ERROR, NAME = 0.45, (34, 19)

STYLE = """\
.connection { stroke: #767676; stroke-width: 1.4; fill: none }
.way .connection { stroke: #c00000; stroke-width: 3.2 }
.way text { fill: #c00000; font-weight: bold }
.neuron circle { fill: #fff; stroke: #222; stroke-width: 1.4 }
.error circle { fill: #fff }
text { font: 15px serif; fill: #222; text-anchor: middle; dominant-baseline: central }
.name { paint-order: stroke; stroke: #fff; stroke-width: 5px; stroke-linejoin: round }"""


def alone(drawing: Picture) -> str:
    """A file of its own, on white, so that it reads on a dark page too."""
    return picture(drawing, f"<style>{STYLE}</style><rect width='100%' height='100%' fill='#fff'/>")


def picture(drawing: Picture, before: str = "") -> str:
    """The ``<svg>`` element; `before` is put first into it."""
    widest = max(map(len, drawing.layers))
    width = round(ACROSS * (len(drawing.layers) - 1 + TO_ERROR) + 2 * MARGIN)
    height = DOWN * (widest - 1) + 2 * MARGIN + 10
    points = label_points(drawing, ACROSS, DOWN, NAME)
    parts = [
        f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {width} {height}' width='{width}' "
        f"height='{height}' role='img' aria-label='The network and the way of the error back through it'>",
        before,
        *[_line(drawing, edge) for edge in drawing.edges],
        *[_to_error(drawing, j) for j in range(1, len(drawing.layers[-1]) + 1)],
        *[
            _neuron(drawing, layer, j)
            for layer, neurons in enumerate(drawing.layers)
            for j in range(1, len(neurons) + 1)
        ],
        _error(drawing),
        *[_name(drawing, edge, points.get(edge.parameter.name)) for edge in drawing.edges],
        "</svg>",
    ]
    return "\n".join(part for part in parts if part)


def _place(drawing: Picture, layer: int, neuron: int) -> tuple[float, float]:
    x, y = position(drawing, layer, neuron)
    if layer == len(drawing.layers):
        x += TO_ERROR - 1
    left, middle = _origin(drawing)
    return left + ACROSS * x, middle + DOWN * y


def _origin(drawing: Picture) -> tuple[float, float]:
    """The middle of the inputs."""
    return MARGIN, MARGIN + 10 + DOWN * (max(map(len, drawing.layers)) - 1) / 2


def _classes(serves: Iterable[str], marked: bool) -> str:
    """A class on-NAME for each parameter whose way it is; `way` where one was chosen."""
    served = sorted(set(serves))
    return " ".join([f"on-{name}" for name in served] + ["way"] * (marked and bool(served)))


#: How far a bias and its name stand above its neuron.
BIAS, BIAS_NAME = 48, 57


def _line(drawing: Picture, edge: Edge) -> str:
    p = edge.parameter
    x2, y2 = _place(drawing, p.layer, p.to)
    x1, y1 = _place(drawing, p.layer - 1, p.from_) if p.from_ else (x2, y2 - BIAS)
    return (
        f"<g data-w='{p.name}' class='{_classes(edge.serves, drawing.marked)}'>"
        f"<line class='connection' x1='{x1:g}' y1='{y1:g}' x2='{x2:g}' y2='{y2:g}'/></g>"
    )


def _name(drawing: Picture, edge: Edge, point: Point | None) -> str:
    """A name, on top of all lines; of an explained parameter it leads to what is said about that."""
    p = edge.parameter
    x, y = _place(drawing, p.layer, p.to) if point is None else _origin(drawing)
    x, y = (x, y - BIAS_NAME) if point is None else (x + point[0], y + point[1])
    name = f"<text class='name' x='{x:g}' y='{y:g}'>{_text(edge.name)}</text>"
    classes = _classes(edge.serves, drawing.marked)
    if p.name not in edge.serves:
        return f"<g class='{classes}'>{name}</g>"
    return f"<a href='#{p.name}' data-w='{p.name}' class='{classes}'>{name}</a>"


def _to_error(drawing: Picture, output: int) -> str:
    last = len(drawing.layers) - 1
    (x1, y1), (x2, y2) = _place(drawing, last, output), _place(drawing, last + 1, 1)
    return (
        f"<g class='{_classes(passes(drawing, output), drawing.marked)}'>"
        f"<line class='connection' x1='{x1:g}' y1='{y1:g}' x2='{x2:g}' y2='{y2:g}'/></g>"
    )


def _error(drawing: Picture) -> str:
    """The error, in which the lines of all outputs end."""
    x, y = _place(drawing, len(drawing.layers), 1)
    served = [name for j in range(1, len(drawing.layers[-1]) + 1) for name in passes(drawing, j)]
    return (
        f"<g class='error {_classes(served, drawing.marked)}'><circle cx='{x:g}' cy='{y:g}' r='13'/>"
        f"<text x='{x:g}' y='{y:g}'>E</text></g>"
    )


def _neuron(drawing: Picture, layer: int, neuron: int) -> str:
    x, y = _place(drawing, layer, neuron)
    name = _text(drawing.layers[layer][neuron - 1])
    return (
        f"<g class='neuron'><circle cx='{x:g}' cy='{y:g}' r='{RADIUS}'/>"
        f"<text x='{x:g}' y='{y:g}'>{name}</text></g>"
    )


def _text(name: Formula) -> str:
    return escape(TEXT.write(name))
