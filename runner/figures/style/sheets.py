"""A style in force: a sheet of ours over matplotlib's defaults, a user's over that, and their labels."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.mathtext import MathTextParser

from runner.errors import RunnerError, did_you_mean
from runner.figures import STYLES
from runner.figures.options import Look
from runner.figures.style.labels import called
from runner.files import plain

#: Parameters that are none of a picture: they choose where it is shown.
NOT_OF_PICTURES = ("backend", "interactive", "toolbar")


@contextmanager
def in_force(look: Look) -> Iterator[None]:
    """A look, whatever a user's own defaults are. Raises RunnerError for a sheet or a label that is none."""
    _check_labels(look)
    ours = look.style if look.style in STYLES else STYLES[0]
    with mpl.rc_context(), called(look.labels):
        mpl.rcdefaults()
        mpl.rcParams.update(_sheet(Path(__file__).with_name(f"{ours}.mplstyle")))
        if look.style not in STYLES:
            mpl.rcParams.update(_sheet_of_users(Path(look.style)))
        if look.width is not None:
            _, height = mpl.rcParams["figure.figsize"]
            mpl.rcParams["figure.figsize"] = (look.width, height)
        yield


def _sheet(path: Path) -> mpl.RcParams:
    return mpl.rc_params_from_file(path, fail_on_error=True, use_default_template=False)


def _sheet_of_users(path: Path) -> dict[Any, Any]:
    """The parameters in a user's file; matplotlib itself would pass over what it does not know."""
    try:
        lines = plain(path).read_text(encoding="utf-8").splitlines()
        for number, line in enumerate(lines, start=1):
            key = line.partition("#")[0].partition(":")[0].strip()
            if key and key not in mpl.rcParams:
                nearest = did_you_mean(key, list(mpl.rcParams))
                raise RunnerError(
                    f"--style {path}: line {number}: {key}{nearest} is no parameter of matplotlib's"
                )
        return {key: value for key, value in _sheet(path).items() if key not in NOT_OF_PICTURES}
    except (OSError, UnicodeDecodeError, ValueError) as error:
        raise RunnerError(f"--style {path}: cannot be read: {str(error).splitlines()[0]}") from None


def _check_labels(look: Look) -> None:
    for key, text in look.labels.items():
        try:
            MathTextParser("path").parse(text)
        except ValueError as error:
            said = str(error).splitlines()[-1]
            raise RunnerError(f"--labels {key}={text}: is no text that can be set: {said}") from None
