"""Text as it is written in a language, letter by letter: one escaper each, for all that writes pages.

A terminal has a language too: what others have written may move its cursor, hide and reorder letters.
"""

from __future__ import annotations

import re
from html import escape as html

__all__ = ["html", "latex", "markdown", "one_line", "plain_lines", "shortened", "terminal", "xml"]

_NOT_XML = re.compile("[\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f\\ufffe\\uffff]")
#: Letters of a line in the terminal, and of a word that may be a path; what is left of a longer word.
LONGEST_LINE, LONGEST_WORD, LEFT_OF_WORD = 1000, 240, 80

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


def xml(page: str) -> str:
    """A page of XML, in which letters that no XML may have are their escapes."""
    return _NOT_XML.sub(lambda letter: letter[0].encode("unicode_escape").decode(), page)


def terminal(text: str) -> str:
    """Lines in a terminal: plain signs alone, and of a long word and a long line the ends."""
    if text.isprintable() and len(text) <= LONGEST_WORD:
        return text
    words = re.compile(rf"\S{{{LONGEST_WORD + 1},}}")
    shown = words.sub(lambda word: shortened(word[0], LEFT_OF_WORD), plain_lines(text))
    return "\n".join(shortened(line, LONGEST_LINE) for line in shown.split("\n"))


def plain_lines(text: str) -> str:
    """Lines in which each letter that is no plain sign is its escape.

    Such are controls, marks of direction, what has no width and halves of letters: `repr` escapes the same.
    """
    return _plain(text, "\n\t")


def one_line(text: str) -> str:
    """Text within a line of a terminal: as there, and its own ends of lines are seen too."""
    return _plain(text)


def shortened(text: str, most: int) -> str:
    """A text of `most` letters: of a longer one the ends, which say whose it is and what is wanted."""
    if len(text) <= most:
        return text
    end = most // 3
    return f"{text[: most - end - 5]} ... {text[-end:]}"


def _plain(text: str, kept: str = "") -> str:
    if text.isprintable():
        return text
    return "".join(
        letter if letter.isprintable() or letter in kept else letter.encode("unicode_escape").decode()
        for letter in text
    )
