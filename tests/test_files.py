"""What is opened for reading: plain files, inside of the folder that they belong to, of bounded YAML."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from making_sweeps import make_sweep
from omegaconf import OmegaConf

import runner
from runner.config.compose import load_run
from runner.config.reopening import experiment_in
from runner.errors import RunnerError
from runner.files import inner, kept, load_yaml, parsed, plain, refuse_links, yaml_fault, yaml_file
from runner.hydra_internals import load_keys
from runner.records.checkpoint import checkpoint_of
from runner.report import write_report
from runner.results import Results

pytestmark = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="the system has no FIFOs")
#: Eight values eight times over, 8⁸ in all.
LAUGHS = "".join(
    f"{b}: &{b} [{', '.join([f'*{a}'] * 8)}]\n" for a, b in zip("abcdefg", "bcdefgh", strict=True)
)
LAUGHS = f"a: &a [{', '.join('12345678')}]\n{LAUGHS}"


@pytest.fixture(autouse=True)
def in_time() -> Iterator[None]:
    """Who waits for a FIFO waits for ever."""
    signal.signal(signal.SIGALRM, signal.default_int_handler)
    signal.alarm(60)
    yield
    signal.alarm(0)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sweep of two runs; to be copied."""
    return make_sweep(tmp_path_factory.mktemp("made") / "s", {"learning_rate": [0.01, 0.05]}, ["epochs=2"])


def test_what_is_no_plain_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fifo, sock, file = (tmp_path / name for name in ("fifo", "socket", "file"))
    os.mkfifo(fifo)
    file.touch()
    with socket.socket(socket.AF_UNIX) as opened:
        monkeypatch.chdir(tmp_path)  # a socket's name is short
        opened.bind("socket")
    for path, what in (
        (fifo, "a FIFO"),
        (sock, "a socket"),
        ("/dev/zero", "a device"),
        (tmp_path, "director"),
    ):
        with pytest.raises(OSError, match=what) as refused:
            plain(path)
        assert refused.value.filename == str(path)
    with pytest.raises(FileNotFoundError):
        plain(tmp_path / "none")
    link = tmp_path / "link"
    link.symlink_to(file)
    assert plain(link) == link  # a user may name one


def read_all(folder: Path) -> Any:
    """All that reads a run's folder."""
    readers: list[Callable[[], Any]] = [
        lambda: experiment_in(folder),
        lambda: load_run(folder),
        lambda: runner.open(folder),
        lambda: runner.load(f"continue={folder}"),
        lambda: runner.load(f"network.weights={{from: {folder}}}", "network.biases=null"),
        lambda: checkpoint_of(folder),
        lambda: list(Results(folder).histories([0], ["error"])),
        lambda: Results(folder.parent),
    ]
    for read in readers:
        try:
            read()
        except (RunnerError, OSError) as error:
            yield str(error)


FILES = ["summary.csv", "history.csv", "parameters.csv", "about.yaml", "checkpoint.npy", ".hydra/config.yaml"]


@pytest.mark.parametrize("name", [*FILES, ".hydra/overrides.yaml", "../runs.csv", "../multirun.yaml"])
def test_a_folder_with_a_fifo_or_a_link_that_leads_out(name: str, made: Path, tmp_path: Path) -> None:
    sweep = shutil.copytree(made, tmp_path / "s")
    path = (sweep / "0" / name).resolve()
    path.unlink(missing_ok=True)
    os.mkfifo(path)
    list(read_all(sweep / "0"))  # and none of them waits
    path.unlink()
    secret = tmp_path / "secret"
    secret.write_text("aws,secret\n")
    path.symlink_to(secret)
    assert not any("secret\n" in said or "aws" in said for said in read_all(sweep / "0"))
    with pytest.raises(OSError, match="is a link that leads out of its folder"):
        kept(path)
    path.unlink()
    (path.parent / "beside").write_text("x")
    path.symlink_to("beside")
    assert kept(path) == path


def test_a_record_that_is_a_link(made: Path, tmp_path: Path) -> None:
    shutil.copytree(made / "0", tmp_path / "0")
    os.rename(tmp_path / "0/.hydra", tmp_path / "outside")
    (tmp_path / "0/.hydra").symlink_to(tmp_path / "outside")
    with pytest.raises(OSError, match="leads out of its folder"):
        load_run(tmp_path / "0")
    (tmp_path / "named").symlink_to(made / "0")
    assert load_run(tmp_path / "named").learning_rate == 0.01  # by the user himself


@pytest.mark.parametrize("directory", ["../../outside", "/etc", "C:\\x", "a/../../outside"])
def test_a_table_that_names_what_is_outside(directory: str, made: Path, tmp_path: Path) -> None:
    sweep = shutil.copytree(made, tmp_path / "s")
    table = (sweep / "runs.csv").read_text().splitlines()
    table[1] = f"{table[1].rpartition(',')[0]},{directory}"
    (sweep / "runs.csv").write_text("\n".join([*table, ""]))
    with pytest.raises(RunnerError, match="which is outside of it, and is not read"):
        Results(sweep)


def test_a_runs_folder_that_is_a_link(made: Path, tmp_path: Path) -> None:
    sweep = shutil.copytree(made, tmp_path / "s")
    os.rename(sweep / "1", sweep / "moved")
    (sweep / "1").symlink_to("moved")
    assert inner(sweep, "1") == sweep / "1"
    os.rename(sweep / "moved", tmp_path / "outside")
    (sweep / "1").unlink()
    (sweep / "1").symlink_to(tmp_path / "outside")
    with pytest.raises(OSError, match="leads out of its folder"):
        Results(sweep)


def test_what_is_written_into_a_folder_follows_no_link(made: Path, tmp_path: Path) -> None:
    sweep, mine = shutil.copytree(made, tmp_path / "s"), tmp_path / "mine"
    mine.write_text("my own")
    for place in ("report.html", "report/x.svg"):
        (sweep / place).parent.mkdir(exist_ok=True)
        (sweep / place).symlink_to(mine)
        with pytest.raises(OSError, match="leads out of its folder"):
            write_report(sweep)
        (sweep / place).unlink()
    (sweep / "report").rmdir()
    (sweep / "report").symlink_to(tmp_path)
    with pytest.raises(OSError, match="leads out of its folder"):
        refuse_links(sweep, sweep / "report")
    assert mine.read_text() == "my own"


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ("!!int x", "x: is no whole number"),
        ("!!int ''", ": is no whole number"),
        ("!!bool x", "x: is no bool"),
        ("!!timestamp x", "x: is no date"),
        ("!!set [x]", "is no set|expected a mapping"),
        ("[2024-13-41]", "2024-13-41: is no date"),
        ("9" * 5000, r"a=9+\.\.\.: an integer of 5000 digits"),
        (
            "{b: [0x" + "F" * 5000 + "]}",
            r"line 2, column 9: a\.b\[0\]=0xF+\.\.\.: an integer of thousands of digits",
        ),
        ("0b" + "1" * 20_000, "a=0b1+.*: an integer of thousands"),
        ("1" + ":30" * 4000, "a=1:30.*: an integer of thousands"),
        pytest.param(
            "[" * 1500 + "]" * 1500,
            "too deep|nesting",
            marks=pytest.mark.skipif(yaml.__version__ < "6.0.4", reason="an earlier PyYAML reads it"),
        ),
    ],
)
def test_a_value_that_cannot_be_read_is_told_by_its_place(tmp_path: Path, value: str, why: str) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(f"<<: {{b: 1}}\na: {value}\n")
    with pytest.raises((yaml.YAMLError, RunnerError)) as caught:  # what Python alone reads
        parsed(path.read_bytes(), path)
    assert re.search(
        rf"{path}.*(, line 2, column \d+: .*)?{why}", yaml_fault(caught.value) or str(caught.value)
    )
    if value != "[2024-13-41]":  # a text, to OmegaConf
        with pytest.raises(RunnerError, match=f"{path}.*({why})"):
            load_keys(path)
    path.write_text("a: &a [1, 2]\n<<: {b: 1}\nc: *a\n")
    assert parsed(path.read_bytes(), path) == load_keys(path) == {"a": [1, 2], "b": 1, "c": [1, 2]}


@pytest.mark.parametrize("content", [b"5", b"- a\n", b"true"])
def test_a_run_s_configuration_has_keys(tmp_path: Path, content: bytes) -> None:
    (tmp_path / ".hydra").mkdir()
    path = tmp_path / ".hydra" / "config.yaml"
    path.write_bytes(content)
    with pytest.raises(RunnerError, match=f"{path}: must have keys and values"):
        load_run(tmp_path)


def test_aliases_are_bounded(tmp_path: Path) -> None:
    path = tmp_path / "laughs.yaml"
    for text in (LAUGHS, "a: &a [*a]\n", "a: &a {b: {c: *a}}\n"):
        path.write_text(text)
        with pytest.raises(
            yaml.MarkedYAMLError, match="aliases stand for themselves, or for more than 100,000"
        ):
            yaml_file(path)
    with pytest.raises(RunnerError, match=f"{path}, line 1, column 15: aliases"):
        runner.load(str(path))
    path.write_text("a: &a [1, 2]\nb: {<<: &c {x: *a}, y: *a}\nd: *c\n")
    assert load_yaml(path) == OmegaConf.load(path)
    path.write_text("a: &a [1, *b\n")
    assert yaml_file(path) == path  # who loads it says what is wrong
