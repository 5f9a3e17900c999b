"""What a run says in the terminal: what was trained, and how it went."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import starmap
from pathlib import Path
from typing import TypeAlias

from runner.records.machine import machine_in, unlike
from runner.records.names import HISTORY, HYDRA, INTERRUPTED, words_of
from runner.remarks import place, remark, tell
from runner.training.endings import CONVERGED, DIVERGED, FALLING, IRREGULAR, OSCILLATING
from runner.training.experiment import Experiment
from runner.training.hints import hints
from runner.training.objective import predict
from runner.training.recorder import Trained

#: Classes that are named in a line.
CLASSES_SHOWN = 12
#: What is said of each ending.
SAID = {
    CONVERGED: "converged: the error no longer changes",
    FALLING: "still falling: more epochs would lower the error",
    OSCILLATING: "oscillating: the error repeats every {period} epochs; the rate is too large to settle",
    IRREGULAR: "irregular: the error neither settles nor repeats",
    DIVERGED: "blown up: the error ended above where it began, and grows",
}
#: A line of the story's table: a name, its value before and after, a note.
Row: TypeAlias = tuple[str, object, object, str]


def tell_all(folder: Path, experiment: Experiment, trained: Trained) -> None:
    """All that a run says at its end: remarks, its story, and where its history is."""
    for note in notes(experiment):
        remark(note)
    tell(f"{story(experiment, trained)}\n")
    columns = "every weight and error" if experiment.log.weights else "history"
    place(_as_seen_from_here(folder) / HISTORY, f"{columns}: ")


def how_to_go_on(folder: Path, experiment: Experiment, trained: Trained) -> str:
    """What is said last of a run that a signal came to: the command that goes on from there."""
    if trained.status != INTERRUPTED:
        return "interrupted"
    here = str(_as_seen_from_here(folder))
    words = f"continue={here}" if re.fullmatch(r"[\w./-]+", here) else f"\"continue='{here}'\""
    command = "backprop-runner" if (folder / HYDRA / "config.yaml").is_file() else "the same command with"
    rest = experiment.last_epoch - trained.epochs
    return f"interrupted after epoch {trained.epochs}. To go on:\n  {command} {words} epochs={rest}"


def _as_seen_from_here(folder: Path) -> Path:
    """The folder as a user would type it; in full if it is elsewhere, or where the job has gone to."""
    here = Path.cwd()
    return folder.relative_to(here) if here in folder.parents else folder


def story(experiment: Experiment, trained: Trained) -> str:
    """A run in a few lines: what was trained, and error, predictions and weights before and after."""
    rows = facts(experiment, trained)
    return "\n".join([experiment.title, "", _aligned(rows), *ends(experiment, trained)])


def facts(experiment: Experiment, trained: Trained) -> list[Row]:
    """The story's table: error, predictions and weights before and after, those of them that are few."""
    first, last = f"epoch {experiment.first_epoch}", f"epoch {trained.final_epoch}"
    rows: list[Row] = [("", first, last, ""), ("error", trained.initial_error, trained.final_error, "")]
    rows += [(words_of(name), "", value, "") for name, value in trained.metrics.items()]
    rows += _predictions(experiment, trained)
    names = [p.name for p in experiment.network.names]
    if len(names) <= 20:
        rows += [(n, a, b, "") for n, a, b in zip(names, trained.initial, trained.final, strict=True)]
    return rows


def ends(experiment: Experiment, trained: Trained) -> Iterator[str]:
    """How the run ended, and where it was at its best."""
    if trained.status == "diverged":
        yield f"diverged after epoch {trained.epochs}: error or weights are no longer finite numbers"
        return
    if trained.status == INTERRUPTED:
        yield f"interrupted after epoch {trained.epochs} of {experiment.last_epoch}"
    elif trained.epochs < experiment.last_epoch:
        yield f"stopped after epoch {trained.epochs} of {experiment.last_epoch}"
    if experiment.stop and experiment.stop.patience and trained.status != INTERRUPTED:
        kept = f"the weights of epoch {trained.final_epoch} are kept"
        yield f"{kept}, the best by {experiment.stop.metric.replace('_', ' ')}"
    if trained.ending:
        yield SAID[trained.ending].format(period=trained.period)
    if trained.best_error < trained.final_error:
        yield f"best error {trained.best_error:.9g} at epoch {trained.best_epoch}"


def notes(experiment: Experiment) -> list[str]:
    """What else is to be known of a run before its numbers, a line each: what its data were taken for."""
    lines = about_files(experiment)
    if begun := experiment.begun:
        folder = Path(begun.source.path).parent if begun.source else None
        lines.append(f"goes on from epoch {begun.epochs}{f' of {folder}' if folder else ''}")
        if folder and (differ := unlike(machine_in(folder))):
            lines.append(f"which was made elsewhere: {', '.join(differ)}; last digits may differ")
    return [*lines, note] if (note := one_batch(experiment)) else lines


def about_files(experiment: Experiment) -> list[str]:
    """How files were read, what their texts were taken for, and hints: a line each."""
    data = experiment.data
    return [*data.said, *starmap(_classes, data.classes.items()), *hints(experiment)]


def _classes(name: str, labels: Sequence[str]) -> str:
    numbers = [" (0)", " (1)"] if len(labels) == 2 else [""] * len(labels)  # two are one column of 0 and 1
    names = ", ".join(map("".join, zip(labels[:CLASSES_SHOWN], numbers, strict=False)))
    more = f", and {len(labels) - CLASSES_SHOWN} more" if len(labels) > CLASSES_SHOWN else ""
    return f"{len(labels)} classes of {name}: {names}{more}"


def one_batch(experiment: Experiment) -> str | None:
    """Says where there are fewer examples than `batch_size` asks for, and all of them are one batch."""
    size, examples = experiment.batch_size, experiment.data.examples
    if size is None or size <= examples:
        return None
    return f"batch_size={size} is more than the {examples} examples: one batch holds all of them"


def _predictions(experiment: Experiment, trained: Trained) -> list[Row]:
    targets = experiment.data.targets_in_own_units(experiment.data.targets)
    if targets.size > 8:
        return []
    before, after = (predict(experiment, p).ravel() for p in (trained.initial, trained.final))
    names = [f"prediction {i + 1}" if targets.size > 1 else "prediction" for i in range(targets.size)]
    goals = [f"target {y:g}" for y in targets.ravel()]
    return list(zip(names, before, after, goals, strict=True))


def _aligned(rows: Iterable[Row]) -> str:
    lines = []
    for name, before, after, note in rows:
        cells = [as_text(cell) for cell in (before, after)]
        lines.append(f"{name:<14}{cells[0]:>14}{cells[1]:>16}  {note}".rstrip())
    return "\n".join(lines)


def as_text(cell: object) -> str:
    """A cell of the story's table."""
    return cell if isinstance(cell, str) else f"{cell:.9g}"
