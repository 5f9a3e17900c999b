"""``backprop-export``: the folder of a run out of a sweep that was run without folders."""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as in runner.__main__

from runner.commands import add_plugins, add_quiet, add_version, ending
from runner.config.exporting import export
from runner.remarks import place

EXAMPLES = """
examples:
  backprop-export outputs/sweeps/2026-01-31/12-00-00 --run 17
      writes the folder 17 into the sweep's, where readers find it from then on
  backprop-export DIR --run 17 --out best
      the same as the folder best
  backprop-export DIR --run 3 --run 17
      both

A sweep of hydra.launcher.store=parquet has all of its runs' files, which are written out byte for byte;
one of store=table has what they were made of: there the run is trained again.
"""


def parser() -> argparse.ArgumentParser:
    """The command line of ``backprop-export``."""
    p = argparse.ArgumentParser(
        prog="backprop-export",
        usage="backprop-export DIR --run N [--run N ...] [options]",
        description="A run's folder out of a sweep without folders (hydra.launcher.store=parquet or table).",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    p.add_argument("folder", metavar="DIR", type=Path, help="the folder of a sweep")
    p.add_argument(
        "--run", metavar="N", type=int, action="append", required=True, help="a run by its number in runs.csv"
    )
    p.add_argument("--out", metavar="DIR", type=Path, help="the folder to write, of one run; default: DIR/N")
    add_plugins(p)
    add_version(p)
    add_quiet(p)
    return p


@ending()
def main(arguments: Sequence[str] | None = None) -> None:
    """The command."""
    p = parser()
    asked = p.parse_args(arguments)
    if asked.out is not None and len(asked.run) > 1:
        p.error("--out: is the folder of one run; name one --run")
    for run in asked.run:
        place(export(asked.folder, run, asked.out, asked.plugins), f"run {run}: ")


if __name__ == "__main__":
    main()
