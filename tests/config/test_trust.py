"""A configuration that was sent is data: what would run code or write elsewhere is refused."""

from __future__ import annotations

from typing import Any

import pytest
from hydra.types import RunMode
from omegaconf import DictConfig, OmegaConf

from runner.config.compose import composing
from runner.config.trust import TRUST, is_within, refuse_programs
from runner.errors import RunnerError

COMMAND = {"_target_": "subprocess.check_output", "args": "touch ran", "shell": True}
LOGGED = "hydra.experimental.callbacks.LogJobReturnCallback"
FILE = {"class": "logging.FileHandler", "filename": "/tmp/elsewhere.log"}


@pytest.fixture(scope="module")
def shipped() -> DictConfig:
    """The configuration that ships, with Hydra's own settings."""
    with composing() as (hydra, _):
        return hydra.compose_config("config", [], RunMode.MULTIRUN, from_shell=False)


def refuse(shipped: DictConfig, said: Any, *typed: str) -> None:
    """What becomes of a preset that says so of Hydra, beside what is typed."""
    config = shipped.copy()
    OmegaConf.set_struct(config, False)
    config.merge_with({"hydra": said})
    config.merge_with_dotlist([override.lstrip("+") for override in typed])
    refuse_programs(config, typed)


SENT: dict[str, Any] = {
    "callbacks.x._target_=joblib.load": {"callbacks": {"x": {"_target_": "joblib.load", "filename": "x"}}},
    "callbacks.x.y.0._target_=os.system": {
        "callbacks": {
            "x": {"_target_": LOGGED, "y": [{"_target_": "os.system"}]}
        }
    },
    "callbacks.x._target_=hydra_plugins.own_entries.sys.exit": {
        "callbacks": {"x": {"_target_": "hydra_plugins.own_entries.sys.exit"}}
    },
    "callbacks.x=${hydra.launcher}": {"callbacks": {"x": "${hydra.launcher}"}},
    "callbacks.x._target_=os.abort": {
        "callbacks": {"x": {"_target_": "${hydra.job.config_name}"}},
        "job": {"config_name": "os.abort"},
    },
    "callbacks.folders._target_=null": {"callbacks": {"folders": None}},
    "launcher.n_jobs._target_=subprocess.check_output": {"launcher": {"n_jobs": COMMAND}},
    "launcher._target_=os.system": {"launcher": {"_target_": "os.system"}},
    "launcher.address=tcp://10.0.0.1:8786": {"launcher": {"address": "tcp://10.0.0.1:8786"}},
    "sweeper.zip._target_=subprocess.check_output": {"sweeper": {"zip": COMMAND}},
    "job_logging.handlers.h.()=os.system": {"job_logging": {"handlers": {"h": {"()": "os.system"}}}},
    "job_logging.handlers.h.class=logging.handlers.HTTPHandler": {
        "job_logging": {"handlers": {"h": {"class": "logging.handlers.HTTPHandler"}}}
    },
    "job_logging.handlers.h.stream=ext://antigravity.x": {
        "job_logging": {"handlers": {"h": {"class": "logging.StreamHandler", "stream": "ext://antigravity.x"}}}
    },
    "hydra_logging.handlers.h.filename=/tmp/elsewhere.log": {"hydra_logging": {"handlers": {"h": FILE}}},
    "hydra_logging.handlers=${hydra.launcher}": {"hydra_logging": {"handlers": "${hydra.launcher}"}},
    "job.env_set=": {"job": {"env_set": {"LD_PRELOAD": "x.so"}}},
    "job.name=../../x": {"job": {"name": "../../x"}},
    "output_subdir=/root": {"output_subdir": "/root"},
    "output_subdir=../x": {"output_subdir": "${hydra.job.id}", "job": {"id": "../x"}},
    "sweep.subdir=a/../../0": {"sweep": {"subdir": "a/../../${hydra.job.num}"}},
}  # fmt: skip


@pytest.mark.parametrize("said", SENT)
def test_what_a_file_may_not_say(said: str, shipped: DictConfig, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(RunnerError) as refused:
        refuse(shipped, SENT[said])
    line = str(refused.value)
    assert line.startswith(f"hydra.{said}")
    if "callbacks.folders" not in said:
        monkeypatch.setenv(TRUST, line.rpartition("=")[2])  # as the line says
        refuse(shipped, SENT[said])


def test_what_is_typed_is_trusted_and_no_more(shipped: DictConfig) -> None:
    beside = {"callbacks": {"x": {"_target_": "mine.Callback", "y": COMMAND}}}
    with pytest.raises(RunnerError) as refused:
        refuse(shipped, beside, "hydra.callbacks.x._target_=mine.Callback")
    assert str(refused.value).startswith("hydra.callbacks.x.y._target_=")
    refuse(shipped, {}, "+hydra.callbacks.x._target_=mine.Callback", "hydra.output_subdir=../x")


def test_what_files_say_every_day(shipped: DictConfig) -> None:
    logging = {
        "formatters": {"plain": {"()": "colorlog.ColoredFormatter", "format": "%(message)s"}},
        "handlers": {"file": {**FILE, "filename": "${hydra.runtime.output_dir}/${hydra.job.name}.log"}},
    }
    said = {
        "job_logging": logging,
        "job": {"name": "mine"},
        "sweep": {"dir": "${oc.env:HOME}/sweeps", "subdir": "${hydra.job.override_dirname}/${hydra.job.num}"},
        "launcher": {"n_jobs": 2},
        "sweeper": {"params": {"seed": "range(3)"}},
        "callbacks": {"log": {"_target_": LOGGED}},
    }
    refuse(shipped, said)
    groups = ("job_logging=default", "hydra_logging=hydra_debug", "launcher=basic", "sweeper=basic")
    with composing() as (hydra, _):
        for group in groups:
            given = [f"hydra/{group}"]
            refuse_programs(hydra.compose_config("config", given, RunMode.RUN, from_shell=False), given)


@pytest.mark.parametrize("path", ["/a", "a/../../b", "..", "C:\\x", "\\\\host\\x", "a\\..\\b"])
def test_paths_that_lead_out(path: str) -> None:
    assert is_within("a/b..c/.d")
    assert not is_within(path)
