"""The forward pass: the activations with their derivatives, and every z and a."""

from __future__ import annotations

from runner.activations import ACTIVATIONS
from runner.explain.notation import (
    PLUS,
    Math,
    fill,
    operand,
    spread,
    symbol,
)
from runner.explain.sheet import Block, Equation, Equations, Paragraph, equation
from runner.explain.work import A, Work, Z, applied, times


def definitions(work: Work) -> list[Block]:
    """The activations that the network uses, with their derivatives."""
    used = [name for name in dict.fromkeys(work.names.activations) if name != "identity"]
    if not used:
        return [Paragraph(("There is no activation: a neuron hands on its sum as it is.",))]
    lines = []
    for name in used:
        f = ACTIVATIONS[name]
        lines.append(equation(applied(name, Z), Math(f.formula, f.latex)))
        lines.append(equation(applied(name, Z, prime=True), Math(f.derivative_formula, f.derivative_latex)))
    return [
        Paragraph(("A neuron hands on ", A, " = ", Math("f(z)", "f(z)"), ", the activation of its sum:")),
        Equations(tuple(line for line in lines if line.steps)),  # tanh(z) is tanh(z)
    ]


def forward_pass(work: Work, example: int) -> Equations:
    """Every z and every a of one example."""
    lines: list[Equation] = []
    for layer in range(1, work.names.last + 1):
        for neuron in work.neurons(layer):
            lines.append(_weighted_sum(work, example, layer, neuron))
            if not work.names.is_identity(layer):
                lines.append(_activation(work, example, layer, neuron))
    return Equations(tuple(lines))


def _weighted_sum(work: Work, example: int, layer: int, neuron: int) -> Equation:
    names = work.names
    symbols: list[Math] = []
    numbers: list[Math] = []
    for source in work.neurons(layer - 1):
        weight = names.parameters[layer, neuron, source]
        old = work.old(weight)
        symbols.append(times([symbol(weight), names.a(layer - 1, source)]))
        numbers.append(times([operand(old) if numbers else old, work.a(example, layer - 1, source)]))
    if names.has_bias(layer):
        bias = names.parameters[layer, neuron, 0]
        symbols.append(symbol(bias))
        numbers.append(operand(work.old(bias)))
    return equation(
        names.z(layer, neuron),
        spread(symbols, PLUS),
        spread(numbers, PLUS),
        work.z(example, layer, neuron),
    )


def _activation(work: Work, example: int, layer: int, neuron: int) -> Equation:
    name = work.names.activations[layer - 1]
    f = ACTIVATIONS[name]
    return equation(
        work.names.a(layer, neuron),
        applied(name, work.names.z(layer, neuron)),
        fill(Math(f.formula, f.latex), {Z: work.z(example, layer, neuron)}),
        work.a(example, layer, neuron),
    )
