"""The page as GitHub draws it."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

from reading import page, render

from runner.explain.formats import markdown


def test_markdown_comes_with_its_picture(tmp_path: Path) -> None:
    files = markdown.WRITER.files(page("chain_rule", weight="w6"), tmp_path / "the page.md")
    text = files[tmp_path / "the page.md"]
    assert "![The network](the%20page.svg)" in text
    assert "━" not in text
    root = ElementTree.fromstring(files[tmp_path / "the page.svg"])
    assert root.tag == "{http://www.w3.org/2000/svg}svg"


def test_markdown_uses_only_what_github_draws() -> None:
    text = render(page("chain_rule_two_layers"), "markdown")
    assert text.count("```math\n") == text.count("\\begin{aligned}") == text.count("\\end{aligned}")
    # refused by GitHub, or eaten by Markdown in plain $…$
    assert r"\operatorname" not in text
    assert "$" not in re.sub(r"\$`[^`]*`\$", "", text)
