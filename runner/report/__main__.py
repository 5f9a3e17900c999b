"""``backprop-report``: the report of a run's or a sweep's folder, from the command line."""

from __future__ import annotations

import argparse
import gc
import os
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as in runner.__main__

from runner.commands import add_quiet, add_version, ending
from runner.errors import RunnerError
from runner.figures.options import add_options, figures_in, look_in, options_in
from runner.remarks import place, remark, tell
from runner.report import PICTURES, write_report

EXAMPLES = """
examples:
  backprop-report outputs/sweeps/2026-01-31/12-00-00
  backprop-report DIR --metric test_accuracy --out by_accuracy
      by another metric, beside the first
  backprop-report DIR --only learning_rates heatmap
      with two figures
"""


def parser() -> argparse.ArgumentParser:
    """The command line of ``backprop-report``."""
    p = argparse.ArgumentParser(
        prog="backprop-report",
        description="Writes one self-contained page of a run's or a sweep's folder: report.html, the same as "
        "report.md, and the table of settings as settings.csv and, for LaTeX, results.tex. Your notes.md "
        f"there stands on top of it. Its pictures go into {PICTURES}/ "
        "beside it; what backprop-figures has drawn is left alone. It takes the place of an earlier report "
        "there.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    p.add_argument("folder", metavar="DIR", help="the folder of a run or of a sweep")
    p.add_argument("--out", type=Path, help="where it goes (default: DIR)")
    add_options(p)
    add_version(p)
    add_quiet(p)
    return p


def report(arguments: argparse.Namespace) -> None:
    """Writes the report that the arguments ask for. Raises RunnerError for what a user can put right."""
    only, options = figures_in(arguments), options_in(arguments)
    page = write_report(arguments.folder, arguments.out, only=only, look=look_in(arguments), options=options)
    for figure in page.skipped:
        remark(f"skipped {figure.name}: {figure.reason}")
    target = arguments.out or Path(arguments.folder)
    for heading, text in page.verdict:
        tell(f"{heading}: {text}")
    place(target / "report.html", "report:  ")
    place(target / PICTURES, "figures: ")
    place(target / "results.tex", "table:   ")
    if faults := dict.fromkeys(str(figure.reason) for figure in page.skipped if figure.failed):
        raise RunnerError("\n".join(faults))


@ending()
def main() -> None:
    """The command."""
    arguments = parser().parse_args()
    os.environ["MPLBACKEND"] = "agg"  # whatever windows are asked for: pictures go into files
    gc.disable()  # as in backprop-figures
    report(arguments)


if __name__ == "__main__":
    main()
