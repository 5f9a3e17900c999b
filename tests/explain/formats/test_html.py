"""The page in a browser."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from reading import page, render


def test_html_needs_nothing_else_and_no_script() -> None:
    html = render(page("chain_rule"), "html")
    assert "<script" not in html
    assert not re.findall(r"(?:src|href)='(?!#)[^']*'", html)
    assert "@import" not in html
    assert "url(" not in html
    for name in ("w1", "w6"):
        assert f"id='{name}'" in html
        assert f"href='#{name}'" in html


def test_punctuation_stays_with_its_formula() -> None:
    html = render(page("chain_rule", weight="w6"), "html")
    assert "</math>," not in html.replace("</math>,</span>", "")
    assert html.count("</math>,</span>") > 5


def test_each_weight_marks_its_own_way() -> None:
    html = render(page("chain_rule"), "html")
    ways = dict(re.findall(r"<a href='#(w\d)'[^>]*class='([^']*)'", html))
    assert ways["w1"] == "on-w1"
    assert ways["w5"] == "on-w1 on-w2 on-w5"
    assert ways["w6"] == "on-w3 on-w4 on-w6"


CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--window-size=1000,4000",
)


@pytest.mark.skipif(CHROMIUM is None, reason="needs chromium")
def test_a_browser_marks_the_way_of_a_weight_that_has_the_focus_or_is_linked_to(tmp_path: Path) -> None:
    from matplotlib.image import imread

    html = render(page("chain_rule"), "html")
    focus = "<script>document.querySelector('a[data-w=w6]').focus()</script>"  # as the tab key does
    (tmp_path / "page.html").write_text(html, encoding="utf-8")
    (tmp_path / "focus.html").write_text(html.replace("</body>", f"{focus}</body>"), encoding="utf-8")
    red = {}
    for address in ("page.html", "page.html#w6", "focus.html"):
        shot = tmp_path / f"{len(red)}.png"
        subprocess.run(
            [
                str(CHROMIUM),
                *FLAGS,
                f"--user-data-dir={tmp_path / f'profile{len(red)}'}",
                f"--screenshot={shot}",
                f"file://{tmp_path}/{address}",
            ],
            check=True,
            capture_output=True,
            timeout=120,
        )
        image = imread(shot)
        red[address] = int(((image[..., 0] > 0.6) & (image[..., 1] < 0.2) & (image[..., 2] < 0.2)).sum())
    assert red["page.html"] == 0
    assert red["page.html#w6"] > 300
    assert red["focus.html"] > 300
