"""The chain rule worked out, for Python: one page in every format, which shows itself in a notebook."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import Any

from runner.config import boolean, number
from runner.config.checks import optional, text
from runner.errors import RunnerError, did_you_mean
from runner.explain.document import Sheet
from runner.explain.formats.writer import Writer
from runner.explain.page import Choices, explain
from runner.training.experiment import Experiment

#: What may be chosen, as the command's keys of these names.
CHOICES = {
    "weight": optional(text),
    "update": number(at_least=1, whole=True),
    "example": optional(number(at_least=1, whole=True)),
    "digits": number(at_least=1, at_most=17, whole=True),
    "solution": boolean,
    "check": boolean,
    "paths": boolean,
}


@dataclass(frozen=True, repr=False)
class Explanation:
    """One update of a run on paper: ``str()`` of it is text, and a notebook shows it as HTML."""

    sheet: Sheet

    def __str__(self) -> str:
        return self._in("text").rstrip("\n")

    def __repr__(self) -> str:
        return f"<Explanation: {self.sheet.title}, {len(self.sheet.blocks)} parts; print() shows it>"

    def markdown(self) -> str:
        """The page as GitHub's Markdown, with the network drawn in text."""
        return self._in("markdown")

    def latex(self) -> str:
        r"""The page as LaTeX that compiles by itself and as an ``\input``."""
        return self._in("latex")

    def html(self) -> str:
        """The page as a whole HTML file."""
        return self._in("html")

    def _repr_html_(self) -> str:
        from runner.explain.formats.html import WRITER

        return WRITER.fragment(self.sheet)

    def _in(self, form: str) -> str:
        writer: Writer = import_module(f"runner.explain.formats.{form}").WRITER
        return writer.page(self.sheet)


def explained(experiment: Experiment, **choices: Any) -> Explanation:
    """One update of a run worked out, as ``backprop-explain`` does it.

    `choices` are the command's: ``weight="w6"``, ``update=1``, ``example=2``, ``digits=6``, ``paths=True``,
    ``check=True``, ``solution=False``. Raises RunnerError for others, and where there is no such page.
    """
    for key in choices:
        if key not in CHOICES:
            has = f"explain has {', '.join(CHOICES)}"
            raise RunnerError(f"unknown key {key}{did_you_mean(key, CHOICES)}; {has}")
    values = {key: CHOICES[key](key, value) for key, value in choices.items()}
    return Explanation(explain(experiment, Choices(**values)))
