"""The way back: ∂E/∂a and ∂E/∂z of every neuron, and the links of which chains are made."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from runner.explain.chapters.error import derivative, loss_numbers, loss_symbols, outputs_shared
from runner.explain.context import A, Work, Z, applied, share
from runner.explain.document import Equation, Equations, equation
from runner.explain.notation.digits import filled, followed, summed
from runner.explain.notation.names import (
    DOT,
    PLUS,
    TIMES,
    Math,
    bare,
    factor,
    fill,
    partial,
    same,
    spread,
    symbol,
)
from runner.nn.activations import ACTIVATIONS
from runner.nn.losses import LOSSES
from runner.nn.network import ParameterName


@dataclass(frozen=True)
class Link:
    """A factor of a chain: what it is, what that is in symbols, in numbers, and its value."""

    name: Math
    symbols: Math
    numbers: Math
    value: Math


def way_back(work: Work, example: int, chosen: Sequence[ParameterName]) -> Equations:
    """∂E/∂a and ∂E/∂z of every neuron between the error and the chosen parameters."""
    lines: list[Equation] = []
    for layer in range(work.names.last, min(p.layer for p in chosen) - 1, -1):
        for neuron in _needed(work, layer, chosen):
            lines += _neuron_back(work, example, layer, neuron)
    return Equations(tuple(lines))


def _needed(work: Work, layer: int, chosen: Sequence[ParameterName]) -> list[int]:
    """The neurons of a layer that a chosen parameter leads into, or passes on the way to the error."""
    passed = any(p.layer < layer for p in chosen)
    own = {p.to for p in chosen if p.layer == layer}
    return [j for j in work.neurons(layer) if passed or j in own]


def _neuron_back(work: Work, example: int, layer: int, neuron: int) -> Iterator[Equation]:
    names, step = work.names, work.step
    a, z = names.a(layer, neuron), names.z(layer, neuron)
    if layer == names.last:
        yield _from_error(work, example, neuron)
    else:
        yield _from_next_layer(work, example, layer, neuron)
    if names.is_identity(layer):
        return
    link = activation_link(work, example, layer, neuron)
    name = names.activations[layer - 1]
    yield equation(link.name, applied(name, z, prime=True), link.symbols, link.numbers, link.value)
    value = work.kept(step.dE_dz, example, layer, neuron)
    yield equation(
        work.dE(example, z),
        work.dE(example, a) + TIMES + link.name,
        summed([[work.kept(step.dE_da, example, layer, neuron), link.value]], value),
        value,
    )


def _from_error(work: Work, example: int, output: int) -> Equation:
    link = error_link(work, example, output)
    return equation(link.name, *_differentiated(work, output), link.symbols, link.numbers, link.value)


def _differentiated(work: Work, output: int) -> list[Math]:
    """The derivative of what the output adds to the error, still to be taken."""
    symbols, pred = loss_symbols(work, output), work.names.a(work.names.last, output)
    examples, outputs = share(work.step.examples), share(outputs_shared(work))
    whole, *between = [fill(formula, symbols) for formula in _derivation(work)]
    taken = outputs + whole if outputs.text else bare(whole)
    first = Math(
        f"∂({taken.text})/∂{pred.text}",
        rf"\frac{{\partial}}{{\partial {pred.latex}}} \left({taken.latex}\right)",
    )
    before = examples + outputs
    return [examples + first, *[before + factor(step) if before.text else step for step in between]]


def _derivation(work: Work) -> list[Math]:
    """What an output adds to the error, and what comes between that and the loss's derivative."""
    return [Math(*step) for step in DERIVATIONS.get(work.step.experiment.loss, [work.loss.term])]


#: Where the derivative is not read off the error at a glance.
DERIVATIONS = {
    "binary_cross_entropy_with_logits": [
        LOSSES["binary_cross_entropy_with_logits"].term,
        ("e^(pred)/(1 + e^(pred)) − y", r"\frac{e^{\mathrm{pred}}}{1 + e^{\mathrm{pred}}} - y"),
        ("1/(1 + e^(−pred)) − y", r"\frac{1}{1 + e^{-\mathrm{pred}}} - y"),
    ],
    "cross_entropy": [
        ("ln S − y·pred", r"\ln S - y \cdot \mathrm{pred}"),
        ("e^(pred)/S − y", r"\frac{e^{\mathrm{pred}}}{S} - y"),
    ],
}


def _from_next_layer(work: Work, example: int, layer: int, neuron: int) -> Equation:
    names, step = work.names, work.step
    links: list[Math] = []
    symbols: list[Math] = []
    numbers: list[list[Math]] = []
    for after in work.neurons(layer + 1):
        weight = names.parameters[layer + 1, after, neuron]
        z = names.z(layer + 1, after)
        links.append(work.dE(example, z) + TIMES + partial(z, names.a(layer, neuron)))
        symbols.append(work.dE(example, z) + DOT + symbol(weight))
        numbers.append([work.kept(step.dE_dz, example, layer + 1, after), work.old(weight)])
    value = work.kept(step.dE_da, example, layer, neuron)
    return equation(
        work.dE(example, names.a(layer, neuron)),
        spread(links, PLUS),
        spread(symbols, PLUS),
        summed(numbers, value),
        value,
    )


def error_link(work: Work, example: int, output: int) -> Link:
    formula, part = derivative(work), share(work.step.examples)

    def shared(filled: Math) -> Math:
        return part + factor(filled) if part.text else filled

    values = loss_numbers(work, example, output)
    value = work.kept(work.step.dE_da, example, work.names.last, output)
    return Link(
        work.dE(example, work.names.a(work.names.last, output)),
        shared(fill(formula, loss_symbols(work, output))),
        followed(
            list(values.values()),
            lambda numbers: shared(fill(formula, dict(zip(values, numbers, strict=True)))),
            value,
        ),
        value,
    )


def activation_link(work: Work, example: int, layer: int, neuron: int) -> Link:
    names = work.names
    f = ACTIVATIONS[names.activations[layer - 1]]
    formula = Math(f.derivative_formula, f.derivative_latex)
    a, z = names.a(layer, neuron), names.z(layer, neuron)
    value = work.kept(work.step.da_dz, example, layer, neuron)
    numbers = {Z: work.z(example, layer, neuron), A: work.a(example, layer, neuron)}
    constants = work.constants(names.activations[layer - 1])
    return Link(
        partial(a, z), fill(formula, {Z: z, A: a}), filled(formula, {**numbers, **constants}, value), value
    )


def weight_link(work: Work, layer: int, neuron: int, after: int) -> Link:
    """∂z/∂a from a neuron to one of the next layer: the weight between them."""
    weight = work.names.parameters[layer + 1, after, neuron]
    name = partial(work.names.z(layer + 1, after), work.names.a(layer, neuron))
    return Link(name, symbol(weight), work.old(weight), work.old(weight))


def own_link(work: Work, example: int, p: ParameterName) -> Link:
    """∂z/∂w of the parameter itself: what the weight is multiplied with; 1 for a bias."""
    name = partial(work.names.z(p.layer, p.to), symbol(p))
    if p.from_ == 0:
        return Link(name, same("1"), same("1"), same("1"))
    value = work.a(example, p.layer - 1, p.from_)
    return Link(name, work.names.a(p.layer - 1, p.from_), value, value)
