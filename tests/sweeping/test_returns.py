"""Hydra's callbacks see every job, as under its own launcher."""

from __future__ import annotations

from pathlib import Path

import pytest
from processes import Command


def test_callbacks_see_every_job(command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "watching.py").write_text(
        "from hydra.experimental.callback import Callback\n"
        "class Watch(Callback):\n"
        "    def say(self, *words):\n"
        "        print(*words, file=open('seen.txt', 'a'))\n"
        "    def on_multirun_start(self, config, **kwargs): self.say('multirun')\n"
        "    def on_multirun_end(self, config, **kwargs): self.say('end')\n"
        "    def on_job_start(self, config, **kwargs): self.say('start', config.hydra.job.num)\n"
        "    def on_job_end(self, config, job_return, **kwargs):\n"
        "        self.say('job', job_return.hydra_cfg.hydra.job.num, job_return.cfg.learning_rate,\n"
        "                 job_return.overrides, job_return.status.name, round(job_return.return_value, 6))\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    done = command(
        "-m", "learning_rate=0.05,0.1", "epochs=1", "+hydra.callbacks.watch._target_=watching.Watch"
    )
    assert done.returncode == 0, done.stderr
    seen = (tmp_path / "seen.txt").read_text().splitlines()
    assert seen == [
        "multirun",
        "start 0",
        "start 1",
        "job 0 0.05 ['learning_rate=0.05', 'epochs=1'] COMPLETED 0.276957",
        "job 1 0.1 ['learning_rate=0.1', 'epochs=1'] COMPLETED 0.225378",
        "end",
    ]


def test_callbacks_see_runs_that_fail(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "watching.py").write_text(
        "from hydra.experimental.callback import Callback\n"
        "class Watch(Callback):\n"
        "    def on_job_start(self, config, **kwargs): print('start', config.hydra.job.num)\n"
        "    def on_job_end(self, config, job_return, **kwargs):\n"
        "        print('end', config.hydra.job.num, job_return.status.name)\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    done = command("-m", "seed=1,-1", "epochs=1", "+hydra.callbacks.watch._target_=watching.Watch")
    seen = [line for line in done.stdout.splitlines() if line.startswith(("start", "end"))]
    assert sorted(seen) == ["end 0 COMPLETED", "end 1 FAILED", "start 0", "start 1"]
