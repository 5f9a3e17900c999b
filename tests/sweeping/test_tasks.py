"""Tasks of a job array, by submitit's local executor, which starts a process a task."""

from __future__ import annotations

import os
import signal
import sys
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from runner.errors import RunnerError
from runner.sweeping.forking import WorkerDiedError
from runner.sweeping.tasks import PREFIX, Tasks, by_tasks

pytest.importorskip("submitit")
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="submitit is for clusters of Linux")


def tasks(folder: Path, **options: Any) -> Tasks:
    return Tasks(2, {"cluster": "local", **options}, folder)


def begun() -> None:
    pass


def test_what_a_killed_task_had_not_done_is_left_and_done_again(tmp_path: Path) -> None:
    def call(number: int, work: str, place: str) -> str:  # within, so that it is sent whole
        if work == "dies" and not (tmp_path / "died").exists():
            (tmp_path / "died").touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return f"{number} {work}"

    (tmp_path / f"{PREFIX}left").mkdir()  # by a sweep that was killed
    works = list(enumerate(["first", "second", "dies", "fourth", "fifth"]))
    returned = by_tasks(call, works, tasks(tmp_path), begun)
    assert sorted(islice(returned, 3)) == ["0 first", "1 second", "3 fourth"]
    with pytest.raises(WorkerDiedError):
        next(returned)
    left = [works[2], works[4]]
    assert sorted(by_tasks(call, left, tasks(tmp_path), begun)) == ["2 dies", "4 fifth"]
    assert not list(by_tasks(call, [], tasks(tmp_path), begun))
    assert os.listdir(tmp_path) == ["died"]


def test_what_a_task_raises_is_told(tmp_path: Path) -> None:
    def call(number: int, work: str, place: str) -> str:
        raise ValueError(f"no {work}")

    with pytest.raises(RunnerError, match=r"^task \d+: ValueError: no work$"):
        list(by_tasks(call, [(0, "work")], tasks(tmp_path), begun))
    assert not os.listdir(tmp_path)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"nonsense": 1}, "Parameter 'nonsense'"),
        ({"cluster": "nowhere"}, "doesn't know any executor named nowhere"),
    ],
)
def test_what_cannot_be_submitted_is_told(options: dict[str, Any], words: str, tmp_path: Path) -> None:
    with pytest.raises(RunnerError, match=rf"hydra.launcher.submitit=.*{words}"):
        list(by_tasks(lambda *_: None, [(0, None)], tasks(tmp_path, **options), begun))
    assert not os.listdir(tmp_path)
