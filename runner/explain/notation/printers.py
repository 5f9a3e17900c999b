"""How formulas are written: what all ways share, and as text. LaTeX and MathML are in ``typeset``.

A printer makes tokens of a node: pieces of text or of LaTeX, or elements of MathML. What needs
parentheses is decided once for all of them, by how strongly a node holds together.
"""

from __future__ import annotations

import unicodedata
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain, pairwise
from typing import ClassVar

from runner.explain.notation.digits import decimal
from runner.explain.notation.names import Blank, Derivative, Derived, Note, Row, Share, Terms
from runner.nn import formula as nodes
from runner.nn.formula import Formula, Number, Symbol

Tokens = list[str]

#: How strongly the parts of a node hold together.
LOOSE, SUM, FRACTION, PRODUCT, POWER, ATOM = range(6)
STRENGTHS: dict[type[Formula], int] = {
    nodes.Cases: LOOSE, nodes.Relation: LOOSE, Row: LOOSE, nodes.Sum: SUM, Terms: SUM,
    nodes.Product: PRODUCT, nodes.Power: POWER,
}  # fmt: skip


@dataclass(frozen=True)
class Printer(ABC):
    """What all ways of writing share. With `inline` no fraction stands over a line.

    A node `leads` where nothing but an opening parenthesis stands before it: a minus needs none of its own.
    """

    inline: bool = True
    signs: ClassVar[Mapping[str, str]]
    forms: ClassVar[Mapping[str, str]]

    def write(self, node: Formula) -> str:
        return self.close(self.tokens(node))

    def close(self, tokens: Tokens) -> str:
        """Tokens as one."""
        return "".join(tokens)

    def sign(self, mark: str) -> str:
        """A sign as it is written, of the text that stands for it."""
        return self.signs.get(mark, mark)

    def form(self, name: str, *inner: Tokens | str) -> str:
        """A form around what it holds."""
        return self.forms[name] % tuple(i if isinstance(i, str) else self.close(i) for i in inner)

    def tokens(self, node: Formula, least: int = LOOSE, leads: bool = True) -> Tokens:
        """A node; in parentheses where it holds together less than its place asks for."""
        if self.strength(node, leads) < least:
            return [self.sign("left("), *self.tokens(node), self.sign("right)")]
        return [token for part in self.parts(node, leads) for token in part]

    def strength(self, node: Formula, leads: bool) -> int:
        """How strongly a node holds together; behind other signs a minus does so as a sum."""
        if isinstance(node, nodes.Negation) or (isinstance(node, Number) and node.number < 0):
            return PRODUCT if leads else SUM
        match node:
            case nodes.Quotient():
                return FRACTION if self.inline else POWER
            case Number() if decimal(node)[1]:
                return POWER  # 1.5 × 10^3
            case Symbol() if node.above:
                return POWER
            case nodes.Call() if node.function.name == "exp":
                return POWER
        return STRENGTHS.get(type(node), ATOM)

    def parts(self, node: Formula, leads: bool = True) -> list[Tokens]:
        """The tokens of what a line may be broken between: terms, or factors; else of all in one."""
        match node:
            case nodes.Sum():
                return [self._term(term, i, leads) for i, term in enumerate(node.parts)]
            case nodes.Product(parts=(Share() as share, Terms() as mean)):
                parts = self.parts(mean)
                parts[0] = [*self.tokens(share), self.sign("·"), self.sign("big("), *parts[0]]
                parts[-1].append(self.sign("big)"))
                return parts
            case nodes.Product():
                return self._factors(node, leads)
            case nodes.Quotient():
                return [self.quotient(node, leads)]
        return [getattr(self, type(node).__name__.lower())(node)]

    def _term(self, term: Formula, place: int, leads: bool) -> Tokens:
        if place and isinstance(term, nodes.Negation):
            return [self.sign(" − "), *self.tokens(term.parts[0], FRACTION, leads=False)]
        return [*[self.sign(" + ")] * bool(place), *self.tokens(term, FRACTION, leads and not place)]

    def _factors(self, node: nodes.Product, leads: bool) -> list[Tokens]:
        parts = [self.tokens(node.parts[0], PRODUCT, leads)]
        for before, factor in pairwise(node.parts):
            written = [self.between(before, factor), *self.tokens(factor, PRODUCT, leads=False)]
            if isinstance(before, Share):
                parts[-1] += written  # it is not left alone at the end of a line
            else:
                parts.append(written)
        return parts

    def between(self, before: Formula, after: Formula) -> str:
        """The sign between two factors; derivatives are set apart."""
        return self.sign(" · " if isinstance(before, Derivative) and isinstance(after, Derivative) else "·")

    def separated(self, parts: Sequence[Formula], mark: str) -> Tokens:
        return [token for part in parts for token in (self.sign(mark), *self.tokens(part))][1:]

    # --- a method a node, of its name ---

    def negation(self, node: nodes.Negation) -> Tokens:
        return [self.sign("−"), *self.tokens(node.parts[0], FRACTION, leads=False)]

    def number(self, node: Number) -> Tokens:
        if node == Number(0.5):
            return [self.form("half")]
        mantissa, exponent = decimal(node)
        minus = [self.sign("−")] if mantissa.startswith("-") else []
        digits = self.form("digits", mantissa.lstrip("-"))
        return [*minus, digits, *(self.scientific(exponent) if exponent else [])]

    def quotient(self, node: nodes.Quotient, leads: bool) -> Tokens:
        above, below = node.parts
        return [*self.tokens(above, FRACTION, leads), self.sign("/"), *self.tokens(below, POWER, leads=False)]

    def relation(self, node: nodes.Relation) -> Tokens:
        return self.separated(node.parts, f" {node.sign} ")

    def row(self, node: Row) -> Tokens:
        return self.separated(node.parts, node.separator)

    def call(self, node: nodes.Call) -> Tokens:
        name = node.function.name
        if special := getattr(self, f"call_{name}", None):
            return list(special(*node.parts))
        inside = replace(self, inline=True).separated(node.parts, ", ")
        return [*self.name(name), self.sign("("), *inside, self.sign(")")]

    def call_abs(self, inner: Formula) -> Tokens:
        return [self.sign("|"), *self.tokens(inner), self.sign("|")]

    def call_floor(self, inner: Formula) -> Tokens:
        return [self.sign("⌊"), *replace(self, inline=True).tokens(inner), self.sign("⌋")]

    def call_ln(self, inner: Formula) -> Tokens:
        if is_letter(inner):
            return [*self.name("ln"), self.sign(" "), *self.tokens(inner)]
        return [*self.name("ln"), self.sign("("), *self.tokens(inner), self.sign(")")]

    def cases(self, node: nodes.Cases) -> Tokens:
        condition, then, otherwise = map(self.tokens, node.parts)
        return [self.form("cases", then, condition, otherwise)]

    def derivative(self, node: Derivative) -> Tokens:
        return [self.form("fraction", *([self.sign("∂"), *self.tokens(part)] for part in node.parts))]

    def share(self, node: Share) -> Tokens:
        return [self.form("share", str(node.count))]

    def sumover(self, node: nodes.SumOver) -> Tokens:
        return [self.form("sum"), *self.tokens(node.parts[0])]

    def note(self, node: Note) -> Tokens:
        pieces = [[self._said(p)] if isinstance(p, str) else self.tokens(p) for p in node.pieces]
        return [self.sign("quad"), self.sign("("), *chain.from_iterable(pieces), self.sign(")")]

    def _said(self, text: str) -> str:
        return self.form("words", text.replace(" ", self.sign("blank")))

    def blank(self, node: Blank) -> Tokens:
        return [self.form("blank")]

    def name(self, text: str) -> Tokens:
        """The name of a function."""
        return [text]

    @abstractmethod
    def scientific(self, exponent: int) -> Tokens:
        """The power of ten behind a number."""


def is_letter(node: Formula) -> bool:
    """Whether a node is a single letter: it needs no parentheses behind e^ and ln."""
    return isinstance(node, Symbol) and node.below in ("", "ₖ") and len(node.name) == 1


class Text(Printer):
    """Unicode text for a terminal, its fractions on one line."""

    signs: ClassVar[Mapping[str, str]] = {
        "left(": "(", "right)": ")", "big(": "(", "big)": ")", "quad": "  ", "blank": " ",
    }  # fmt: skip
    forms: ClassVar[Mapping[str, str]] = {
        "fraction": "%s/%s", "share": "1/%s", "half": "½", "digits": "%s", "words": "%s", "sum": "Σₖ ",
        "cases": "%s if %s, else %s", "blank": "_" * 12,
    }  # fmt: skip

    def width(self, node: Formula) -> int:
        return self.columns(self.tokens(node))

    def columns(self, tokens: Tokens) -> int:
        """How many columns tokens take: an accent takes none."""
        return sum(not unicodedata.combining(c) for token in tokens for c in token)

    def scientific(self, exponent: int) -> Tokens:
        return [f"e{exponent}".replace("-", "−")]

    def symbol(self, node: Symbol) -> Tokens:
        below = ["_", *self.tokens(node.below)] if isinstance(node.below, Symbol) else [node.below]
        return [node.name, *below, node.above]

    def power(self, node: nodes.Power) -> Tokens:
        base, exponent = node.parts
        raised = ["²"] if exponent == Number(2) else ["^", *self.tokens(exponent, ATOM, leads=False)]
        return [*self.tokens(base, ATOM, leads=False), *raised]

    def call_exp(self, inner: Formula) -> Tokens:
        return ["e^", *self.tokens(inner)] if is_letter(inner) else ["e^(", *self.tokens(inner), ")"]

    def call_sqrt(self, inner: Formula) -> Tokens:
        return ["√", *self.tokens(inner, POWER, leads=False)]

    def derived(self, node: Derived) -> Tokens:
        inner, by = map(self.tokens, node.parts)
        return ["∂(", *inner, ")/∂", *by]


class Columns(Text):
    """Not to be read: about as many columns as a formula takes where its fractions stand over a line."""

    def scientific(self, exponent: int) -> Tokens:
        return [*super().scientific(exponent), " × 10"]

    def symbol(self, node: Symbol) -> Tokens:
        letter, between, *others = super().symbol(node)
        return [letter, "" if letter == "z" and between == "_" else between, *others]

    def derivative(self, node: Derivative) -> Tokens:
        return [*max(map(self.tokens, node.parts), key=self.columns), "d"]


TEXT, COLUMNS = Text(), Columns()
