"""The way back: ∂E/∂a and ∂E/∂z of every neuron, and the links of which chains are made."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from runner.activations import ACTIVATIONS
from runner.explain.error import loss_numbers, loss_symbols
from runner.explain.notation import (
    DOT,
    PLUS,
    TIMES,
    Math,
    factor,
    fill,
    operand,
    partial,
    same,
    spread,
    symbol,
)
from runner.explain.sheet import Equation, Equations, equation
from runner.explain.work import A, Work, Z, applied, share, times
from runner.network import ParameterName


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
    yield equation(
        work.dE(example, z),
        work.dE(example, a) + TIMES + link.name,
        times([work.kept(step.dE_da, example, layer, neuron), link.value]),
        work.kept(step.dE_dz, example, layer, neuron),
    )


def _from_error(work: Work, example: int, output: int) -> Equation:
    link = error_link(work, example, output)
    return equation(link.name, *_differentiated(work, output), link.symbols, link.numbers, link.value)


def _differentiated(work: Work, output: int) -> list[Math]:
    """The derivative of what the output adds to the error, still to be taken."""
    if work.loss.p is not None:
        return []  # each output moves every p: the formula is the result of a longer calculation
    term = fill(Math(*work.loss.term), loss_symbols(work, output))
    pred = work.names.a(work.names.last, output).latex
    whole = share(work.outputs if work.loss.mean_over_outputs else 1) + term
    taken = Math(
        f"∂({whole.text})/∂{work.names.a(work.names.last, output).text}",
        rf"\frac{{\partial}}{{\partial {pred}}} \left({whole.latex}\right)",
    )
    return [share(work.step.examples) + taken]


def _from_next_layer(work: Work, example: int, layer: int, neuron: int) -> Equation:
    names, step = work.names, work.step
    links: list[Math] = []
    symbols: list[Math] = []
    numbers: list[Math] = []
    for after in work.neurons(layer + 1):
        weight = names.parameters[layer + 1, after, neuron]
        z = names.z(layer + 1, after)
        links.append(work.dE(example, z) + TIMES + partial(z, names.a(layer, neuron)))
        symbols.append(work.dE(example, z) + DOT + symbol(weight))
        dE_dz = work.kept(step.dE_dz, example, layer + 1, after)
        numbers.append(times([operand(dE_dz) if numbers else dE_dz, work.old(weight)]))
    return equation(
        work.dE(example, names.a(layer, neuron)),
        spread(links, PLUS),
        spread(symbols, PLUS),
        spread(numbers, PLUS),
        work.kept(step.dE_da, example, layer, neuron),
    )


def error_link(work: Work, example: int, output: int) -> Link:
    formula = Math(work.loss.derivative_formula, work.loss.derivative_latex)
    symbols = fill(formula, loss_symbols(work, output))
    numbers = fill(formula, loss_numbers(work, example, output))
    part = share(work.step.examples)
    if part.text:
        symbols, numbers = factor(symbols), factor(numbers)
    return Link(
        work.dE(example, work.names.a(work.names.last, output)),
        part + symbols,
        part + numbers,
        work.kept(work.step.dE_da, example, work.names.last, output),
    )


def activation_link(work: Work, example: int, layer: int, neuron: int) -> Link:
    names = work.names
    f = ACTIVATIONS[names.activations[layer - 1]]
    formula = Math(f.derivative_formula, f.derivative_latex)
    a, z = names.a(layer, neuron), names.z(layer, neuron)
    return Link(
        partial(a, z),
        fill(formula, {Z: z, A: a}),
        fill(formula, {Z: work.z(example, layer, neuron), A: work.a(example, layer, neuron)}),
        work.kept(work.step.da_dz, example, layer, neuron),
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
