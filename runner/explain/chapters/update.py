"""From the gradient to the new value: penalties, the optimizer's quantities, the rate, the check."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from runner.explain.context import Context
from runner.explain.document import Block, Equation, Equations, Heading, Paragraph, Table, equation, listed
from runner.explain.notation.digits import followed
from runner.explain.notation.names import Derived, Row, partial, symbol
from runner.explain.step import central_difference
from runner.nn.formula import Formula, Number, Symbol, equal, sign, total
from runner.nn.losses import ERROR
from runner.nn.network import ParameterName
from runner.nn.optimizers import OPTIMIZERS, G, T, W, old
from runner.nn.options import Option, letters
from runner.nn.schedules import EPOCHS, ETA, SCHEDULES, E

DIRECTION = Symbol("d")
L1, L2 = Symbol("l", "1"), Symbol("l", "2")


def update(context: Context, chosen: Sequence[ParameterName]) -> list[Block]:
    """Each chosen parameter's update; in one block where it is a single line for each."""
    blocks: list[Block] = [*_introduction(context), *_rate(context), *_factors(context, chosen)]
    trained = [p for p in chosen if context.step.trains(context.names.place[p.name])]
    if not _is_plain(context):
        for p in trained:
            blocks.append(Heading(("Update of ", symbol(p)), 3))
            blocks.append(Equations(tuple(_lines(context, p))))
    elif trained:
        lines = [_new_value(context, p, partial(ERROR, symbol(p))) for p in trained]
        blocks.append(Equations(tuple(lines)))
    frozen = [symbol(p) for p in chosen if p not in trained]
    if frozen:
        stay = " stays as it is." if len(frozen) == 1 else " stay as they are."
        blocks.append(Paragraph((_frozen_by(context), *listed(frozen), stay)))
    return [*blocks, *_table(context, chosen)]


def _frozen_by(context: Context) -> str:
    """Why some parameters are not trained."""
    if context.step.experiment.train is None:
        return "network.train_biases is false: "
    return "network.train has other parameters trained: "


def _is_plain(context: Context) -> bool:
    """Whether a new value is the old one minus η times the derivative of the error, and no more."""
    one = context.step.experiment
    return _direction(context) == G and one.l1 == 0 and one.l2 == 0


def _introduction(context: Context) -> list[Block]:
    if _is_plain(context):
        return []
    name, rates = context.step.experiment.optimizer, context.step.experiment.rates
    along = ETA * DIRECTION if rates is None else ETA * Symbol("r") * DIRECTION
    makes = f"The optimizer is {name}: from the gradient ", G, " it makes the direction ", DIRECTION
    direction, then = _direction(context), (", and a new value is the old one − ", along, ".")
    if direction is None:
        return [Paragraph((*makes, ", of which it comes without a formula", *then))]
    return [Paragraph((*makes, " = ", direction, *then))]


def _direction(context: Context) -> Formula | None:
    """The direction as it is written; None of an optimizer that has no formula of it."""
    one = context.step.experiment
    write = OPTIMIZERS[one.optimizer].direction
    return None if write is None else write(one.optimizer_options)


def _rate(context: Context) -> list[Block]:
    """The learning rate of the epoch, where a schedule makes it."""
    one = context.step.experiment
    if one.schedule == "constant":
        return []
    formula, rate = SCHEDULES[one.schedule].formula, context.pen.result(context.step.rate)
    epoch = equal(E, Number(context.step.epoch))
    said = Paragraph((f"The schedule is {one.schedule}, with the epoch ", epoch, ":"))
    if formula is None:
        return [said, Equations((equation(ETA, rate),))]
    numbers: dict[Formula, Formula] = {
        **_option_numbers(context, SCHEDULES[one.schedule].options, one.schedule_options),
        ETA: context.pen.given(one.learning_rate),
        E: Number(context.step.epoch),
        EPOCHS: Number(one.last_epoch),
    }
    line = equation(ETA, formula.fill({ETA: Symbol("η", "₀")}), followed(formula.fill(numbers), rate), rate)
    return [said, Equations((line,))]


def _factors(context: Context, chosen: Sequence[ParameterName]) -> list[Block]:
    """The factors on the learning rate of the layers that the chosen parameters are in."""
    if (rates := context.step.experiment.rates) is None:
        return []
    layers = sorted({p.layer for p in chosen})
    said = Paragraph(("The rate of a layer is η times its factor, of network.rates:",))
    lines = (equation(_factor(layer), context.pen.given(rates[layer - 1])) for layer in layers)
    return [said, Equations(tuple(lines))]


def _factor(layer: int) -> Symbol:
    return Symbol("r", str(layer))


def _lines(context: Context, p: ParameterName) -> Iterator[Equation]:
    yield from _gradient(context, p)
    numbers = _optimizer_numbers(context, p)
    for name, (letter, formula) in OPTIMIZERS[context.step.experiment.optimizer].formulas.items():
        if name in context.step.after:
            numbers[letter] = context.pen.result(context.of(context.step.after[name], p))
            yield _filled(letter, formula, p, numbers)
    direction = _direction(context)
    if direction != G:
        numbers[DIRECTION] = context.pen.result(context.of(context.step.direction, p))
        if direction is None:
            yield equation(DIRECTION, numbers[DIRECTION])
        else:
            yield _filled(DIRECTION, direction, p, numbers)
    yield _new_value(context, p, G if direction == G else DIRECTION)


def _filled(
    letter: Symbol, formula: Formula, p: ParameterName, numbers: Mapping[Formula, Formula]
) -> Equation:
    """A quantity of the optimizer in symbols, in numbers, and its value, which is among these."""
    value = numbers[letter]
    return equation(letter, formula.fill({W: symbol(p)}), followed(formula.fill(numbers), value), value)


def _gradient(context: Context, p: ParameterName) -> Iterator[Equation]:
    """g: the derivative of the error and of each penalty, a line each."""
    one, w, before = context.step.experiment, symbol(p), context.of(context.step.old, p)
    terms, numbers = [partial(ERROR, w)], [context.error_gradient(p)]
    penalties = (
        (L1, one.l1, L1 * abs(w), L1 * sign(w), one.l1 * float(np.sign(before))),
        (L2, one.l2, 0.5 * L2 * w**2, L2 * w, one.l2 * before),
    )
    for letter, strength, penalty, derivative, value in penalties:
        if strength > 0 and p.from_:
            terms.append(derivative)
            numbers.append(context.pen.result(value))
            in_numbers = derivative.fill({letter: context.pen.given(strength), w: context.old(p)})
            yield equation(Derived((penalty, w)), derivative, in_numbers, numbers[-1])
    result = context.gradient(p)
    yield equation(G, total(*terms), followed(total(*numbers), result), result)


def _optimizer_numbers(context: Context, p: ParameterName) -> dict[Formula, Formula]:
    """What the optimizer's formulas are filled with: the gradient, its options, its state before."""
    step, optimizer = context.step, OPTIMIZERS[context.step.experiment.optimizer]
    state: dict[Formula, Formula] = {
        old(optimizer.formulas[name][0]): context.pen.given(context.of(values, p))
        for name, values in step.before.items()
        if name in optimizer.formulas
    }
    options = _option_numbers(context, optimizer.options, step.experiment.optimizer_options)
    return {**options, **state, G: context.gradient(p), T: Number(step.t), W: context.old(p)}


def _option_numbers(
    context: Context, options: Mapping[str, Option], values: Mapping[str, float]
) -> dict[Formula, Formula]:
    """The numbers that an entry's formulas have letters for."""
    return {letter: context.pen.given(float(values[name])) for name, letter in letters(options).items()}


def _new_value(context: Context, p: ParameterName, along: Formula) -> Equation:
    """new = old − η · direction, and the layer's factor where there is one."""
    step, value = context.step, context.new(p)
    rate = (context.pen.given if step.experiment.schedule == "constant" else context.pen.result)(step.rate)
    letter: Formula = ETA
    if step.experiment.rates is not None:
        rate *= context.pen.given(step.experiment.rates[p.layer - 1])
        letter *= _factor(p.layer)
    in_numbers = context.old(p) - rate * context.pen.result(context.of(step.direction, p))
    new = Symbol(p.name[0], p.name[1:], " new")
    return equation(new, symbol(p) - letter * along, followed(in_numbers, value), value)


def _table(context: Context, chosen: Sequence[ParameterName]) -> list[Block]:
    """Old value, gradient and new value of all, where there are several."""
    if len(chosen) == 1:
        return []
    rows = [(symbol(p), context.old(p), context.gradient(p), context.new(p)) for p in chosen]
    return [Paragraph(("All in one table:",)), Table(("", "old value", "gradient", "new value"), tuple(rows))]


def check(context: Context, chosen: Sequence[ParameterName]) -> list[Block]:
    """The gradients beside central differences of what is minimised."""
    rows = []
    for p in chosen:
        gradient = context.of(context.step.gradient, p)
        slope = central_difference(context.step, context.names.place[p.name])
        rows.append((symbol(p), *map(context.pen.result, (slope, gradient, slope - gradient))))
    penalised = context.step.experiment.l1 or context.step.experiment.l2
    once_more = (
        f"Each gradient once more without the chain rule: {'E plus the penalties' if penalised else 'E'} at "
        "a value a little larger, minus the same a little smaller, over the distance "
    )
    h = Symbol("h")
    distance = Row((Number(2), h), "")
    return [
        Paragraph((once_more, distance, " between the two (", h, " about 0.00001).")),
        Table(("", "central difference", "chain rule", "difference"), tuple(rows)),
    ]
