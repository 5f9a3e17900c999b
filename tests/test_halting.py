"""Signals: heeded where somebody asks, ending at once where nobody does; a run that one comes to."""

from __future__ import annotations

import csv
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from comparing import bits_of_a_run
from processes import Command, interruptible

from runner.halting import SIGNALS, Halt, Interruption

pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals are sent as POSIX has them")


@pytest.fixture(autouse=True)
def none_is_ignored() -> Iterator[None]:
    """As a terminal starts a command: one in the background of a script would have SIGINT ignored."""
    before = {number: signal.signal(number, signal.SIG_DFL) for number in SIGNALS}
    signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def come(number: int) -> None:
    os.kill(os.getpid(), number)


@pytest.mark.parametrize("number", SIGNALS)
def test_where_nobody_asks_it_ends_at_once(number: int) -> None:
    before = signal.getsignal(number)
    with pytest.raises(Interruption, match="interrupted") as raised, Halt().installed():
        come(number)
    assert raised.value.code == 128 + number
    assert signal.getsignal(number) == before


def test_where_somebody_asks_only_ctrl_c_ends_what_is_ending() -> None:
    halt, told = Halt(), list[str]()
    with halt.installed(), halt.heeded(lambda: told.append("a")):
        assert not halt()
        halt.end()
        come(signal.SIGTERM)
        come(signal.SIGTERM)
        assert halt()
        assert told == ["a"]
        with pytest.raises(Interruption) as raised:
            come(signal.SIGINT)
        with pytest.raises(Interruption, match="to go on"):
            halt.end("to go on")
        with halt.heeded(lambda: told.append("b")):  # who comes later is told
            assert told == ["a", "b"]
    assert raised.value.code == 128 + signal.SIGTERM


def test_what_is_ignored_stays_so() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)  # as nohup does
    try:
        with Halt().installed():
            come(signal.SIGHUP)
    finally:
        signal.signal(signal.SIGHUP, before)


@bits_of_a_run
@pytest.mark.parametrize("number", SIGNALS)
def test_a_run_that_a_signal_comes_to(number: int, tmp_path: Path, command: Command) -> None:
    given = ["network=dense", "data=xor", "log.every=100", "learning_rate=0.1"]
    with interruptible([*given, "epochs=400000", "hydra.run.dir=r"], tmp_path) as running:
        while not (tmp_path / "r/about.yaml").exists():
            assert running.poll() is None
            time.sleep(0.002)
        running.send_signal(number)
        out, errors = running.communicate(timeout=60)
    assert running.returncode == 128 + number
    (line,) = csv.DictReader((tmp_path / "r/summary.csv").read_text().splitlines())
    epoch = int(line["epochs"])
    assert line["status"] == "interrupted"
    assert f"interrupted after epoch {epoch} of 400000" in out
    rest = 400000 - epoch
    assert (
        errors == f"interrupted after epoch {epoch}. To go on:\n  backprop-runner continue=r epochs={rest}\n"
    )
    assert not list(tmp_path.rglob("*.part"))
    if number == signal.SIGTERM:
        assert command("continue=r", "epochs=250", "hydra.run.dir=further").returncode == 0
        assert command(*given, f"epochs={epoch + 250}", "hydra.run.dir=whole").returncode == 0
        last = [
            (tmp_path / name / "history.csv").read_bytes().splitlines()[-1] for name in ("whole", "further")
        ]
        assert last[0] == last[1]
