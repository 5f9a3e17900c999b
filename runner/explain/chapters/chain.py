"""The chain of one parameter: its factors, their product, its paths, and the sum over the examples."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import product

from runner.explain.chapters.back import Link, activation_link, error_link, own_link, weight_link
from runner.explain.context import ELLIPSIS, Work, bracketed, ends, share
from runner.explain.document import Block, Equation, Equations, Paragraph, Table, equation
from runner.explain.notation.digits import followed, summed
from runner.explain.notation.names import (
    DOT,
    ERROR,
    PLUS,
    TIMES,
    Math,
    Names,
    factor,
    indexed,
    join,
    operand,
    partial,
    same,
    spread,
    symbol,
    times,
)
from runner.nn.network import ParameterName

#: Beyond this many columns a product is not written out in symbols of its own.
LONGEST_PRODUCT = 64


def chain(work: Work, p: ParameterName, examples: Sequence[int], expand: bool) -> list[Block]:
    """The derivative by one parameter: factor by factor, example by example, and their sum."""
    blocks: list[Block] = [Equations((_own_factor(work, examples[0], p),))]
    paths = _paths(work, p)
    if len(paths) > 1:
        blocks.append(_grouping(work, p, len(paths)))
    for example in examples:
        lines = [_product(work, example, p, paths)]
        if expand and len(paths) > 1:
            lines += _expanded(work, example, p, paths)
        blocks.append(Equations(tuple(lines)))
    if work.step.examples > 1:
        blocks += _over_examples(work, p)
    return blocks


def _gradient(work: Work, p: ParameterName) -> Math:
    """What the run has as the derivative of the error."""
    return work.pen.result(float(work.step.error_gradient[work.names.place[p.name]]))


def _paths(work: Work, p: ParameterName) -> list[tuple[int, ...]]:
    """The neurons on each way from the parameter's own neuron to an output, one a layer."""
    after = [work.neurons(layer) for layer in range(p.layer + 1, work.names.last + 1)]
    return [(p.to, *rest) for rest in product(*after)]


def path_count(names: Names, p: ParameterName) -> int:
    """Over how many paths a parameter reaches the error."""
    return math.prod(names.sizes[p.layer + 1 :])


def _own_factor(work: Work, example: int, p: ParameterName) -> Equation:
    """∂z/∂w, derived: of the sum, only the term with w depends on w."""
    names = work.names
    terms = [
        times([names.parameter(p.layer, p.to, i), names.a(p.layer - 1, i)]) for i in work.neurons(p.layer - 1)
    ]
    if names.has_bias(p.layer):
        terms.append(names.parameter(p.layer, p.to, 0))
    at = p.from_ - 1 if p.from_ else len(terms) - 1
    if len(terms) > 3:
        before, after = [ELLIPSIS] * (at > 0), [ELLIPSIS] * (at < len(terms) - 1)
        terms = [*before, terms[at], *after]
    inner = join(terms, PLUS)
    taken = Math(
        f"∂({inner.text})/∂{symbol(p).text}",
        rf"\frac{{\partial}}{{\partial {symbol(p).latex}}} \left({inner.latex}\right)",
    )
    link = own_link(work, example, p)
    # of several examples each has a value of its own
    steps = [link.symbols, link.value] if work.step.examples == 1 else [link.symbols]
    return equation(link.name, taken, *steps)


def _grouping(work: Work, p: ParameterName, paths: int) -> Paragraph:
    a = work.names.a(p.layer, p.to)
    return Paragraph(
        (
            symbol(p),
            f" reaches the error over {paths} paths; ",
            partial(ERROR, a),
            ", worked out above, gathers them.",
        )
    )


def _links(work: Work, example: int, p: ParameterName, path: Sequence[int]) -> list[Link]:
    """The factors along one path, from the error to the parameter."""
    names = work.names
    links = [error_link(work, example, path[-1])]
    for layer in range(names.last, p.layer - 1, -1):
        neuron = path[layer - p.layer]
        if not names.is_identity(layer):
            links.append(activation_link(work, example, layer, neuron))
        if layer > p.layer:
            links.append(weight_link(work, layer - 1, path[layer - 1 - p.layer], neuron))
    return [*links, own_link(work, example, p)]


def _grouped_links(work: Work, example: int, p: ParameterName) -> list[Link]:
    """The factors of a parameter with many paths: ∂E/∂a of its neuron stands for them all."""
    a = work.names.a(p.layer, p.to)
    value = work.kept(work.step.dE_da, example, p.layer, p.to)
    links = [Link(work.dE(example, a), work.dE(example, a), value, value)]
    if not work.names.is_identity(p.layer):
        links.append(activation_link(work, example, p.layer, p.to))
    return [*links, own_link(work, example, p)]


def _product(work: Work, example: int, p: ParameterName, paths: Sequence[tuple[int, ...]]) -> Equation:
    grouped = len(paths) > 1
    links = _grouped_links(work, example, p) if grouped else _links(work, example, p, paths[0])
    if work.step.examples == 1:
        result = _gradient(work, p)
    else:
        result = work.pen.result(_contribution(work, example, p))
    return _multiplied(work.dE(example, symbol(p)), links, result, in_symbols=not grouped)


def _multiplied(left: Math, links: Sequence[Link], result: Math, in_symbols: bool = True) -> Equation:
    steps = [spread([link.name for link in links], TIMES)]
    symbols = [factor(link.symbols) for link in links]
    plain = not any(" if " in part.text for part in symbols)
    if in_symbols and plain and join(symbols, DOT).width <= LONGEST_PRODUCT:
        numbers = [operand(factor(link.numbers)) for link in links]
        steps += [spread(symbols, DOT), spread(numbers, DOT)]
    values = [link.value for link in links]
    steps.append(followed(values, lambda ns: spread([ns[0], *[operand(n) for n in ns[1:]]], DOT), result))
    return equation(left, *steps, result)


def _contribution(work: Work, example: int, p: ParameterName) -> float:
    """What one of several examples adds to the sum: the product that the backward pass sums."""
    dE_dz = float(work.step.dE_dz[p.layer - 1][example - 1, p.to - 1])
    return dE_dz * (float(work.step.a[p.layer - 1][example - 1, p.from_ - 1]) if p.from_ else 1.0)


def _expanded(
    work: Work, example: int, p: ParameterName, paths: Sequence[tuple[int, ...]]
) -> Iterator[Equation]:
    """Every path as a product of its own, and their sum."""
    values = []
    for path in paths:
        links = _links(work, example, p, path)
        neurons = [work.names.a(p.layer + i, neuron) for i, neuron in enumerate(path)]
        left = join(neurons, Math(" → ", r" \to "))
        value = math.prod(_link_values(work, example, p, path))
        values.append(work.pen.result(value))
        yield _multiplied(left, links, values[-1], in_symbols=False)
    result = (
        _gradient(work, p) if work.step.examples == 1 else work.pen.result(_contribution(work, example, p))
    )
    yield equation(work.dE(example, symbol(p)), summed([[value] for value in values], result), result)


def _link_values(work: Work, example: int, p: ParameterName, path: Sequence[int]) -> Iterator[float]:
    step, n = work.step, example - 1
    yield float(step.dE_dz[-1][n, path[-1] - 1])
    for layer in range(work.names.last, p.layer, -1):
        neuron, before = path[layer - p.layer] - 1, path[layer - 1 - p.layer] - 1
        yield float(step.layers[layer - 1][0][neuron, before])
        yield float(step.da_dz[layer - 2][n, before])
    yield float(step.a[p.layer - 1][n, p.from_ - 1]) if p.from_ else 1.0


def _over_examples(work: Work, p: ParameterName) -> list[Block]:
    """The sum of what the examples add, with every term in a table."""
    shown = ends(work.step.examples)
    z = work.names.z(p.layer, p.to)
    n = same("n")
    header = (
        Math("n", "n"),
        share(work.step.examples) + partial(indexed(ERROR, n.latex), z),
        partial(z, symbol(p)),
        share(work.step.examples) + partial(indexed(ERROR, n.latex), symbol(p)),
    )
    rows = [
        (
            same(str(k)),
            work.kept(work.step.dE_dz, k, p.layer, p.to),
            own_link(work, k, p).value,
            work.pen.result(_contribution(work, k, p)),
        )
        if k
        else (ELLIPSIS,) * 4
        for k in shown
    ]
    symbols = [indexed_derivative(k, p) if k else ELLIPSIS for k in shown]
    numbers = [work.pen.result(_contribution(work, k, p)) if k else ELLIPSIS for k in shown]
    return [
        Paragraph((f"The mean over the {work.step.examples} examples, each with its share:",)),
        Table(header, tuple(rows)),
        Equations(
            (
                equation(
                    partial(ERROR, symbol(p)),
                    bracketed(share(work.step.examples), symbols),
                    summed([[number] for number in numbers], _gradient(work, p)),
                    _gradient(work, p),
                ),
            )
        ),
    ]


def indexed_derivative(example: int, p: ParameterName) -> Math:
    return partial(indexed(ERROR, example), symbol(p))
