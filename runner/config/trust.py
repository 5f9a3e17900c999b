"""What Hydra's own settings may say in a file: a configuration that was sent is data, and no program.

Hydra makes objects of ``_target_``s, Python's logging of ``class``, ``()`` and ``ext://``, and launchers run
commands and ask other machines. What a user types is trusted; in a file, only what is listed here.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Set
from typing import Any, NamedTuple

from omegaconf import DictConfig, ListConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from runner.errors import ConfigError, together
from runner.files import is_within
from runner.guard import GUARD
from runner.overrides import key_of

#: The environment variable by which a user trusts keys or values, with commas between.
TRUST = "BACKPROP_RUNNER_TRUST"
#: Of what objects are made, and of what logging is.
MADE, LOGGING = ("callbacks", "launcher", "sweeper"), ("job_logging", "hydra_logging")
#: Objects that a file may ask for, besides launchers and sweepers that are installed as Hydra's plugins.
TARGETS = re.compile(
    rf"{re.escape(GUARD)}|hydra\.experimental\.callbacks\.(LogJobReturn|PickleJobInfo)Callback"
    r"|optuna\.samplers\.[A-Z]\w*Sampler"
)
PLUGINS = re.compile(r"(hydra_plugins|hydra\._internal\.core_plugins)\.[\w.]+")
PLUGGED = ("hydra.launcher._target_", "hydra.sweeper._target_")
#: Keys of launchers and sweepers that name a program, or a machine that programs are taken from.
PROGRAMS = ("address", "additional_parameters", "custom_search_space", "python", "setup", "srun_args",
            "slurm_additional_parameters", "slurm_python", "slurm_setup", "slurm_srun_args")  # fmt: skip
#: What logging may be made of: nothing that leaves this machine.
LOGGERS = re.compile(
    r"logging\.(Formatter|StreamHandler|FileHandler|NullHandler)|colorlog\.ColoredFormatter"
    r"|logging\.handlers\.(RotatingFileHandler|TimedRotatingFileHandler)"
)
STREAMS = ("ext://sys.stdout", "ext://sys.stderr")
#: Files of logs: in a run's folder, and that of Hydra's ``hydra_logging=hydra_debug``.
LOGS = re.compile(r"\$\{hydra\.runtime\.output_dir\}/\$\{hydra\.job\.name\}\.log|hydra-[^/\\]+\.log")
#: Where files go inside of a folder; and what Hydra says of a job only when it runs.
PLACES = ("hydra.output_subdir", "hydra.sweep.subdir", "hydra.job.name")
SUBDIR = "${hydra.job.num}"
OF_JOB = {"num": 0, "id": "0", "override_dirname": "0"}
_CONTAINERS = DictConfig, ListConfig
_INTERPOLATION = re.compile(r"\$\{.*\}", re.DOTALL)

CODE = "comes from a file, and no file says what code runs"
GUARDED = f"must be {GUARD} where a file says it, which keeps runs out of each other's folders"
PLACE = "comes from a file, and no file says what is written outside of a run's folder"


class Found(NamedTuple):
    """A setting that a file may not have, and why."""

    key: str
    value: Any
    why: str = CODE


def refuse_programs(config: DictConfig, typed: Iterable[str]) -> None:
    """Raises RunnerError where settings of Hydra would run code, or write elsewhere, because a file says so.

    `typed` are the overrides that the user has given himself.
    """
    named = {*filter(None, os.environ.get(TRUST, "").split(","))}
    keys = {*map(key_of, typed), *named}
    found = [one for one in _found(config) if not (str(one.value) in named or _is_trusted(one.key, keys))]
    if found:
        raise together(ConfigError(one.key, one.value, f"{one.why}; {_remedy(one)}") for one in found)


def _is_trusted(key: str, trusted: Set[str]) -> bool:
    """Whether a key is trusted, or one around it."""
    names = key.split(".")
    return not trusted.isdisjoint(".".join(names[:count]) for count in range(1, len(names) + 1))


def _remedy(found: Found) -> str:
    is_name = isinstance(found.value, str) and re.fullmatch(r"[\w./:-]+", found.value)
    named = found.value if is_name else found.key
    return f"where you trust it give it on the command line, or name it in the environment: {TRUST}={named}"


def _found(config: DictConfig) -> Iterator[Found]:
    for sections, check in ((MADE, _of_object), (LOGGING, _of_logging)):
        for section in sections:
            for key, value in _leaves(OmegaConf.select(config, f"hydra.{section}"), f"hydra.{section}"):
                if (why := check(key, value)) is not None:
                    yield Found(key, value, why)
    if (guard := _selected(config, "hydra.callbacks.folders._target_")) != GUARD:
        yield Found("hydra.callbacks.folders._target_", guard, GUARDED)
    if environment := _selected(config, "hydra.job.env_set"):
        yield Found("hydra.job.env_set", environment, CODE)
    for key in PLACES:
        if (place := _place(config, key)) is not None and not is_within(place):
            yield Found(key, place, PLACE)


def _leaves(node: Any, key: str) -> Iterator[tuple[str, Any]]:
    """Dotted keys and their values; those that stand elsewhere are as written if they are containers."""
    plain: Any = OmegaConf.to_container(node, resolve=False) if isinstance(node, _CONTAINERS) else None
    for name, written in plain.items() if isinstance(plain, dict) else enumerate(plain or ()):
        inner = f"{key}.{name}"
        if isinstance(written, dict | list):
            yield from _leaves(node[name], inner)
        else:
            yield inner, _value(node, name, written)


def _value(node: Any, name: Any, written: Any) -> Any:
    try:
        value = written if OmegaConf.is_missing(node, name) else node[name]
    except OmegaConfBaseException:  # what it refers to comes with the run
        return written
    return written if isinstance(value, _CONTAINERS) else value


def _of_object(key: str, value: Any) -> str | None:
    """Why a file may not say so of what Hydra makes objects of, if it may not."""
    text = str(value)
    if key.endswith("._target_"):
        is_plugin = key in PLUGGED and PLUGINS.fullmatch(text)
        return None if is_plugin or TARGETS.fullmatch(text) else CODE
    names_program = value is not None and not {*PROGRAMS}.isdisjoint(key.split("."))
    return CODE if names_program or _INTERPOLATION.fullmatch(text) else None


def _of_logging(key: str, value: Any) -> str | None:
    """The same of what logging is made of."""
    name, text = key.rpartition(".")[2], str(value)
    if name in ("class", "()"):
        return None if LOGGERS.fullmatch(text) else CODE
    if name == "filename":
        return None if LOGS.fullmatch(text) else PLACE
    is_code = re.match(r"\w+://", text) and text not in STREAMS
    return CODE if is_code or _INTERPOLATION.fullmatch(text) else None


def _selected(config: DictConfig, key: str) -> Any:
    try:
        return OmegaConf.select(config, key)
    except OmegaConfBaseException as error:
        return f"? ({str(error).partition(chr(10))[0]})"


def _place(config: DictConfig, key: str) -> str | None:
    """The path under a key, as a job would have it."""
    section, _, name = key.rpartition(".")
    plain: Any = OmegaConf.to_container(OmegaConf.select(config, section), resolve=False)
    written = plain[name]
    if written in (None, SUBDIR):
        return None
    if "$" not in written:
        return str(written)
    job = config.copy()  # which takes long
    for known, value in OF_JOB.items():
        if OmegaConf.is_missing(job.hydra.job, known) or not str(job.hydra.job[known]):
            OmegaConf.update(job, f"hydra.job.{known}", value)
    return str(_selected(job, key))
