"""A sweep on three hosts: network namespaces of one machine, joined by a bridge, that share a file system."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from making_sweeps import lines

pytestmark = [
    pytest.mark.thorough,
    pytest.mark.skipif(
        sys.platform != "linux" or not hasattr(os, "geteuid") or os.geteuid() != 0 or not shutil.which("ip"),
        reason="network namespaces are made by root, with ip",
    ),
]
PREFIX, NET = f"bpr{os.getpid() % 10_000}", "10.213.77"
ADDRESS = f"tcp://{NET}.1:8786"
HOSTS = (1, 2, 3)
SWEEP = ["-m", "learning_rate=interval(0.01,0.2)", "hydra.sweeper.points=48", "epochs=6000", "log.every=50",
         "network=dense", "network.hidden=[8]", "data=moons", "hydra.launcher.max_memory=1MiB"]  # fmt: skip


def ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True, capture_output=True)


@contextmanager
def network() -> Iterator[None]:
    """Three hosts on a switch, which is a fourth namespace; the machine's own network is left alone."""
    names = [f"{PREFIX}s", *(f"{PREFIX}h{host}" for host in HOSTS)]
    try:
        for name in names:
            ip("netns", "add", name)
        switch = names[0]
        ip("-n", switch, "link", "add", "bridge", "type", "bridge")
        ip("-n", switch, "link", "set", "bridge", "up")
        for host in HOSTS:
            there = f"{PREFIX}h{host}"
            ip(
                "-n",
                switch,
                "link",
                "add",
                f"p{host}",
                "type",
                "veth",
                "peer",
                "name",
                "eth0",
                "netns",
                there,
            )
            ip("-n", switch, "link", "set", f"p{host}", "master", "bridge", "up")
            ip("-n", there, "addr", "add", f"{NET}.{host}/24", "dev", "eth0")
            for device in ("lo", "eth0"):
                ip("-n", there, "link", "set", device, "up")
        yield
    finally:
        for name in names:
            subprocess.run(["ip", "netns", "del", name], capture_output=True)


def on(host: int, folder: Path, *command: str) -> subprocess.Popen[str]:
    """A process on a host."""
    call = ["ip", "netns", "exec", f"{PREFIX}h{host}", sys.executable, "-m", *command]
    with open(folder / f"{host}-{command[0]}-{command[1]}.log", "a") as log:
        return subprocess.Popen(call, cwd=folder, stdout=log, stderr=log, text=True, start_new_session=True)


def worker(host: int, folder: Path) -> subprocess.Popen[str]:
    scratch = folder / f"scratch{host}"
    more = ["--nthreads", "1", "--no-dashboard", "--local-directory", str(scratch), "--no-nanny"]
    return on(host, folder, "dask", "worker", ADDRESS, *more)


def until(so: Callable[[], bool], process: subprocess.Popen[str], seconds: float = 240) -> None:
    """Waits for something while a process runs."""
    deadline = time.monotonic() + seconds
    while not so():
        assert process.poll() is None, "it ended too soon"
        assert time.monotonic() < deadline
        time.sleep(0.05)


@contextmanager
def ended(processes: list[subprocess.Popen[str]]) -> Iterator[None]:
    """Kills what still runs."""
    try:
        yield
    finally:
        for process in processes:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def test_a_host_that_is_cut_off_and_one_that_is_killed(tmp_path: Path) -> None:
    """The one is at work on, and writes, when what it does has long been given to another."""
    pytest.importorskip("distributed")
    call = [sys.executable, "-m", "runner", *SWEEP, "hydra.sweep.dir=alone"]
    subprocess.run(call, cwd=tmp_path, check=True, capture_output=True)
    processes: list[subprocess.Popen[str]] = []
    with network(), ended(processes):
        scheduler = on(1, tmp_path, "dask", "scheduler", "--host", f"{NET}.1", "--no-dashboard")
        processes += [scheduler, *(worker(host, tmp_path) for host in HOSTS)]
        logs = [tmp_path / f"{host}-dask-worker.log" for host in HOSTS]
        until(lambda: all("Registered" in log.read_text() for log in logs), scheduler)
        more = ["hydra.launcher.backend=dask", f"hydra.launcher.address={ADDRESS}", "hydra.sweep.dir=several"]
        sweep = on(1, tmp_path, "runner", *SWEEP, *more)
        processes.append(sweep)
        until(lambda: len(list(tmp_path.glob("several/*/summary.csv"))) > 3, sweep)
        ip("-n", f"{PREFIX}s", "link", "set", "p2", "down")
        os.killpg(processes[3].pid, signal.SIGKILL)
        assert sweep.wait(timeout=400) == 0
    ours, theirs = (
        [{key: cell for key, cell in line.items() if key != "seconds"} for line in lines(tmp_path / which)]
        for which in ("several", "alone")
    )
    assert ours == theirs
    for path in sorted(tmp_path.glob("alone/*/history.csv")):
        assert (tmp_path / "several" / path.parent.name / path.name).read_bytes() == path.read_bytes()
    assert not list((tmp_path / "several").rglob("*.part"))
