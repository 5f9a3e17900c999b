"""The formats as their readers take them: columns in a terminal, TeX, a browser, GitHub's Markdown."""

from __future__ import annotations

import re
import shutil
import subprocess
from itertools import combinations
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from reading import CHAPTERS, FORMATS, render

import runner
from runner.config import conf_dir
from runner.explain.diagram import Picture, label_points, picture
from runner.explain.document import Sheet
from runner.explain.formats import latex, markdown, svg
from runner.explain.formats.latex import HEAD, TAIL
from runner.explain.formats.text import width
from runner.explain.notation.digits import Pen
from runner.explain.notation.names import Names, noted
from runner.explain.notation.printers import TEXT
from runner.explain.notation.typeset import LATEX, MATHML
from runner.explain.page import Choices, explain
from runner.explain.step import take
from runner.nn.activations import ACTIVATIONS
from runner.nn.formula import Formula, Number, Symbol, exp, maximum, tanh
from runner.nn.losses import LOSSES
from runner.nn.optimizers import OPTIMIZERS
from runner.nn.options import letters
from runner.nn.schedules import SCHEDULES


def page(preset: str, **choices: object) -> Sheet:
    return explain(runner.load(f"experiment={preset}"), Choices(**choices))  # type: ignore[arg-type]


def every_formula() -> list[Formula]:
    """The formulas of every table from which a page may take one."""
    formulas: list[Formula] = []
    for a in ACTIVATIONS.values():
        formulas += [noted(a.formula, a.note), noted(a.slope, a.slope_note), *a.constants]
    for loss in LOSSES.values():
        formulas += [loss.term, loss.slope, *loss.derivation, *loss.note[1], *(c.part for c in loss.cuts)]
        formulas += [piece for piece in loss.rewritten if isinstance(piece, Formula)]
        if p := loss.probabilities:
            formulas += [p.formula, p.summand or p.formula]
    for optimizer in OPTIMIZERS.values():
        formulas += [formula for pair in optimizer.formulas.values() for formula in pair]
        formulas += [optimizer.direction(dict.fromkeys(optimizer.options, on)) for on in (0.0, 1.0)]
        formulas += letters(optimizer.options).values()
    formulas += [schedule.formula for schedule in SCHEDULES.values()]
    return formulas


# --- text ------------------------------------------------------------------------------------


@pytest.mark.parametrize("preset", CHAPTERS)
@pytest.mark.parametrize("solution", [True, False])
def test_text_fits_100_columns(preset: str, solution: bool) -> None:
    for update in (1, 2, 57):
        text = render(page(preset, update=update, solution=solution, paths=True, check=True), "text")
        for line in text.splitlines():
            assert width(line) <= 100, line


def test_exercises_fit_100_columns_and_stay_friendly() -> None:
    for seed in range(30):
        experiment = runner.load("experiment=exercise", f"seed={seed}")
        text = render(explain(experiment, Choices(digits=17)), "text")
        assert max(map(len, text.splitlines())) <= 100 or re.search(r"\d{12}", text)
        weights = runner.train(experiment).parameters["initial"]
        assert (weights * 10).round(12).isin(range(-3, 4)).all()
        assert (weights != 0).all()
        first, second = experiment.data.inputs.ravel()
        assert {first, second} <= {3.0, 4.0, 5.0}
        assert first != second


def test_exercises_leave_something_to_work_out() -> None:
    for seed in range(40):
        step = take(runner.load("experiment=exercise", f"seed={seed}"), 1)
        assert np.abs(step.a[1]).min() > 1e-9, seed
        assert np.abs(step.gradient).min() > 1e-9, seed


def test_every_seed_is_another_exercise() -> None:
    pages = {
        render(explain(runner.load("experiment=exercise", f"seed={s}"), Choices()), "text") for s in range(8)
    }
    assert len(pages) == 8


def test_the_marked_way_in_the_diagram() -> None:
    text = render(page("chain_rule", weight="w3"), "text")
    assert "x1 ━━w3━━┓" in text
    assert "x2 ──w4──┻━ h2" in text
    assert "h2 ━━w6━━┻━ pred ━━ E" in text
    assert "x1 ──w1──┐" in text
    assert "h1 ──w5──┐" in text


def test_paths_are_written_out_on_request() -> None:
    grouped = render(page("chain_rule_two_outputs", weight="w1"), "text")
    assert "w1 reaches the error over 2 paths" in grouped
    assert "→" not in grouped
    expanded = render(page("chain_rule_two_outputs", weight="w1", paths=True), "text")
    assert "h1 → pred1" in expanded
    assert "h1 → pred2" in expanded


# --- blanks ----------------------------------------------------------------------------------


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("preset", CHAPTERS)
def test_without_solution_no_result_is_shown(preset: str, form: str) -> None:
    experiment = runner.load(f"experiment={preset}")
    solved, blank = (decimals(explain(experiment, Choices(solution=s)), form) for s in (True, False))
    given = {f"{value:.6g}" for value in runner.train(experiment).parameters["initial"].abs()}
    given |= {f"{value:g}" for value in (*experiment.data.inputs.ravel(), *experiment.data.targets.ravel())}
    given |= {f"{experiment.learning_rate:g}", "0.9"}  # 0.9: the momentum
    assert blank <= given
    assert solved - given


def decimals(sheet: Sheet, form: str) -> set[str]:
    """The decimal numbers that a page shows; not those of its lay-out."""
    shown = re.sub(LAYOUT, "", render(sheet, form), flags=re.DOTALL)
    return set(re.findall(r"\d+\.\d+", shown))


LAYOUT = "|".join(
    (
        r"<svg.*?</svg>",
        r"<style.*?</style>",
        r"(?:style|width|depth)='[^']*'",
        r"\\documentclass.*?\\begin\{document\}",
        r"\\begin\{tikzpicture\}.*?\\end\{tikzpicture\}",
        r"\\arraystretch\S*",
    )
)


def test_a_sheet_to_work_out_says_so_and_leaves_room() -> None:
    sheet = page("exercise", solution=False)
    for form in FORMATS:
        text = render(sheet, form)
        assert "The chain rule, to work out" in text
        assert "worked out" not in text
        assert "The numbers are those of training" not in text
    blanks = re.findall(r"_{2,}", render(sheet, "text"))
    assert blanks
    assert min(map(len, blanks)) >= 12
    assert r"\underline{\hspace{25mm}}" in render(sheet, "latex")


# --- LaTeX -----------------------------------------------------------------------------------

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


# --- HTML ------------------------------------------------------------------------------------


def test_every_formula_of_the_tables_becomes_mathml() -> None:
    for formula in every_formula():
        ElementTree.fromstring(f"<math>{MATHML.write(formula)}</math>")


def test_mathml() -> None:
    assert MATHML.write(Symbol("a") / Symbol("b", "1") ** 2) == (
        "<mfrac><mi>a</mi><msubsup><mi>b</mi><mn>1</mn><mn>2</mn></msubsup></mfrac>"
    )
    assert MATHML.write(Number(-0.5, 6) - Number(1, 6)) == (
        "<mrow><mo form='prefix'>−</mo><mn>0.5</mn><mo>−</mo><mn>1</mn></mrow>"
    )


def test_html_needs_nothing_else_and_no_script() -> None:
    html = render(page("chain_rule"), "html")
    assert "<script" not in html
    assert not re.findall(r"(?:src|href)='(?!#)[^']*'", html)
    assert "@import" not in html
    assert "url(" not in html
    for name in ("w1", "w6"):
        assert f"id='{name}'" in html
        assert f"href='#{name}'" in html


def test_punctuation_stays_with_its_formula() -> None:
    html = render(page("chain_rule", weight="w6"), "html")
    assert "</math>," not in html.replace("</math>,</span>", "")
    assert html.count("</math>,</span>") > 5


def test_each_weight_marks_its_own_way() -> None:
    html = render(page("chain_rule"), "html")
    ways = dict(re.findall(r"<a href='#(w\d)'[^>]*class='([^']*)'", html))
    assert ways["w1"] == "on-w1"
    assert ways["w5"] == "on-w1 on-w2 on-w5"
    assert ways["w6"] == "on-w3 on-w4 on-w6"


CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--window-size=1000,4000",
)


@pytest.mark.skipif(CHROMIUM is None, reason="needs chromium")
def test_a_browser_marks_the_way_of_a_weight_that_has_the_focus_or_is_linked_to(tmp_path: Path) -> None:
    from matplotlib.image import imread

    html = render(page("chain_rule"), "html")
    focus = "<script>document.querySelector('a[data-w=w6]').focus()</script>"  # as the tab key does
    (tmp_path / "page.html").write_text(html, encoding="utf-8")
    (tmp_path / "focus.html").write_text(html.replace("</body>", f"{focus}</body>"), encoding="utf-8")
    red = {}
    for address in ("page.html", "page.html#w6", "focus.html"):
        shot = tmp_path / f"{len(red)}.png"
        subprocess.run(
            [
                str(CHROMIUM),
                *FLAGS,
                f"--user-data-dir={tmp_path / f'profile{len(red)}'}",
                f"--screenshot={shot}",
                f"file://{tmp_path}/{address}",
            ],
            check=True,
            capture_output=True,
            timeout=120,
        )
        image = imread(shot)
        red[address] = int(((image[..., 0] > 0.6) & (image[..., 1] < 0.2) & (image[..., 2] < 0.2)).sum())
    assert red["page.html"] == 0
    assert red["page.html#w6"] > 300
    assert red["focus.html"] > 300


# --- Markdown and the picture ----------------------------------------------------------------


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


def test_a_picture_escapes_its_names() -> None:
    drawing = picture(Names(runner.load()), {"w1"})
    name = Symbol("<&>")
    changed = Picture(((name, *drawing.layers[0][1:]), *drawing.layers[1:]), drawing.edges, drawing.marked)
    assert "<&>" not in svg.alone(changed)
    ElementTree.fromstring(svg.alone(changed))


SHAPES = [
    (2, 2, 3),
    (4, 3, 3),
    (2, 8, 3),
    (7, 8),
    (8, 7),
    (3, 5, 5, 3),
    (1, 1),
    (2, 2, 2, 2, 2, 2, 2),
    (4, 8),
]


@pytest.mark.parametrize("sizes", SHAPES)
@pytest.mark.parametrize("form", ["svg", "latex"])
def test_names_of_weights_do_not_cover_each_other(sizes: tuple[int, ...], form: str) -> None:
    inputs, *hidden, outputs = sizes
    experiment = runner.load(
        "network=dense",
        "data=inline",
        f"data.inputs={[[1] * inputs]}".replace(" ", ""),
        f"data.targets={[[1] * outputs]}".replace(" ", ""),
        f"network.hidden={hidden}".replace(" ", ""),
    )
    drawing = picture(Names(experiment), {"w1"})
    if form == "svg":
        across, down, box = float(svg.ACROSS), float(svg.DOWN), svg.NAME
    else:
        across, down, box = latex.apart(drawing), latex.DOWN, latex.NAME
    points = label_points(drawing, across, down, box)
    assert len(points) == experiment.network.weight_count
    for (x, y), (u, v) in combinations(points.values(), 2):
        assert abs(x - u) >= 0.99 * box[0] or abs(y - v) >= 0.99 * box[1]


def test_all_outputs_lead_into_one_error() -> None:
    two = page("chain_rule_two_outputs", weight="w5")
    (drawing,) = (block for block in two.blocks if isinstance(block, Picture))
    assert svg.picture(drawing).count(">E</text>") == 1
    assert render(two, "latex").count("{$E$}") == 1
    text = render(two, "text").split("The network")[1].split("Inputs")[0]
    assert text.count("E\n") == 1
    assert "pred1 ━━━━┓\n" in text
    assert "pred2 ────┻━ E\n" in text


@pytest.mark.parametrize(
    ("overrides", "sizes", "way"),
    [
        (["experiment=spiral"], "2-16-16-1", "x1 → h1⁽¹⁾ → h1⁽²⁾, …, h16⁽²⁾ → pred → E"),
        (["network=dense", "network.hidden=[16]"], "2-16-1", "x1 → h1 → pred → E"),
        (["network=dense", "network.hidden=[9]"], "2-9-1", "x1 → h1 → pred → E"),
    ],
)
def test_a_network_too_wide_to_draw_says_so(overrides: list[str], sizes: str, way: str) -> None:
    sheet = explain(runner.load(*overrides), Choices(weight="w1"))
    for form in FORMATS:
        assert f"A {sizes} network, with" in render(sheet, form)
        assert "too wide to draw. " in render(sheet, form)
    text = render(sheet, "text").replace("\n", " ")
    assert f"w1 is on the way {way}." in text
    assert re.search(r"Before update 1: w1 = \S+; the others stand in the forward pass", text)


def test_many_weights_of_a_network_too_wide_to_draw() -> None:
    sheet = explain(runner.load("network=dense", "network.hidden=[9]", "network.biases=null"), Choices())
    text = render(sheet, "text").replace("\n", " ")
    assert text.count("is too wide to draw. The forward pass below has all its connections.") == 1
    assert "the others" not in text


def test_epochs_are_counted_in_one_way() -> None:
    run = ["network=dense", "data=xor", "network.hidden=[2]", "batch_size=2", "schedule=step", "epochs=20"]
    text = render(explain(runner.load(*run), Choices(weight="w1", update=4)), "text")
    assert "Update 4 of 40, in epoch 1 (epochs count from 0)." in text
    assert "The schedule is step, with the epoch e = 1:" in text
    assert "epoch 2" not in text


def test_what_is_only_rounding_says_so() -> None:
    zero = ["network.hidden=[]", "network.weights=[[[0.1,-0.3]]]", "data.inputs=[[3,1]]"]
    text = render(explain(runner.load(*zero), Choices(weight="w1")), "text")  # not 0, however it is rounded
    assert re.search(r"pred = w1·x1 \+ w2·x2 = 0.1·3 \+ \(−0.3\)·1 = \S+e−17\n", text)
    assert re.search(r"pred = \S+: that is 0, but for the rounding of double precision\.\n", text)


# --- notation --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "digits", "text", "latex"),
    [
        (0.5, 6, "0.5", "0.5"),
        (-0.38832, 6, "−0.38832", "-0.38832"),
        (-0.0, 6, "0", "0"),
        (1.25e-7, 6, "1.25e−7", r"1.25 \times 10^{-7}"),
        (2e20, 6, "2e20", r"2 \times 10^{20}"),
        (1 / 3, 3, "0.333", "0.333"),
        (1.003, 3, "1.00", "1.00"),
        (1.003, 4, "1.003", "1.003"),
        (0.1 + 0.2, 6, "0.3", "0.3"),
        (99999.7, 5, "1.0000e5", r"1.0000 \times 10^{5}"),
        (12.3, 2, "12", "12"),
        (-1.25000004e-7, 6, "−1.25000e−7", r"-1.25000 \times 10^{-7}"),
    ],
)
def test_numbers(value: float, digits: int, text: str, latex: str) -> None:
    """Zeros at the end say that a number is rounded; an exact one does without."""
    number = Pen(digits).given(value)
    assert (TEXT.write(number), LATEX.write(number)) == (text, latex)


def test_filling_in() -> None:
    z, minus = Symbol("z"), {Symbol("z"): Number(-2, 6)}
    assert TEXT.write((1 - z**2).fill(minus)) == "1 − (−2)²"
    assert TEXT.write(exp(-z).fill(minus)) == "e^(−(−2))"
    assert LATEX.write(tanh(z).fill(minus)) == r"\tanh(-2)"
    assert TEXT.write(maximum(0, z).fill(minus)) == "max(0, −2)"
    assert TEXT.write(Number(3, 6)) == "3"


def test_every_chapter_ships() -> None:
    shipped = {path.stem for path in (conf_dir() / "experiment").glob("*.yaml")}
    assert set(CHAPTERS) <= shipped
