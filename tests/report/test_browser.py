"""A report in a real browser: hover, toggling, filter, brush, keyboard, a telephone's width, dark, paper."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from html_pages import CHROMIUM, FLAGS
from making_sweeps import make_sweep

from runner.report import write_report
from runner.results import Results

playwright = pytest.importorskip("playwright.sync_api", reason="needs playwright, of the extra 'browser'")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="needs chromium")
CURVES = "figure[data-name=learning_curves]"
LINKED = ("learning_curves", "weight_paths", "gradients")
COLUMNS = "[...document.querySelectorAll('#table-1 thead th')].map(th => th.dataset.name)"


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    sweep = make_sweep(
        tmp_path_factory.mktemp("browser") / "s",
        {"network.activation": ["tanh", "relu"], "learning_rate": [0.01, 0.1, 1.0], "seed": [0, 1]},
        ["network=dense", "network.hidden=[3]", "data=moons", "data.points=40", "data.test_fraction=0.3",
         "loss=binary_cross_entropy_with_logits", "epochs=30"],
    )  # fmt: skip
    write_report(
        sweep,
        only=["learning_curves", "heatmap", "weight_paths", "gradients", "network", "decision_boundary"],
    )
    return sweep / "report.html"


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with playwright.sync_playwright() as started:
        chromium = started.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture
def page(browser: Any, report: Path) -> Iterator[Any]:
    """The page, that must not ask for anything nor fail in any of its scripts."""
    page, faults, asked = browser.new_page(viewport={"width": 1100, "height": 900}), [], []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda message: message.type == "error" and faults.append(message.text))
    page.on("request", lambda request: asked.append(request.url))
    page.goto(report.as_uri())
    page.wait_for_selector("figure[data-name=gradients][data-ready]")
    yield page
    page.close()
    assert faults == []
    assert [url for url in asked if not url.startswith("data:")] == [report.as_uri()]


def shown(page: Any, table: str) -> list[list[str]]:
    rows = page.locator(f"#{table} tbody tr:visible")
    return [row.locator("td").all_inner_texts() for row in rows.all()]


def ink(page: Any, figure: str = "learning_curves") -> int:
    """How many pixels of the first chart of a figure have a colour of their own."""
    return int(page.evaluate(
        f"(() => {{ const c = document.querySelector('[data-name={figure}] .uplot canvas');"
        " const d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data; let n = 0;"
        " for (let i = 0; i < d.length; i += 4) n += d[i + 3] > 200; return n; })()"
    ))  # fmt: skip


def test_curves_say_their_values(page: Any) -> None:
    """Under the pointer and under the arrow keys, over all panels at once, as the table has them."""
    readout, best = page.locator(f"{CURVES} .readout"), shown(page, "table-1")[0]
    names = page.evaluate(COLUMNS)
    said = readout.inner_text()
    assert said.startswith(f"epoch 30, activation={best[0]}, learning_rate={best[1]} (the best)")
    for name, column in {"training error": "final_error", "test error": "test_error"}.items():
        assert f"{name} {float(best[names.index(column)]):.4g}" in said
    charts = page.locator(f"{CURVES} .uplot")
    assert charts.count() == 2  # a panel an activation
    page.locator(f"{CURVES} .charts").focus()
    page.keyboard.press("ArrowLeft")
    assert readout.inner_text().startswith("epoch 29, ")
    page.keyboard.press("ArrowDown")
    assert "(the best)" not in readout.inner_text()
    charts.first.locator(".u-over").hover(position={"x": 100, "y": 60})
    assert not readout.inner_text().startswith("epoch 29, ")
    place = "plot => plot.querySelector('.u-cursor-x').style.transform"
    first, second = (charts.nth(i).evaluate(place) for i in (0, 1))
    assert first == second != "translate(-10px, 0px)"  # one crosshair


def test_one_crosshair_goes_through_all_figures(page: Any, report: Path) -> None:
    """Hovered or moved by keys in one, the others say their own recorded values at its epoch."""
    readouts = {name: page.locator(f"figure[data-name={name}] .readout") for name in LINKED}
    page.locator(f"{CURVES} .u-over").first.hover(position={"x": 100, "y": 60})
    said = {name: readout.inner_text().split(", ")[0] for name, readout in readouts.items()}
    assert len(set(said.values())) == 1  # the same epoch
    assert 0 < (epoch := int(said["gradients"].removeprefix("epoch "))) < 30
    results = Results(report.parent)
    history = results.history(results.best())
    name, value = readouts["weight_paths"].inner_text().split(", ")[1].split(": ")
    assert value == f"{history[name][epoch]:.4g}"
    page.locator("figure[data-name=weight_paths] .charts").focus()
    page.keyboard.press("Home")
    at = [readout.inner_text().split(", ")[0].split(":")[0] for readout in readouts.values()]
    assert at == ["epoch 0", "epoch 0", "epoch 1"]  # the first step
    buttons = page.locator("figure[data-name=weight_paths] .legend button")
    assert buttons.first.inner_text().split() == ["w1", f"{history['w1'][0]:.4g}"]
    before = ink(page, "weight_paths")
    for button in buttons.all():
        button.click()
    page.wait_for_timeout(50)
    assert ink(page, "weight_paths") < before


def test_lines_are_toggled_and_pictures_come_back(page: Any) -> None:
    before, button = ink(page), page.locator(f"{CURVES} .legend:not(.choice) button")
    assert button.count() == 6
    for place in range(6):
        button.nth(place).click()
    assert button.first.get_attribute("aria-pressed") == "false"
    page.wait_for_timeout(50)
    assert ink(page) < before
    still = page.locator("figure[data-name=learning_curves] img")
    assert not still.is_visible()
    page.locator("figure[data-name=learning_curves] .swap").click()
    assert still.is_visible()
    assert not page.locator(f"{CURVES} .charts").is_visible()


def test_filter_brush_and_sorting_of_settings_runs_and_lines(page: Any) -> None:
    box = page.locator("#filter")
    box.fill("activation=relu, learning_rate<=0.1")
    settings, runs = shown(page, "table-1"), shown(page, "runs")
    assert {(row[0], float(row[1]) <= 0.1) for row in settings} == {("relu", True)}
    assert (len(settings), len(runs)) == (2, 4)
    assert page.locator(".parallel polyline.out").count() == 4
    assert page.locator(".filter output").inner_text() == "2 of 6 settings, 4 of 12 runs"
    box.fill("completed, relu")
    assert (len(shown(page, "table-1")), len(shown(page, "runs"))) == (3, 6)
    box.fill("nothing=1")
    assert page.locator(".filter output").inner_text() == "no column or cell: nothing"
    box.fill("")
    handle = page.locator('.handle[data-axis="learning_rate"]').bounding_box()
    x, top = handle["x"] + handle["width"] / 2, handle["y"]
    page.mouse.move(x, top + 2)
    page.mouse.down()
    page.mouse.move(x, top + 60)
    page.mouse.up()
    assert box.input_value() == "learning_rate>=1, learning_rate<=1"
    assert {row[1] for row in shown(page, "table-1")} == {"1"}
    page.mouse.click(x, top + 20)
    assert box.input_value() == ""
    head = page.locator("#runs th").first
    head.focus()
    page.keyboard.press("Enter")
    assert [int(row[0]) for row in shown(page, "runs")] == list(range(12))
    assert head.get_attribute("aria-sort") == "ascending"


def test_a_slider_moves_the_network_and_the_plane(page: Any) -> None:
    sliders, labels = page.locator(".epochs input"), page.locator(".epochs output")
    assert labels.all_inner_texts() == ["epoch 30", "epoch 30"]
    seen = "document.querySelector('figure[data-name=decision_boundary] canvas').toDataURL()"
    widths = "[...document.querySelectorAll('.graph line')].map(line => line.style.strokeWidth).join()"
    before = page.evaluate(seen), page.evaluate(widths)
    sliders.first.focus()
    page.keyboard.press("Home")
    assert labels.all_inner_texts() == ["epoch 0", "epoch 0"]  # one slider moves both
    after = page.evaluate(seen), page.evaluate(widths)
    assert before[0] != after[0]
    assert before[1] != after[1]
    assert page.locator("figure[data-name=network] figcaption").is_visible()  # says of which run


def test_it_fits_a_telephone_by_day_and_by_night(page: Any) -> None:
    fits = "document.documentElement.scrollWidth <= innerWidth"
    assert page.evaluate(fits)
    page.set_viewport_size({"width": 390, "height": 800})
    page.wait_for_timeout(100)
    assert page.evaluate(fits)
    assert page.locator(".uplot").first.bounding_box()["width"] <= 390
    colors = "(() => { const s = getComputedStyle(document.body); return s.color; })()"
    day = page.evaluate(colors), page.locator(".legend i").first.evaluate("i => i.style.background")
    page.emulate_media(color_scheme="dark")
    page.wait_for_timeout(50)
    night = page.evaluate(colors), page.locator(".legend i").first.evaluate("i => i.style.background")
    assert day[0] != night[0]


def test_paper_has_all_rows_and_pictures(page: Any) -> None:
    page.locator("#filter").fill("activation=relu")
    page.emulate_media(media="print")
    assert (len(shown(page, "table-1")), len(shown(page, "runs"))) == (6, 12)
    images = page.locator("figure img")
    assert images.count() == 6
    assert all(image.is_visible() for image in images.all())
    assert not page.locator(".charts:visible").count()
    for image in images.all():  # as wide as its layout says, unless the sheet is narrower
        box = image.bounding_box()
        assert box["width"] == pytest.approx(min(float(image.get_attribute("width")), 1100), abs=1)


def test_without_scripts_there_are_the_pictures(browser: Any, report: Path) -> None:
    page = browser.new_page(java_script_enabled=False)
    page.goto(report.as_uri())
    assert all(image.is_visible() for image in page.locator("figure img").all())
    assert page.locator("#filter").count() == 0
    page.close()
