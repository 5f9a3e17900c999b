"""The error of each example, the probabilities on the way to it, and the mean over the examples."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from runner.explain.notation import (
    ERROR,
    MINUS,
    PLUS,
    PRED,
    Math,
    fill,
    indexed,
    join,
    same,
)
from runner.explain.sheet import Block, Equation, Equations, Paragraph, equation
from runner.explain.work import ELLIPSIS, OUTPUTS, P, Work, Y, bracketed, ends, share
from runner.losses import Loss, softmax


def error(work: Work, example: int) -> list[Block]:
    """The error of one example; before it the probabilities where the loss makes them."""
    loss = work.loss
    symbols = [fill(Math(*loss.term), loss_symbols(work, k)) for k in work.neurons(work.names.last)]
    numbers = [fill(Math(*loss.term), loss_numbers(work, example, k)) for k in work.neurons(work.names.last)]
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


def loss_symbols(work: Work, output: int) -> dict[Math, Math]:
    return {
        PRED: work.names.a(work.names.last, output),
        Y: work.names.y(output),
        P: _p(work, output),
        OUTPUTS: same(str(work.outputs)),
    }


def loss_numbers(work: Work, example: int, output: int) -> dict[Math, Math]:
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
