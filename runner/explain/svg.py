"""The network as an SVG picture: alone in a file, or within a page that marks a way in it."""

from __future__ import annotations

from html import escape

from runner.explain.notation import Math
from runner.explain.picture import Edge, Picture, label_place, position

ACROSS, DOWN, RADIUS, MARGIN = 190, 106, 26, 60

STYLE = """\
.connection { stroke: #767676; stroke-width: 1.4; fill: none }
.way .connection { stroke: #c00000; stroke-width: 3.2 }
.way text { fill: #c00000; font-weight: bold }
.neuron circle { fill: #fff; stroke: #222; stroke-width: 1.4 }
text { font: 15px serif; fill: #222; text-anchor: middle; dominant-baseline: central }
.name { paint-order: stroke; stroke: #fff; stroke-width: 5px; stroke-linejoin: round }"""


def alone(drawing: Picture) -> str:
    """A file of its own, on white, so that it reads on a dark page too."""
    return picture(drawing, f"<style>{STYLE}</style><rect width='100%' height='100%' fill='#fff'/>")


def picture(drawing: Picture, before: str = "") -> str:
    """The ``<svg>`` element; `before` is put first into it."""
    widest = max(map(len, drawing.layers))
    width = ACROSS * (len(drawing.layers) - 1) + 2 * MARGIN + 70
    height = DOWN * (widest - 1) + 2 * MARGIN + 10
    parts = [
        f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {width} {height}' width='{width}' "
        f"height='{height}' role='img' aria-label='The network and the way of the error back through it'>",
        before,
        *[_edge(drawing, edge) for edge in drawing.edges],
        *[_to_error(drawing, j) for j in range(1, len(drawing.layers[-1]) + 1)],
        *[
            _neuron(drawing, layer, j)
            for layer, neurons in enumerate(drawing.layers)
            for j in range(1, len(neurons) + 1)
        ],
        "</svg>",
    ]
    return "\n".join(part for part in parts if part)


def _place(drawing: Picture, layer: int, neuron: int) -> tuple[float, float]:
    x, y = position(drawing, layer, neuron)
    middle = DOWN * (max(map(len, drawing.layers)) - 1) / 2
    return MARGIN + ACROSS * x, MARGIN + 10 + middle + DOWN * y


def _classes(edges: list[Edge], marked: bool) -> str:
    """A class on-NAME for each parameter whose way it is; `way` where one was chosen."""
    served = sorted({name for edge in edges for name in edge.serves})
    return " ".join([f"on-{name}" for name in served] + ["way"] * (marked and bool(served)))


def _edge(drawing: Picture, edge: Edge) -> str:
    p = edge.parameter
    x2, y2 = _place(drawing, p.layer, p.to)
    if p.from_:
        x1, y1 = _place(drawing, p.layer - 1, p.from_)
        share = label_place(p.from_)
        label = x1 + share * (x2 - x1), y1 + share * (y2 - y1)
    else:
        x1, y1 = x2, y2 - 48
        label = x1, y1 - 9
    line = f"<line class='connection' x1='{x1:g}' y1='{y1:g}' x2='{x2:g}' y2='{y2:g}'/>"
    name = f"<text class='name' x='{label[0]:g}' y='{label[1]:g}'>{_text(edge.name)}</text>"
    classes = _classes([edge], drawing.marked)
    if p.name not in edge.serves:
        return f"<g class='{classes}'>{line}{name}</g>"
    return f"<a href='#{p.name}' data-w='{p.name}' class='{classes}'>{line}{name}</a>"


def _to_error(drawing: Picture, output: int) -> str:
    last = len(drawing.layers) - 1
    x, y = _place(drawing, last, output)
    into = [e for e in drawing.edges if e.parameter.layer == last and e.parameter.to == output]
    return (
        f"<g class='{_classes(into, drawing.marked)}'>"
        f"<line class='connection' x1='{x:g}' y1='{y:g}' x2='{x + 62:g}' y2='{y:g}'/>"
        f"<text x='{x + 74:g}' y='{y:g}'>E</text></g>"
    )


def _neuron(drawing: Picture, layer: int, neuron: int) -> str:
    x, y = _place(drawing, layer, neuron)
    name = _text(drawing.layers[layer][neuron - 1])
    return (
        f"<g class='neuron'><circle cx='{x:g}' cy='{y:g}' r='{RADIUS}'/>"
        f"<text x='{x:g}' y='{y:g}'>{name}</text></g>"
    )


def _text(name: Math) -> str:
    return escape(name.text)
