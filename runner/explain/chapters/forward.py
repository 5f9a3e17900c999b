"""The forward pass: the activations with their derivatives, and every z and a."""

from __future__ import annotations

import numpy as np

from runner.explain.context import A, Work, Z, applied
from runner.explain.document import Block, Equation, Equations, Paragraph, equation
from runner.explain.notation.digits import filled, summed
from runner.explain.notation.names import NOISE, PLUS, Math, join, spread, symbol, times, without_note
from runner.nn.activations import ACTIVATIONS


def definitions(work: Work) -> list[Block]:
    """The activations that the network uses, with their derivatives."""
    used = [name for name in dict.fromkeys(work.names.activations) if name != "identity"]
    if not used:
        return [Paragraph(("There is no activation: a neuron hands on its sum as it is.",))]
    lines = []
    for name in used:
        f = ACTIVATIONS[name]
        lines.append(equation(applied(name, Z), _with_constants(work, name, Math(f.formula, f.latex))))
        lines.append(equation(applied(name, Z, prime=True), Math(f.derivative_formula, f.derivative_latex)))
    return [
        Paragraph(("A neuron hands on ", A, " = ", Math("f(z)", "f(z)"), ", the activation of its sum:")),
        Equations(tuple(line for line in lines if line.steps)),  # tanh(z) is tanh(z)
    ]


def _with_constants(work: Work, name: str, formula: Math) -> Math:
    """The formula with its note on its own constants to as many digits as all numbers."""
    constants = work.constants(name)
    if not constants:
        return formula
    each = [letter + Math(" = ", " = ") + value for letter, value in constants.items()]
    note = join(each, Math(", ", r",\ "))
    return without_note(formula) + Math(f"  ({note.text})", rf"\quad ({note.latex})")


def forward_pass(work: Work, example: int) -> Equations:
    """Every z and every a of one example."""
    lines: list[Equation] = []
    for layer in range(1, work.names.last + 1):
        for neuron in work.neurons(layer):
            lines.append(_weighted_sum(work, example, layer, neuron))
            if not work.names.is_identity(layer):
                lines.append(_activation(work, example, layer, neuron))
    return Equations(tuple(lines))


def rounding_note(work: Work, example: int) -> list[Block]:
    """Which sums are nothing but rounding: on paper they are 0."""
    left = [
        piece
        for layer in range(1, work.names.last + 1)
        for neuron in work.neurons(layer)
        if _is_rounding(work, example, layer, neuron)
        for piece in (work.names.z(layer, neuron), " = ", work.z(example, layer, neuron), ", ")
    ]
    if not left or not work.pen.solution:
        return []
    return [Paragraph((*left[:-1], ": that is 0, but for the rounding of double precision."))]


def _is_rounding(work: Work, example: int, layer: int, neuron: int) -> bool:
    w, b = work.step.layers[layer - 1]
    terms = np.abs(w[neuron - 1] * work.step.a[layer - 1][example - 1]).sum()
    terms += 0.0 if b is None else abs(b[neuron - 1])
    return 0.0 < abs(work.step.z[layer - 1][example - 1, neuron - 1]) < 0.1 * NOISE * terms


def _weighted_sum(work: Work, example: int, layer: int, neuron: int) -> Equation:
    names = work.names
    symbols: list[list[Math]] = []
    numbers: list[list[Math]] = []
    for source in work.neurons(layer - 1):
        weight = names.parameters[layer, neuron, source]
        symbols.append([symbol(weight), names.a(layer - 1, source)])
        numbers.append([work.old(weight), work.a(example, layer - 1, source)])
    if names.has_bias(layer):
        bias = names.parameters[layer, neuron, 0]
        symbols.append([symbol(bias)])
        numbers.append([work.old(bias)])
    z = work.z(example, layer, neuron)
    return equation(
        names.z(layer, neuron), spread([times(term) for term in symbols], PLUS), summed(numbers, z), z
    )


def _activation(work: Work, example: int, layer: int, neuron: int) -> Equation:
    name = work.names.activations[layer - 1]
    f = ACTIVATIONS[name]
    a, numbers = work.a(example, layer, neuron), {Z: work.z(example, layer, neuron), **work.constants(name)}
    return equation(
        work.names.a(layer, neuron),
        applied(name, work.names.z(layer, neuron)),
        filled(Math(f.formula, f.latex), numbers, a),
        a,
    )
