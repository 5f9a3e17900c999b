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
import sys
from base64 import b64encode
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from runner.errors import RunnerError
from runner.figures import NAMES, read_ahead
from runner.history import MULTIRUN
from runner.output import outlive_readers, write_named

if TYPE_CHECKING:
    import pandas as pd

    from runner.figures.drawing import Outcome
    from runner.results import Results

MOST_ROWS = 1000  # of the page's table; the best ones, where there are more
MOST_TEX_ROWS = 40
NARROW = 5.0  # inches: a figure that a telephone can show whole
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
class Page:
    """What a report says, before it is written in one language or another."""

    title: str
    facts: Sequence[tuple[str, str]]
    table: pd.DataFrame  # the runs; `best` is the index of the best of them, or None
    total: int
    best: int | None
    figures: Sequence[Outcome]
    command: str
    configuration: str
    summary: pd.DataFrame  # of the settings, for LaTeX; medians over seeds
    bold: int | None  # the place of the best of them


def gather(results: Results, metric: str, figures: Sequence[Outcome]) -> Page:
    """What there is to say about a folder; nothing of it is escaped yet."""
    table = results.runs.drop(columns="directory").assign(status=results.outcomes)
    has_best = results.completed[metric].notna().any()
    best = results.best(metric) if has_best else None
    if len(table) > MOST_ROWS:
        table = _sorted(table, metric).head(MOST_ROWS)
    folder = results.folder.resolve()
    facts = [("folder", folder.name), ("runs", _counts(results))]
    if results.swept:
        facts.append(("swept", ", ".join(results.swept)))
    if best is not None and results.is_sweep:
        value = float(results.runs[metric].loc[best])
        facts.append((f"best {metric}", f"{value:.6g}: {results.best_name(metric)}"))
    facts.append(
        (
            "drawn with",
            ", ".join(f"{p} {version(p)}" for p in PACKAGES) + f", Python {platform.python_version()}",
        )
    )
    overrides = _overrides(results)
    words = ["backprop-runner", *(["-m"] if results.is_sweep else []), *overrides]
    kind = "Sweep" if results.is_sweep else "Run"
    return Page(
        f"{kind} {folder.name}",
        facts,
        table,
        len(results.runs),
        best,
        figures,
        shlex.join(words),
        _configuration(results),
        *_summary(results, metric, best),
    )


def _counts(results: Results) -> str:
    """How many runs ended in which way."""
    from runner.results import BLOWN_UP, OFF_SCALE

    states = Counter(str(outcome) for outcome in results.outcomes)
    meaning = f"; blown up: to {OFF_SCALE:,} times the first error or more" if BLOWN_UP in states else ""
    return ", ".join(f"{n:,} {s}" for s, n in states.items()) + meaning


def _summary(results: Results, metric: str, best: int | None) -> tuple[pd.DataFrame, int | None]:
    """A row a setting, the best first where there are too many: what it was, how it ended, its metrics.

    Repeats over the seed are one row with their medians; `bold` is the row of the best run.
    """
    runs = results.runs.assign(status=results.outcomes)
    metrics = [metric, *(name for name in results.metrics if name not in (metric, "best_error"))]
    repeats = "seed" in results.swept and len(results.keys) > 0
    keys = results.keys if repeats else results.swept or ["run"]
    varied = [] if (runs["status"] == "completed").all() else ["status"]
    if not repeats:
        table = runs[[*keys, *varied, *metrics]]
        shown = _sorted(runs, metric).head(MOST_TEX_ROWS).index if len(runs) > MOST_TEX_ROWS else runs.index
        return table.loc[shown], best
    done = runs["status"] == "completed"
    by = [runs[key].astype(object) for key in keys]
    table = runs[metrics].where(done).groupby(by, sort=False).median()
    table.insert(0, "completed", done.groupby(by, sort=False).sum())
    table.insert(0, "runs", done.groupby(by, sort=False).size())
    if done.all():
        table = table.drop(columns="completed")
    table = table.reset_index().assign(status="completed")
    first = _sorted(table, metric)
    bold = int(first.index[0]) if first[metric].notna().any() else None
    table = first.head(MOST_TEX_ROWS) if len(table) > MOST_TEX_ROWS else table
    return table.drop(columns="status"), bold


def _sorted(table: pd.DataFrame, metric: str) -> pd.DataFrame:
    """The best first; what diverged or blew up last, whatever its error."""
    from runner.results import higher_is_better

    best_first = table.sort_values(metric, ascending=not higher_is_better(metric), kind="stable")
    return best_first.sort_values("status", key=lambda status: status != "completed", kind="stable")


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
<h2>Runs</h2>
{_note(page)}
<div class="table" tabindex="0">{_table(page)}</div>
<h2>How to repeat it</h2>
<pre>{escape(page.command)}</pre>
<details><summary>Configuration{" of the first run" if page.total > 1 else ""}</summary>
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
    image = f'<img alt="{alt}" src="data:image/{kind};base64,{image}">'
    if figure.width > NARROW:  # scrolls on a telephone, where its letters could not be read
        image = f'<div class="wide" tabindex="0">{image}</div>'
    return f"<figure>{image}<figcaption>{escape(figure.caption)}</figcaption></figure>\n"


def _note(page: Page) -> str:
    if page.total <= len(page.table):
        return ""
    return f"<p>The best {len(page.table):,} of {page.total:,}; all are in runs.csv.</p>"


def _table(page: Page) -> str:
    head = "".join(f"<th>{escape(str(name))}</th>" for name in page.table.columns)
    rows = []
    for index, *values in page.table.itertuples(name=None):
        marks = ["best"] if index == page.best else []
        marks.append(str(page.table.at[index, "status"]))
        cells = "".join(_cell(value) for value in values)
        rows.append(f'<tr class="{escape(" ".join(marks), quote=True)}">{cells}</tr>')
    return f'<table class="runs"><thead><tr>{head}</tr></thead><tbody>{"".join(rows)}</tbody></table>'


def _cell(value: Any) -> str:
    exact = f' data-value="{value!r}"' if isinstance(value, float) and value == value else ""
    return f"<td{exact}>{escape(cell(value))}</td>"


# --- Markdown and LaTeX ----------------------------------------------------------------------


def markdown(page: Page, folder: Path) -> str:
    facts = "\n".join(f"- {_md(name)}: {_md(value)}" for name, value in page.facts)
    pictures = "\n".join(
        f"![{_md(f.name)}]({_relative(f, folder)})\n\n{_md(f.caption)}\n"
        for f in page.figures
        if f.reason is None
    )
    head = "| " + " | ".join(_md(str(c)) for c in page.table.columns) + " |\n"
    head += "|" + " ---: |" * len(page.table.columns) + "\n"
    rows = "".join(
        "| " + " | ".join(_md(cell(v)) for v in row) + " |\n" for row in page.table.itertuples(False, None)
    )
    return (
        f"# {_md(page.title)}\n\n{facts}\n\n## Figures\n\n{pictures}\n## Runs\n\n{head}{rows}\n"
        f"## How to repeat it\n\n{_fenced(page.command)}\n## Configuration\n\n{_fenced(page.configuration)}"
    )


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
    table = page.summary
    kinds = "".join("l" if table[c].dtype.kind not in "fiu" else "r" for c in table.columns)
    head = " & ".join(_tex(str(c).split(".")[-1].replace("_", " ")) for c in table.columns)
    rows = "".join(
        " & ".join(_tex_value(v, index == page.bold) for v in values) + " \\\\\n"
        for index, *values in table.itertuples(name=None)
    )
    note = f"; medians of {page.total} runs over their seeds" if "runs" in table else ""
    note += f"; at most the best {MOST_TEX_ROWS} of {page.total} runs" if len(table) == MOST_TEX_ROWS else ""
    return (
        f"% needs \\usepackage{{booktabs,graphicx}}; bold: the best{note}\n"
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


def write_report(folder: str | Path, out: str | Path | None = None, metric: str = "final_error") -> Page:
    """Writes ``report.html``, ``report.md`` and ``results.tex`` into `out` (the folder itself).

    The figures go into its folder ``figures``. Raises RunnerError for what is no result.
    """
    from runner.results import Results

    results = Results(folder)
    results.check_metric(metric)
    read_ahead(results)  # while matplotlib is imported
    from runner.figures.drawing import draw_figures
    from runner.figures.figure import Options

    target = Path(out) if out is not None else results.folder
    drawn = draw_figures(
        results, target / "figures", formats=("png", "pdf", "svg"), options=Options(metric=metric)
    )
    figures = sorted(drawn, key=lambda figure: NAMES.index(figure.name))
    page = gather(results, metric, figures)
    target.mkdir(parents=True, exist_ok=True)
    write_named(target / "report.html", html(page).encode())
    write_named(target / "report.md", markdown(page, target).encode())
    write_named(target / "results.tex", latex(page).encode())
    return page


def parser() -> argparse.ArgumentParser:
    p = argparse.ArgumentParser(
        prog="backprop-report",
        description="Writes one self-contained page of a run's or a sweep's folder: report.html, the same as "
        "report.md, and the table of results for LaTeX as results.tex.",
        epilog="examples:\n  backprop-report outputs/sweeps/2026-01-31/12-00-00\n"
        "  backprop-report DIR --out paper --metric test_accuracy",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    p.add_argument("folder", metavar="DIR", help="the folder of a run or of a sweep")
    p.add_argument("--out", type=Path, help="where it goes (default: DIR)")
    p.add_argument(
        "--metric", default="final_error", help="what the best run is the best in (default: final_error)"
    )
    return p


def main() -> None:
    """The command. What a user can put right ends in a short message and exit code 1."""
    outlive_readers()
    arguments = parser().parse_args()
    gc.disable()  # as in backprop-figures
    try:
        page = write_report(arguments.folder, arguments.out, arguments.metric)
    except RunnerError as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        sys.exit("interrupted")
    for figure in page.figures:
        if figure.reason is not None:
            print(f"skipped {figure.name}: {figure.reason}")
    faults = dict.fromkeys(str(figure.reason) for figure in page.figures if figure.failed)
    target = arguments.out or Path(arguments.folder)
    for name, value in page.facts:
        if name.startswith("best"):
            print(f"{name}: {value}")
    print(
        f"report:  {target / 'report.html'}\nfigures: {target / 'figures'}\ntable:   {target / 'results.tex'}"
    )
    if faults:
        sys.exit("\n".join(faults))


if __name__ == "__main__":
    main()
