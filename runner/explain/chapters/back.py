"""The way back: ∂E/∂a and ∂E/∂z of every neuron, and the links of which chains are made."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from runner.explain.chapters.error import derivative, loss_numbers, loss_symbols, outputs_shared
from runner.explain.context import Context, applied, slope_of
from runner.explain.diagram import Circuit, picture
from runner.explain.document import Equation, Equations, equation
from runner.explain.notation.digits import followed
from runner.explain.notation.names import Derived, partial, shared, symbol
from runner.nn.activations import A, Z
from runner.nn.formula import Formula, Number, total
from runner.nn.network import ParameterName


@dataclass(frozen=True)
class Link:
    """A factor of a chain: what it is, what that is in symbols, in numbers, and its value."""

    name: Formula
    symbols: Formula
    numbers: Formula
    value: Formula


def way_back(context: Context, example: int, chosen: Sequence[ParameterName]) -> Equations:
    """∂E/∂a and ∂E/∂z of every neuron between the error and the chosen parameters."""
    lines: list[Equation] = []
    for layer in range(context.names.last, min(p.layer for p in chosen) - 1, -1):
        for neuron in _needed(context, layer, chosen):
            lines += _neuron_back(context, example, layer, neuron)
    return Equations(tuple(lines))


def circuit(context: Context, example: int) -> Circuit:
    """The network with the values of an example, and the derivatives of its share in the error."""
    step, names, n = context.step, context.names, example - 1
    share = 1.0 / step.examples
    by_inputs = step.dE_dz[0][n] @ step.layers[0][0]
    derivatives = [by_inputs, *(dE_da[n] for dE_da in step.dE_da)]
    layers = [
        list(zip(a[n].tolist(), d.tolist(), strict=True)) for a, d in zip(step.a, derivatives, strict=True)
    ]
    parameters = {}
    for p in names.parameters.values():
        before = float(step.a[p.layer - 1][n, p.from_ - 1]) if p.from_ else 1.0
        parameters[p.name] = context.of(step.old, p), float(step.dE_dz[p.layer - 1][n, p.to - 1]) * before
    neurons = (*map(tuple, layers), ((float(step.errors[n]), share),))
    return Circuit(picture(names, ()), neurons, parameters, step.examples)


def _needed(context: Context, layer: int, chosen: Sequence[ParameterName]) -> list[int]:
    """The neurons of a layer that a chosen parameter leads into, or passes on the way to the error."""
    passed = any(p.layer < layer for p in chosen)
    own = {p.to for p in chosen if p.layer == layer}
    return [j for j in context.neurons(layer) if passed or j in own]


def _neuron_back(context: Context, example: int, layer: int, neuron: int) -> Iterator[Equation]:
    names, step = context.names, context.step
    a, z = names.a(layer, neuron), names.z(layer, neuron)
    if layer == names.last:
        yield _from_error(context, example, neuron)
    else:
        yield _from_next_layer(context, example, layer, neuron)
    if names.is_identity(layer):
        return
    link = activation_link(context, example, layer, neuron)
    name = names.activations[layer - 1]
    yield equation(link.name, applied(name, z, prime=True), link.symbols, link.numbers, link.value)
    value = context.kept(step.dE_dz, example, layer, neuron)
    yield equation(
        context.dE(example, z),
        context.dE(example, a) * link.name,
        followed(context.kept(step.dE_da, example, layer, neuron) * link.value, value),
        value,
    )


def _from_error(context: Context, example: int, output: int) -> Equation:
    link = error_link(context, example, output)
    return equation(link.name, *_differentiated(context, output), link.symbols, link.numbers, link.value)


def _differentiated(context: Context, output: int) -> list[Formula]:
    """The derivative of what the output adds to the error, still to be taken."""
    loss, outputs = context.loss, outputs_shared(context)
    if loss.term is None:
        return []
    symbols = loss_symbols(context, output)
    whole, *between = [step.fill(symbols) for step in loss.derivation or (loss.term,)]
    pred = context.names.a(context.names.last, output)
    steps = [Derived((shared(outputs, whole), pred)), *[shared(outputs, step) for step in between]]
    return [shared(context.step.examples, step) for step in steps]


def _from_next_layer(context: Context, example: int, layer: int, neuron: int) -> Equation:
    names, step, after = context.names, context.step, context.neurons(layer + 1)
    value = context.kept(step.dE_da, example, layer, neuron)
    factors = [context.dE(example, names.z(layer + 1, j)) for j in after]
    links = [weight_link(context, layer, neuron, j) for j in after]
    numbers = [context.kept(step.dE_dz, example, layer + 1, j) for j in after]
    return equation(
        context.dE(example, names.a(layer, neuron)),
        total(*[factor * link.name for factor, link in zip(factors, links, strict=True)]),
        total(*[factor * link.symbols for factor, link in zip(factors, links, strict=True)]),
        followed(total(*[dE_dz * link.value for dE_dz, link in zip(numbers, links, strict=True)]), value),
        value,
    )


def error_link(context: Context, example: int, output: int) -> Link:
    """∂E/∂pred of an output."""
    formula, examples = derivative(context), context.step.examples
    value = context.kept(context.step.dE_da, example, context.names.last, output)
    name = context.dE(example, context.names.a(context.names.last, output))
    if formula is None:
        return Link(name, name, value, value)
    return Link(
        name,
        shared(examples, formula.fill(loss_symbols(context, output))),
        followed(shared(examples, formula.fill(loss_numbers(context, example, output))), value),
        value,
    )


def activation_link(context: Context, example: int, layer: int, neuron: int) -> Link:
    """∂a/∂z of a neuron."""
    names = context.names
    activation = names.activations[layer - 1]
    slope = slope_of(activation)
    a, z = names.a(layer, neuron), names.z(layer, neuron)
    value = context.kept(context.step.da_dz, example, layer, neuron)
    numbers = {
        **context.constants(activation),
        Z: context.z(example, layer, neuron),
        A: context.a(example, layer, neuron),
    }
    return Link(partial(a, z), slope.fill({Z: z, A: a}), followed(slope.fill(numbers), value), value)


def weight_link(context: Context, layer: int, neuron: int, after: int) -> Link:
    """∂z/∂a from a neuron to one of the next layer: the weight between them."""
    weight = context.names.parameters[layer + 1, after, neuron]
    name = partial(context.names.z(layer + 1, after), context.names.a(layer, neuron))
    return Link(name, symbol(weight), context.old(weight), context.old(weight))


def own_link(context: Context, example: int, p: ParameterName) -> Link:
    """∂z/∂w of the parameter itself: what the weight is multiplied with; 1 for a bias."""
    name = partial(context.names.z(p.layer, p.to), symbol(p))
    if p.from_ == 0:
        return Link(name, Number(1), Number(1), Number(1))
    value = context.a(example, p.layer - 1, p.from_)
    return Link(name, context.names.a(p.layer - 1, p.from_), value, value)
