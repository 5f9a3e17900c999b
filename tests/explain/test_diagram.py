"""Where the drawing's names and lines stand, in every format."""

from __future__ import annotations

import re
from itertools import combinations

import pytest
from reading import page, render

import runner
from runner.explain.diagram import Circuit, Picture, label_points, picture
from runner.explain.formats import latex, svg
from runner.explain.notation.names import Names
from runner.explain.step import take

SHAPES = [
    (2, 2, 3),
    (4, 3, 3),
    (2, 8, 3),
    (7, 8),
    (8, 7),
    (3, 5, 5, 3),
    (1, 1),
    (2, 2, 2, 2, 2, 2, 2),
    (4, 8),
]


@pytest.mark.parametrize("sizes", SHAPES)
@pytest.mark.parametrize("form", ["svg", "latex"])
def test_names_of_weights_do_not_cover_each_other(sizes: tuple[int, ...], form: str) -> None:
    inputs, *hidden, outputs = sizes
    experiment = runner.load(
        "network=dense",
        "data=inline",
        f"data.inputs={[[1] * inputs]}".replace(" ", ""),
        f"data.targets={[[1] * outputs]}".replace(" ", ""),
        f"network.hidden={hidden}".replace(" ", ""),
    )
    drawing = picture(Names(experiment), {"w1"})
    if form == "svg":
        across, down, box = float(svg.ACROSS), float(svg.DOWN), svg.NAME
    else:
        across, down, box = latex.apart(drawing), latex.DOWN, latex.NAME
    points = label_points(drawing, across, down, box)
    assert len(points) == experiment.network.weight_count
    for (x, y), (u, v) in combinations(points.values(), 2):
        assert abs(x - u) >= 0.99 * box[0] or abs(y - v) >= 0.99 * box[1]


def test_all_outputs_lead_into_one_error() -> None:
    two = page("chain_rule_two_outputs", weight="w5")
    (drawing,) = (block for block in two.blocks if isinstance(block, Picture))
    assert svg.picture(drawing).count(">E</text>") == 1
    assert render(two, "latex").count("{$E$}") == 1
    text = render(two, "text").split("The network")[1].split("Inputs")[0]
    assert text.count("E\n") == 1
    assert "pred1 ━━━━┓\n" in text
    assert "pred2 ────┻━ E\n" in text


def test_the_circuit_has_the_numbers_of_the_update() -> None:
    """Every parameter's value and derivative, as three digits, on the drawing of the page."""
    html = render(page("chain_rule_two_outputs"), "html")
    (drawing,) = re.findall(r"<svg (?:(?!</svg>).)*its values(?:(?!</svg>).)*</svg>", html, re.DOTALL)
    step = take(runner.load("experiment=chain_rule_two_outputs"), 1)
    for value, derivative in zip(step.old, step.gradient, strict=True):
        assert f"{value:.3g}".replace("-", "−") in drawing
        assert f"{derivative:.3g}".replace("-", "−") in drawing


def test_shares_of_examples_add_up_to_the_gradient() -> None:
    circuits = [block for block in page("xor").blocks if isinstance(block, Circuit)]
    step = take(runner.load("experiment=xor"), 1)
    for at, name in enumerate(circuits[0].parameters):
        total = sum(circuit.parameters[name][1] for circuit in circuits)
        assert total == pytest.approx(step.gradient[at], rel=1e-9, abs=1e-15)
    assert sum(circuit.neurons[-1][0][1] for circuit in circuits) == 1.0
