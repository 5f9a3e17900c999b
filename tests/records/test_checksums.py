"""Whether a run's files are as they were written is told by their sums."""

from __future__ import annotations

import zlib
from pathlib import Path

import pytest
from making_runs import made, written

from runner.records.checksums import changed, recorded
from runner.records.names import HISTORY, PARAMETERS
from runner.training.recorder import ROW_BYTES


def test_a_summary_says_what_was_written(tmp_path: Path) -> None:
    """However many pieces a history is written in."""
    runs = [made(seed=seed, epochs=40) for seed in (0, 1)]
    for row_bytes in (1, 500, ROW_BYTES):
        written(runs, tmp_path / str(row_bytes), row_bytes)
        for folder in (tmp_path / str(row_bytes)).iterdir():
            row = recorded(folder)
            assert row is not None
            assert row.files["rows"] == "41"
            for name in (HISTORY, PARAMETERS):
                content = (folder / name).read_bytes()
                assert row.files[name] == f"{len(content)}:{zlib.crc32(content):08x}"
            assert changed(folder, row.files) == {}


@pytest.mark.parametrize("old", [False, True], ids=["", "of an earlier version"])
@pytest.mark.parametrize("name", [HISTORY, PARAMETERS])
def test_a_file_that_has_changed_is_told(name: str, old: bool, tmp_path: Path) -> None:
    written([made()], tmp_path)
    folder = tmp_path / "0"
    row = recorded(folder)
    assert row is not None
    files = {} if old else row.files
    whole = (folder / name).read_bytes()
    for content in (b"", whole[:-1], whole[: len(whole) // 2]):
        (folder / name).write_bytes(content)
        fault = "is gone or cut" if old else f"has {len(content)} bytes where {len(whole)} were"
        assert changed(folder, files) == {name: fault}
    if not old:
        (folder / name).write_bytes(whole.replace(b"0.", b"1.", 1))
        assert changed(folder, files) == {name: "has other bytes"}
    (folder / name).unlink()
    assert list(changed(folder, files)) == [name]
    (folder / name).write_bytes(whole)
    assert changed(folder, row.files) == {}


def test_a_summary_that_is_cut_tells_nothing(tmp_path: Path) -> None:
    written([made()], tmp_path)
    path = tmp_path / "0" / "summary.csv"
    whole = path.read_bytes()
    for end in range(len(whole)):
        path.write_bytes(whole[:end])
        assert recorded(path.parent) is None
    path.write_bytes(bytes(len(whole)))  # as a power cut may leave it
    assert recorded(path.parent) is None
