"""How formulas are written: what all ways share, and as text. LaTeX and MathML are in ``typeset``.

A printer makes tokens of a node: pieces of text or of LaTeX, or elements of MathML. What needs
parentheses is decided once for all of them, by how strongly a node holds together.
"""

from __future__ import annotations

import unicodedata
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

from runner.explain.notation.digits import decimal
from runner.explain.notation.names import Blank, Derivative, Derived, Note, Row, Share, Terms
from runner.nn.formula import (
    Call,
    Cases,
    Formula,
    Negation,
    Number,
    Power,
    Product,
    Quotient,
    Relation,
    Sum,
    SumOver,
    Symbol,
)

Tokens = list[str]


#: How strongly the parts of a node hold together.
LOOSE, SUM, FRACTION, PRODUCT, POWER, ATOM = range(6)
STRENGTHS: dict[type[Formula], int] = {
    Cases: LOOSE, Relation: LOOSE, Row: LOOSE, Sum: SUM, Terms: SUM, Product: PRODUCT, Power: POWER,
}  # fmt: skip


@dataclass(frozen=True)
class Printer(ABC):
    """What all ways of writing share. With `inline` no fraction stands over a line.

    A node `leads` where nothing but an opening parenthesis stands before it: a minus needs none of its own.
    """

    inline: bool = True
    signs: ClassVar[Mapping[str, str]] = {}

    def write(self, node: Formula) -> str:
        return self.close(self.tokens(node))

    def close(self, tokens: Tokens) -> str:
        """Tokens as one."""
        return "".join(tokens)

    def sign(self, mark: str) -> str:
        """A sign as it is written, of the text that stands for it."""
        return self.signs.get(mark, mark)

    def tokens(self, node: Formula, least: int = LOOSE, leads: bool = True) -> Tokens:
        """A node; in parentheses where it holds together less than its place asks for."""
        if self.strength(node, leads) < least:
            return [self.sign("left("), *self.tokens(node), self.sign("right)")]
        return [token for part in self.parts(node, leads) for token in part]

    def strength(self, node: Formula, leads: bool) -> int:
        match node:
            case Negation():
                return PRODUCT if leads else SUM
            case Number() if node.number < 0:
                return PRODUCT if leads else SUM
            case Number() if decimal(node)[1]:
                return POWER  # 1.5 × 10^3
            case Symbol() if node.above:
                return POWER
            case Quotient():
                return FRACTION if self.inline else POWER
            case Call() if node.function.name == "exp":
                return POWER
        return STRENGTHS.get(type(node), ATOM)

    def parts(self, node: Formula, leads: bool = True) -> list[Tokens]:
        """The tokens of what a line may be broken between: terms, or factors; else of all in one."""
        match node:
            case Sum():
                return [self._term(term, i, leads) for i, term in enumerate(node.parts)]
            case Product(parts=(Share() as share, Terms() as mean)):
                first, *others = self.parts(mean)
                opened = [*self.tokens(share), self.sign("·"), self.sign("big("), *first]
                *before, last = [opened, *others]
                return [*before, [*last, self.sign("big)")]]
            case Product():
                return self._factors(node, leads)
        return [getattr(self, type(node).__name__.lower())(node, leads)]

    def _term(self, term: Formula, place: int, leads: bool) -> Tokens:
        if place and isinstance(term, Negation):
            return [self.sign(" − "), *self.tokens(term.parts[0], FRACTION, leads=False)]
        before = [self.sign(" + ")] if place else []
        return [*before, *self.tokens(term, FRACTION, leads and not place)]

    def _factors(self, node: Product, leads: bool) -> list[Tokens]:
        parts = [self.tokens(node.parts[0], PRODUCT, leads)]
        for before, factor in zip(node.parts, node.parts[1:], strict=False):
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
        first, *others = [self.tokens(part) for part in parts]
        return [*first, *(token for part in others for token in (self.sign(mark), *part))]

    # --- a method a node, of its name ---

    def negation(self, node: Negation, leads: bool) -> Tokens:
        return [self.sign("−"), *self.tokens(node.parts[0], FRACTION, leads=False)]

    def number(self, node: Number, leads: bool) -> Tokens:
        if node == Number(0.5):
            return self.half()
        mantissa, exponent = decimal(node)
        minus = [self.sign("−")] if mantissa.startswith("-") else []
        return [*minus, *self.digits(mantissa.lstrip("-")), *(self.scientific(exponent) if exponent else [])]

    def quotient(self, node: Quotient, leads: bool) -> Tokens:
        above, below = node.parts
        above_line = self.tokens(above, FRACTION, leads)
        return [*above_line, self.sign("/"), *self.tokens(below, POWER, leads=False)]

    def relation(self, node: Relation, leads: bool) -> Tokens:
        return self.separated(node.parts, f" {node.sign} ")

    def row(self, node: Row, leads: bool) -> Tokens:
        return self.separated(node.parts, node.separator)

    def call(self, node: Call, leads: bool) -> Tokens:
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

    def digits(self, text: str) -> Tokens:
        return [text]

    def name(self, text: str) -> Tokens:
        """The name of a function."""
        return [text]

    def half(self) -> Tokens:
        return ["½"]

    @abstractmethod
    def scientific(self, exponent: int) -> Tokens:
        """The power of ten behind a number."""


def is_letter(node: Formula) -> bool:
    """Whether a node is a single letter: it needs no parentheses behind e^ and ln."""
    return isinstance(node, Symbol) and node.below in ("", "ₖ") and len(node.name) == 1


class Text(Printer):
    """Unicode text for a terminal, its fractions on one line."""

    signs: ClassVar[Mapping[str, str]] = {"left(": "(", "right)": ")", "big(": "(", "big)": ")"}

    def width(self, node: Formula) -> int:
        """How many columns it takes."""
        return self.columns(self.tokens(node))

    def columns(self, tokens: Tokens) -> int:
        """How many columns tokens take: an accent takes none."""
        return sum(not unicodedata.combining(c) for token in tokens for c in token)

    def scientific(self, exponent: int) -> Tokens:
        return [f"e{exponent}".replace("-", "−")]

    def symbol(self, node: Symbol, leads: bool) -> Tokens:
        below = ["_", *self.tokens(node.below)] if isinstance(node.below, Symbol) else [node.below]
        return [node.name, *below, node.above]

    constant = symbol

    def power(self, node: Power, leads: bool) -> Tokens:
        base, exponent = node.parts
        raised = ["²"] if exponent == Number(2) else ["^", *self.tokens(exponent, ATOM, leads=False)]
        return [*self.tokens(base, ATOM, leads=False), *raised]

    def call_exp(self, inner: Formula) -> Tokens:
        return ["e^", *self.tokens(inner)] if is_letter(inner) else ["e^(", *self.tokens(inner), ")"]

    def call_sqrt(self, inner: Formula) -> Tokens:
        return ["√", *self.tokens(inner, POWER, leads=False)]

    def cases(self, node: Cases, leads: bool) -> Tokens:
        condition, then, otherwise = map(self.tokens, node.parts)
        return [*then, " if ", *condition, ", else ", *otherwise]

    def derivative(self, node: Derivative, leads: bool) -> Tokens:
        above, below = map(self.tokens, node.parts)
        return ["∂", *above, "/∂", *below]

    def derived(self, node: Derived, leads: bool) -> Tokens:
        inner, by = map(self.tokens, node.parts)
        return ["∂(", *inner, ")/∂", *by]

    def share(self, node: Share, leads: bool) -> Tokens:
        return [f"1/{node.count}"]

    def sumover(self, node: SumOver, leads: bool) -> Tokens:
        return ["Σₖ ", *self.tokens(node.parts[0])]

    def note(self, node: Note, leads: bool) -> Tokens:
        pieces = [piece if isinstance(piece, str) else self.write(piece) for piece in node.pieces]
        return ["  (", *pieces, ")"]

    def blank(self, node: Blank, leads: bool) -> Tokens:
        return ["_" * 12]


class Columns(Text):
    """Not to be read: about as many columns as a formula takes where its fractions stand over a line."""

    def scientific(self, exponent: int) -> Tokens:
        return [*super().scientific(exponent), " × 10"]

    def symbol(self, node: Symbol, leads: bool) -> Tokens:
        letter, between, *others = super().symbol(node, leads)
        return [letter, "" if letter == "z" and between == "_" else between, *others]

    def derivative(self, node: Derivative, leads: bool) -> Tokens:
        return [*max(map(self.tokens, node.parts), key=self.columns), "d"]


TEXT, COLUMNS = Text(), Columns()
