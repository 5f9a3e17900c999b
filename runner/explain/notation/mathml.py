r"""LaTeX formulas as MathML, which browsers draw without help: the part of LaTeX that the pages use.

A small recursive reader. Every formula of the tables is tried in the tests, so that a new command
in one of them is noticed on the day it is added.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from html import escape

from runner.explain.notation.names import BLANK_LATEX

_TOKEN = re.compile(r"\s+|\\[A-Za-z]+|\\.|\d+(?:\.\d+)?|.", re.DOTALL)

#: Commands that stand for a sign or a letter.
SIGNS = {
    **dict.fromkeys((r"\bigl", r"\bigr", r"\left", r"\right"), ""),
    r"\cdot": "<mo>·</mo>",
    r"\times": "<mo>×</mo>",
    r"\to": "<mo>→</mo>",
    r"\le": "<mo>≤</mo>",
    r"\partial": "<mi mathvariant='normal'>∂</mi>",
    r"\sum": "<mo>∑</mo>",
    r"\dots": "<mi>…</mi>",
    r"\lfloor": "<mo stretchy='false'>⌊</mo>",
    r"\rfloor": "<mo stretchy='false'>⌋</mo>",
    r"\,": "<mspace width='0.17em'/>",
    r"\ ": "<mspace width='0.35em'/>",
    r"\quad": "<mspace width='1em'/>",
    r"\qquad": "<mspace width='2em'/>",
    r"\_": "<mi mathvariant='normal'>_</mi>",
    **{
        f"\\{name}": f"<mi>{letter}</mi>"
        for name, letter in {
            "alpha": "α",
            "beta": "β",
            "gamma": "γ",
            "epsilon": "ε",
            "eta": "η",
            "lambda": "λ",
            "mu": "μ",
            "pi": "π",
            "sigma": "σ",
            "varphi": "φ",
            "Phi": "Φ",
            "ell": "ℓ",
        }.items()
    },
    **{
        f"\\{name}": f"<mi>{name}</mi><mo>&#x2061;</mo>"
        for name in ("ln", "exp", "sin", "cos", "tanh", "max", "min")
    },
}
#: Characters that are written otherwise, or stretch where they should not.
CHARACTERS = {
    "-": "<mo>−</mo>",
    "'": "<mo>′</mo>",
    **{c: f"<mo stretchy='false'>{c}</mo>" for c in "()[]"},
    **{c: f"<mo stretchy='false' lspace='0' rspace='0'>{c}</mo>" for c in "|/"},
}
#: Behind these a minus is a number's sign.
SIGN_LEADS = ("", "(", "|", "{", "=", "+", "-", "&", ",", "/", r"\\", r"\cdot", "[")
BLANK = "<mspace width='3.5em' height='1em' depth='0.2em' style='border-bottom: 1px solid' class='blank'/>"


def mathml(latex: str, block: bool = False) -> str:
    """A formula as a ``<math>`` element."""
    display = " display='block'" if block else ""
    return f"<math{display}>{inner(latex)}</math>"


def inner(latex: str) -> str:
    """A formula as the inside of a ``<math>`` element. Raises ValueError for a command not known."""
    return _Reader(latex.replace(BLANK_LATEX, r"\blank ")).row()


class _Reader:
    """Reads a formula from left to right."""

    def __init__(self, latex: str) -> None:
        self.tokens = _TOKEN.findall(latex)
        self.at = 0

    @property
    def next(self) -> str:
        while self.at < len(self.tokens) and self.tokens[self.at].isspace():
            self.at += 1
        return self.tokens[self.at] if self.at < len(self.tokens) else ""

    @property
    def before(self) -> str:
        """What stood before the next token."""
        return next((t for t in reversed(self.tokens[: self.at]) if not t.isspace()), "")

    def take(self) -> str:
        token = self.next
        self.at += 1
        return token

    def row(self, *ends: str) -> str:
        """Everything up to one of the `ends`, or to the end."""
        atoms: list[str] = []
        while self.next and self.next not in ends:
            atoms.append(self.scripted())
        return atoms[0] if len(atoms) == 1 else f"<mrow>{''.join(atoms)}</mrow>"

    def scripted(self) -> str:
        """An atom with its index and its power."""
        base = self.atom()
        scripts = {"_": "", "^": ""}
        while self.next in scripts and self.next:
            mark = self.take()
            scripts[mark] = self.atom()
        below, above = scripts["_"], scripts["^"]
        if below and above:
            return f"<msubsup>{base}{below}{above}</msubsup>"
        if below:
            return f"<msub>{base}{below}</msub>"
        return f"<msup>{base}{above}</msup>" if above else base

    def atom(self) -> str:
        before, token = self.before, self.take()
        if token == "-" and before in SIGN_LEADS:
            return "<mo form='prefix'>−</mo>"  # a sign, not a difference: no space around it
        if token in COMMANDS:
            return COMMANDS[token](self)
        if token in SIGNS:
            return SIGNS[token]
        if token.startswith("\\"):
            raise ValueError(f"no MathML for {token}")
        if token[0].isdigit():
            return f"<mn>{token}</mn>"
        if token.isalpha():
            return f"<mi>{token}</mi>"
        return CHARACTERS.get(token, f"<mo>{escape(token)}</mo>")

    def group(self) -> str:
        """A pair of braces, whose first is taken."""
        content = self.row("}")
        self.take()
        return content

    def argument(self) -> str:
        self.take()
        return self.group()

    def words(self) -> str:
        """The text of an argument as it is."""
        self.take()
        start = self.at
        while self.tokens[self.at] != "}":
            self.at += 1
        self.at += 1
        return "".join(self.tokens[start : self.at - 1]).replace(r"\_", "_")

    def cases(self) -> str:
        self.words()  # {cases}
        rows: list[list[str]] = [[]]
        while True:
            rows[-1].append(self.row("&", r"\\", r"\end"))
            end = self.take()
            if end == r"\\":
                rows.append([])
            elif end == r"\end":
                self.words()
                break
        cells = "".join(
            "<mtr>" + "".join(f"<mtd style='text-align: left'>{cell}</mtd>" for cell in row) + "</mtr>"
            for row in rows
        )
        return f"<mrow><mo>{{</mo><mtable>{cells}</mtable></mrow>"


def _small(fraction: str) -> str:
    return f"<mstyle displaystyle='false' scriptlevel='0'>{fraction}</mstyle>"


def _fraction(reader: _Reader) -> str:
    return f"<mfrac>{reader.argument()}{reader.argument()}</mfrac>"


COMMANDS: dict[str, Callable[[_Reader], str]] = {
    "{": _Reader.group,
    r"\frac": _fraction,
    r"\tfrac": lambda reader: _small(_fraction(reader)),
    r"\sqrt": lambda reader: f"<msqrt>{reader.argument()}</msqrt>",
    r"\hat": lambda reader: f"<mover accent='true'>{reader.argument()}<mo>^</mo></mover>",
    r"\mathrm": lambda reader: f"<mi mathvariant='normal'>{escape(reader.words())}</mi>",
    r"\text": lambda reader: f"<mtext>{escape(reader.words())}</mtext>",
    r"\begin": _Reader.cases,
    r"\blank": lambda reader: BLANK,
}
