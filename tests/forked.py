"""Starts ``python -m runner`` many times over: forked from one process that has imported it already.

A process of its own costs half a second of imports, and the suite has many hundreds. What is forked has
its own folder, arguments and output, ends as any other, and what it imports later it imports anew.

Run as a script it waits on the socket whose number it is given: a request is a JSON line of the folder and
the arguments, with the files of stdout and stderr; the answer is the exit code.
"""

from __future__ import annotations

import gc
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

#: What every command imports, sooner or later.
IMPORTED = (
    *("runner.__main__", "runner.sweeping.sweeper", "runner.sweeping.launching"),
    *("hydra._internal.hydra", "hydra._internal.core_plugins", "hydra.core.override_parser.overrides_parser"),
)


class Forks:
    """Commands of one environment, one at a time."""

    def __init__(self, environment: dict[str, str]) -> None:
        self._environment = environment
        self._start()

    def _start(self) -> None:
        self._socket, theirs = socket.socketpair()
        call = [sys.executable, __file__, str(theirs.fileno())]
        more: dict[str, Any] = {"stdin": subprocess.DEVNULL, "pass_fds": [theirs.fileno()]}
        self._process = subprocess.Popen(call, env=self._environment, process_group=0, **more)
        theirs.close()

    def serves(self, environment: dict[str, str]) -> bool:
        """Whether a command in `environment` would find the one in which these were started."""
        return environment == self._environment

    def run(self, arguments: tuple[str, ...], cwd: Path, timeout: float) -> subprocess.CompletedProcess[str]:
        """A command, as subprocess.run would give it. Raises TimeoutError after so many seconds."""
        self._socket.settimeout(timeout)
        with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
            request = json.dumps([str(cwd), *arguments]).encode() + b"\n"
            socket.send_fds(self._socket, [request], [out.fileno(), err.fileno()])
            try:
                code = int(self._socket.recv(64))
            except TimeoutError:  # its answer would be taken for the next one's
                os.killpg(self._process.pid, signal.SIGKILL)
                self.close()
                self._start()
                raise
            texts = [file.seek(0) or file.read() for file in (out, err)]
        return subprocess.CompletedProcess(arguments, code, *texts)

    def close(self) -> None:
        """Ends the process that forks."""
        self._socket.close()
        self._process.wait(timeout=10)


def prepare() -> None:
    """Lets what is forked find plugins discovered, grammars learnt, and nothing to search for garbage.

    A collection, and the last one as a process ends, would copy every page that it shares.
    """
    from runner.config.compose import compose

    compose(["network.weights={init: normal, std: 0.1}", "seed=1", "data.inputs=[[1,2],[3,4]]"])
    gc.collect()
    gc.freeze()


def serve(requests: socket.socket) -> None:
    """Forks for each request, and returns in what was forked."""
    while True:
        text, files, _, _ = socket.recv_fds(requests, 1 << 20, 2)
        if not text:
            os._exit(0)
        if child := os.fork():
            for file in files:
                os.close(file)
            _, status = os.waitpid(child, 0)
            requests.sendall(str(os.waitstatus_to_exitcode(status)).encode())
            continue
        requests.close()
        for number, file in enumerate(files, start=1):
            os.dup2(file, number)
            os.close(file)
        folder, *arguments = json.loads(text)
        os.chdir(folder)
        sys.path[0], sys.argv = folder, ["-m", *arguments]
        return


if __name__ == "__main__":
    from importlib import import_module
    from runpy import run_module

    for module in IMPORTED:
        import_module(module)
    prepare()
    del sys.modules["runner.__main__"]  # which is run, not imported
    serve(socket.socket(fileno=int(sys.argv[1])))
    run_module("runner", run_name="__main__", alter_sys=True)
