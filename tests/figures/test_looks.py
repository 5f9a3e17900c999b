"""How figures look as a user wants it: style, width, labels and the ends of axes; and what all keep to."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from making_sweeps import make_sweep
from matplotlib.collections import QuadMesh
from PIL import Image
from reading_figures import drawn, retold

from runner.errors import RunnerError
from runner.figures import NAMES, load
from runner.figures.__main__ import draw, parser
from runner.figures.drawing import paint
from runner.figures.figure import Options
from runner.figures.options import LIMITS, Look, limits_in, look_in
from runner.figures.style.contrast import contrast
from runner.figures.style.encoding import ORDERED
from runner.figures.style.sheets import in_force
from runner.results import Results


def test_colours_of_lines_have_a_contrast_of_3_on_white() -> None:
    shades = [ORDERED(share) for share in np.linspace(0, 1, 256)]
    assert min(map(contrast, shades)) >= 3
    assert contrast(shades[-1]) < 3.2  # no more of the map is left out than has to be
    assert contrast("white") == 1
    assert contrast("black") == pytest.approx(21)


def painted(folder: Path, name: str, look: Look, **options: object):  # type: ignore[no-untyped-def]
    results, figure = Results(folder), load(name)
    chosen = Options(**options)  # type: ignore[arg-type]
    with in_force(look):
        return paint(figure, figure.numbers(results, chosen), look.width, chosen.ends)


def test_labels_are_the_users_own(rates: Path) -> None:
    own = {"learning_rate": r"step size $\alpha$", "epoch": "passes", "final_error": "loss"}
    curves = painted(rates, "learning_curves", Look(labels=own))
    assert curves.axes[0].get_xlabel() == "passes"
    assert r"step size $\alpha$" in {
        ax.get_legend().get_title().get_text() for ax in curves.axes if ax.get_legend()
    }
    assert painted(rates, "learning_rates", Look(labels=own)).axes[0].get_ylabel() == "loss"
    assert painted(rates, "learning_curves", Look()).axes[0].get_xlabel() == "epoch"


def test_ends_of_axes_are_those_asked_for(rates: Path) -> None:
    canvas = painted(rates, "learning_curves", Look(), xlim=(5.0, 20.0), ylim=(1e-3, 2.0))
    assert canvas.axes[0].get_xlim() == (5.0, 20.0)
    assert canvas.axes[0].get_ylim() == pytest.approx((1e-3, 2.0))
    assert sum(5 <= tick <= 20 for tick in canvas.axes[0].get_xticks()) >= 3


def test_the_ends_of_the_metric_are_not_those_of_steps(many: Path) -> None:
    both = painted(many, "learning_rates", Look(), ylim=(0.01, 0.5))
    assert both.axes[0].get_ylim() == pytest.approx((0.01, 0.5))
    assert both.axes[1].get_ylim() != pytest.approx((0.01, 0.5))


@pytest.mark.parametrize("option", LIMITS)
@pytest.mark.parametrize("name", NAMES)
def test_every_figure_follows_the_ends_of_axes_or_says_that_it_does_not(name: str, option: str) -> None:
    follows, refused = load(name).follows, load(name).refuses(Options(**{option: (0.0, 1.0)}))  # type: ignore[arg-type]
    assert (refused is None) == (option in follows)
    assert refused is None or f"--{option}" in refused


def test_a_width_is_in_inches_and_a_users_sheet_lies_over_ours(alone: Path, tmp_path: Path) -> None:
    sheet = tmp_path / "mine.mplstyle"
    sheet.write_text("figure.dpi: 100\naxes.facecolor: ffeeee\nbackend: tkagg\n")
    call = [
        str(alone),
        "--only",
        "weight_paths",
        "--width",
        "5",
        "--style",
        str(sheet),
        "--out",
        str(tmp_path),
    ]
    draw(parser().parse_args(call))
    picture = Image.open(tmp_path / "weight_paths.png")
    assert picture.width == 500
    assert (255, 238, 238) in {color for _, color in picture.getcolors(1 << 20)}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--xlim", "3,1"], "--xlim 3,1: must be two numbers, the first below the second"),
        (["--ylim", "a"], "--ylim a: must be two numbers"),
        (["--width", "0"], "--width 0: must be a number of inches from 1.5 to 40"),
        (["--labels", "loss"], "--labels loss: must be KEY=TEXT"),
        (["--style", "nope"], "--style nope: must be paper or slides, or a file"),
    ],
)
def test_bad_looks_are_refused(arguments: list[str], said: str) -> None:
    given = parser().parse_args(["DIR", *arguments])
    with pytest.raises(RunnerError, match=said):
        (limits_in if "lim" in arguments[0] else look_in)(given)


def test_bad_sheets_and_labels_are_refused(alone: Path, tmp_path: Path) -> None:
    sheet = tmp_path / "mine.mplstyle"
    for text, said in (
        ("font.sise: 3\n", "line 1: font.sise .did you mean 'font.size'"),
        ("font.size: x\n", "cannot be read"),
    ):
        sheet.write_text(text)
        with pytest.raises(RunnerError, match=said):
            draw(parser().parse_args([str(alone), "--style", str(sheet)]))
    for label, said in (
        ("nothing=b", "must be a swept key, a metric or an axis"),
        (r"epoch=$\nope$", "no text that can be set"),
    ):
        with pytest.raises(RunnerError, match=said):
            draw(parser().parse_args([str(alone), "--labels", label]))


def test_what_has_no_room_is_skipped_with_a_line(
    rates: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    call = [str(rates), "--only", "weight_paths", "--width", "1.5", "--out", str(tmp_path / "out")]
    with pytest.raises(RunnerError, match="nothing could be drawn"):
        draw(parser().parse_args(call))
    assert "1.5 inches leave no room" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_few_cells_have_their_numbers_and_a_full_batch_its_name(tmp_path: Path) -> None:
    swept = {"batch_size": [1, None, 2], "learning_rate": [0.1, 0.2]}
    sweep = make_sweep(tmp_path / "s", swept, ["network=dense", "data=xor", "epochs=2"])
    retold(sweep, batch_size=["1", "1", "null", "null", "2", "2"])  # as a command writes it
    numbers, canvas = drawn("heatmap", sweep)
    ax = canvas.axes[0]
    assert ax.get_xlabel() == r"learning rate $\eta$"  # whichever was swept first
    assert [text.get_text() for text in ax.get_yticklabels()] == ["1", "2", "full"]
    (mesh,) = [c for c in ax.collections if isinstance(c, QuadMesh)]
    texts = [float(text.get_text()) for text in ax.texts if text.get_gid() == "number"]
    assert texts == pytest.approx(np.ma.asarray(mesh.get_array()).ravel().tolist(), rel=0.05)
    assert len(numbers) == len(texts) == 6
    light, dark = (max(range(6), key=lambda i, s=sign: s * texts[i]) for sign in (1, -1))
    written = [text for text in ax.texts if text.get_gid() == "number"]
    assert (written[light].get_color(), written[dark].get_color()) == ("black", "white")


def test_few_rates_are_ticks(rates: Path) -> None:
    _, canvas = drawn("learning_rates", rates)
    assert canvas.axes[0].get_xticks().tolist() == [0.0005, 0.005, 0.05, 0.2, 3.0, 10.0]
