"""The command that writes runs' folders out of a sweep without folders."""

from __future__ import annotations

from pathlib import Path

import pytest
from making_sweeps import make_sweep

from runner.export import main


@pytest.fixture(scope="module")
def swept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of two runs; to be read, never changed."""
    return make_sweep(
        tmp_path_factory.mktemp("export") / "s", {"seed": [0, 1]}, ["epochs=2"], store="parquet"
    )


def test_a_run_is_written_and_its_place_is_said(
    swept: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main([str(swept), "--run", "1", "--out", str(tmp_path / "best")])
    said = capsys.readouterr()
    assert (said.out, said.err) == (f"run 1: {tmp_path / 'best'}\n", "")
    assert (tmp_path / "best/history.csv").is_file()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--run", "2"], "--run 2: no run of this number has a result"),
        (["--run", "0", "--out", "{swept}"], "already holds the result of a sweep"),
        (["--run", "0", "--run", "1", "--out", "one"], "--out: is the folder of one run; name one --run"),
        ([], "the following arguments are required: --run"),
        (["--run", "one"], "--run: invalid int value: 'one'"),
    ],
)
def test_what_cannot_be_written_is_told(
    arguments: list[str], words: str, swept: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main([str(swept), *(argument.format(swept=swept) for argument in arguments)])
    assert words in f"{ended.value.code}{capsys.readouterr().err}"
    assert not (swept / "0").exists()


def test_where_there_is_no_sweep_the_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(SystemExit) as ended:
        main([str(tmp_path), "--run", "0"])
    assert str(tmp_path) in str(ended.value.code)
