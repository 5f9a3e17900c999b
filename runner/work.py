"""One run into its folder: train, write the files, and say in the terminal how it went."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from runner.errors import RunnerError
from runner.records.about import about
from runner.records.writing import (
    ABOUT,
    ERROR,
    HISTORY,
    RunFiles,
    clear,
    refuse_finished,
    summary,
    write_whole,
)
from runner.training.experiment import Experiment
from runner.training.loop import train
from runner.training.objective import predict
from runner.training.recorder import Trained


def run_into(
    folder: Path,
    make: Callable[[], Experiment],
    *,
    number: int = 0,
    swept: Mapping[str, object] | None = None,
    directory: str = ".",
    report: bool = False,
) -> Trained:
    """Trains the run that `make` returns and writes its files into `folder`, which exists and is ours.

    `number`, `swept` and `directory` are what its line of ``runs.csv`` says of it; `report`
    prints how it went. A failure leaves ``error.txt`` and no result, and is raised again.
    """
    refuse_finished(folder)
    clear(folder)  # of an earlier try
    try:
        experiment = make()
        files = RunFiles([folder], experiment)
        try:
            files.add(0, ABOUT, about(experiment))
            (result,) = train([experiment], files)
            files.finish(0, result, summary(number, swept or {}, result, directory))
        except BaseException:
            files.discard()
            raise
    except Exception as error:
        write_whole(folder / ERROR, f"{describe(error)}\n".encode())
        raise
    if report:
        print(story(experiment, result))
        what = "every weight and error" if experiment.log.weights else "history"
        print(f"\n{what}: {_as_seen_from_here(folder) / HISTORY}")
    return result


def _as_seen_from_here(folder: Path) -> Path:
    """The folder as a user would type it; in full if it is elsewhere, or where the job has gone to."""
    here = Path.cwd()
    return folder.relative_to(here) if here in folder.parents else folder


def describe(error: BaseException) -> str:
    """What ``error.txt`` says: the message for a user's error, the type too for any other."""
    return str(error) if isinstance(error, RunnerError) else f"{type(error).__name__}: {error}"


def story(experiment: Experiment, result: Trained) -> str:
    """A run in a few lines: what was trained, and error, predictions and weights before and after."""
    first, last = "epoch 0", f"epoch {result.epochs}"
    rows: list[tuple[str, object, object, str]] = [("", first, last, "")]
    rows.append(("error", result.initial_error, result.final_error, ""))
    rows += [(name.replace("_", " "), "", value, "") for name, value in result.metrics.items()]
    rows += _predictions(experiment, result)
    names = [p.name for p in experiment.network.names]
    if len(names) <= 20:
        rows += [(n, a, b, "") for n, a, b in zip(names, result.initial, result.final, strict=True)]
    end = ""
    if result.status == "diverged":
        end = f"\ndiverged after epoch {result.epochs}: error or weights are no longer finite numbers"
    elif result.best_error < result.final_error:
        end = f"\nbest error {result.best_error:.9g} at epoch {result.best_epoch}"
    return "\n".join([title(experiment), *notes(experiment), "", _aligned(rows)]) + end


def title(experiment: Experiment) -> str:
    """The run in one line."""
    sizes = "-".join(map(str, experiment.sizes))
    examples = experiment.data.examples
    return (
        f"{sizes} network on {experiment.data.name} data ({examples} example{'s' * (examples != 1)}): "
        f"{experiment.loss}, {experiment.optimizer}, learning rate {experiment.learning_rate:g}"
    )


def notes(experiment: Experiment) -> list[str]:
    """What else is to be known of a run before its numbers, a line each: what its data were taken for."""
    found = [_classes(name, labels) for name, labels in experiment.data.classes.items()]
    return [*found, note] if (note := one_batch(experiment)) else found


#: Classes that are named in a line.
CLASSES_SHOWN = 12


def _classes(name: str, labels: Sequence[str]) -> str:
    numbers = [" (0)", " (1)"] if len(labels) == 2 else [""] * len(labels)  # two are one column of 0 and 1
    shown = ", ".join(map("".join, zip(labels[:CLASSES_SHOWN], numbers, strict=False)))
    more = f", and {len(labels) - CLASSES_SHOWN} more" if len(labels) > CLASSES_SHOWN else ""
    return f"{len(labels)} classes of {name}: {shown}{more}"


def one_batch(experiment: Experiment) -> str | None:
    """Says where there are fewer examples than `batch_size` asks for, and all of them are one batch."""
    size, examples = experiment.batch_size, experiment.data.examples
    if size is None or size <= examples:
        return None
    return f"batch_size={size} is more than the {examples} examples: one batch holds all of them"


def _predictions(experiment: Experiment, result: Trained) -> list[tuple[str, object, object, str]]:
    targets = experiment.data.targets
    if targets.size > 8:
        return []
    before, after = (predict(experiment, p).ravel() for p in (result.initial, result.final))
    names = [f"prediction {i + 1}" if targets.size > 1 else "prediction" for i in range(targets.size)]
    goals = [f"target {y:g}" for y in targets.ravel()]
    return list(zip(names, before, after, goals, strict=True))


def _aligned(rows: Iterable[tuple[str, object, object, str]]) -> str:
    lines = []
    for name, before, after, note in rows:
        cells = [c if isinstance(c, str) else f"{c:.9g}" for c in (before, after)]
        lines.append(f"{name:<14}{cells[0]:>14}{cells[1]:>16}  {note}".rstrip())
    return "\n".join(lines)


def swept_values(overrides: Iterable[str]) -> dict[str, object]:
    """``key=value`` overrides as a table's columns: keys without their ``+``, values as written."""
    return {key_of(override): override.partition("=")[2] for override in overrides}


def key_of(override: str) -> str:
    """The key of an override, without the ``+`` or ``~`` before it."""
    return override.partition("=")[0].lstrip("+~")
