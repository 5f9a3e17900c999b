"""Files that a user names: what is there stays what it is."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path
from threading import Thread

import pytest
from making_sweeps import make_sweep

from runner.commands import write_named
from runner.explain.__main__ import main as explain
from runner.figures.drawing import draw_figures
from runner.report import write_report
from runner.results import Results


def test_a_new_file_and_one_that_keeps_its_mode(tmp_path: Path) -> None:
    write_named(tmp_path / "new", b"1")
    os.chmod(tmp_path / "new", 0o640)
    write_named(tmp_path / "new", b"2")
    assert (tmp_path / "new").read_bytes() == b"2"
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o640
    assert [path.name for path in tmp_path.iterdir()] == ["new"]


def test_links_stay_links(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"before")
    (tmp_path / "link").symlink_to("file")
    (tmp_path / "other").hardlink_to(tmp_path / "file")
    (tmp_path / "dangling").symlink_to("made")
    for name in ("link", "other", "file", "dangling"):
        write_named(tmp_path / name, name.encode())
        assert (tmp_path / "file").read_bytes() == (b"file" if name == "dangling" else name.encode())
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "other").samefile(tmp_path / "file")
    assert (tmp_path / "made").read_bytes() == b"dangling"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs FIFOs")
def test_a_fifo_is_written_into(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    writer = Thread(target=write_named, args=(tmp_path / "pipe", b"through"), daemon=True)
    writer.start()
    assert (tmp_path / "pipe").read_bytes() == b"through"
    writer.join()
    assert (tmp_path / "pipe").is_fifo()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs Linux's devices")
def test_a_device_stays_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("full", "null"):
        (tmp_path / name).symlink_to(f"/dev/{name}")  # a device itself can only be made by root
    for form in ("text", "markdown"):
        explain([f"format={form}", f"out={tmp_path / 'null'}"])
        with pytest.raises(SystemExit, match="cannot be written: No space left on device"):
            explain([f"format={form}", f"out={tmp_path / 'full'}"])
    assert {path.name for path in tmp_path.iterdir()} == {"null", "full"}  # and no picture beside them
    said = subprocess.run(
        [sys.executable, "-m", "runner.explain", "weight=w6", "out=/dev/stdout"], capture_output=True
    )
    assert said.stdout.decode().startswith("The chain rule, worked out\n")


def test_figures_and_reports_write_through_links(tmp_path: Path) -> None:
    sweep = make_sweep(tmp_path / "s", {"learning_rate": [0.1, 0.2]}, ["epochs=2"])
    elsewhere = tmp_path / "paper"
    elsewhere.mkdir()
    names = ["learning_rates.png", "learning_rates.csv"]
    (sweep / "figures").mkdir()
    for place, name in [*((sweep / "figures", name) for name in names), (sweep, "report.html")]:
        (elsewhere / name).write_text("before")
        (place / name).symlink_to(elsewhere / name)
    list(draw_figures(Results(sweep), sweep / "figures", only=["learning_rates"]))
    assert all((elsewhere / name).read_bytes() != b"before" for name in names)
    write_report(sweep, out=sweep, only=["learning_rates"])  # who names where to write knows where that leads
    assert (elsewhere / "report.html").read_text().startswith("<!")
    assert (sweep / "report.html").is_symlink()
