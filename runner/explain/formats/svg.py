"""The network as an SVG picture: alone in a file, or within a page that marks a way in it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from runner.escaping import html as escape
from runner.explain.diagram import MIDDLE, Circuit, Edge, Picture, Point, label_points, position
from runner.explain.notation.names import symbol
from runner.explain.notation.printers import TEXT
from runner.nn.formula import Formula
from runner.nn.losses import ERROR

ACROSS, DOWN, RADIUS, MARGIN = 190, 106, 26, 60
#: How far the error stands from the outputs, and the room that a weight's name takes.
TO_ERROR, NAME = 0.45, (34, 19)
#: The room that a weight's value and its derivative take.
BOTH = (60, 36)
#: How far a bias and its name stand above its neuron.
BIAS, BIAS_NAME = 48, 57

STYLE = Path(__file__).with_name("picture.css").read_text(encoding="utf-8").rstrip()


def alone(drawing: Picture) -> str:
    """A file of its own, on white, so that it reads on a dark page too."""
    return picture(drawing, f"<style>{STYLE}</style><rect width='100%' height='100%' fill='#fff'/>")


def picture(drawing: Picture, before: str = "") -> str:
    """The ``<svg>`` element; `before` is put first into it."""
    widest = max(map(len, drawing.layers))
    width = round(ACROSS * (len(drawing.layers) - 1 + TO_ERROR) + 2 * MARGIN)
    height = DOWN * (widest - 1) + 2 * MARGIN + 10
    points = label_points(drawing, ACROSS, DOWN, NAME)
    neurons = [
        _circle(_place(drawing, layer, j), RADIUS, name, "neuron")
        for layer, neurons in enumerate(drawing.layers)
        for j, name in enumerate(neurons, start=1)
    ]
    through = [name for edge in drawing.exits for name in edge.serves]
    classes = _classes(through, any(edge.marked for edge in drawing.exits))
    parts = [
        f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {width} {height}' width='{width}' "
        f"height='{height}' role='img' aria-label='The network and the way of the error back through it'>",
        *[before] * bool(before),
        *[_line(drawing, edge) for edge in (*drawing.edges, *drawing.exits)],
        *neurons,
        _circle(_place(drawing, len(drawing.layers), 1), RADIUS // 2, ERROR, f"error {classes}"),
        *[_name(drawing, edge, points.get(edge.parameter.name)) for edge in drawing.edges],
        "</svg>",
    ]
    return "\n".join(parts)


def circuit(circuit: Circuit) -> str:
    """The ``<svg>`` element of a drawing with its numbers: values above, derivatives below."""
    drawing, last = circuit.drawing, len(circuit.drawing.layers)
    left, middle = _origin(drawing)
    widest = max(map(len, drawing.layers))
    width = round(ACROSS * (last - 1 + TO_ERROR) + 2 * MARGIN)
    height = DOWN * (widest - 1) + 2 * MARGIN + 30
    parts = [
        f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {width} {height}' width='{width}' "
        f"height='{height}' role='img' aria-label='The network with its values and derivatives'>"
    ]
    parts += [_line(drawing, edge) for edge in (*drawing.edges, *drawing.exits) if edge.parameter.from_]
    for name, (x, y) in label_points(drawing, ACROSS, DOWN, BOTH, MIDDLE).items():
        parts += _both((left + x, middle + y), circuit.parameters[name], 9)
    for layer, numbers in enumerate(circuit.neurons):
        for j, pair in enumerate(numbers, start=1):
            is_error, at = layer == last, _place(drawing, layer, j)
            neuron: Formula = ERROR if is_error else drawing.layers[layer][j - 1]
            parts.append(_circle(at, RADIUS // (1 + is_error), neuron, "error" if is_error else "neuron"))
            parts += _both(at, pair, RADIUS + 10)
    biases = [edge.parameter for edge in drawing.edges if not edge.parameter.from_]
    parts += [_bias(_place(drawing, b.layer, b.to), circuit.parameters[b.name]) for b in biases]
    return "\n".join([*parts, "</svg>"])


def _both(at: Point, pair: tuple[float, float], apart: int) -> list[str]:
    """A value above a place, and the derivative below it."""
    (x, y), signs = at, zip(pair, ("value", "derivative"), (-apart, apart), strict=True)
    return [f"<text class='name {kind}' x='{x:g}' y='{y + up:g}'>{_short(n)}</text>" for n, kind, up in signs]


def _bias(at: Point, pair: tuple[float, float]) -> str:
    value, derivative = (f"<tspan class='{kind}'>" for kind in ("value", "derivative"))
    text = f"{value}b {_short(pair[0])}</tspan> {derivative}{_short(pair[1])}</tspan>"
    return f"<text class='name small' x='{at[0]:g}' y='{at[1] + RADIUS + 26:g}'>{text}</text>"


def _short(number: float) -> str:
    """A number of three digits: the equations have more."""
    return f"{number + 0.0:.3g}".replace("-", "−")


def _place(drawing: Picture, layer: int, neuron: int) -> Point:
    x, y = position(drawing, layer, neuron)
    if layer == len(drawing.layers):
        x += TO_ERROR - 1
    left, middle = _origin(drawing)
    return left + ACROSS * x, middle + DOWN * y


def _origin(drawing: Picture) -> Point:
    """The middle of the inputs."""
    return MARGIN, MARGIN + 10 + DOWN * (max(map(len, drawing.layers)) - 1) / 2


def _classes(serves: Iterable[str], marked: bool) -> str:
    """A class on-NAME for each parameter whose way it is; `way` where one was chosen."""
    return " ".join([*[f"on-{name}" for name in sorted(set(serves))], *["way"] * marked])


def _line(drawing: Picture, edge: Edge) -> str:
    p = edge.parameter
    x2, y2 = _place(drawing, p.layer, p.to)
    x1, y1 = _place(drawing, p.layer - 1, p.from_) if p.from_ else (x2, y2 - BIAS)
    about = f"data-w='{p.name}' " if p.name else ""
    return (
        f"<g {about}class='{_classes(edge.serves, edge.marked)}'>"
        f"<line class='connection' x1='{x1:g}' y1='{y1:g}' x2='{x2:g}' y2='{y2:g}'/></g>"
    )


def _name(drawing: Picture, edge: Edge, point: Point | None) -> str:
    """A name, on top of all lines; of an explained parameter it leads to what is said about that."""
    p = edge.parameter
    x, y = _place(drawing, p.layer, p.to) if point is None else _origin(drawing)
    x, y = (x, y - BIAS_NAME) if point is None else (x + point[0], y + point[1])
    name = f"<text class='name' x='{x:g}' y='{y:g}'>{escape(TEXT.write(symbol(p)))}</text>"
    classes = _classes(edge.serves, edge.marked)
    if p.name not in edge.serves:
        return f"<g class='{classes}'>{name}</g>"
    return f"<a href='#{p.name}' data-w='{p.name}' class='{classes}'>{name}</a>"


def _circle(place: Point, radius: int, name: Formula, classes: str) -> str:
    x, y = place
    return (
        f"<g class='{classes}'><circle cx='{x:g}' cy='{y:g}' r='{radius}'/>"
        f"<text x='{x:g}' y='{y:g}'>{escape(TEXT.write(name))}</text></g>"
    )
