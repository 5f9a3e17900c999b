"""``backprop-figures``: pictures for a paper of a run's or a sweep's folder."""

from __future__ import annotations

import argparse
import gc
import sys
from pathlib import Path

from runner.errors import RunnerError, one_of
from runner.figures import FORMATS, NAMES, STYLES, read_ahead
from runner.output import outlive_readers

EXAMPLES = """
examples:
  backprop-figures outputs/sweeps/2026-01-31/12-00-00
      every figure that applies, into its folder figures/, with the numbers drawn beside each
  backprop-figures DIR --only learning_rates heatmap --format pdf,svg
      two of them, for LaTeX and for the web
  backprop-figures DIR --metric test_accuracy --x learning_rate --y network.hidden
      the accuracy over two swept keys
  backprop-figures DIR --only landscape --x w1 --y w6
      the error over the plane of two weights
  backprop-figures DIR --style slides --out talk
      large letters, into another folder
"""


def parser() -> argparse.ArgumentParser:
    p = argparse.ArgumentParser(
        prog="backprop-figures",
        description="Draws the figures that apply to a run's or a sweep's folder, each with its numbers "
        "as CSV beside it, and says in a line why it skipped the others.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    p.add_argument("folder", metavar="DIR", help="the folder of a run or of a sweep")
    p.add_argument("--only", nargs="+", default=[], metavar="NAME", help=f"only these: {', '.join(NAMES)}")
    p.add_argument("--format", default="png", help="one or more of png,pdf,svg with commas (default: png)")
    p.add_argument("--out", type=Path, help="where they go (default: DIR/figures)")
    p.add_argument("--style", default="paper", choices=STYLES, help="a journal's column, or a slide")
    p.add_argument(
        "--metric",
        default="final_error",
        help="a column of runs.csv: final_error (default), "
        "best_error, test_error, accuracy, test_accuracy, ...",
    )
    p.add_argument("--x", help="heatmap: the swept key across; landscape: the weight across")
    p.add_argument("--y", help="heatmap: the swept key upwards; landscape: the weight upwards")
    p.add_argument("--color", help="the swept key whose values are the colours of lines")
    return p


def draw(arguments: argparse.Namespace) -> None:
    """Draws what the arguments ask for. Raises RunnerError for what a user can put right."""
    only = [name for names in arguments.only for name in names.split(",")]
    formats = arguments.format.split(",")
    for option, given, known in (("--only", only, NAMES), ("--format", formats, FORMATS)):
        for name in given:
            if name not in known:
                raise RunnerError(f"{option} {name}: {one_of(known, name)}")
    from runner.results import Results

    results = Results(arguments.folder)
    read_ahead(results, only)  # while matplotlib is imported
    from runner.figures.drawing import draw_figures
    from runner.figures.figure import Options

    out = arguments.out or results.folder / "figures"
    options = Options(arguments.metric, arguments.x, arguments.y, arguments.color)
    drawn, faults = 0, dict[str, None]()
    for outcome in draw_figures(
        results, out, only=only, formats=formats, style=arguments.style, options=options
    ):
        if outcome.reason is not None:
            print(f"skipped {outcome.name}: {outcome.reason}")
            faults |= {outcome.reason: None} if outcome.failed else {}
            continue
        drawn += 1
        print(*outcome.paths)
        print(f"    {outcome.caption}")
    if faults:
        raise RunnerError("\n".join(faults))
    if not drawn:
        raise RunnerError(f"{arguments.folder}: nothing could be drawn")


def main() -> None:
    """The command. What a user can put right ends in a short message and exit code 1."""
    outlive_readers()
    arguments = parser().parse_args()
    gc.disable()  # to look for garbage takes a tenth of the time, and it ends with the process
    try:
        draw(arguments)
    except RunnerError as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        sys.exit("interrupted")


if __name__ == "__main__":
    main()
