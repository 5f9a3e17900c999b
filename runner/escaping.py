"""Text as it is written in a language, letter by letter: one escaper each, for all that writes pages."""

from __future__ import annotations

from html import escape as html

__all__ = ["html", "latex", "markdown"]

_LATEX = str.maketrans(
    {
        **{letter: f"\\{letter}" for letter in "&%$#_{}"},
        "\\": r"\textbackslash{}",
        "~": r"\textasciitilde{}",
        "^": r"\textasciicircum{}",
        "<": r"\textless{}",
        ">": r"\textgreater{}",
        "|": r"\textbar{}",
        '"': r"\symbol{34}",
        "[": "{[}",  # after the end of a row it would begin an option
        "−": "$-$",
        "…": r"\dots{}",
    }
)
_MARKDOWN = str.maketrans({**{letter: f"\\{letter}" for letter in "\\`*_{}[]<>#|$"}, "\n": " "})


def latex(text: str) -> str:
    """Text in a paragraph or a table of LaTeX."""
    return text.translate(_LATEX)


def markdown(text: str) -> str:
    """Text in a line or a table's cell of GitHub's Markdown."""
    return text.translate(_MARKDOWN)
