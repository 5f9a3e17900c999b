"""The error of each example, the probabilities on the way to it, and the mean over the examples."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice

import numpy as np

from runner.explain.context import ELLIPSIS, OUTPUTS, P, Work, Y, bracketed, ends, share
from runner.explain.document import Block, Equation, Equations, Paragraph, equation
from runner.explain.notation.digits import filled, followed
from runner.explain.notation.names import (
    ERROR,
    MINUS,
    PLUS,
    PRED,
    Math,
    bare,
    fill,
    indexed,
    same,
    spread,
    without_note,
)
from runner.nn.losses import _LOWEST_LOG, _SMALLEST_DENOMINATOR, softmax

#: The parts of binary cross-entropy that are never lower than some number, as torch.nn.BCELoss has it.
LOG = Math("ln(pred)", r"\ln(\mathrm{pred})")
OTHER_LOG = Math("ln(1 − pred)", r"\ln(1 - \mathrm{pred})")
DENOMINATOR = Math("(pred·(1 − pred))", r"\mathrm{pred} \cdot (1 - \mathrm{pred})")
#: The sum under the line of a softmax.
SUM = same("S")


def error(work: Work, example: int) -> list[Block]:
    """The error of one example; before it the probabilities where the loss makes them."""
    term, outputs = Math(*work.loss.term), work.neurons(work.names.last)
    values = [loss_numbers(work, example, k) for k in outputs]

    def write(numbers: Sequence[Math]) -> tuple[Math, ...]:
        rest = iter(numbers)
        own = [dict(zip(one, islice(rest, len(one)), strict=True)) for one in values]
        return _over_outputs(work, [fill(term, one) for one in own])

    result = work.pen.result(float(work.step.errors[example - 1]))
    line = equation(
        example_error(work, example),
        _over_outputs(work, [fill(term, loss_symbols(work, k)) for k in outputs]),
        followed([number for one in values for number in one.values()], write, result),
        result,
    )
    return [*_cut_logarithms(work, values), Equations((*_probabilities(work, example), line))]


def example_error(work: Work, example: int) -> Math:
    """E of the only example, else E1, E2, …"""
    return ERROR if work.step.examples == 1 else indexed(ERROR, example)


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


def outputs_shared(work: Work) -> int:
    """Over how many outputs the error of an example is a mean."""
    return work.outputs if work.loss.mean_over_outputs else 1


def _over_outputs(work: Work, terms: Sequence[Math]) -> tuple[Math, ...]:
    """The sum over the outputs, or their mean."""
    pieces = [terms[0] if len(terms) > 1 else bare(terms[0])]
    for term in terms[1:]:
        if term.text.startswith("−"):
            pieces.append(MINUS + Math(term.text[1:], term.latex[1:]))
        else:
            pieces.append(PLUS + term)
    if (count := outputs_shared(work)) > 1:
        pieces[0] = share(count) + Math("(", r"\bigl(") + pieces[0]
        pieces[-1] += Math(")", r"\bigr)")
    return tuple(pieces)


def derivative(work: Work) -> Math:
    """The derivative of an example's error by an output; a single one has no share of it, but all."""
    formula = without_note(Math(work.loss.derivative_formula, work.loss.derivative_latex))
    if work.outputs > 1:
        return formula
    whole = re.sub(r"\\tfrac\{(\d)\}\{O\} (?:\\cdot )?", r"\1 \\cdot ", formula.latex)
    return bare(Math(formula.text.replace("/O", ""), whole.removeprefix(r"1 \cdot ")))


def loss_symbols(work: Work, output: int) -> dict[Math, Math]:
    return {
        PRED: work.names.a(work.names.last, output),
        Y: work.names.y(output),
        P: _p(work, output),
        OUTPUTS: same(str(work.outputs)),
    }


def loss_numbers(work: Work, example: int, output: int) -> dict[Math, Math]:
    """The numbers in the places of a loss's symbols, and of the parts of it that are cut."""
    return {
        PRED: work.a(example, work.names.last, output),
        Y: work.y(example, output),
        P: _p_value(work, example, output),
        OUTPUTS: same(str(work.outputs)),
        **_cut(work, float(work.step.a[-1][example - 1, output - 1])),
    }


# --- what is cut -----------------------------------------------------------------------------


def _cut(work: Work, pred: float) -> dict[Math, Math]:
    """The parts of the loss that are too low for it at this prediction, with the numbers it takes instead."""
    if not work.loss.needs_probabilities:
        return {}
    with np.errstate(divide="ignore"):
        parts = {
            LOG: (np.log(pred), _LOWEST_LOG),
            OTHER_LOG: (np.log1p(-pred), _LOWEST_LOG),
            DENOMINATOR: (pred * (1.0 - pred), _SMALLEST_DENOMINATOR),
        }
    return {part: work.pen.given(lowest) for part, (value, lowest) in parts.items() if value < lowest}


def _cut_logarithms(work: Work, values: Sequence[Mapping[Math, Math]]) -> list[Block]:
    """The rule for the logarithms, where it acts."""
    if not any(part in numbers for numbers in values for part in (LOG, OTHER_LOG)):
        return []
    lowest = work.pen.given(_LOWEST_LOG)
    return [
        Paragraph(("A logarithm below ", lowest, " counts as ", lowest, ", so that no error is infinite:"))
    ]


def cut_denominator(work: Work, example: int) -> list[Block]:
    """The rule for the denominator of the derivative, where it acts."""
    if not any(DENOMINATOR in loss_numbers(work, example, k) for k in work.neurons(work.names.last)):
        return []
    product, lowest = bare(DENOMINATOR), work.pen.given(_SMALLEST_DENOMINATOR)
    return [Paragraph(("Below ", lowest, " a denominator ", product, " counts as ", lowest, ":"))]


# --- probabilities ---------------------------------------------------------------------------


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
    term, values = Math(*work.loss.p_term), {}
    if work.loss.p is softmax:
        values[SUM] = _sum_value(work, example)
        yield _sum(work, example, term, values[SUM])
        term = Math(f"{term.text}/S", rf"\frac{{{term.latex}}}{{S}}")
    for k in work.neurons(work.names.last):
        p, pred = _p_value(work, example, k), work.a(example, work.names.last, k)
        symbols = fill(term, {PRED: work.names.a(work.names.last, k)})
        yield equation(_p(work, k), symbols, filled(term, {PRED: pred, **values}, p), p)


def _sum_value(work: Work, example: int) -> Math:
    """S, or only its name where it is no number of double precision: training never makes it so large."""
    with np.errstate(over="ignore"):
        total = float(np.exp(work.step.a[-1][example - 1]).sum())
    return work.pen.result(total) if math.isfinite(total) and total > 0 else SUM


def _sum(work: Work, example: int, term: Math, total: Math) -> Equation:
    """S, written out once for all the probabilities."""
    outputs = work.neurons(work.names.last)

    def write(preds: Sequence[Math]) -> tuple[Math, ...]:
        return spread([fill(term, {PRED: pred}) for pred in preds], PLUS)

    symbols = write([work.names.a(work.names.last, k) for k in outputs])
    numbers = followed([work.a(example, work.names.last, k) for k in outputs], write, total)
    return equation(SUM, symbols, numbers, *[total] * (total != SUM))


def sum_note(work: Work, example: int) -> list[Block]:
    """The error of a softmax in such a form that its derivative is seen."""
    if work.loss.p is not softmax:
        return []
    logarithm = Math("ln pₖ = predₖ − ln S", r"\ln p_k = \mathrm{pred}_k - \ln S")
    error = Math(" = ln S − Σₖ yₖ·predₖ", r" = \ln S - \sum_k y_k \cdot \mathrm{pred}_k")
    whole = example_error(work, example) + error
    return [Paragraph(("Since ", logarithm, ", and the targets sum to 1, ", whole, ":"))]


def mean_error(work: Work) -> Equations:
    """The mean of the examples' errors."""
    count = work.step.examples
    shown = ends(count)
    symbols = [indexed(ERROR, n) if n else ELLIPSIS for n in shown]
    numbers = [work.pen.result(float(work.step.errors[n - 1])) if n else ELLIPSIS for n in shown]
    return Equations(
        (
            equation(
                ERROR,
                bracketed(share(count), symbols),
                bracketed(share(count), numbers),
                work.pen.result(work.step.error),
            ),
        )
    )
