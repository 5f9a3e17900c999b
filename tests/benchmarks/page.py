"""How large the report of a sweep is, and how soon a browser paints it and draws in it.

    python tests/benchmarks/page.py [RUNS] [EPOCHS]      needs chromium, and the extra: browser

Of RUNS learning rates (1,000) of EPOCHS epochs (1,000). The page is opened five times, each in a browser of
its own; the medians are printed.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright
from sweeps import scratch

sys.path.insert(0, str(Path(__file__).parent.parent))
from html_pages import CHROMIUM, FLAGS

PAINT = "performance.getEntriesByName('first-contentful-paint')[0].startTime"
ROUNDS = 5


def opened(page: Path) -> tuple[float, float]:
    """Seconds until a browser has painted a page, and until all its charts over epochs are drawn."""
    with sync_playwright() as started:
        chromium = started.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        tab = chromium.new_page(viewport={"width": 1100, "height": 900})
        tab.goto(page.as_uri())
        tab.wait_for_function(
            "[...document.querySelectorAll('figure.has-live .charts')]"
            ".every(charts => 'ready' in charts.closest('figure').dataset)"
            " && document.querySelectorAll('[data-ready]').length > 2"
        )
        times = tab.evaluate(PAINT), tab.evaluate("performance.now()")
        chromium.close()
    return times[0] / 1000, times[1] / 1000


def main(runs: int = 1000, epochs: int = 1000) -> None:
    with scratch() as folder:
        sweep = folder / "sweep"
        rates = ["learning_rate=tag(log,interval(1e-4,1))", f"hydra.sweeper.points={runs}"]
        train = ["runner", "-m", *rates, f"epochs={epochs}", f"hydra.sweep.dir={sweep}"]
        for command in (train, ["runner.report", str(sweep)]):
            subprocess.run([sys.executable, "-m", *command], check=True, capture_output=True)
        page = sweep / "report.html"
        paints, drawings = zip(*(opened(page) for _ in range(ROUNDS)), strict=True)
        size = page.stat().st_size / 1e6
        painted, charted = statistics.median(paints), statistics.median(drawings)
        print(
            f"{runs:,} runs of {epochs:,} epochs: a page of {size:.1f} MB, "
            f"painted after {painted:.2f} s, its charts drawn after {charted:.2f} s"
        )


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
