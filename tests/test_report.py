"""The report: whole in itself, escaped, and read in a real browser where there is one."""

from __future__ import annotations

import re
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from making_sweeps import make_sweep

from runner.errors import RunnerError
from runner.figures.__main__ import draw
from runner.figures.__main__ import parser as figures_parser
from runner.report import Table, _section, _tex, cell, gather, html, latex, parser, report, write_report
from runner.results import Results

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
SERVICES = ("quic", "gpu", "background-networking", "component-update", "sync")
FLAGS = ["--headless", "--no-sandbox", "--no-first-run", *(f"--disable-{service}" for service in SERVICES)]


@pytest.fixture(scope="module")
def sweep(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = make_sweep(
        tmp_path_factory.mktemp("report") / "s",
        {"learning_rate": [0.01, 0.05, 5.0], "seed": [0, 1]},
        ["epochs=40"],
    )
    write_report(folder)
    return folder


class Reader(HTMLParser):
    """The cells of the table of runs, the images, and every tag."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.tables: list[list[list[str]]] = []
        self.classes: list[list[str]] = []
        self.sources: list[str] = []
        self.cell = False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        values = dict(attrs)
        if tag == "table":
            self.tables.append([])
            self.classes.append([])
        if tag == "tr":
            self.tables[-1].append([])
            self.classes[-1].append(values.get("class") or "")
        if tag in ("td", "th"):
            self.tables[-1][-1].append("")
            self.cell = True
        if tag == "img":
            self.sources.append(values["src"] or "")

    def handle_endtag(self, tag: str) -> None:
        self.cell = self.cell and tag not in ("td", "th")

    def handle_data(self, data: str) -> None:
        if self.cell:
            self.tables[-1][-1][-1] += data

    @property
    def rows(self) -> list[list[str]]:
        """The runs, with their header."""
        return self.tables[-1]

    def best(self, table: int = -1) -> list[list[str]]:
        """The rows that are marked as the best."""
        rows = zip(self.tables[table], self.classes[table], strict=True)
        return [row for row, kind in rows if "best" in kind.split()]


def test_the_page_needs_nothing_but_itself(sweep: Path) -> None:
    text = (sweep / "report.html").read_text()
    page = Reader(text)
    assert page.sources
    assert all(source.startswith("data:image/") for source in page.sources)
    assert not re.search(r"(?:src|href)=[\"']?(?:https?:)?//", text)
    assert "link" not in page.tags


def test_the_table_has_every_run_and_marks_the_best(sweep: Path) -> None:
    page = Reader((sweep / "report.html").read_text())
    table = pd.read_csv(sweep / "runs.csv")
    assert len(page.rows) == 1 + len(table)
    assert page.rows[1][1] == "0.01"
    medians = table.groupby("learning_rate")["final_error"].median().drop(5.0)
    assert [row[0] for row in page.best()] == [
        "2",
        "3",
    ]  # the runs of the best rate, though a run alone may be better
    assert [row[1] for row in page.best()] == [f"{medians.idxmin():g}"] * 2
    (setting,) = page.best(table=0)
    assert setting[:2] == ["0.05", "2"]
    assert float(setting[3]) == pytest.approx(medians.min(), rel=1e-5)
    assert sum("diverged" in kind for kind in page.classes[-1]) == (table["status"] == "diverged").sum() == 2


def test_what_blew_up_is_counted_and_marked_so(sweep: Path, tmp_path: Path) -> None:
    shutil.copytree(sweep, tmp_path / "s")
    table = pd.read_csv(tmp_path / "s" / "runs.csv", dtype=str)
    table.loc[[2, 3], "final_error"] = ["1e34", "2e34"]
    table.to_csv(tmp_path / "s" / "runs.csv", index=False)
    made = gather(Results(tmp_path / "s"), "final_error", [])
    said = "2 completed, 2 blown up, 2 diverged; blown up: to 1,000 times the first error or more"
    assert dict(made.facts)["runs"] == said
    page = Reader(html(made))
    marked = [at for at, kind in enumerate(page.classes[-1]) if "blown" in kind]
    assert marked == [at for at, row in enumerate(page.rows) if "blown up" in row] == [3, 4]
    assert "0.05 & 2 & 0 & --" in latex(made)


def test_captions_say_what_bands_are(sweep: Path) -> None:
    for name in ("report.html", "report.md"):
        assert "median over 2 seeds" in (sweep / name).read_text()


def test_how_to_repeat_it(sweep: Path) -> None:
    assert (
        "backprop-runner -m epochs=40 learning_rate=0.01,0.05,5.0 seed=0,1"
        in (sweep / "report.md").read_text()
    )


def test_latex_is_a_booktabs_table(sweep: Path) -> None:
    text = (sweep / "results.tex").read_text()
    assert _tex("[4]") == "{[}4]"  # not an option of the row's end before it
    assert text.index("\\toprule") < text.index("\\midrule") < text.index("\\bottomrule")
    body = text[text.index("\\midrule") : text.index("\\bottomrule")].strip().splitlines()[1:]
    columns = len(re.search(r"\{([lr]+)\}", text)[1])  # type: ignore[index]
    assert len(body) == 3  # a row a rate: seeds are repeats
    table = pd.read_csv(sweep / "runs.csv")
    middle = table.loc[table["learning_rate"] == 0.01, "final_error"].median()
    assert body[0] == f"0.01 & 2 & 2 & {middle:.4g} \\\\"
    assert "\\resizebox{\\ifdim\\width>\\linewidth" in text  # never wider than the page
    assert all(line.count("&") == columns - 1 for line in body)
    assert "_" not in re.sub(r"\\_|%.*", "", text)


def test_writing_twice_gives_the_same_bytes(sweep: Path, tmp_path: Path) -> None:
    for out in ("a", "b"):
        write_report(sweep, tmp_path / out)
    for name in ("report.html", "report.md", "results.tex"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def test_everything_is_escaped(sweep: Path, tmp_path: Path) -> None:
    copy = tmp_path / "<b>&s"
    shutil.copytree(sweep, copy)
    evil = "<script>alert(1)</script>|`#_$&%\\"
    table = pd.read_csv(copy / "runs.csv", dtype=str).rename(columns={"seed": "<i>k"})
    table["<i>k"] = [evil, "plain"] * 3
    table.to_csv(copy / "runs.csv", index=False)
    config = copy / "0" / ".hydra" / "config.yaml"
    config.write_text(config.read_text() + f"# </pre>{evil}\n```\n")
    write_report(copy)
    page = Reader((copy / "report.html").read_text())
    assert page.tags.count("script") == 1
    assert not {"b", "i"} & set(page.tags)
    assert evil in [cell for row in page.rows for cell in row]
    cells = [
        line for line in (copy / "report.md").read_text().splitlines() if "alert" in line and line[0] == "|"
    ]
    assert cells
    assert all("\\<script\\>" in line and "\\|\\`" in line for line in cells)
    assert r"\textless{}script\textgreater{}" in (copy / "results.tex").read_text()


def test_a_run_has_a_report_too(sweep: Path, tmp_path: Path) -> None:
    page = write_report(sweep / "1", tmp_path)
    assert {f.name for f in page.figures if f.reason is None} >= {
        "learning_curves",
        "network",
        "weight_paths",
    }


@pytest.mark.skipif(CHROMIUM is None, reason="needs chromium")
@pytest.mark.parametrize("width", [1200, 500])  # a headless window is no narrower than 500
def test_a_browser_shows_it(sweep: Path, tmp_path: Path, width: int) -> None:
    """A picture of the page, and that the page is no wider than the window."""
    import matplotlib.image

    probe = tmp_path / "page.html"
    check = (
        "<script>document.title = "
        "document.documentElement.scrollWidth <= innerWidth ? 'fits' : 'too wide'</script>"
    )
    probe.write_text((sweep / "report.html").read_text() + check)
    shot = tmp_path / "shot.png"
    flags = [
        *FLAGS,
        "--hide-scrollbars",
        f"--user-data-dir={tmp_path / 'profile'}",
        f"--window-size={width},2400",
    ]
    assert CHROMIUM is not None
    for action in (f"--screenshot={shot}", "--dump-dom"):
        done = subprocess.run(
            [CHROMIUM, *flags, action, probe.as_uri()], capture_output=True, text=True, timeout=60, check=True
        )
    assert "<title>fits</title>" in done.stdout
    assert 'data-sorts="0"' in done.stdout  # the table can be sorted
    picture = matplotlib.image.imread(shot)
    assert picture.shape[1] == width
    inked = (picture[:, :, :3].min(axis=2) < 0.5).mean(axis=1)
    assert (inked > 0).sum() > 400  # rows of the page that bear something dark
    assert np.ptp(picture[:, :, :3], axis=2).max() > 0.4  # and colours: the figures are there


def test_wide_figures_scroll_where_they_do_not_fit(sweep: Path) -> None:
    text = (sweep / "report.html").read_text()
    assert ".wide { overflow-x: auto; } .wide img { max-width: none; min-width: 7.2in;" in text
    wide = re.findall(r'<div class="wide" tabindex="0"><img alt="([^"]*)', text)
    assert any(alt.startswith("Left: final error") for alt in wide)  # two panels
    assert not any(alt.startswith("Error over the training set") for alt in wide)  # one


def test_latex_escapes_what_is_no_letter() -> None:
    from runner.report import _tex

    assert _tex('a|b"<c>') == r"a\textbar{}b\symbol{34}\textless{}c\textgreater{}"


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
    write_report(sweep)
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


def test_the_best_is_the_same_everywhere(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A lucky seed is not the best, nor is what training error would choose: in no part of a report."""
    sweep = make_sweep(
        tmp_path / "s",
        {"learning_rate": [0.05, 0.1, 0.2], "seed": [0, 1, 2]},
        ["network=dense", "data=moons", "data.points=20", "data.test_fraction=0.5", "epochs=3"],
    )
    table = pd.read_csv(sweep / "runs.csv")
    table["test_error"] = [0.3, 0.4, 0.5, 0.2, 0.3, 0.4, 0.0, 0.6, 0.7]
    table["final_error"] = [0.5, 0.5, 0.5, 0.4, 0.4, 0.4, 0.1, 0.2, 0.3]
    table.to_csv(sweep / "runs.csv", index=False)
    report(parser().parse_args([str(sweep)]))
    said = [
        "best setting by test error: 0.3 at learning_rate=0.1 (the median of 3 seeds, run 4 in the middle)",
        "training error would choose: learning_rate=0.2, with a test error of 0.6",
    ]
    assert [line for line in capsys.readouterr().out.splitlines() if line in said] == said
    html, page = (sweep / "report.html").read_text(), Reader((sweep / "report.html").read_text())
    for line in said:
        heading, text = line.split(": ", 1)
        assert f"<dt>{heading}</dt><dd>{text}</dd>" in html
    assert f"The star marks the {said[0]}; {said[1]}" in html
    assert "the best setting by test error (learning_rate=0.1; seed=1, the median of 3 seeds)" in html
    assert [row[0] for row in page.best(table=0)] == ["0.1"]
    assert [row[0] for row in page.best()] == ["3", "4", "5"]
    assert "| **0.1** | **3** | **0.3** |" in (sweep / "report.md").read_text()
    assert r"\textbf{0.1} & \textbf{3} & \textbf{0.3}" in (sweep / "results.tex").read_text()


def test_where_there_are_too_many_the_best_settings_are_kept(sweep: Path) -> None:
    results = Results(sweep)
    page = gather(results, "final_error", [])
    few = page.runs.most(3)
    assert few.rows["learning_rate"].tolist() == [0.05, 0.05, 0.01]
    assert few.note == "the best 3 of 6; runs.csv has all runs"
    assert page.runs.most(6).note == ""


def test_pictures_that_others_drew_are_left_alone(sweep: Path, tmp_path: Path) -> None:
    copy = tmp_path / "s"
    shutil.copytree(sweep, copy)
    draw(figures_parser().parse_args([str(copy), "--metric", "best_error", "--style", "slides"]))
    drawn = {path: path.read_bytes() for path in (copy / "figures").iterdir()}
    assert drawn
    report(parser().parse_args([str(copy)]))
    assert {path: path.read_bytes() for path in (copy / "figures").iterdir()} == drawn
    assert (copy / "report" / "learning_rates.png").read_bytes() != drawn[copy / "figures/learning_rates.png"]
    assert "(report/learning_rates.png)" in (copy / "report.md").read_text()


def test_it_takes_the_options_of_figures(sweep: Path, tmp_path: Path) -> None:
    shared = {"--only", "--style", "--metric", "--x", "--y", "--color"}
    for each in (parser(), figures_parser()):
        assert shared <= {option for action in each._actions for option in action.option_strings}
    arguments = [str(sweep), "--out", str(tmp_path), "--only", "learning_rates", "--metric", "best_error"]
    report(parser().parse_args(arguments))
    text = (tmp_path / "report.html").read_text()
    assert len(Reader(text).sources) == 1
    assert "Left: best error" in text
    with pytest.raises(RunnerError, match="--only learning_rates: it does not take --x"):
        report(parser().parse_args([*arguments, "--x", "learning_rate"]))


def on_paper(text: str) -> dict[str, str]:
    """The rules of a page's style sheet that hold in print, by their selectors."""
    (rules,) = re.findall(r"@media print \{\n(.*?)\n\}", text, re.DOTALL)
    return dict(re.findall(r"([^{};]+?) \{ ([^}]*) \}", rules))


def test_nothing_is_cut_off_on_paper(sweep: Path) -> None:
    text = (sweep / "report.html").read_text()
    rules = {selector.strip(): rule for selector, rule in on_paper(text).items()}
    assert {"overflow: visible", "max-height: none"} <= set(re.split("; ?", rules[".table, .wide, pre"]))
    assert "min-width: 0" in rules[".wide img"]
    assert "var(--sheet) / var(--ems)" in rules["table"]  # letters are small enough for all columns
    assert "position: static" in rules["th, td"]
    assert "page: across" in rules["section.across"]
    assert "<section><h2>Runs</h2>" in text
    wide = _section(
        "Runs", Table(pd.DataFrame({f"column_{i}": [0.123456] for i in range(20)}), frozenset(), [0])
    )
    assert wide.startswith('<section class="across">')
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
    flags = [*FLAGS, f"--user-data-dir={tmp_path / 'profile'}", f"--print-to-pdf={pdf}", html.as_uri()]
    subprocess.run([CHROMIUM, *flags], capture_output=True, timeout=60, check=True)
    printed = subprocess.run(["pdftotext", "-layout", pdf, "-"], capture_output=True, text=True, check=True)
    lines = [line.split() for line in printed.stdout.splitlines()]
    for row in page.runs.rows.itertuples(index=False, name=None):
        assert [cell(value) for value in row] in lines
