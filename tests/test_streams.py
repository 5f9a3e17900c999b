"""Where the output of a command goes ends no work: full disks, closed streams, readers that leave."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
#: A command that says something, opens a file first, as a run does, and may fail.
SCRIPT = """
import os
from runner.commands import ending
from runner.remarks import deliver, remark, tell

@ending()
def main():
    with open({file!r}, "w"):
        {what}

main()
"""
FULL, CLOSED = "stdout: No space left on device\n", "stdout: Bad file descriptor\n"


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="a device of Linux")
@pytest.mark.parametrize(
    ("what", "where", "code", "out", "err"),
    [
        ("tell('done')", ">/dev/full", 0, "", FULL),  # what was done is done
        ("deliver('page')", ">/dev/full", 1, "", FULL),  # it was all there is
        ("tell('done')", ">&-", 0, "", CLOSED),
        ("deliver('page')", ">&-", 1, "", CLOSED),
        ("remark('aside'); tell('done')", "2>&-", 0, "done\n", ""),
        ("raise ValueError", "<&- >&- 2>&-", 1, "", ""),
        (
            "tell('R² at η: \\x1b[2J'); os.sys.stderr.write('\\x9b2J')",
            "",
            0,
            "R\\xb2 at \\u03b7: \\x1b[2J\n",
            "\\x9b2J",
        ),
    ],
)
def test_where_output_goes_ends_no_work(
    what: str, where: str, code: int, out: str, err: str, tmp_path: Path
) -> None:
    script = SCRIPT.format(file=str(tmp_path / "file"), what=what)
    call = ["sh", "-c", f'exec "$0" -c "$1" {where}', sys.executable, script]
    environment = {**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    done = subprocess.run(call, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (code, out, err)
    assert not (tmp_path / "file").read_text()  # which is no stream, though it may have the number of one


def test_ctrl_c_among_the_first_imports_is_a_word() -> None:
    script = "import sys; sys.argv = ['bin/backprop-figures']; import runner; raise KeyboardInterrupt"
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True)
    assert done.stderr == "interrupted\n"
    assert done.returncode != 0
