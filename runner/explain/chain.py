"""The way there and back: the forward pass, the error, and the chain from it to each parameter."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product

from runner.activations import ACTIVATIONS
from runner.explain.notation import (
    DOT,
    ERROR,
    MINUS,
    PLUS,
    PRED,
    TIMES,
    Math,
    Names,
    Pen,
    factor,
    fill,
    indexed,
    join,
    operand,
    partial,
    same,
    spread,
    symbol,
)
from runner.explain.sheet import Block, Equation, Equations, Paragraph, Table, equation
from runner.explain.step import Step
from runner.losses import LOSSES, Loss, softmax
from runner.network import ParameterName

Z, A, Y, P, OUTPUTS = same("z"), same("a"), same("y"), same("p"), same("O")
#: Beyond this many columns a product is not written out in symbols of its own.
LONGEST_PRODUCT = 64
#: A sum over more examples than this shows only its ends.
LONGEST_SUM = 12


@dataclass(frozen=True)
class Link:
    """A factor of a chain: what it is, what that is in symbols, in numbers, and its value."""

    name: Math
    symbols: Math
    numbers: Math
    value: Math


@dataclass(frozen=True)
class Work:
    """A step with the names and the pen with which it is written down. Examples count from 1."""

    step: Step
    names: Names
    pen: Pen

    @property
    def loss(self) -> Loss:
        return LOSSES[self.step.experiment.loss]

    @property
    def outputs(self) -> int:
        return self.names.sizes[-1]

    def a(self, example: int, layer: int, neuron: int) -> Math:
        value = float(self.step.a[layer][example - 1, neuron - 1])
        return self.pen.result(value) if layer else self.pen.given(value)

    def z(self, example: int, layer: int, neuron: int) -> Math:
        return self.pen.result(float(self.step.z[layer - 1][example - 1, neuron - 1]))

    def y(self, example: int, output: int) -> Math:
        return self.pen.given(float(self.step.targets[example - 1, output - 1]))

    def old(self, parameter: ParameterName) -> Math:
        return self.pen.given(float(self.step.old[self.names.place[parameter.name]]))

    def kept(self, factors: Sequence[object], example: int, layer: int, neuron: int) -> Math:
        """One of the numbers that the backward pass kept."""
        return self.pen.result(float(factors[layer - 1][example - 1, neuron - 1]))  # type: ignore[index]

    def dE(self, example: int, by: Math) -> Math:  # noqa: N802
        """∂E/∂by; of several examples each has its share of the mean, 1/N·∂Eₙ/∂by."""
        examples = self.step.examples
        if examples == 1:
            return partial(ERROR, by)
        return share(examples) + partial(indexed(ERROR, example), by)

    def neurons(self, layer: int) -> range:
        return range(1, self.names.sizes[layer] + 1)


def share(count: int) -> Math:
    """1/N as a factor, and nothing for a single one."""
    return Math(f"1/{count}·", rf"\tfrac{{1}}{{{count}}} \cdot ") if count > 1 else Math("", "")


def _times(parts: Sequence[Math], dot: Math = DOT) -> Math:
    """A product of numbers or symbols, every part but the first guarded against its sign."""
    return join([parts[0], *[operand(part) for part in parts[1:]]], dot)


# --- forward ---------------------------------------------------------------------------------


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


def applied(activation: str, to: Math, prime: bool = False) -> Math:
    """sigmoid(z), or with a prime its derivative sigmoid′(z)."""
    escaped = activation.replace("_", r"\_")
    mark = Math("′", "'") if prime else Math("", "")
    return Math(activation, rf"\mathrm{{{escaped}}}") + mark + Math(f"({to.text})", rf"({to.latex})")


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
        symbols.append(_times([symbol(weight), names.a(layer - 1, source)]))
        numbers.append(_times([operand(old) if numbers else old, work.a(example, layer - 1, source)]))
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


# --- the error -------------------------------------------------------------------------------


def error(work: Work, example: int) -> list[Block]:
    """The error of one example; before it the probabilities where the loss makes them."""
    loss = work.loss
    symbols = [fill(Math(*loss.term), _loss_symbols(work, k)) for k in work.neurons(work.names.last)]
    numbers = [fill(Math(*loss.term), _loss_numbers(work, example, k)) for k in work.neurons(work.names.last)]
    left = ERROR if work.step.examples == 1 else indexed(ERROR, example)
    line = equation(
        left,
        _mean_over_outputs(loss, symbols),
        _mean_over_outputs(loss, numbers),
        work.pen.result(float(work.step.errors[example - 1])),
    )
    return [Equations((*_probabilities(work, example), line))]


def error_note(work: Work) -> list[Block]:
    """What a letter in the loss stands for, where it has one."""
    if work.step.experiment.loss != "huber":
        return []
    d = same("d")
    return [
        Paragraph(("The error is Huber's:",)),
        Equations(
            (
                equation(
                    Math("h(d)", "h(d)"),
                    Math(
                        "½·d² if |d| ≤ 1, else |d| − ½",
                        r"\begin{cases} \tfrac{1}{2} d^{2} & |d| \le 1 \\"
                        r" |d| - \tfrac{1}{2} & \text{else} \end{cases}",
                    ),
                ),
                equation(
                    Math("h′(d)", "h'(d)"),
                    Math("clip(d, −1, 1)", rf"\mathrm{{clip}}({d.latex}, -1, 1)"),
                ),
            )
        ),
    ]


def _mean_over_outputs(loss: Loss, terms: Sequence[Math]) -> tuple[Math, ...]:
    pieces = [terms[0]]
    for term in terms[1:]:
        if term.text.startswith("−"):
            pieces.append(MINUS + Math(term.text[1:], term.latex[1:]))
        else:
            pieces.append(PLUS + term)
    if loss.mean_over_outputs and len(terms) > 1:
        pieces[0] = share(len(terms)) + Math("(", r"\bigl(") + pieces[0]
        pieces[-1] += Math(")", r"\bigr)")
    return tuple(pieces)


def _loss_symbols(work: Work, output: int) -> dict[Math, Math]:
    return {
        PRED: work.names.a(work.names.last, output),
        Y: work.names.y(output),
        P: _p(work, output),
        OUTPUTS: same(str(work.outputs)),
    }


def _loss_numbers(work: Work, example: int, output: int) -> dict[Math, Math]:
    return {
        PRED: work.a(example, work.names.last, output),
        Y: work.y(example, output),
        P: _p_value(work, example, output),
        OUTPUTS: same(str(work.outputs)),
    }


def _p(work: Work, output: int) -> Math:
    return indexed(P, output) if work.outputs > 1 else P


def _p_value(work: Work, example: int, output: int) -> Math:
    p = work.loss.p
    if p is None:
        return P
    pred = work.step.a[-1][None, example - 1 : example]
    return work.pen.result(float(p(pred)[0, 0, output - 1]))


def _probabilities(work: Work, example: int) -> Iterator[Equation]:
    if work.loss.p is None:
        return
    outputs = work.neurons(work.names.last)
    term = Math(*work.loss.p_term)
    symbols = [fill(term, {PRED: work.names.a(work.names.last, k)}) for k in outputs]
    numbers = [fill(term, {PRED: work.a(example, work.names.last, k)}) for k in outputs]
    if work.loss.p is softmax:
        symbols, numbers = _shares(symbols), _shares(numbers)
    for k in outputs:
        yield equation(_p(work, k), symbols[k - 1], numbers[k - 1], _p_value(work, example, k))


def _shares(terms: Sequence[Math]) -> list[Math]:
    total = join(terms, PLUS)
    return [Math(f"{t.text}/({total.text})", rf"\frac{{{t.latex}}}{{{total.latex}}}") for t in terms]


def mean_error(work: Work) -> Equations:
    """The mean of the examples' errors."""
    count = work.step.examples
    shown = _ends(count)
    symbols = [indexed(ERROR, n) if n else ELLIPSIS for n in shown]
    numbers = [work.pen.result(float(work.step.errors[n - 1])) if n else ELLIPSIS for n in shown]
    return Equations(
        (
            equation(
                ERROR,
                _bracketed(share(count), symbols),
                _bracketed(share(count), numbers),
                work.pen.result(work.step.error),
            ),
        )
    )


ELLIPSIS = Math("…", r"\dots")


def _ends(count: int) -> list[int]:
    """1 to `count`, or where those are many the first and the last of them around a 0."""
    if count <= LONGEST_SUM:
        return list(range(1, count + 1))
    return [*range(1, LONGEST_SUM - 1), 0, count]


def _bracketed(before: Math, terms: Sequence[Math]) -> tuple[Math, ...]:
    pieces = list(spread(terms, PLUS))
    pieces[0] = before + Math("(", r"\bigl(") + pieces[0]
    pieces[-1] += Math(")", r"\bigr)")
    return tuple(pieces)


# --- back ------------------------------------------------------------------------------------


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
    link = _activation_link(work, example, layer, neuron)
    name = names.activations[layer - 1]
    yield equation(link.name, applied(name, z, prime=True), link.symbols, link.numbers, link.value)
    yield equation(
        work.dE(example, z),
        work.dE(example, a) + TIMES + link.name,
        _times([work.kept(step.dE_da, example, layer, neuron), link.value]),
        work.kept(step.dE_dz, example, layer, neuron),
    )


def _from_error(work: Work, example: int, output: int) -> Equation:
    link = _error_link(work, example, output)
    return equation(link.name, *_differentiated(work, output), link.symbols, link.numbers, link.value)


def _differentiated(work: Work, output: int) -> list[Math]:
    """The derivative of what the output adds to the error, still to be taken."""
    if work.loss.p is not None:
        return []  # each output moves every p: the formula is the result of a longer calculation
    term = fill(Math(*work.loss.term), _loss_symbols(work, output))
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
        numbers.append(_times([operand(dE_dz) if numbers else dE_dz, work.old(weight)]))
    return equation(
        work.dE(example, names.a(layer, neuron)),
        spread(links, PLUS),
        spread(symbols, PLUS),
        spread(numbers, PLUS),
        work.kept(step.dE_da, example, layer, neuron),
    )


def _error_link(work: Work, example: int, output: int) -> Link:
    formula = Math(work.loss.derivative_formula, work.loss.derivative_latex)
    symbols = fill(formula, _loss_symbols(work, output))
    numbers = fill(formula, _loss_numbers(work, example, output))
    part = share(work.step.examples)
    if part.text:
        symbols, numbers = factor(symbols), factor(numbers)
    return Link(
        work.dE(example, work.names.a(work.names.last, output)),
        part + symbols,
        part + numbers,
        work.kept(work.step.dE_da, example, work.names.last, output),
    )


def _activation_link(work: Work, example: int, layer: int, neuron: int) -> Link:
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


def _weight_link(work: Work, layer: int, neuron: int, after: int) -> Link:
    """∂z/∂a from a neuron to one of the next layer: the weight between them."""
    weight = work.names.parameters[layer + 1, after, neuron]
    name = partial(work.names.z(layer + 1, after), work.names.a(layer, neuron))
    return Link(name, symbol(weight), work.old(weight), work.old(weight))


def _own_link(work: Work, example: int, p: ParameterName) -> Link:
    """∂z/∂w of the parameter itself: what the weight is multiplied with; 1 for a bias."""
    name = partial(work.names.z(p.layer, p.to), symbol(p))
    if p.from_ == 0:
        return Link(name, same("1"), same("1"), same("1"))
    value = work.a(example, p.layer - 1, p.from_)
    return Link(name, work.names.a(p.layer - 1, p.from_), value, value)


# --- the chain of one parameter --------------------------------------------------------------


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
        _times([names.parameter(p.layer, p.to, i), names.a(p.layer - 1, i)])
        for i in work.neurons(p.layer - 1)
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
    link = _own_link(work, example, p)
    steps = [link.symbols, link.value] if work.step.examples == 1 or p.layer > 1 else [link.symbols]
    if work.step.examples > 1:
        steps = [link.symbols]  # its value differs from example to example
    return equation(link.name, taken, *steps)


def _grouping(work: Work, p: ParameterName, paths: int) -> Paragraph:
    a = work.names.a(p.layer, p.to)
    return Paragraph(
        (
            f"{p.name} reaches the error over {paths} paths; ",
            partial(ERROR, a),
            ", worked out above, gathers them.",
        )
    )


def _links(work: Work, example: int, p: ParameterName, path: Sequence[int]) -> list[Link]:
    """The factors along one path, from the error to the parameter."""
    names = work.names
    links = [_error_link(work, example, path[-1])]
    for layer in range(names.last, p.layer - 1, -1):
        neuron = path[layer - p.layer]
        if not names.is_identity(layer):
            links.append(_activation_link(work, example, layer, neuron))
        if layer > p.layer:
            links.append(_weight_link(work, layer - 1, path[layer - 1 - p.layer], neuron))
    return [*links, _own_link(work, example, p)]


def _grouped_links(work: Work, example: int, p: ParameterName) -> list[Link]:
    """The factors of a parameter with many paths: ∂E/∂a of its neuron stands for them all."""
    a = work.names.a(p.layer, p.to)
    value = work.kept(work.step.dE_da, example, p.layer, p.to)
    links = [Link(work.dE(example, a), work.dE(example, a), value, value)]
    if not work.names.is_identity(p.layer):
        links.append(_activation_link(work, example, p.layer, p.to))
    return [*links, _own_link(work, example, p)]


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
    steps.append(spread([values[0], *[operand(value) for value in values[1:]]], DOT))
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
    terms = [values[0], *[operand(value) for value in values[1:]]]
    yield equation(work.dE(example, symbol(p)), spread(terms, PLUS), result)


def _link_values(work: Work, example: int, p: ParameterName, path: Sequence[int]) -> Iterator[float]:
    step, n = work.step, example - 1
    yield float(step.dE_dz[-1][n, path[-1] - 1])
    for layer in range(work.names.last, p.layer, -1):
        neuron, before = path[layer - p.layer] - 1, path[layer - 1 - p.layer] - 1
        yield float(step.layers[layer - 1].w[neuron, before])
        yield float(step.da_dz[layer - 2][n, before])
    yield float(step.a[p.layer - 1][n, p.from_ - 1]) if p.from_ else 1.0


def _over_examples(work: Work, p: ParameterName) -> list[Block]:
    """The sum of what the examples add, with every term in a table."""
    shown = _ends(work.step.examples)
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
            _own_link(work, k, p).value,
            work.pen.result(_contribution(work, k, p)),
        )
        if k
        else (ELLIPSIS,) * 4
        for k in shown
    ]
    symbols = [indexed_derivative(k, p) if k else ELLIPSIS for k in shown]
    numbers = [work.pen.result(_contribution(work, k, p)) if k else ELLIPSIS for k in shown]
    numbers = [numbers[0], *[operand(number) for number in numbers[1:]]]
    return [
        Paragraph((f"The mean over the {work.step.examples} examples, each with its share:",)),
        Table(header, tuple(rows)),
        Equations(
            (
                equation(
                    partial(ERROR, symbol(p)),
                    _bracketed(share(work.step.examples), symbols),
                    spread(numbers, PLUS),
                    _gradient(work, p),
                ),
            )
        ),
    ]


def indexed_derivative(example: int, p: ParameterName) -> Math:
    return partial(indexed(ERROR, example), symbol(p))
