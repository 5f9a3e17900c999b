"""One escaper a language, for pages of every kind."""

from __future__ import annotations

from collections.abc import Callable
from xml.etree import ElementTree

import pytest

from runner import escaping


@pytest.mark.parametrize(
    ("escape", "escaped"),
    [
        (escaping.html, "&lt;b&gt;&amp;&quot;&#x27;"),
        (escaping.latex, r"\textless{}b\textgreater{}\&\symbol{34}'"),
        (escaping.markdown, "\\<b\\>&\"'"),
    ],
    ids=["html", "latex", "markdown"],
)
def test_what_a_language_would_read(escape: Callable[[str], str], escaped: str) -> None:
    assert escape("<b>&\"'") == escaped


def test_latex_escapes_what_is_no_letter() -> None:
    assert escaping.latex('a|b"<c>') == r"a\textbar{}b\symbol{34}\textless{}c\textgreater{}"
    assert escaping.latex("[4]") == "{[}4]"  # not an option of the row's end before it
    assert escaping.latex("−1…") == r"$-$1\dots{}"


def test_markdown_keeps_to_its_line() -> None:
    assert escaping.markdown("a|b\n$`c_{1}`$") == r"a\|b \$\`c\_\{1\}\`\$"


#: What moves a terminal's cursor, or hides or reorders letters there: controls, marks, what has no width.
HARMFUL = (
    "\x1b]0;owned\x07 \x1b[2J \x9b31m \r \x08 \x00 \x7f \x85 "
    "\u202e \u2066 \u200f \u200b \u2060 \ufeff \u2028 \udcff"
)


def test_a_terminal_is_shown_plain_signs_alone() -> None:
    shown = escaping.terminal(f"Größe, 価格\t{HARMFUL}\nη = 1")
    lines = shown.split("\n")
    assert len(lines) == 2
    assert all(line.replace("\t", "").isprintable() for line in lines)
    assert shown.startswith("Größe, 価格\t\\x1b]0;owned\\x07")
    assert "\\u202e \\u2066" in shown
    assert escaping.terminal(shown) == shown
    assert escaping.one_line("a\n\tb") == "a\\n\\tb"


def test_long_words_and_lines_lose_their_middle() -> None:
    assert escaping.terminal("w" * 240) == "w" * 240
    word = escaping.terminal(f"a {'w' * 100_000}e b")
    assert (len(word), word[-6:], word[:5]) == (84, "wwwe b", "a www")
    line = escaping.terminal("key: " + "many words " * 10_000 + "must be one")
    assert (len(line), line[:4], line[-11:]) == (1000, "key:", "must be one")


def test_a_page_of_xml_has_no_letter_that_none_may_have() -> None:
    page = f"<p>{HARMFUL[:-1]}</p>"  # without a half of a letter
    with pytest.raises(ElementTree.ParseError):
        ElementTree.fromstring(page)
    assert ElementTree.fromstring(escaping.xml(page)).text
    assert escaping.xml("<p>a\n\tη</p>") == "<p>a\n\tη</p>"
