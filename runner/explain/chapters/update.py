"""From the gradient to the new value: penalties, the optimizer's quantities, the rate, the check."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from runner.explain.context import Work
from runner.explain.document import Block, Equation, Equations, Heading, Paragraph, Table, equation, listed
from runner.explain.notation.digits import filled, followed, summed
from runner.explain.notation.names import (
    DOT,
    ERROR,
    ETA,
    MINUS,
    PLUS,
    Math,
    fill,
    join,
    operand,
    partial,
    same,
    symbol,
    times,
)
from runner.explain.step import central_difference
from runner.nn.network import ParameterName
from runner.nn.optimizers import OPTIMIZERS, OPTION_SYMBOLS
from runner.nn.schedules import SCHEDULES

GRADIENT, DIRECTION, TIME = same("g"), same("d"), same("t")
ETA_START = Math("η₀", r"\eta_{0}")


def update(work: Work, chosen: Sequence[ParameterName]) -> list[Block]:
    """Each chosen parameter's update; in one block where it is a single line for each."""
    blocks: list[Block] = [*_introduction(work), *_rate(work)]
    if _is_plain(work):
        trained = [p for p in chosen if work.step.trains(work.names.place[p.name])]
        if trained:
            blocks.append(Equations(tuple(_new_value(work, p, _slope(p)) for p in trained)))
    else:
        for p in chosen:
            if work.step.trains(work.names.place[p.name]):
                blocks.append(Heading(("Update of ", symbol(p)), 3))
                blocks.append(Equations(tuple(_lines(work, p))))
    frozen = [symbol(p) for p in chosen if not work.step.trains(work.names.place[p.name])]
    if frozen:
        stay = " stays as it is." if len(frozen) == 1 else " stay as they are."
        blocks.append(Paragraph(("network.train_biases is false: ", *listed(frozen), stay)))
    return [*blocks, *_table(work, chosen)]


def _is_plain(work: Work) -> bool:
    """Whether a new value is the old one minus η times the derivative of the error, and no more."""
    one = work.step.experiment
    return not work.step.after and one.l1 == 0 and one.l2 == 0


def _introduction(work: Work) -> list[Block]:
    one = work.step.experiment
    direction = Math(*OPTIMIZERS[one.optimizer].direction(one.optimizer_options))
    if _is_plain(work):
        return []
    return [
        Paragraph(
            (
                f"The optimizer is {one.optimizer}: from the gradient ",
                GRADIENT,
                " it makes the direction ",
                DIRECTION,
                " = ",
                direction,
                ", and a new value is the old one − ",
                join([ETA, DIRECTION], DOT),
                ".",
            )
        )
    ]


def _rate(work: Work) -> list[Block]:
    """The learning rate of the epoch, where a schedule makes it."""
    one = work.step.experiment
    if one.schedule == "constant":
        return []
    schedule = SCHEDULES[one.schedule]
    formula = Math(schedule.formula, schedule.latex)
    numbers: dict[Math, Math] = {
        _word(name): work.pen.given(float(v)) for name, v in one.schedule_options.items()
    }
    numbers |= {
        ETA: work.pen.given(one.learning_rate),
        same("e"): same(str(work.step.epoch)),
        _word("epochs"): same(str(one.epochs)),
    }
    rate = work.pen.result(work.step.rate)
    line = equation(ETA, fill(formula, {ETA: ETA_START}), filled(formula, numbers, rate), rate)
    return [
        Paragraph((f"The schedule is {one.schedule}, with the epoch ", same(f"e = {work.step.epoch}"), ":")),
        Equations((line,)),
    ]


def _word(name: str) -> Math:
    return Math(name, rf"\mathrm{{{name}}}")


def _slope(p: ParameterName) -> Math:
    return partial(ERROR, symbol(p))


def _lines(work: Work, p: ParameterName) -> Iterator[Equation]:
    yield from _gradient(work, p)
    one, at = work.step.experiment, work.names.place[p.name]
    optimizer = OPTIMIZERS[one.optimizer]
    numbers = _optimizer_numbers(work, at)
    for name, (text, formula, latex, formula_latex) in optimizer.symbols.items():
        if name not in work.step.after:
            continue
        value = work.pen.result(float(work.step.after[name][at]))
        whole = Math(formula, formula_latex)
        yield equation(Math(text, latex), whole, filled(whole, numbers, value), value)
        numbers[Math(text, latex)] = value
    direction = Math(*optimizer.direction(one.optimizer_options))
    value = work.pen.result(float(work.step.direction[at]))
    if direction != GRADIENT:
        yield equation(DIRECTION, direction, filled(direction, numbers, value), value)
    yield _new_value(work, p, GRADIENT if direction == GRADIENT else DIRECTION)


def _gradient(work: Work, p: ParameterName) -> Iterator[Equation]:
    """g: the derivative of the error and of each penalty, a line each."""
    one, at = work.step.experiment, work.names.place[p.name]
    slope = work.pen.result(float(work.step.error_gradient[at]))
    terms, numbers = [_slope(p)], [slope]
    w, old = symbol(p), float(work.step.old[at])
    if one.l1 > 0 and p.from_:
        left = partial(Math(f"(l1·|{w.text}|)", rf"\,(\ell_1 \cdot |{w.latex}|)"), w)
        symbols = Math(f"l1·sign({w.text})", rf"\ell_1 \cdot \mathrm{{sign}}({w.latex})")
        shown = work.pen.given(old), work.pen.given(one.l1)
        filled = Math(
            f"{shown[1].text}·sign({shown[0].text})",
            rf"{shown[1].latex} \cdot \mathrm{{sign}}({shown[0].latex})",
        )
        numbers.append(work.pen.result(one.l1 * float(np.sign(old))))
        terms.append(symbols)
        yield equation(left, symbols, filled, numbers[-1])
    if one.l2 > 0 and p.from_:
        left = partial(
            Math(f"(½·l2·{w.text}²)", rf"\,(\tfrac{{1}}{{2}} \cdot \ell_2 \cdot {w.latex}^{{2}})"), w
        )
        symbols = Math(f"l2·{w.text}", rf"\ell_2 \cdot {w.latex}")
        numbers.append(work.pen.result(one.l2 * old))
        terms.append(symbols)
        yield equation(
            left, symbols, work.pen.given(one.l2) + DOT + operand(work.pen.given(old)), numbers[-1]
        )
    total = work.pen.result(float(work.step.gradient[at]))
    yield equation(GRADIENT, join(terms, PLUS), summed([[number] for number in numbers], total), total)


def _optimizer_numbers(work: Work, at: int) -> dict[Math, Math]:
    """What the optimizer's formulas are filled with: the gradient, its options, its state before."""
    one = work.step.experiment
    optimizer = OPTIMIZERS[one.optimizer]
    numbers: dict[Math, Math] = {
        Math(*OPTION_SYMBOLS[name]): work.pen.given(float(value))
        for name, value in one.optimizer_options.items()
        if name in OPTION_SYMBOLS
    }
    for name, before in work.step.before.items():
        text, _, latex, _ = optimizer.symbols[name]
        old = Math(f"{text}_old", rf"{latex}_{{\text{{old}}}}")
        numbers[old] = work.pen.given(float(before[at]))
    numbers[GRADIENT] = work.pen.result(float(work.step.gradient[at]))
    numbers[TIME] = same(str(work.step.number))
    return numbers


def _new_value(work: Work, p: ParameterName, along: Math) -> Equation:
    """new = old − η · direction."""
    at = work.names.place[p.name]
    rate = (
        work.pen.given(work.step.rate)
        if work.step.experiment.schedule == "constant"
        else work.pen.result(work.step.rate)
    )
    direction = work.pen.result(float(work.step.direction[at]))
    value = work.pen.result(float(work.step.new[at]))

    def write(numbers: Sequence[Math]) -> Math:
        return numbers[0] + MINUS + times(numbers[1:])

    return equation(
        new(p),
        symbol(p) + MINUS + ETA + DOT + along,
        followed([work.old(p), rate, direction], write, value),
        value,
    )


def new(p: ParameterName) -> Math:
    name = symbol(p)
    return Math(f"{name.text} new", rf"{name.latex}^{{\,\text{{new}}}}")


def _table(work: Work, chosen: Sequence[ParameterName]) -> list[Block]:
    """Old value, gradient and new value of all, where there are several."""
    if len(chosen) == 1:
        return []
    rows = []
    for p in chosen:
        at = work.names.place[p.name]
        gradient = work.pen.result(float(work.step.gradient[at]))
        new_value = work.pen.result(float(work.step.new[at]))
        rows.append((symbol(p), work.old(p), gradient, new_value))
    return [
        Paragraph(("All in one table:",)),
        Table(("", "old value", "gradient", "new value"), tuple(rows)),
    ]


def check(work: Work, chosen: Sequence[ParameterName]) -> list[Block]:
    """The gradients beside central differences of what is minimised."""
    h = same("h")
    rows = []
    for p in chosen:
        at = work.names.place[p.name]
        gradient, slope = float(work.step.gradient[at]), central_difference(work.step, at)
        rows.append(
            (
                symbol(p),
                *[work.pen.result(value) for value in (slope, gradient, slope - gradient)],
            )
        )
    what = "E plus the penalties" if work.step.experiment.l1 or work.step.experiment.l2 else "E"
    return [
        Paragraph(
            (
                f"Each gradient once more without the chain rule: {what} at a value a little larger, minus "
                "the same a little smaller, over the distance ",
                Math("2h", "2h"),
                " between the two (",
                h,
                " about 0.00001).",
            )
        ),
        Table(("", "central difference", "chain rule", "difference"), tuple(rows)),
    ]
