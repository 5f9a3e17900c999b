"""The forward pass: the activations with their derivatives, and every z and a."""

from __future__ import annotations

import numpy as np

from runner.explain.context import Context, applied, formula_of, slope_of
from runner.explain.document import Block, Equation, Equations, Paragraph, Prose, equation, listed
from runner.explain.notation.digits import followed, is_rounding
from runner.explain.notation.names import noted
from runner.nn.activations import ACTIVATIONS, A, Z
from runner.nn.formula import equal, total


def definitions(context: Context) -> list[Block]:
    """The activations that the network uses, with their derivatives."""
    used = [name for name in dict.fromkeys(context.names.activations) if name != "identity"]
    if not used:
        return [Paragraph(("There is no activation: a neuron hands on its sum as it is.",))]
    lines = []
    for name in used:
        f = ACTIVATIONS[name]
        lines.append(equation(applied(name, Z), noted(formula_of(name), f.note or _constants(context, name))))
        lines.append(equation(applied(name, Z, prime=True), noted(slope_of(name), f.slope_note)))
    written = tuple(line for line in lines if line.steps)  # tanh(z) is tanh(z)
    said = ("A neuron hands on ", A, " = ", applied("f", Z), ", the activation of its sum")
    return [
        Paragraph((*said, ":" if written else f", which is {', '.join(used)}.")),
        *([Equations(written)] if written else []),
        *[_unwritten(name) for name in used if not (ACTIVATIONS[name].formula and ACTIVATIONS[name].slope)],
    ]


def _unwritten(name: str) -> Paragraph:
    """Says of an activation of a user's own which of its two formulas it lacks."""
    f = ACTIVATIONS[name]
    lacks = {"its value": f.formula, "its derivative": f.slope}
    what = " and ".join(words for words, formula in lacks.items() if formula is None)
    return Paragraph((f"{name} comes without a formula of {what}: there are numbers alone.",))


def _constants(context: Context, name: str) -> Prose:
    """The note on an activation's own constants, to as many digits as all numbers."""
    return listed([equal(*pair) for pair in context.constants(name).items()])


def forward_pass(context: Context, example: int) -> Equations:
    """Every z and every a of one example."""
    lines: list[Equation] = []
    for layer, neuron in context.names.neurons():
        lines.append(_weighted_sum(context, example, layer, neuron))
        if not context.names.is_identity(layer):
            lines.append(_activation(context, example, layer, neuron))
    return Equations(tuple(lines))


def rounding_note(context: Context, example: int) -> list[Block]:
    """Which sums are nothing but rounding: on paper they are 0."""
    rounded = [place for place in context.names.neurons() if _is_rounding(context, example, *place)]
    if not rounded or not context.pen.solution:
        return []
    sums = [(context.names.z(*place), " = ", context.z(example, *place), ", ") for place in rounded]
    pieces = [piece for pieces in sums for piece in pieces]
    return [Paragraph((*pieces[:-1], ": that is 0, but for the rounding of double precision."))]


def _is_rounding(context: Context, example: int, layer: int, neuron: int) -> bool:
    w, b = context.step.layers[layer - 1]
    terms = np.abs(w[neuron - 1] * context.step.a[layer - 1][example - 1]).sum()
    terms += 0.0 if b is None else abs(b[neuron - 1])
    return is_rounding(context.step.z[layer - 1][example - 1, neuron - 1], terms)


def _weighted_sum(context: Context, example: int, layer: int, neuron: int) -> Equation:
    names, z = context.names, context.z(example, layer, neuron)
    numbers = [
        context.old(p) * context.a(example, layer - 1, p.from_) if p.from_ else context.old(p)
        for p in names.into(layer, neuron)
    ]
    symbols = total(*names.weighted(layer, neuron))
    return equation(names.z(layer, neuron), symbols, followed(total(*numbers), z), z)


def _activation(context: Context, example: int, layer: int, neuron: int) -> Equation:
    name = context.names.activations[layer - 1]
    a = context.a(example, layer, neuron)
    numbers = {**context.constants(name), Z: context.z(example, layer, neuron)}
    in_numbers = formula_of(name).fill(numbers)
    symbols = applied(name, context.names.z(layer, neuron))
    return equation(context.names.a(layer, neuron), symbols, followed(in_numbers, a), a)
