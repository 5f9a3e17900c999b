"""One escaper a language, for pages of every kind."""

from __future__ import annotations

from collections.abc import Callable

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
