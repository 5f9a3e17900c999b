"""The page as TeX takes it."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from reading import CHAPTERS, every_formula, page, render

import runner
from runner.explain.formats import latex
from runner.explain.formats.latex import HEAD, TAIL
from runner.explain.formats.text import width
from runner.explain.notation.typeset import LATEX
from runner.explain.page import Choices, explain

tex = pytest.mark.skipif(shutil.which("pdflatex") is None, reason="needs TeX Live")


def compile_tex(folder: Path, name: str) -> str:
    """The log of a document that compiles."""
    done = subprocess.run(
        ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", f"{name}.tex"],
        cwd=folder,
        capture_output=True,
        timeout=120,
    )
    log = (folder / f"{name}.log").read_text(encoding="latin-1")
    assert done.returncode == 0, log[-2000:]
    assert (folder / f"{name}.pdf").is_file()
    return log


@tex
@pytest.mark.parametrize("preset", CHAPTERS)
def test_latex_compiles_and_stays_within_its_margins(tmp_path: Path, preset: str) -> None:
    sheet = page(preset, paths=True, check=True)
    (tmp_path / "page.tex").write_text(latex.WRITER.page(sheet), encoding="utf-8")
    assert "Overfull" not in compile_tex(tmp_path, "page")


@tex
def test_long_lines_are_broken_within_the_margins(tmp_path: Path) -> None:
    """Batches, penalties, a schedule, Adam and a loss with a long derivative, deep into training."""
    experiment = runner.load(
        "network=dense",
        "data=xor",
        "network.hidden=[2,3]",
        "network.output_activation=sigmoid",
        "loss=binary_cross_entropy",
        "optimizer=adam",
        "schedule=cosine",
        "batch_size=3",
        "regularization.l1=0.01",
        "regularization.l2=0.1",
    )
    for weight in ("w1", "w13", "b6"):
        sheet = explain(experiment, Choices(weight=weight, update=47, check=True, paths=True))
        (tmp_path / "page.tex").write_text(latex.WRITER.page(sheet), encoding="utf-8")
        assert "Overfull" not in compile_tex(tmp_path, "page")
        assert max(width(line) for line in render(sheet, "text").splitlines()) <= 100


@tex
def test_ten_classes_stay_within_the_margins(tmp_path: Path) -> None:
    run = ["network=dense", "network.hidden=[3]", "loss=cross_entropy"]
    targets = str([[float(k == 3) for k in range(10)]]).replace(" ", "")
    experiment = runner.load(*run, "data=inline", "data.inputs=[[0.5,-1]]", f"data.targets={targets}")
    (tmp_path / "page.tex").write_text(latex.WRITER.page(explain(experiment, Choices(weight="w1"))))
    assert "Overfull" not in compile_tex(tmp_path, "page")


@tex
def test_latex_as_an_include(tmp_path: Path) -> None:
    """Two pages, one of them with blanks, within a document that has its own words around them."""
    (tmp_path / "one.tex").write_text(latex.WRITER.page(page("chain_rule", weight="w6")), encoding="utf-8")
    (tmp_path / "two.tex").write_text(latex.WRITER.page(page("chain_rule", solution=False)), encoding="utf-8")
    (tmp_path / "book.tex").write_text(
        "\\documentclass{article}\\usepackage{amsmath,amssymb,tikz}\\usepackage[margin=2cm]{geometry}\n"
        "\\begin{document}Before.\\input{one}\\input{two}After.\\typeout{REACHED THE END}\\end{document}\n"
    )
    assert "REACHED THE END" in compile_tex(tmp_path, "book")


@tex
def test_every_formula_of_the_tables_compiles(tmp_path: Path) -> None:
    body = "\n".join(f"\\[ {LATEX.write(formula)} \\]" for formula in every_formula())
    (tmp_path / "all.tex").write_text(HEAD + body + "\n" + TAIL, encoding="utf-8")
    compile_tex(tmp_path, "all")


def test_names_in_prose_are_set_as_everywhere() -> None:
    text = render(page("chain_rule_two_outputs", weight="w1"), "latex")
    assert "$w_{1}$ reaches the error over 2 paths" in text
    assert not re.search(r"(?<![\w}$])[wb]\d", text.split(r"\begin{document}")[1])
