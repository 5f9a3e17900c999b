"""``backprop-figures``: pictures for a paper of a run's or a sweep's folder."""

from __future__ import annotations

import argparse
import gc
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as in runner.__main__

from runner.commands import add_quiet, add_version, ending
from runner.errors import RunnerError
from runner.figures import FORMATS, read_ahead
from runner.figures.options import add_options, checked, figures_in, look_in, options_in, threshold_in
from runner.files import refuse_links
from runner.remarks import place, remark, tell

if TYPE_CHECKING:
    from runner.results import Results

EXAMPLES = """
examples:
  backprop-figures outputs/sweeps/2026-01-31/12-00-00
      every figure that applies, into its folder figures/, with the numbers drawn beside each
  backprop-figures DIR --only learning_rates heatmap --format pdf,svg
      two of them, for LaTeX and for the web
  backprop-figures DIR --metric test_accuracy
      all of them by accuracy: the best setting is the best in it, and curves and axes show it
  backprop-figures DIR --only heatmap --x learning_rate --y network.hidden
      over these two swept keys
  backprop-figures DIR --only learning_curves --col optimizer --row schedule
      a panel for each pair of their values, with the learning rate as colour
  backprop-figures DIR --only landscape --x w1 --y w6
      the error over the plane of two weights
  backprop-figures DIR --only learning_rates --threshold 0.01
      with the epochs after which the error stays at 0.01 or below
  backprop-figures DIR --only comparison --compare optimizer
      each optimizer at its best learning rate, over seeds, and paired by seed with the best
  backprop-figures DIR DIR2 DIR3
      several runs or sweeps, each at its best, beside each other
  backprop-figures DIR --only network fit --epochs 0,3,30,300
      as they were at these epochs, a panel each
  backprop-figures DIR --only decision_boundary --format gif
      a film of training
  backprop-figures DIR --style slides --out talk
      large letters, into another folder
"""


def parser() -> argparse.ArgumentParser:
    """The command line of ``backprop-figures``."""
    p = argparse.ArgumentParser(
        prog="backprop-figures",
        description="Draws the figures that apply to a run's or a sweep's folder, each with its numbers "
        "as CSV beside it, and says in a line why it skipped the others; one that does not follow an option "
        "is among these.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    p.add_argument(
        "folder",
        metavar="DIR",
        nargs="+",
        help="the folder of a run or of a sweep; of several, what each has at its best is compared",
    )
    add_options(p)
    p.add_argument(
        "--format", default="png", help="one or more of png,pdf,svg,gif with commas (default: png)"
    )
    p.add_argument("--out", type=Path, help="where they go (default: DIR/figures; of several, figures)")
    add_version(p)
    add_quiet(p)
    return p


def draw(arguments: argparse.Namespace) -> None:
    """Draws what the arguments ask for. Raises RunnerError for what a user can put right."""
    only, formats = figures_in(arguments), checked("--format", arguments.format.split(","), FORMATS)
    results = _results(arguments.folder)
    read_ahead(results, only, arguments.metric, threshold_in(arguments))  # while matplotlib is imported
    from runner.figures.drawing import draw_figures

    default = Path("figures") if results.sources else results.folder / "figures"
    out, options, look = arguments.out or default, options_in(arguments), look_in(arguments)
    if arguments.out is None and not results.sources:
        refuse_links(results.folder, out)
    figures = []
    for figure in draw_figures(results, out, only=only, formats=formats, look=look, options=options):
        figures.append(figure)
        if figure.reason is None:
            place(" ".join(map(str, figure.paths)))
            tell(f"    {figure.caption}")
        else:
            remark(f"skipped {figure.name}: {figure.reason}")
    if faults := dict.fromkeys(str(figure.reason) for figure in figures if figure.failed):
        raise RunnerError("\n".join(faults))
    if all(figure.reason for figure in figures):
        raise RunnerError(f"{' '.join(arguments.folder)}: nothing could be drawn")


def _results(folders: Sequence[str]) -> Results:
    """The runs of a folder, or of several as one table."""
    from runner.results import Results
    from runner.results.several import Several

    return Several(folders) if len(folders) > 1 else Results(folders[0])


@ending()
def main() -> None:
    """The command."""
    arguments = parser().parse_args()
    os.environ["MPLBACKEND"] = "agg"  # whatever windows are asked for: pictures go into files
    gc.disable()  # to look for garbage takes a tenth of the time, and it ends with the process
    draw(arguments)


if __name__ == "__main__":
    main()
