"""The chain of one parameter: its factors, their product, its paths, and the sum over the examples."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import replace

from runner.explain.chapters.back import Link, activation_link, error_link, own_link, weight_link
from runner.explain.context import Context, ends
from runner.explain.document import Block, Equation, Equations, Paragraph, Table, equation
from runner.explain.notation.digits import ALL_DIGITS, Pen, followed
from runner.explain.notation.names import ELLIPSIS, Derived, Names, indexed, mean, partial, symbol
from runner.explain.notation.printers import TEXT
from runner.nn.formula import Cases, Formula, Number, Relation, Symbol, product, total
from runner.nn.losses import ERROR
from runner.nn.network import ParameterName

#: Beyond this many columns a product is not written out in symbols of its own.
LONGEST_PRODUCT = 64


def chain(context: Context, p: ParameterName, examples: Sequence[int], expand: bool) -> list[Block]:
    """The derivative by one parameter: factor by factor, example by example, and their sum."""
    blocks: list[Block] = [Equations((_own_factor(context, examples[0], p),))]
    paths = _paths(context, p)
    if len(paths) > 1:
        blocks.append(_grouping(context, p, len(paths)))
    for example in examples:
        lines = [_product(context, example, p, paths)]
        if expand and len(paths) > 1:
            lines += _expanded(context, example, p, paths)
        blocks.append(Equations(tuple(lines)))
    if context.step.examples > 1:
        blocks += _over_examples(context, p)
    return blocks


def _paths(context: Context, p: ParameterName) -> list[tuple[int, ...]]:
    """The neurons on each way from the parameter's own neuron to an output, one a layer."""
    after = [context.neurons(layer) for layer in range(p.layer + 1, context.names.last + 1)]
    return [(p.to, *rest) for rest in itertools.product(*after)]


def path_count(names: Names, p: ParameterName) -> int:
    """Over how many paths a parameter reaches the error."""
    return math.prod(names.sizes[p.layer + 1 :])


def _own_factor(context: Context, example: int, p: ParameterName) -> Equation:
    """∂z/∂w, derived: of the sum, only the term with w depends on w."""
    names = context.names
    terms = names.weighted(p.layer, p.to)
    at = p.from_ - 1 if p.from_ else len(terms) - 1
    if len(terms) > 3:
        before, after = [ELLIPSIS] * (at > 0), [ELLIPSIS] * (at < len(terms) - 1)
        terms = [*before, terms[at], *after]
    link = own_link(context, example, p)
    # of several examples each has a value of its own
    steps = [link.symbols, link.value] if context.step.examples == 1 else [link.symbols]
    return equation(link.name, Derived((total(*terms), symbol(p))), *steps)


def _grouping(context: Context, p: ParameterName, paths: int) -> Paragraph:
    gathers = (partial(ERROR, context.names.a(p.layer, p.to)), ", worked out above, gathers them.")
    return Paragraph((symbol(p), f" reaches the error over {paths} paths; ", *gathers))


def _links(context: Context, example: int, p: ParameterName, path: Sequence[int]) -> list[Link]:
    """The factors along one path, from the error to the parameter."""
    names = context.names
    links = [error_link(context, example, path[-1])]
    for layer in range(names.last, p.layer - 1, -1):
        neuron = path[layer - p.layer]
        if not names.is_identity(layer):
            links.append(activation_link(context, example, layer, neuron))
        if layer > p.layer:
            links.append(weight_link(context, layer - 1, path[layer - 1 - p.layer], neuron))
    return [*links, own_link(context, example, p)]


def _grouped_links(context: Context, example: int, p: ParameterName) -> list[Link]:
    """The factors of a parameter with many paths: ∂E/∂a of its neuron stands for them all."""
    a = context.names.a(p.layer, p.to)
    value = context.kept(context.step.dE_da, example, p.layer, p.to)
    links = [Link(context.dE(example, a), context.dE(example, a), value, value)]
    if not context.names.is_identity(p.layer):
        links.append(activation_link(context, example, p.layer, p.to))
    return [*links, own_link(context, example, p)]


def _product(context: Context, example: int, p: ParameterName, paths: Sequence[tuple[int, ...]]) -> Equation:
    grouped = len(paths) > 1
    links = _grouped_links(context, example, p) if grouped else _links(context, example, p, paths[0])
    result = _result(context, example, p)
    return _multiplied(context.dE(example, symbol(p)), links, result, in_symbols=not grouped)


def _multiplied(left: Formula, links: Sequence[Link], result: Formula, in_symbols: bool = True) -> Equation:
    steps = [product(*[link.name for link in links])]
    symbols = product(*[link.symbols for link in links])
    plain = not any(isinstance(part, Cases) for part in symbols.parts_within())
    if in_symbols and plain and TEXT.width(symbols) <= LONGEST_PRODUCT:
        steps += [symbols, product(*[link.numbers for link in links])]
    return equation(left, *steps, followed(product(*[link.value for link in links]), result), result)


def _result(context: Context, example: int, p: ParameterName) -> Formula:
    """The derivative that the example makes: all of it, or what one of several adds to the backward sum."""
    if context.step.examples == 1:
        return context.error_gradient(p)
    dE_dz = float(context.step.dE_dz[p.layer - 1][example - 1, p.to - 1])
    a = float(context.step.a[p.layer - 1][example - 1, p.from_ - 1]) if p.from_ else 1.0
    return context.pen.result(dE_dz * a)


def _expanded(
    context: Context, example: int, p: ParameterName, paths: Sequence[tuple[int, ...]]
) -> Iterator[Equation]:
    """Every path as a product of its own, and their sum."""
    values = []
    exact = replace(context, pen=Pen(ALL_DIGITS))
    for path in paths:
        neurons = [context.names.a(p.layer + i, neuron) for i, neuron in enumerate(path)]
        factors = [float(link.value.value()) for link in _links(exact, example, p, path)]
        values.append(context.pen.result(math.prod(factors)))
        links = _links(context, example, p, path)
        yield _multiplied(Relation(tuple(neurons), "→"), links, values[-1], in_symbols=False)
    result = _result(context, example, p)
    yield equation(context.dE(example, symbol(p)), followed(total(*values), result), result)


def _over_examples(context: Context, p: ParameterName) -> list[Block]:
    """The sum of what the examples add, with every term in a table."""
    count, z = context.step.examples, context.names.z(p.layer, p.to)
    header = (Symbol("n"), context.dE("n", z), partial(z, symbol(p)), context.dE("n", symbol(p)))
    rows = [_row(context, k, p) if k else (ELLIPSIS,) * 4 for k in ends(count)]
    symbols = mean(count, [partial(indexed(ERROR, k), symbol(p)) if k else ELLIPSIS for k in ends(count)])
    result = context.error_gradient(p)
    numbers = followed(total(*[contribution for *_, contribution in rows]), result)
    return [
        Paragraph((f"The mean over the {count} examples, each with its share:",)),
        Table(header, tuple(rows)),
        Equations((equation(partial(ERROR, symbol(p)), symbols, numbers, result),)),
    ]


def _row(context: Context, example: int, p: ParameterName) -> tuple[Formula, ...]:
    """An example's factors and what it adds."""
    dE_dz = context.kept(context.step.dE_dz, example, p.layer, p.to)
    return Number(example), dE_dz, own_link(context, example, p).value, _result(context, example, p)
