"""The page whole in itself and escaped, on a screen and on paper: in a real browser where there is one."""

from __future__ import annotations

import re
import shutil
import subprocess
from base64 import b64encode
from hashlib import sha256
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from html_pages import CHROMIUM, FLAGS, Reader
from making_sweeps import make_sweep

from runner.report import markup, write_report
from runner.report.findings import Finding
from runner.report.markup import cell, html, latex
from runner.report.page import Page
from runner.report.tables import Table


def test_the_page_needs_nothing_but_itself(sweep: Path) -> None:
    text = (sweep / "report.html").read_text()
    page = Reader(text)
    assert page.sources
    assert all(source.startswith("data:image/") for source in page.sources)
    assert not re.search(r"(?:src|href)=[\"']?(?:https?:)?//", text)
    assert "link" not in page.tags


def page_of(runs: Table) -> Page:
    """A page without figures."""
    said = Finding("Ended", "Converged.")
    return Page("Run <1>", "A network.", [said], [], [], runs, runs, [], "backprop-runner", "seed: 0")


def test_numbers_are_written_as_they_are_read() -> None:
    rows = pd.DataFrame({"x": [0.1 + 0.2, np.nan, -1e-12], "n": [1, 2, 3], "word": ["a_b", None, "[2]"]})
    page = page_of(Table(rows, frozenset([0]), [0, 1, 2]))
    reader = Reader(html(page))
    assert reader.rows[1:] == [["0.3", "1", "a_b"], ["", "2", ""], ["-1e-12", "3", "[2]"]]
    assert 'data-value="0.30000000000000004"' in html(page)
    body = latex(page).split("\\midrule\n")[1].splitlines()[:3]
    assert body == [
        r"\textbf{3.000}${} \times 10^{-1\phantom{2}}$ & \textbf{1} & \textbf{a\_b} \\",
        r"--\phantom{.000}\phantom{${} \times 10^{-12}$} & 2 & -- \\",
        r"$-$1.000${} \times 10^{-12}$ & 3 & {[}2] \\",
    ]
    assert r"\begin{tabular}{rrl}" in latex(page)


def test_a_page_without_figures_says_so() -> None:
    page = page_of(Table(pd.DataFrame({"x": [1]}), frozenset(), [0]))
    assert "<p>None could be drawn.</p>" in html(page)
    assert "<h1>Run &lt;1&gt;</h1>" in html(page)
    assert "<details><summary>Configuration</summary>" in html(page)


def test_captions_say_what_bands_are(sweep: Path) -> None:
    for name in ("report.html", "report.md"):
        assert "median over 2 seeds" in (sweep / name).read_text()


def test_latex_is_a_booktabs_table(sweep: Path) -> None:
    text = (sweep / "results.tex").read_text()
    assert text.index("\\toprule") < text.index("\\midrule") < text.index("\\bottomrule")
    body = text[text.index("\\midrule") : text.index("\\bottomrule")].strip().splitlines()[1:]
    columns = len(re.search(r"tabular\}\{([lr]+)\}", text)[1])  # type: ignore[index]
    assert len(body) == 3  # a row a rate: seeds are repeats
    table = pd.read_csv(sweep / "runs.csv")
    middle = table.loc[table["learning_rate"] == 0.01, "final_error"].median()
    line = next(line for line in body if line.startswith("0.01"))
    power = rf"{middle:.3e}".replace("e-0", r"${} \times 10^{-") + r"\phantom{5}}$"
    assert line.startswith(f"0.01 & 2 & 0 & {power} & not distinguishable &")
    assert "\\resizebox{\\ifdim\\width>\\linewidth" in text  # never wider than the page
    assert all(line.count("&") == columns - 1 for line in body)
    assert "_" not in re.sub(r"\\_|%.*", "", text)


def test_everything_is_escaped(sweep: Path, tmp_path: Path) -> None:
    copy = tmp_path / "<b>&s"
    shutil.copytree(sweep, copy)
    evil = "<script>alert(1)</script>|`#_$&%\\"
    table = pd.read_csv(copy / "runs.csv", dtype=str).rename(columns={"seed": "<i>k"})
    table["<i>k"] = [evil, "plain"] * 3
    table.to_csv(copy / "runs.csv", index=False)
    config = copy / "0" / ".hydra" / "config.yaml"
    config.write_text(config.read_text() + f"# </pre>{evil}\n```\n")
    write_report(copy, only=["learning_curves", "effect", "heatmap", "comparison"])  # which name keys
    page = Reader((copy / "report.html").read_text())
    assert page.tags.count("script") == 2  # the page's own, and its numbers
    assert not {"b", "i"} & set(page.tags)
    assert evil in [cell for row in page.rows for cell in row]
    cells = [
        line for line in (copy / "report.md").read_text().splitlines() if "alert" in line and line[0] == "|"
    ]
    assert cells
    assert all("\\<script\\>" in line and "\\|\\`" in line for line in cells)
    assert r"\textless{}script\textgreater{}" in (copy / "results.tex").read_text()


def test_wide_figures_scroll_where_they_do_not_fit(tmp_path: Path) -> None:
    sweep = make_sweep(tmp_path / "s", {"learning_rate": [0.05, 0.1, 0.2]}, ["epochs=30"])
    write_report(sweep, only=["learning_rates", "learning_curves"])
    text = (sweep / "report.html").read_text()
    assert ".wide { overflow-x: auto; } .wide img { max-width: none; }" in text
    wide = re.findall(r'<div class="wide still" tabindex="0"><img alt="([^"]*)', text)
    assert any(alt.startswith("Left: final error") for alt in wide)  # two panels
    assert not any(alt.startswith("Error over the training set") for alt in wide)  # one


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="needs LaTeX")
def test_the_table_is_no_wider_than_an_article(tmp_path: Path) -> None:
    sweep = make_sweep(
        tmp_path / "s",
        {
            "learning_rate": [0.01, 0.02],
            "network.activation": ["tanh", "relu"],
            "regularization.l2": [0.0, 0.1],
        },
        ["experiment=xor", "epochs=3", "data.points=24", "data.noise=0.1", "data.test_fraction=0.25"],
    )
    write_report(sweep, only=["learning_rates"])
    head = "\\documentclass{article}\\usepackage{booktabs,graphicx}\\begin{document}"
    page = f"{head}\n\\input{{results}}\n\\end{{document}}"
    (sweep / "page.tex").write_text(page)
    done = subprocess.run(
        ["pdflatex", "-interaction=nonstopmode", "page"],
        cwd=sweep,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0
    assert "Overfull" not in done.stdout


def on_paper(text: str) -> dict[str, str]:
    """The rules of a page's style sheet that hold in print, by their selectors."""
    (rules,) = re.findall(r"@media print \{\n(.*?)\n\}", text, re.DOTALL)
    return dict(re.findall(r"([^{};]+?) \{ ([^}]*) \}", rules))


def test_nothing_is_cut_off_on_paper(sweep: Path) -> None:
    text = (sweep / "report.html").read_text()
    rules = {selector.strip(): rule for selector, rule in on_paper(text).items()}
    assert "display: table-row" in rules["tr.out"]  # what is filtered out
    assert rules[".filter, .live, .swap"] == "display: none;"
    assert {"overflow: visible", "max-height: none"} <= set(re.split("; ?", rules[".table, .wide, pre"]))
    assert "max-width: 100%" in rules[".wide img"]
    assert "var(--sheet) / var(--ems)" in rules["table"]  # letters are small enough for all columns
    assert "position: static" in rules["th, td"]
    assert "page: across" in rules["section.across"]
    assert '<section id="runs"><h2>Runs</h2>' in text
    many = pd.DataFrame({f"column_{i}": [0.123456] for i in range(20)})
    wide = html(page_of(Table(many, frozenset(), [0])))
    assert '<section id="runs" class="across"><h2>Runs</h2>' in wide
    upright, across = (float(re.findall(r"--ems: ([\d.]+)", page)[-1]) for page in (text, wide))
    assert across > upright > 0


@pytest.mark.skipif(CHROMIUM is None or not shutil.which("pdftotext"), reason="needs chromium, poppler-utils")
def test_paper_has_every_row_and_column(tmp_path: Path) -> None:
    sweep = make_sweep(
        tmp_path / "s",
        {"learning_rate": [round(0.01 * i, 2) for i in range(1, 15)], "seed": list(range(6))},
        ["network=dense", "data=moons", "data.test_fraction=0.3", "epochs=1", "log.weights=false",
         "loss=binary_cross_entropy_with_logits"],
    )  # fmt: skip
    page = write_report(sweep, only=["learning_curves"])
    html, pdf = sweep / "report.html", tmp_path / "report.pdf"
    assert CHROMIUM is not None
    flags = [
        "--headless",
        *FLAGS,
        f"--user-data-dir={tmp_path / 'profile'}",
        f"--print-to-pdf={pdf}",
        html.as_uri(),
    ]
    subprocess.run([CHROMIUM, *flags], capture_output=True, timeout=60, check=True)
    printed = subprocess.run(["pdftotext", "-layout", pdf, "-"], capture_output=True, text=True, check=True)
    lines = [line.split() for line in printed.stdout.splitlines()]
    for row in page.runs.rows.itertuples(index=False, name=None):
        assert [cell(value) for value in row] in lines


def test_the_user_s_notes_stand_on_top_and_are_kept(sweep: Path, tmp_path: Path) -> None:
    notes = "# Mine\n\n<b>no</b> *yes*\n\n- one\n\n`a<b`\n\n![x](http://x/y.png) [y](javascript:f())\n"
    (tmp_path / "notes.md").write_text(notes)
    for _ in range(2):
        write_report(sweep, tmp_path, only=["learning_rates"])
        text, plain = ((tmp_path / name).read_text() for name in ("report.html", "report.md"))
        assert text.index("<em>yes</em>") < text.index('class="sentence"')
        assert "&lt;b&gt;no&lt;/b&gt;" in text
        assert "<code>a&lt;b</code>" in text
        assert 'src="http' not in text
        assert 'href="javascript' not in text
        assert notes in plain
        assert (tmp_path / "notes.md").read_text() == notes


def test_the_policy_names_the_page_s_one_script_and_nothing_else(sweep: Path) -> None:
    text = (sweep / "report.html").read_text()
    (script,) = re.findall(r"<script>(.*?)</script>", text, re.DOTALL)
    said = b64encode(sha256(script.encode()).digest()).decode()
    policy = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]*)"', text)
    assert policy == [
        f"default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'sha256-{said}'; "
        "base-uri 'none'; form-action 'none'"
    ]
    assert not re.search(r"\son\w+=", re.sub(r"<script.*?</script>", "", text, flags=re.DOTALL))


def test_figures_are_numbered_and_listed(sweep: Path) -> None:
    text = (sweep / "report.html").read_text()
    titles = re.findall(r'<figure id="(figure-\d+)"[^>]*><h3>(Figure \d+\. [^<]*)</h3>', text)
    assert titles[0] == ("figure-1", "Figure 1. Learning rates")
    assert [place for place, _ in titles] == [f"figure-{i + 1}" for i in range(len(titles))]
    assert all(f'<a href="#{place}">{title}</a>' in text for place, title in titles)


def test_the_vendored_library_is_as_it_was_published() -> None:
    folder = Path(markup.__file__).parent / "vendor"
    hashes = dict(re.findall(r"\| `(.*?)` \| `(\w{64})`", (folder / "README.md").read_text()))
    assert set(hashes) == {"uPlot.iife.min.js", "uPlot.min.css"}
    assert {name: sha256((folder / name).read_bytes()).hexdigest() for name in hashes} == hashes


def test_numbers_in_the_page_cannot_end_their_element() -> None:
    assert markup.data(["</script><b>&"]) == '["\\u003c/script\\u003e\\u003cb\\u003e\\u0026"]'
