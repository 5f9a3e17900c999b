r"""Formulas set as mathematics, with fractions over a line: LaTeX, and MathML, which browsers draw."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import ClassVar

from runner.explain.notation.names import Derived
from runner.explain.notation.printers import ATOM, Printer, Tokens
from runner.nn.formula import Formula, Number, Power, Quotient, Symbol, product

#: Digits below and above a line as they stand upon it.
LEVEL = str.maketrans("₀₁₂₃₄₅₆₇₈₉ₖ⁰¹²³⁴⁵⁶⁷⁸⁹⁽⁾", "0123456789k0123456789()")
GREEK = {
    "α": r"\alpha", "β": r"\beta", "γ": r"\gamma", "ε": r"\epsilon", "η": r"\eta", "λ": r"\lambda",
    "μ": r"\mu", "π": r"\pi", "σ": r"\sigma", "φ": r"\varphi", "Φ": r"\Phi",
}  # fmt: skip
#: Functions that have a name of their own in mathematics.
KNOWN = ("ln", "exp", "sin", "cos", "tanh", "max", "min")


class Typeset(Printer):
    """What LaTeX and MathML share: which of a few forms stands where. The forms are tables of theirs."""

    alphabet: ClassVar[Mapping[str, str]]

    def scripted(self, base: Tokens, below: Tokens, above: Tokens) -> Tokens:
        """A base with what stands below and above its end."""
        scripts = [script for script in (below, above) if script]
        name = "below" * bool(below) + "above" * bool(above)
        return [*base[:-1], self.form(name, base[-1], *scripts)] if scripts else base

    def between(self, before: Formula, after: Formula) -> str:
        halved = before == Number(0.5) and isinstance(after, Power)  # ½d²
        return self.sign("close") if halved else super().between(before, after)

    def scientific(self, exponent: int) -> Tokens:
        minus = [self.sign("−")] if exponent < 0 else []
        power = [*minus, self.form("digits", str(abs(exponent)))]
        return [self.sign(" × "), *self.scripted([self.form("digits", "10")], [], power)]

    def letter(self, letter: str) -> str:
        return self.form("letter", self.alphabet.get(letter, letter))

    def letters(self, name: str) -> Tokens:
        """A letter, Greek ones side by side, one with a hat, or an upright word."""
        if name in self.signs:
            return [self.sign(name)]
        if name.endswith("\u0302"):
            return [self.form("hat", self.letter(name[0]))]
        if set(name) <= set(GREEK):
            return [token for letter in name for token in (self.sign(" "), self.letter(letter))][1:]
        word = name.replace("_", self.sign("_"))
        return [self.letter(name) if len(name) == 1 else self.form("upright", word)]

    def name(self, text: str) -> Tokens:
        if text in KNOWN:
            return [self.form("known", text)]
        plain = text.removesuffix("′")
        return [*self.letters(plain), *([self.sign("′")] if text != plain else [])]

    def index(self, index: str | Symbol) -> Tokens:
        """What stands below or above a letter: digits, a letter, a word, a layer in parentheses, a symbol."""
        if isinstance(index, Symbol):
            return self.tokens(index)
        level = index.translate(LEVEL)
        word = level.strip("_ ()")
        if len(word) > 1 and word.isalpha():
            return [*([self.sign("thin")] if level.startswith(" ") else []), self.form("words", word)]
        own = [self.form("digits", word) if word.isdigit() else self.letter(word)] if word else []
        return [self.sign("("), *own, self.sign(")")] if level.startswith("(") else own

    # --- a method a node, of its name ---

    def symbol(self, node: Symbol) -> Tokens:
        return self.scripted(self.letters(node.name), self.index(node.below), self.index(node.above))

    def power(self, node: Power) -> Tokens:
        base, exponent = node.parts[0], self.tokens(node.parts[1])
        if isinstance(base, Symbol) and not base.above:
            return self.scripted(self.letters(base.name), self.index(base.below), exponent)
        return self.scripted(self.tokens(base, ATOM, leads=False), [], exponent)

    def quotient(self, node: Quotient, leads: bool) -> Tokens:
        if self.inline:
            return super().quotient(node, leads)
        above, below = node.parts
        if isinstance(above, Quotient):  # a/b/c
            numerator, denominator = above.parts
            above, below = numerator, product(denominator, below)
        return [self.form("fraction", self.tokens(above), self.tokens(below))]

    def call_exp(self, inner: Formula) -> Tokens:
        return self.scripted([self.letter("e")], [], self.tokens(inner))

    def call_sqrt(self, inner: Formula) -> Tokens:
        return [self.form("root", self.tokens(inner))]

    def derived(self, node: Derived) -> Tokens:
        inner, by = map(self.tokens, node.parts)
        operator = self.form("fraction", [self.sign("∂").rstrip()], [self.sign("∂"), *by])
        return [operator, self.sign(" "), self.sign("left("), *inner, self.sign("right)")]


class Latex(Typeset):
    """LaTeX for mathematics mode, with braces around every exponent."""

    signs: ClassVar[Mapping[str, str]] = {
        "left(": r"\left(", "right)": r"\right)", "big(": r"\bigl(", "big)": r"\bigr)", "close": " ",
        " − ": " - ", "−": "-", "·": r" \cdot ", " · ": r" \cdot ", "/": " / ", " × ": r" \times ",
        " ≤ ": r" \le ", " → ": r" \to ", "→": r"\to",
        "⌊": r"\lfloor ", "⌋": r" \rfloor", "∂": r"\partial ", "′": "'", "_": r"\_", "thin": r"\,",
        "quad": r"\quad ", "blank": " ",
    }  # fmt: skip
    forms: ClassVar[Mapping[str, str]] = {
        "fraction": r"\frac{%s}{%s}", "share": r"\tfrac{1}{%s}", "half": r"\tfrac{1}{2}",
        "root": r"\sqrt{%s}", "hat": r"\hat{%s}", "upright": r"\mathrm{%s}", "words": r"\text{%s}",
        "below": "%s_{%s}", "above": "%s^{%s}", "belowabove": "%s_{%s}^{%s}",
        "digits": "%s", "letter": "%s", "known": r"\%s", "sum": r"\sum_k ",
        "cases": r"\begin{cases} %s & %s \\ %s & \text{else} \end{cases}",
        "blank": r"\underline{\hspace{25mm}}",
    }  # fmt: skip
    alphabet: ClassVar[Mapping[str, str]] = {**GREEK, "l": r"\ell", "…": r"\dots"}


_SHARE = "<mstyle displaystyle='false' scriptlevel='0'><mfrac><mn>1</mn><mn>%s</mn></mfrac></mstyle>"
_CELLS = "<mtr>" + "<mtd style='text-align: left'>%s</mtd>" * 2 + "</mtr>"


class MathML(Typeset):
    """The inside of a ``<math>`` element."""

    signs: ClassVar[Mapping[str, str]] = {
        **{f" {c} ": f"<mo>{escape(c)}</mo>" for c in "+−=>≤→·×"},
        **{f"{s}{c}": f"<mo stretchy='false'>{c}</mo>" for c in "()⌊⌋" for s in ("", "left", "right", "big")},
        **{c: f"<mo stretchy='false' lspace='0' rspace='0'>{c}</mo>" for c in "|/"},
        "·": "<mo>·</mo>", "→": "<mo>→</mo>", ", ": "<mo>,</mo>", "−": "<mo form='prefix'>−</mo>",
        "′": "<mo>′</mo>", "∂": "<mi mathvariant='normal'>∂</mi>", "close": "", " ": "",
        "thin": "<mspace width='0.17em'/>", "quad": "<mspace width='1em'/>",
        "blank": "\u00a0",
    }  # fmt: skip
    forms: ClassVar[Mapping[str, str]] = {
        "fraction": "<mfrac>%s%s</mfrac>", "root": "<msqrt>%s</msqrt>",
        "share": _SHARE, "half": _SHARE % 2,
        "below": "<msub>%s%s</msub>", "above": "<msup>%s%s</msup>", "belowabove": "<msubsup>%s%s%s</msubsup>",
        "hat": "<mover accent='true'>%s<mo>^</mo></mover>", "digits": "<mn>%s</mn>", "letter": "<mi>%s</mi>",
        "upright": "<mi mathvariant='normal'>%s</mi>", "words": "<mtext>%s</mtext>",
        "known": "<mi>%s</mi><mo>&#x2061;</mo>", "sum": "<msub><mo>∑</mo><mi>k</mi></msub>",
        "cases": f"<mrow><mo>{{</mo><mtable>{_CELLS}{_CELLS % ('%s', '<mtext>else</mtext>')}</mtable></mrow>",
        "blank": "<mspace width='3.5em' height='1em' depth='0.2em' style='border-bottom: 1px solid' "
        "class='blank'/>",
    }  # fmt: skip
    alphabet: ClassVar[Mapping[str, str]] = {"l": "ℓ"}

    def close(self, tokens: Tokens) -> str:
        return tokens[0] if len(tokens) == 1 else f"<mrow>{''.join(tokens)}</mrow>"


LATEX, MATHML = Latex(inline=False), MathML(inline=False)
