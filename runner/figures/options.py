"""The options of all that draws: ``backprop-figures``, and ``backprop-report`` which puts it on a page."""

from __future__ import annotations

import argparse
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from runner.commands import add_plugins
from runner.errors import RunnerError, one_of
from runner.figures import NAMES, STYLES

if TYPE_CHECKING:
    from runner.figures.figure import Options

#: The options that figures follow or refuse, with what each is.
CHOICES = {
    "metric": "what runs are compared by, and what is drawn of them: a column of runs.csv, as final_error, "
    "best_error, test_error, accuracy, test_accuracy (default: validation_error or test_error "
    "where a part is held out, else final_error)",
    "x": "effect: the swept key; heatmap, trainability: the swept key across; landscape: the weight across",
    "y": "heatmap, trainability: the swept key upwards; landscape: the weight upwards",
    "color": "the swept key whose values are the colours of lines",
    "col": "the swept key whose values are panels side by side (default: words of at most 6 values)",
    "row": "the swept key whose values are panels one below the other",
    "compare": "comparison: the swept key whose values are compared (default: the words with most values)",
    "threshold": "the level that counts as learnt, of the metric: learning_rates counts the epochs to it",
    "epochs": "with commas, as 0,3,30,300: network, backprop, decision_boundary, fit and landscape as they "
    "were then, a panel each",
}
#: The options that are two numbers, the ends of an axis.
LIMITS = {
    "xlim": "the ends of the axis of epochs, or of learning rates, as 0,50",
    "ylim": "the ends of the axis of the metric, as 1e-4,1; write --ylim=-1,1 where the first is below 0",
}
#: What a figure may be wide, in inches.
WIDTHS = (1.5, 40.0)
#: Epochs that have room for a panel each.
MOST_EPOCHS = 12


@dataclass(frozen=True)
class Look:
    """How figures look, whatever they show.

    `style` is one of STYLES or a file of matplotlib's, over the first of them; `width` in inches, None for
    that of the style; `labels` are what the user calls swept keys, metrics and axes.
    """

    style: str = STYLES[0]
    width: float | None = None
    labels: Mapping[str, str] = field(default_factory=dict)


def add_options(parser: argparse.ArgumentParser) -> None:
    """Adds what can be said about figures. One that does not follow an option is skipped."""
    names = f"only these: {', '.join(NAMES)}"
    parser.add_argument("--only", nargs="+", default=[], metavar="NAME", help=names)
    for name, what in (CHOICES | LIMITS).items():
        parser.add_argument(f"--{name}", help=what)
    style = "paper (a journal's column), slides, or a .mplstyle file of your own, over paper"
    parser.add_argument("--style", default=STYLES[0], help=style)
    parser.add_argument(
        "--width", metavar="IN", help="inches that every figure is wide (default: the style's)"
    )
    labels = "what swept keys, metrics and axes are called, as optimizer.momentum='momentum $\\beta$'"
    parser.add_argument("--labels", nargs="+", default=[], metavar="KEY=TEXT", help=labels)
    add_plugins(parser)


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
    if not (math.isfinite(number := _number(given)) and number > 0):
        raise RunnerError(f"--threshold {given}: must be a number above 0")
    return number


def _number(text: str) -> float:
    """A number in a text; NaN for what is none."""
    try:
        return float(text)
    except ValueError:
        return math.nan


def limits_in(arguments: argparse.Namespace) -> dict[str, tuple[float, float] | None]:
    """The ends of axes that are asked for. Raises RunnerError for what are not two rising numbers."""
    ends: dict[str, tuple[float, float] | None] = {}
    for name in LIMITS:
        given = getattr(arguments, name)
        numbers = [_number(text) for text in given.split(",")] if given is not None else []
        rising = len(numbers) == 2 and all(map(math.isfinite, numbers)) and numbers[0] < numbers[1]
        if given is not None and not rising:
            raise RunnerError(f"--{name} {given}: must be two numbers, the first below the second, as 0,50")
        ends[name] = (numbers[0], numbers[1]) if rising else None
    return ends


def look_in(arguments: argparse.Namespace) -> Look:
    """How figures are to look. Raises RunnerError for a style, a width or a label that is none."""
    style, width = arguments.style, arguments.width
    if style not in STYLES and not Path(style).is_file():
        raise RunnerError(
            f"--style {style}: must be {' or '.join(STYLES)}, or a file of matplotlib's, as my.mplstyle"
        )
    inches = None if width is None else _number(width)
    if inches is not None and not WIDTHS[0] <= inches <= WIDTHS[1]:
        raise RunnerError(f"--width {width}: must be a number of inches from {WIDTHS[0]:g} to {WIDTHS[1]:g}")
    labels = {}
    for given in arguments.labels:
        key, equals, text = given.partition("=")
        if not (key and equals):
            raise RunnerError(f"--labels {given}: must be KEY=TEXT, as learning_rate='step size'")
        labels[key] = text
    return Look(style, inches, labels)


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
    numbers = {"threshold": threshold_in(arguments), "epochs": epochs_in(arguments), **limits_in(arguments)}
    return Options(**chosen | numbers)
