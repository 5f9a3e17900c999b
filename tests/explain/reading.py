"""Reads numbers back from a page, in whichever format it is written."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from importlib import import_module
from typing import Any
from xml.etree import ElementTree

import numpy as np

import runner
from runner.explain.document import Sheet
from runner.explain.notation.names import noted
from runner.explain.page import Choices, explain
from runner.nn.activations import ACTIVATIONS
from runner.nn.formula import Formula, equal
from runner.nn.losses import LOSSES
from runner.nn.optimizers import OPTIMIZERS
from runner.nn.options import letters
from runner.nn.schedules import SCHEDULES

FORMATS = ("text", "markdown", "latex", "html")
CHAPTERS = (
    "chain_rule",
    "chain_rule_sigmoid",
    "chain_rule_two_outputs",
    "chain_rule_softmax",
    "chain_rule_two_layers",
    "chain_rule_momentum",
    "exercise",
)


def render(sheet: Sheet, form: str) -> str:
    return str(import_module(f"runner.explain.formats.{form}").WRITER.page(sheet))


def page(preset: str, **choices: object) -> Sheet:
    return explain(runner.load(f"experiment={preset}"), Choices(**choices))  # type: ignore[arg-type]


def every_formula() -> list[Formula]:
    """The formulas of every table from which a page may take one."""
    formulas: list[Formula] = []
    for a in ACTIVATIONS.values():
        formulas += [noted(a.formula, a.note), noted(a.slope, a.slope_note), *a.constants]
    for loss in LOSSES.values():
        formulas += [loss.term, loss.slope, *loss.derivation, *(c.part for c in loss.cuts)]
        formulas += [equal(*definition) for definition in loss.definitions.items()]
        formulas += [piece for piece in loss.rewritten if isinstance(piece, Formula)]
        if p := loss.probabilities:
            formulas += [p.formula, p.summand or p.formula]
    for optimizer in OPTIMIZERS.values():
        formulas += [formula for pair in optimizer.formulas.values() for formula in pair]
        formulas += [optimizer.direction(dict.fromkeys(optimizer.options, on)) for on in (0.0, 1.0)]
        formulas += letters(optimizer.options).values()
    formulas += [schedule.formula for schedule in SCHEDULES.values()]
    return formulas


def results(page: str, form: str) -> list[tuple[str, float]]:
    """The left side and the last number of each equation, in order, where that is a number.

    The left sides are the same in all formats: ∂E∂w6, w6new.
    """
    found: list[tuple[str, str]] = []
    for left, right in _LINES[form](page):
        last = re.split(r" = |(?<!.)= ", right)[-1].strip()
        if left:
            found.append((left, last))
        else:
            found[-1] = (found[-1][0], last)
    read = [(_plain(left), number(last)) for left, last in found]
    return [(left, value) for left, value in read if value is not None]


def number(text: str) -> float | None:
    """A number in any format's way of writing it, or None for anything else."""
    text = text.replace("−", "-").replace(r"\times", "×").replace(" ", "").replace("^", "")
    found = re.fullmatch(r"(-?\d+(?:\.\d+)?)(?:(?:e|×10\{?)(-?\d+)\}?)?", text)
    return float(f"{found[1]}e{found[2] or 0}") if found else None


_REWRITINGS = (
    ("−", "-"), ("·", "*"), ("²", "**2"), (r"\^", "**"), ("½", "0.5"), (", else", " else"),
    (r"√(\d[\d.]*(?:e-?\d+)?)", r"sqrt(\1)"), (r"\|([^|]*)\|", r"abs(\1)"), ("⌊([^⌋]*)⌋", r"floor(\1)"),
)  # fmt: skip


def _normal_cdf(z: float) -> float:
    return 0.5 * (1.0 + math.erf(z / math.sqrt(2.0)))


#: The words of the formulas; NumPy's functions, which go on with infinities.
WORDS: dict[str, Any] = {
    "e": np.float64(math.e),
    "π": math.pi,
    "ln": np.log,
    "sign": np.sign,
    "clip": np.clip,
    "σ": lambda z: 1.0 / (1.0 + np.exp(-z)),
    "Φ": _normal_cdf,
    "φ": lambda z: math.exp(-0.5 * z * z) / math.sqrt(2.0 * math.pi),
    "h": lambda d: 0.5 * d * d if abs(d) <= 1.0 else abs(d) - 0.5,
    **{name: getattr(np, name) for name in ("exp", "sqrt", "sin", "cos", "tanh", "floor")},
    **{function.__name__: function for function in (abs, max, min)},
}


def reckon(text: str) -> float:
    """What a printed step comes to for who reads it, or NaN where it has no value, or not only numbers."""
    for pattern, replacement in _REWRITINGS:
        text = re.sub(pattern, replacement, text)
    try:
        with np.errstate(all="ignore"):
            return float(eval(text, {"__builtins__": {}}, WORDS))
    except (ArithmeticError, NameError, SyntaxError, TypeError, ValueError):
        return math.nan


def _plain(left: str) -> str:
    return re.sub(r"\\frac|\\text|\\cdot|[^\w∂]|_", "", left.replace(r"\partial", "∂"))


def _text_lines(page: str) -> Iterator[tuple[str, str]]:
    for line in page.splitlines():
        if line.startswith("  ") and " = " in line:
            left, right = line.split(" = ", 1)
            yield left.strip(), right


def _aligned(page: str, begin: str, end: str) -> Iterator[tuple[str, str]]:
    for block in re.findall(rf"\\begin\{{{begin}\}}\n(.*?)\n\\end\{{{end}\}}", page, re.DOTALL):
        for line in block.split(" \\\\\n"):
            if "&= " in line:
                left, right = line.split("&= ", 1)
                yield left.strip(), right


def _html_lines(page: str) -> Iterator[tuple[str, str]]:
    for formula in re.findall(r"<math>\s*<mtable class='aligned'.*?</math>", page, re.DOTALL):
        table = ElementTree.fromstring(formula)[0]
        for row in table:
            left, right = row
            signs = (" = " if c.tag == "mo" and c.text == "=" else "".join(c.itertext()) for c in right[0])
            text = "".join(signs)
            if right[0][0].text == "=":
                yield "".join(left.itertext()), re.sub(r"^\s*=\s*", "", text)


_LINES = {
    "text": _text_lines,
    "markdown": lambda page: _aligned(page, "aligned", "aligned"),
    "latex": lambda page: _aligned(page, r"align\*", r"align\*"),
    "html": _html_lines,
}
