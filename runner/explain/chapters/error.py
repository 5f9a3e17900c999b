"""The error of each example, the probabilities on the way to it, and the mean over the examples."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

import numpy as np

from runner.explain.context import Context, ends
from runner.explain.document import Block, Equation, Equations, Paragraph, Prose, equation
from runner.explain.notation.digits import followed
from runner.explain.notation.names import ELLIPSIS, mean
from runner.nn.formula import Formula, Function, total
from runner.nn.losses import ERROR, LOWEST, PRED, SUM, Cut, P, Y


def error(context: Context, example: int) -> list[Block]:
    """The error of one example; before it the probabilities where the loss makes them."""
    term, outputs = context.loss.term, context.outputs
    if term is None:
        return [Equations((*_probabilities(context, example), _unwritten(context, example)))]
    symbols = [term.fill(loss_symbols(context, k)) for k in outputs]
    numbers = [term.fill(loss_numbers(context, example, k)) for k in outputs]
    result = context.pen.result(float(context.step.errors[example - 1]))
    line = equation(
        context.error(example),
        mean(outputs_shared(context), symbols),
        followed(mean(outputs_shared(context), numbers), result),
        result,
    )
    return [*_cuts(context, example, term), Equations((*_probabilities(context, example), line))]


def _unwritten(context: Context, example: int) -> Equation:
    """The error of one example under a loss of a user's own that has no formula."""
    names, outputs = context.names, context.outputs
    between = [*[names.a(names.last, k) for k in outputs], *[names.y(k) for k in outputs]]
    called = Function(context.step.experiment.loss)(*between)
    result = context.pen.result(float(context.step.errors[example - 1]))
    return equation(context.error(example), called, result)


def error_note(context: Context) -> list[Block]:
    """The functions that only this loss has; that it has no formula."""
    loss, name = context.loss, context.step.experiment.loss
    lines = tuple(equation(*definition) for definition in loss.definitions.items())
    said: list[Block] = [Paragraph((loss.note,)), Equations(lines)] if lines else []
    lacks = {"its value": loss.term, "its derivative": loss.slope}
    if what := " and ".join(words for words, formula in lacks.items() if formula is None):
        said.append(
            Paragraph((f"The loss {name} comes without a formula of {what}: there are numbers alone.",))
        )
    return said


def outputs_shared(context: Context) -> int:
    """Over how many outputs the error of an example is a mean."""
    return len(context.outputs) if context.loss.mean_over_outputs else 1


def derivative(context: Context) -> Formula | None:
    """The derivative of an example's error by an output, which has its share of a mean; None without one."""
    count, slope = outputs_shared(context), context.loss.slope
    return slope if slope is None or count == 1 else slope / count


def loss_symbols(context: Context, output: int) -> dict[Formula, Formula]:
    """The symbols of an output in the places of a loss's own."""
    names = context.names
    return {PRED: names.a(names.last, output), Y: names.y(output), P: names.p(output)}


def loss_numbers(context: Context, example: int, output: int) -> dict[Formula, Formula]:
    """The numbers in the places of a loss's symbols, and of the parts of it that are cut."""
    return {
        PRED: context.a(example, context.names.last, output),
        Y: context.y(example, output),
        P: _p(context, example, output),
        **{cut.part: context.pen.given(cut.lowest) for cut in _acting(context, example, output)},
    }


# --- what is cut -----------------------------------------------------------------------------


def _acting(context: Context, example: int, output: int) -> list[Cut]:
    """What in the loss is too low for it at this prediction."""
    at: dict[Formula, float] = {PRED: float(context.step.a[-1][example - 1, output - 1])}
    with np.errstate(divide="ignore"):
        return [cut for cut in context.loss.cuts if cut.part.value(at) < cut.lowest]


def _cuts(context: Context, example: int, formula: Formula) -> list[Block]:
    """The rules for the cut parts of a formula, where they act."""
    acting = [cut for k in context.outputs for cut in _acting(context, example, k)]
    rules = {cut.words: cut for cut in acting if cut.part in formula.parts_within()}
    return [_said(words, {LOWEST: context.pen.given(cut.lowest)}) for words, cut in rules.items()]


def _said(words: Prose, values: Mapping[Formula, Formula]) -> Paragraph:
    return Paragraph(tuple(piece if isinstance(piece, str) else piece.fill(values) for piece in words))


def derivative_notes(context: Context, example: int) -> list[Block]:
    """What makes the derivative of the error be seen: another form of it, the rules for what is cut."""
    rewritten = context.loss.rewritten
    notes: list[Block] = [_said(rewritten, {ERROR: context.error(example)})] if rewritten else []
    return [*notes, *(_cuts(context, example, context.loss.slope) if context.loss.slope else [])]


# --- probabilities ---------------------------------------------------------------------------


def _p(context: Context, example: int, output: int) -> Formula:
    if context.loss.probabilities is None:
        return P
    pred = context.step.a[-1][None, example - 1 : example]
    return context.pen.result(float(context.loss.probabilities.value(pred)[0, 0, output - 1]))


def _probabilities(context: Context, example: int) -> Iterator[Equation]:
    p = context.loss.probabilities
    if p is None:
        return
    numbers: dict[Formula, Formula] = {}
    if p.summand is not None:
        numbers[SUM] = _sum_value(context, example, p.summand)
        yield _sum(context, example, p.summand, numbers[SUM])
    for k in context.outputs:
        value = _p(context, example, k)
        symbols = p.formula.fill(loss_symbols(context, k))
        in_numbers = p.formula.fill({**numbers, PRED: context.a(example, context.names.last, k)})
        yield equation(context.names.p(k), symbols, followed(in_numbers, value), value)


def _sum_value(context: Context, example: int, summand: Formula) -> Formula:
    """S, or only its name where it is no number of double precision: training never makes it so large."""
    with np.errstate(over="ignore"):
        value = float(np.sum(summand.value({PRED: context.step.a[-1][example - 1]})))
    return context.pen.result(value) if math.isfinite(value) and value > 0 else SUM


def _sum(context: Context, example: int, summand: Formula, value: Formula) -> Equation:
    """S, written out once for all the probabilities."""
    symbols = total(*[summand.fill(loss_symbols(context, k)) for k in context.outputs])
    preds = [context.a(example, context.names.last, k) for k in context.outputs]
    numbers = followed(total(*[summand.fill({PRED: pred}) for pred in preds]), value)
    return equation(SUM, symbols, numbers, *[value] * (value != SUM))


def mean_error(context: Context) -> Equations:
    """The mean of the examples' errors."""
    count = context.step.examples
    symbols = [context.error(n) if n else ELLIPSIS for n in ends(count)]
    numbers = [context.pen.result(float(context.step.errors[n - 1])) if n else ELLIPSIS for n in ends(count)]
    result = context.pen.result(context.step.error)
    return Equations((equation(ERROR, mean(count, symbols), mean(count, numbers), result),))
