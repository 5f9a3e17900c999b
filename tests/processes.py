"""The command as a process: the type of the `command` fixture, and one to be interrupted."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

Command = Callable[..., "subprocess.CompletedProcess[str]"]


def interruptible(arguments: Sequence[str], cwd: Path) -> subprocess.Popen[str]:
    """The command under way; SIGINT ends it, which is ignored behind a shell's ``&``."""
    return subprocess.Popen(
        [sys.executable, "-m", "runner", *arguments],
        cwd=cwd,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
