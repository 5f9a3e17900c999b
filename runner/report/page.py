"""What a report says, as plain values: nothing of it is escaped yet."""

from __future__ import annotations

import platform
import shlex
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import yaml

from runner.errors import RunnerError, in_a_line
from runner.figures.figure import Options
from runner.files import kept, load_yaml
from runner.records.names import MULTIRUN
from runner.report.findings import Finding, findings
from runner.report.frames import frames_of
from runner.report.linked import linked_of
from runner.report.live import live_of
from runner.report.naming import NAMES, Called
from runner.report.sentence import sentence
from runner.report.tables import MOST_ROWS, Failure, Table, failures_of, rates_of, runs_of, settings_of
from runner.results.advice import ENDED
from runner.results.ranking import BLOWN_UP
from runner.training.endings import OFF_SCALE

if TYPE_CHECKING:
    from runner.figures.drawing import Rendered
    from runner.results import Results

PACKAGES = ("backprop-runner", "numpy", "hydra-core", "matplotlib", "pandas")


@dataclass(frozen=True)
class Page:
    """What a report says, before it is written in one language or another.

    `verdict` is what the commands print, `facts` what is to be known of the folder, `live` the numbers
    that scripts draw, and `notes` the user's own words, in Markdown.
    """

    title: str
    sentence: str
    findings: Sequence[Finding]
    verdict: Sequence[tuple[str, str]]
    facts: Sequence[tuple[str, str]]
    settings: Table
    runs: Table
    figures: Sequence[Rendered]
    command: str
    configuration: str
    rates: Table | None = None  # a row a line of settings along the learning rate
    failures: Sequence[Failure] = ()
    notes: str = ""
    live: Mapping[str, Any] = field(default_factory=dict)

    @property
    def has_medians(self) -> bool:
        """Whether settings are no runs: they have repeats over the seed."""
        return "runs" in self.settings.rows

    @property
    def tables(self) -> list[tuple[str, Table]]:
        """The tables of settings with their headings; none of a run alone."""
        several = len(self.settings.ranked) > 1 or self.has_medians
        tables = [("Settings", self.settings if several else None), ("Learning rates", self.rates)]
        return [(name, table.most(MOST_ROWS)) for name, table in tables if table]

    @property
    def drawn(self) -> list[Rendered]:
        """The figures that there are."""
        return [figure for figure in self.figures if figure.reason is None]

    @property
    def skipped(self) -> list[Rendered]:
        """The figures that there are not, with their reasons."""
        return [figure for figure in self.figures if figure.reason is not None]


def gather(
    results: Results,
    metric: str,
    figures: Sequence[Rendered],
    options: Options | None = None,
    notes: str = "",
    called: Called = NAMES,
) -> Page:
    """What there is to say about a folder; nothing of it is escaped yet."""
    options = options or Options()
    settings = settings_of(results, metric, options.threshold)
    return Page(
        title=f"{'Sweep' if results.is_sweep else 'Run'} {results.folder.resolve().name}",
        sentence=sentence(results),
        findings=findings(results, metric, settings),
        verdict=[*results.verdict(metric), *(each.said for each in results.advice(metric))],
        facts=_facts(results, metric),
        settings=settings,
        runs=runs_of(results, metric),
        figures=figures,
        command=shlex.join(["backprop-runner", *(["-m"] if results.is_sweep else []), *_overrides(results)]),
        configuration=_configuration(results),
        rates=rates_of(results, metric),
        failures=failures_of(results),
        notes=notes,
        live={
            **(live_of(results, metric, settings, called) or {}),
            **_some("frames", frames_of(results, options, figures)),
            **_some("linked", linked_of(results, options, figures, called)),
        },
    )


def _some(name: str, values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: values} if values else {}


def title_of(figure: Rendered) -> str:
    """A figure's title: its name in words."""
    return figure.name.replace("_", " ").capitalize()


def _facts(results: Results, metric: str) -> list[tuple[str, str]]:
    used = ", ".join(f"{p} {version(p)}" for p in PACKAGES) + f", Python {platform.python_version()}"
    ended = [each.said for each in results.advice(metric) if each.heading == ENDED]
    return [("runs", _counts(results)), *ended, ("drawn with", used)]


def _counts(results: Results) -> str:
    """How many runs ended in which way."""
    states = Counter(str(outcome) for outcome in results.outcomes)
    meaning = f"; blown up: to {OFF_SCALE:,} times the first error or more" if BLOWN_UP in states else ""
    return ", ".join(f"{n:,} {s}" for s, n in states.items()) + meaning


def _overrides(results: Results) -> list[str]:
    """The overrides as Hydra wrote them down: of the sweep, or of the run."""
    path = results.folder / (MULTIRUN if results.is_sweep else ".hydra/overrides.yaml")
    if not path.is_file():
        return []
    try:
        loaded: Any = load_yaml(path, of_run=True) or []
        task = loaded["hydra"]["overrides"]["task"] if results.is_sweep else loaded
        return [str(override) for override in task]
    except (yaml.YAMLError, KeyError, TypeError, UnicodeDecodeError) as error:
        raise RunnerError(f"{path}: is not as Hydra wrote it: {in_a_line(error)}") from None


def _configuration(results: Results) -> str:
    """The configuration of the run, or of a sweep's first one."""
    for run in results.runs.index:
        path = results.record(int(run)) / ".hydra" / "config.yaml"
        if path.is_file():
            return kept(path).read_text(encoding="utf-8", errors="replace")
    return "not recorded"
