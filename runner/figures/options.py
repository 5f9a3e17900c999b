"""The options of all that draws: ``backprop-figures``, and ``backprop-report`` which puts it on a page."""

from __future__ import annotations

import argparse
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from runner.errors import RunnerError, one_of
from runner.figures import NAMES, STYLES

if TYPE_CHECKING:
    from runner.figures.figure import Options

#: The options that figures follow or refuse, with what each is.
CHOICES = {
    "metric": "what runs are compared by, and what is drawn of them: a column of runs.csv, as final_error, "
    "best_error, test_error, accuracy, test_accuracy (default: test_error where a part is held out, else "
    "final_error)",
    "x": "heatmap: the swept key across; landscape: the weight across",
    "y": "heatmap: the swept key upwards; landscape: the weight upwards",
    "color": "the swept key whose values are the colours of lines",
    "threshold": "the level that counts as learnt, of the metric: learning_rates counts the epochs to it",
    "epochs": "with commas, as 0,3,30,300: network, backprop, decision_boundary, fit and landscape as they "
    "were then, a panel each",
}
#: Epochs that have room for a panel each.
MOST_EPOCHS = 12


def add_options(parser: argparse.ArgumentParser) -> None:
    """Adds what can be said about figures. One that does not follow an option is skipped."""
    names = f"only these: {', '.join(NAMES)}"
    parser.add_argument("--only", nargs="+", default=[], metavar="NAME", help=names)
    parser.add_argument("--style", default="paper", choices=STYLES, help="a journal's column, or a slide")
    for name, what in CHOICES.items():
        parser.add_argument(f"--{name}", help=what)


def figures_in(arguments: argparse.Namespace) -> list[str]:
    """The figures that are asked for; none means all. Raises RunnerError for one that there is not."""
    return checked("--only", [name for names in arguments.only for name in names.split(",")], NAMES)


def checked(option: str, given: Sequence[str], known: Sequence[str]) -> list[str]:
    """What was given for an option. Raises RunnerError for what is not known."""
    if unknown := [name for name in given if name not in known]:
        raise RunnerError(f"{option} {unknown[0]}: {one_of(known, unknown[0])}")
    return list(given)


def threshold_in(arguments: argparse.Namespace) -> float | None:
    """The level that is asked for, if any. Raises RunnerError for what is no number above 0."""
    if (given := arguments.threshold) is None:
        return None
    try:
        number = float(given)
    except ValueError:
        number = math.nan
    if not (math.isfinite(number) and number > 0):
        raise RunnerError(f"--threshold {given}: must be a number above 0")
    return number


def epochs_in(arguments: argparse.Namespace) -> tuple[float, ...] | None:
    """The epochs that are asked for, if any, in order. Raises RunnerError for what are none, or too many."""
    if (given := arguments.epochs) is None:
        return None
    try:
        epochs = sorted({float(epoch) for epoch in given.split(",")})
    except ValueError:
        epochs = [math.nan]
    if not all(math.isfinite(epoch) and epoch >= 0 for epoch in epochs) or len(epochs) > MOST_EPOCHS:
        raise RunnerError(
            f"--epochs {given}: must be 1 to {MOST_EPOCHS} numbers of at least 0, with commas between them"
        )
    return tuple(epochs)


def options_in(arguments: argparse.Namespace) -> Options:
    """The options in a command's arguments. Raises RunnerError for numbers that are none."""
    from runner.figures.figure import Options

    chosen = {name: getattr(arguments, name) for name in CHOICES}
    return Options(**chosen | {"threshold": threshold_in(arguments), "epochs": epochs_in(arguments)})
