"""The network as a picture."""

from __future__ import annotations

from dataclasses import replace
from xml.etree import ElementTree

import runner
from runner.explain.diagram import picture
from runner.explain.formats import svg
from runner.explain.notation.names import Names
from runner.nn.formula import Symbol


def test_a_picture_escapes_its_names() -> None:
    drawing = picture(Names(runner.load()), {"w1"})
    name = Symbol("<&>")
    changed = replace(drawing, layers=((name, *drawing.layers[0][1:]), *drawing.layers[1:]))
    assert "<&>" not in svg.alone(changed)
    ElementTree.fromstring(svg.alone(changed))
