"""``backprop-report``: one page of a run's or a sweep's folder, as HTML, Markdown and a LaTeX table.

``report.html`` needs neither network nor script: the images stand in it; where scripts are on, its
table can be sorted. Whatever comes from configurations or files is escaped.
"""

from __future__ import annotations

import argparse
import gc
import platform
import re
import shlex
from base64 import b64encode
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from html import escape
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from runner.commands import add_version, ending
from runner.errors import RunnerError
from runner.figures import NAMES, read_ahead
from runner.figures.options import add_options, figures_in, options_in
from runner.output import write_named
from runner.ranking import OFF_SCALE
from runner.records.writing import MULTIRUN

if TYPE_CHECKING:
    import pandas as pd

    from runner.figures.drawing import Outcome
    from runner.figures.figure import Options
    from runner.results import Results

MOST_ROWS = 1000  # of the page's table; the best ones, where there are more
MOST_TEX_ROWS = 40
PICTURES = "report"  # the folder beside the page, of pictures that are its own
NARROW = 5.0  # inches: a figure that a telephone can show whole
LONG = 24  # letters of a cell that may be broken anywhere on paper
LETTER = 0.64  # the width of a letter, in heights
UPRIGHT = 70  # heights of a letter: the width of a table that an upright sheet of paper holds
HEAVY = 400_000  # bytes of an SVG, beyond which the page takes the PNG
PACKAGES = ("backprop-runner", "numpy", "hydra-core", "matplotlib", "pandas")

STYLE = """
:root { color-scheme: light dark; --line: #8884; --mark: #0072b21f; --weak: #777; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 0 auto; padding: 1rem; }
h1 { font-size: 1.5rem; overflow-wrap: anywhere; } h2 { font-size: 1.15rem; margin-top: 2rem; }
figure { margin: 1.5rem 0; } figcaption { font-size: .9rem; max-width: 46rem; margin-top: .4rem; }
img { max-width: 100%; height: auto; background: white; }
.wide { overflow-x: auto; } .wide img { max-width: none; min-width: 7.2in; width: 100%; }
pre { overflow-x: auto; padding: .7rem; border: 1px solid var(--line); font-size: .85rem; }
.table { overflow: auto; max-height: 34rem; border: 1px solid var(--line); }
table { border-collapse: collapse; font-size: .85rem; font-variant-numeric: tabular-nums; }
th, td { padding: .25rem .6rem; text-align: right; white-space: nowrap; }
td { border-bottom: 1px solid var(--line); }
th { position: sticky; top: 0; background: Canvas; } th[data-sorts] { cursor: pointer; }
tr.best { background: var(--mark); font-weight: 600; }
tr.diverged, tr.blown, tr.failed, tr.interrupted { color: var(--weak); }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .1rem 1rem; }
dd { margin: 0; overflow-wrap: anywhere; }
@page { margin: 12mm; } @page across { size: landscape; }
@media print {
  :root { color-scheme: light; } body { max-width: none; padding: 0; }
  .table, .wide, pre { overflow: visible; max-height: none; border: 0; padding: 0; }
  .wide img { min-width: 0; } pre { white-space: pre-wrap; overflow-wrap: anywhere; }
  section { --sheet: 525pt; } section.across { page: across; --sheet: 720pt; }
  table { width: 100%; font-size: min(9pt, calc(var(--sheet) / var(--ems))); }
  th, td { position: static; padding: .2em .3em; white-space: normal; }
  td.long { overflow-wrap: anywhere; }
  thead { display: table-header-group; } tr, figure { break-inside: avoid; } h2 { break-after: avoid; }
}
"""

SCRIPT = """
for (const head of document.querySelectorAll("table.runs th")) {
  head.dataset.sorts = head.tabIndex = 0;
  const sort = () => {
    const body = head.closest("table").tBodies[0], at = head.cellIndex;
    const way = head.ariaSort === "ascending" ? -1 : 1;
    for (const other of head.parentNode.cells) other.removeAttribute("aria-sort");
    head.ariaSort = way > 0 ? "ascending" : "descending";
    const key = row => row.cells[at].dataset.value ?? row.cells[at].textContent;
    const texts = (a, b) => isNaN(a) || isNaN(b) ? a.localeCompare(b) : a - b;
    const compare = (a, b) => a === "" ? 1 : b === "" ? -1 : way * texts(a, b);
    body.append(...[...body.rows].sort((a, b) => compare(key(a), key(b))));
  };
  head.addEventListener("click", sort);
  head.addEventListener("keydown", event => { if (event.key === "Enter") sort(); });
}
"""


@dataclass(frozen=True)
class Table:
    """Runs or settings: `best` are the rows of the best setting, `ranked` all rows, the best first."""

    rows: pd.DataFrame
    best: frozenset[int]
    ranked: Sequence[int]

    def most(self, count: int) -> Table:
        """The table as it is, or the best `count` of its rows, the best first."""
        few = len(self.rows) > count
        return replace(self, rows=self.rows.loc[list(self.ranked[:count])]) if few else self

    @property
    def note(self) -> str:
        """What there is to say of rows that are left out; nothing where all are there."""
        shown, total = len(self.rows), len(self.ranked)
        return f"the best {shown:,} of {total:,}; runs.csv has all runs" if shown < total else ""


@dataclass(frozen=True)
class Page:
    """What a report says, before it is written in one language or another."""

    title: str
    facts: Sequence[tuple[str, str]]
    verdict: Sequence[tuple[str, str]]  # those of the facts that say which setting is the best
    runs: Table
    summary: Table  # a row a setting, in short; medians over seeds where there are any
    figures: Sequence[Outcome]
    command: str
    configuration: str

    @property
    def has_medians(self) -> bool:
        """Whether settings are no runs: they have repeats over the seed."""
        return "runs" in self.summary.rows


def gather(results: Results, metric: str, figures: Sequence[Outcome]) -> Page:
    """What there is to say about a folder; nothing of it is escaped yet."""
    folder, verdict = results.folder.resolve(), results.verdict(metric)
    used = ", ".join(f"{p} {version(p)}" for p in PACKAGES) + f", Python {platform.python_version()}"
    facts = [
        ("folder", folder.name),
        ("runs", _counts(results)),
        *([("swept", ", ".join(results.swept))] if results.swept else []),
        *verdict,
        ("drawn with", used),
    ]
    words = ["backprop-runner", *(["-m"] if results.is_sweep else []), *_overrides(results)]
    return Page(
        f"{'Sweep' if results.is_sweep else 'Run'} {folder.name}",
        facts,
        verdict,
        _runs(results, metric).most(MOST_ROWS),
        _summary(results, metric).most(MOST_ROWS),
        figures,
        shlex.join(words),
        _configuration(results),
    )


def _counts(results: Results) -> str:
    """How many runs ended in which way."""
    from runner.results import BLOWN_UP

    states = Counter(str(outcome) for outcome in results.outcomes)
    meaning = f"; blown up: to {OFF_SCALE:,} times the first error or more" if BLOWN_UP in states else ""
    return ", ".join(f"{n:,} {s}" for s, n in states.items()) + meaning


def _runs(results: Results, metric: str) -> Table:
    """A row a run, as ``runs.csv`` has them, and how it ended; a setting is the best of several only."""
    ranking = results.ranking(metric)
    best = ranking.best.runs if ranking.best and len(ranking.settings) > 1 else ()
    rows = results.as_written(results.runs).drop(columns="directory").assign(status=results.outcomes)
    return Table(rows, frozenset(best), results.in_order(metric))


def _summary(results: Results, metric: str) -> Table:
    """A row a setting: what it was, how it ended, its metrics; of repeats over the seed their medians."""
    metrics = [metric, *(name for name in results.metrics if name not in (metric, "best_error"))]
    if "seed" in results.swept and results.keys:
        return _medians(results, metrics)
    runs = _runs(results, metric)
    varied = [] if (runs.rows["status"] == "completed").all() else ["status"]
    return replace(runs, rows=runs.rows[[*(results.swept or ["run"]), *varied, *metrics]])


def _medians(results: Results, metrics: Sequence[str]) -> Table:
    """A row a setting: how many runs it has, and its medians; none where at least half were lost."""
    runs, done = results.runs, results.outcomes == "completed"
    by = runs.groupby([runs[key].astype(object) for key in results.keys], sort=False).ngroup()
    counts = {"runs": done.groupby(by).size()} | ({} if done.all() else {"completed": done.groupby(by).sum()})
    medians = {name: results.quality(name).groupby(by).median() for name in metrics}
    finite = {name: values.mask(values.abs() == float("inf")) for name, values in medians.items()}
    rows = results.as_written(runs[results.keys]).groupby(by).first().assign(**counts, **finite)
    ranked = list(dict.fromkeys(by[results.in_order(metrics[0])].tolist()))
    best = ranked[:1] if results.ranking(metrics[0]).best else ()
    return Table(rows, frozenset(best), ranked)


def _overrides(results: Results) -> list[str]:
    """The overrides as Hydra wrote them down: of the sweep, or of the run."""
    import yaml

    path = results.folder / (MULTIRUN if results.is_sweep else ".hydra/overrides.yaml")
    if not path.is_file():
        return []
    try:
        loaded: Any = yaml.safe_load(path.read_text(encoding="utf-8")) or []
        found = loaded["hydra"]["overrides"]["task"] if results.is_sweep else loaded
        return [str(override) for override in found]
    except (yaml.YAMLError, KeyError, TypeError, UnicodeDecodeError) as error:
        raise RunnerError(f"{path}: is not as Hydra wrote it: {error}") from None


def _configuration(results: Results) -> str:
    """The configuration of the run, or of a sweep's first one."""
    for run in results.runs.index:
        path = results.path(int(run)) / ".hydra" / "config.yaml"
        if path.is_file():
            return path.read_text(encoding="utf-8", errors="replace")
    return "not recorded"


def cell(value: Any) -> str:
    """A value of the table as a reader sees it: nothing for what is missing."""
    if value is None or value != value:
        return ""
    return f"{value:.6g}" if isinstance(value, float) else str(value)


# --- HTML ------------------------------------------------------------------------------------


def html(page: Page) -> str:
    facts = "".join(f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in page.facts)
    skipped = "".join(
        f"<li><code>{escape(f.name)}</code>: {escape(f.reason)}</li>"
        for f in page.figures
        if f.reason is not None
    )
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(page.title)}</title>
<style>{STYLE}</style>
</head>
<body>
<h1>{escape(page.title)}</h1>
<dl>{facts}</dl>
<h2>Figures</h2>
{"".join(_figure(f) for f in page.figures if f.reason is None) or "<p>None could be drawn.</p>"}
{f"<details><summary>Figures that were not drawn</summary><ul>{skipped}</ul></details>" if skipped else ""}
{_section("Settings", page.summary) if page.has_medians else ""}
{_section("Runs", page.runs)}
<h2>How to repeat it</h2>
<pre>{escape(page.command)}</pre>
<details><summary>Configuration{" of the first run" if len(page.runs.ranked) > 1 else ""}</summary>
<pre>{escape(page.configuration)}</pre></details>
<script>{SCRIPT}</script>
</body>
</html>
"""


def _figure(figure: Outcome) -> str:
    by_kind = {path.suffix: path for path in figure.paths}
    chosen = by_kind[".svg"] if by_kind[".svg"].stat().st_size <= HEAVY else by_kind[".png"]
    kind = "svg+xml" if chosen.suffix == ".svg" else "png"
    image = b64encode(chosen.read_bytes()).decode()
    alt = escape(figure.caption, quote=True)
    width = f'width="{96 * figure.width:.0f}"'  # in CSS's pixels: a PNG has more
    image = f'<img alt="{alt}" {width} src="data:image/{kind};base64,{image}">'
    if figure.width > NARROW:  # scrolls on a telephone, where its letters could not be read
        image = f'<div class="wide" tabindex="0">{image}</div>'
    return f"<figure>{image}<figcaption>{escape(figure.caption)}</figcaption></figure>\n"


def _section(name: str, table: Table) -> str:
    note = f"<p>Shown are {escape(table.note)}.</p>" if table.note else ""
    across = ' class="across"' if _ems(table) > UPRIGHT else ""
    box = f'<div class="table" tabindex="0">{_table(table)}</div>'
    return f"<section{across}><h2>{name}</h2>{note}{box}</section>"


def _ems(table: Table) -> float:
    """The width of a table that is as narrow as its longest words let it be, in heights of its letters."""
    width = 0.0
    for name, values in table.rows.items():
        words = [*re.split(r"(?<=[._])", str(name)), *(cell(value)[:LONG] for value in values)]
        width += LETTER * max(map(len, words)) + 2 * 0.3  # with the space around it
    return width


def _table(table: Table) -> str:
    head = "".join(f"<th>{_breakable(str(name))}</th>" for name in table.rows.columns)
    rows = []
    for index, *values in table.rows.itertuples(name=None):
        marks = ["best"] if index in table.best else []
        marks += [str(table.rows.at[index, "status"])] if "status" in table.rows else []
        cells = "".join(_cell(value) for value in values)
        rows.append(f'<tr class="{escape(" ".join(marks), quote=True)}">{cells}</tr>')
    style = f'class="runs" style="--ems: {_ems(table):.0f}"'
    return f"<table {style}><thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>"


def _breakable(name: str) -> str:
    """A column's name, which may go on in the next line after a dot or an underscore."""
    return re.sub(r"([._])", r"\1<wbr>", escape(name))


def _cell(value: Any) -> str:
    exact = f' data-value="{value!r}"' if isinstance(value, float) and value == value else ""
    text = cell(value)
    is_long = ' class="long"' if len(text) > LONG else ""
    return f"<td{exact}{is_long}>{escape(text)}</td>"


# --- Markdown and LaTeX ----------------------------------------------------------------------


def markdown(page: Page, folder: Path) -> str:
    facts = "\n".join(f"- {_md(name)}: {_md(value)}" for name, value in page.facts)
    pictures = "\n".join(
        f"![{_md(f.name)}]({_relative(f, folder)})\n\n{_md(f.caption)}\n"
        for f in page.figures
        if f.reason is None
    )
    return (
        f"# {_md(page.title)}\n\n{facts}\n\n## Figures\n\n{pictures}\n{_md_tables(page)}"
        f"## How to repeat it\n\n{_fenced(page.command)}\n## Configuration\n\n{_fenced(page.configuration)}"
    )


def _md_tables(page: Page) -> str:
    tables = {"Settings": page.summary} if page.has_medians else {}
    return "".join(
        f"## {name}\n\n{_md_table(table)}\n" for name, table in {**tables, "Runs": page.runs}.items()
    )


def _md_table(table: Table) -> str:
    """A table with the best setting in bold."""
    names = [_md(str(name)) for name in table.rows.columns]
    lines = [names, ["---:"] * len(names)]
    for index, *values in table.rows.itertuples(name=None):
        cells = [_md(cell(value)) for value in values]
        lines.append([f"**{c}**" if c and index in table.best else c for c in cells])
    note = f"Shown are {_md(table.note)}.\n\n" if table.note else ""
    return note + "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _relative(figure: Outcome, folder: Path) -> str:
    path = next(path for path in figure.paths if path.suffix == ".png")
    return path.relative_to(folder).as_posix()


def _md(text: str) -> str:
    return re.sub(r"([\\`*_{}\[\]<>#|])", r"\\\1", text.replace("\n", " "))


def _fenced(text: str) -> str:
    """A block of code, fenced by more backticks than stand in it."""
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}\n{text.rstrip()}\n{fence}\n"


def latex(page: Page) -> str:
    """The table of results in LaTeX (booktabs), no wider than the page; the best, where there are more."""
    table = page.summary.most(MOST_TEX_ROWS)
    columns = table.rows.columns
    kinds = "".join("l" if table.rows[c].dtype.kind not in "fiu" else "r" for c in columns)
    head = " & ".join(_tex(str(c).split(".")[-1].replace("_", " ")) for c in columns)
    rows = "".join(
        " & ".join(_tex_value(v, index in table.best) for v in values) + " \\\\\n"
        for index, *values in table.rows.itertuples(name=None)
    )
    notes = ["bold: the best setting", "medians over seeds" if page.has_medians else "", table.note]
    return (
        f"% needs \\usepackage{{booktabs,graphicx}}; {'; '.join(filter(None, notes))}\n"
        "{\\footnotesize\\noindent\n\\resizebox{\\ifdim\\width>\\linewidth\\linewidth\\else\\width\\fi}{!}{%\n"
        f"\\begin{{tabular}}{{{kinds}}}\n\\toprule\n{head} \\\\\n\\midrule\n"
        f"{rows}\\bottomrule\n\\end{{tabular}}%\n}}}}\n"
    )


_TEX = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': r"\symbol{34}",
    "[": "{[}",  # after the end of a row it would begin an option
    **{c: f"\\{c}" for c in "&%$#_{}"},
}


def _tex(text: str) -> str:
    return "".join(_TEX.get(letter, letter) for letter in text)


def _tex_value(value: Any, bold: bool) -> str:
    text = "--" if cell(value) == "" else _tex(f"{value:.4g}" if isinstance(value, float) else cell(value))
    if found := re.fullmatch(r"(-?[\d.]+)e([+-]\d+)", text):
        text = rf"${found[1]} \times 10^{{{int(found[2])}}}$"
        return rf"\boldmath{text}" if bold else text
    return rf"\textbf{{{text}}}" if bold else text


# --- the command -----------------------------------------------------------------------------


def write_report(
    folder: str | Path,
    out: str | Path | None = None,
    *,
    only: Sequence[str] = (),
    style: str = "paper",
    options: Options | None = None,
) -> Page:
    """Writes ``report.html``, ``report.md`` and ``results.tex`` into `out` (the folder itself).

    Its pictures go into a folder of their own there, PICTURES, which no other command writes into.
    Raises RunnerError for what is no result.
    """
    from runner.results import Results

    results = Results(folder)
    metric = results.metric(options.metric if options else None)
    read_ahead(results, only, metric)  # while matplotlib is imported
    from runner.figures.drawing import draw_figures

    target = Path(out) if out is not None else results.folder
    kinds = ("png", "pdf", "svg")
    drawn = draw_figures(results, target / PICTURES, only=only, formats=kinds, style=style, options=options)
    figures = sorted(drawn, key=lambda figure: NAMES.index(figure.name))
    page = gather(results, metric, figures)
    target.mkdir(parents=True, exist_ok=True)
    write_named(target / "report.html", html(page).encode())
    write_named(target / "report.md", markdown(page, target).encode())
    write_named(target / "results.tex", latex(page).encode())
    return page


EXAMPLES = """
examples:
  backprop-report outputs/sweeps/2026-01-31/12-00-00
  backprop-report DIR --metric test_accuracy --out by_accuracy
      by another metric, beside the first
  backprop-report DIR --only learning_rates heatmap
      with two figures
"""


def parser() -> argparse.ArgumentParser:
    p = argparse.ArgumentParser(
        prog="backprop-report",
        description="Writes one self-contained page of a run's or a sweep's folder: report.html, the same as "
        f"report.md, and the table of results for LaTeX as results.tex. Its pictures go into {PICTURES}/ "
        "beside it; what backprop-figures has drawn is left alone. It takes the place of an earlier report "
        "there.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    p.add_argument("folder", metavar="DIR", help="the folder of a run or of a sweep")
    p.add_argument("--out", type=Path, help="where it goes (default: DIR)")
    add_options(p)
    add_version(p)
    return p


def report(arguments: argparse.Namespace) -> None:
    """Writes the report that the arguments ask for. Raises RunnerError for what a user can put right."""
    only, style = figures_in(arguments), arguments.style
    page = write_report(
        arguments.folder, arguments.out, only=only, style=style, options=options_in(arguments)
    )
    for figure in page.figures:
        if figure.reason is not None:
            print(f"skipped {figure.name}: {figure.reason}")
    target = arguments.out or Path(arguments.folder)
    for heading, text in page.verdict:
        print(f"{heading}: {text}")
    print(
        f"report:  {target / 'report.html'}\nfigures: {target / PICTURES}\ntable:   {target / 'results.tex'}"
    )
    if faults := dict.fromkeys(str(figure.reason) for figure in page.figures if figure.failed):
        raise RunnerError("\n".join(faults))


@ending()
def main() -> None:
    """The command."""
    arguments = parser().parse_args()
    gc.disable()  # as in backprop-figures
    report(arguments)


if __name__ == "__main__":
    main()
