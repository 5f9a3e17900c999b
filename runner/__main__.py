"""``backprop-runner``: one run, or with ``-m`` a sweep, from the command line, through Hydra."""

from __future__ import annotations

import gc
import os
import re
import sys
from collections.abc import Callable, Collection, Hashable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

# Training takes one BLAS thread; starting the others as NumPy is imported would take 50 ms.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
if gc.isenabled():  # nothing that is imported is garbage: to search it, now and later, would take 50 ms too
    gc.disable()

import hydra
from hydra.core.hydra_config import HydraConfig
from omegaconf import OmegaConf

from runner.commands import QUIET, ending, keep_tracebacks, said, version_of, wants_traceback
from runner.config import Cache, conf_dir, experiment
from runner.config.compose import gone_on_with, replacing, running_named
from runner.config.faults import telling_all
from runner.config.flags import flags_and_overrides, named_by_flags, refuse_flags, with_dry_run
from runner.config.own import is_record, refuse_code
from runner.config.sources import whereabouts
from runner.config.trust import refuse_programs
from runner.cost.refusal import refuse_beyond
from runner.cost.telling import preview
from runner.guard import GUARD, FolderGuard
from runner.halting import HALT
from runner.hydra_internals import compose_once, load_keys
from runner.overrides import key_of, swept_values
from runner.progress import shown
from runner.records.about import sources_of
from runner.records.lines import Line
from runner.records.locks import inside
from runner.remarks import be_quiet, deliver, remark
from runner.resources import FORCE, BeyondError, insist
from runner.story import about_files, how_to_go_on, one_batch, tell_all
from runner.training.loop import keep_freed_memory
from runner.verifying import as_asked, is_asked_for
from runner.work import run_into

if TYPE_CHECKING:
    from omegaconf import DictConfig

    from runner.training.experiment import Experiment

gc.enable()

#: What conf/hydra_defaults.yaml chooses of Hydra's own, for a configuration that comes from a run's folder.
HYDRA_GROUPS = {"hydra/job_logging": "disabled", "hydra/launcher": "vectorized", "hydra/sweeper": "grid"}


def task(config: DictConfig) -> float:
    """Trains the run that Hydra composed, in Hydra's folder; returns its final error."""
    composed = HydraConfig.get()
    folder = Path(composed.runtime.output_dir)
    is_job = composed.mode is not None and composed.mode.name == "MULTIRUN"
    try:
        if is_job:
            sweep = os.path.abspath(Path(composed.runtime.cwd, composed.sweep.dir))
            swept, directory = swept_values(composed.overrides.task), inside(str(folder), sweep)
            line = Line(composed.job.num, swept, directory=directory)
            made, trained = run_into(folder, lambda: BATCHED.tell(_affordable(config, folder)), line)
        else:
            line = Line(0, {})
            made, trained = run_into(folder, lambda: _affordable(config, folder), line, shown)
            tell_all(folder, made, trained)
    except Exception as error:
        if is_job or wants_traceback():
            raise
        sys.exit(said(error))  # at once, before Hydra adds a line of its own
    HALT.end("interrupted" if is_job else how_to_go_on(folder, made, trained))
    return line.ended(trained).result_for(made.objective)


def _affordable(config: Any, folder: Path) -> Experiment:
    """The run that a configuration describes. Raises BeyondError where it takes more than there is."""
    made = experiment(config, BATCHED.cache)
    refuse_beyond(made, folder)
    return made


def ask(config: DictConfig) -> None:
    """Asks what a run would take before its folder is claimed; a dry run says it, and ends the process.

    Raises RunnerError where there is not as much. What else is wrong is said where it is run.
    """
    from runner.config.resolved import without_hydra
    from runner.sweeping.jobs import hydra_config

    is_dry = OmegaConf.select(config, "hydra.sweeper.dry_run", default=False) is True
    folder = Path(str(OmegaConf.select(config, "hydra.run.dir")))
    try:
        with hydra_config(config):
            made = experiment(without_hydra(config), BATCHED.cache)
        if not is_dry:
            refuse_beyond(made, folder)
            return
    except Exception as error:
        if is_dry or isinstance(error, BeyondError):
            raise
        return
    finally:
        OmegaConf.set_readonly(
            config.hydra, None
        )  # which Hydra has made it, and the folder is yet to be named
    deliver(f"{preview(made, folder)}\n")
    sys.exit()


class Batched:
    """The task's batched form, which ``hydra/launcher=vectorized`` looks for."""

    def __init__(self) -> None:
        self.cache = Cache()
        self.latest: tuple[Any, str] | None = None
        self.told = False
        self.said: set[str] = set()

    def prepare(self, config: dict[str, Any]) -> Experiment:
        """The run that a job's configuration describes, sharing what it can with the others."""
        return self.tell(experiment(config, self.cache))

    def tell(self, job: Experiment) -> Experiment:
        """Says once what is to be known of the jobs' data, and returns the job.

        That is how files were read, and that a job has fewer examples than its batch_size.
        """
        for line in about_files(job) if job.data.sources else ():
            if line not in self.said:
                self.said.add(line)
                remark(line)
        if not self.told and (note := one_batch(job)):
            self.told = True
            remark(f"{note}, here and wherever there are as few")
        return job

    def group(self, config: dict[str, Any]) -> Hashable:
        """Runs of unlike data never share a stack; doing each data set at a time holds few at once."""
        data = config.get("data")
        if self.latest is None or self.latest[0] is not data:  # most often it is one object
            self.latest = data, repr(data)
        return self.latest[1]


BATCHED = Batched()
task.batched = BATCHED  # type: ignore[attr-defined]


def _composed(typed: list[str], load: Callable[[list[str]], DictConfig], overrides: list[str]) -> DictConfig:
    """What Hydra composes of overrides, with all that is wrong told; `typed` are the user's own."""
    config = telling_all(load, overrides)
    refuse_programs(config, typed)
    return config


def repeating(flags: list[str], overrides: list[str]) -> list[str]:
    """The arguments, such that ``--config-path DIR/.hydra`` repeats the run in DIR.

    Hydra would take a relative path from the package's folder, and what a run records of its
    configuration leaves out the settings of Hydra itself.
    """
    flags = [*flags, *_going_on(flags, overrides)]
    config_path = re.compile(r"(--config-path|-cp)(?:=(.*))?")
    matches = [config_path.fullmatch(flag) for flag in flags]
    if not any(matches) or (matches[-1] and matches[-1][2] is None):  # or without its value: for Hydra to say
        return [*flags, *overrides]
    chosen = {key_of(override) for override in overrides}
    ours = [f"{group}={name}" for group, name in HYDRA_GROUPS.items() if group not in chosen]
    for i, match in enumerate(matches):
        if match is None:
            continue
        at, path = (i, match[2]) if match[2] is not None else (i + 1, flags[i + 1])
        if Path(path).is_dir():
            if is_record(Path(path)):
                refuse_code(Path(path).absolute(), chosen)
            flags[at] = flags[at].removesuffix(path) + str(Path(path).absolute())
            ours += _with_its_files(Path(path), chosen)
    return [*flags, *overrides, *ours, f"++hydra.callbacks.folders._target_={GUARD}"]


def _going_on(flags: Collection[str], overrides: Collection[str]) -> list[str]:
    """The flag by which ``continue=DIR`` takes all else from DIR, unless a file or a sweep is asked for."""
    path = gone_on_with(overrides)
    if path is None or any(re.match(r"-(-config|c[pnd]\b|-multirun|m$)", flag) for flag in flags):
        return []
    return [f"--config-path={path}"]


def _with_its_files(composed: Path, chosen: Collection[str]) -> list[str]:
    """Overrides by which a repeated run is made from the same files, unless their keys are `chosen` anew.

    `composed` is the folder of its configuration. Raises RunnerError for a file that has changed, or is gone.
    """
    folder, path = composed.absolute().parent, composed / "config.yaml"
    if not sources_of(folder) or not path.is_file():
        return []
    config: Any = OmegaConf.to_container(load_keys(path, of_run=True))
    quoted = {key: place.replace("'", r"\'") for key, place in whereabouts(folder, config, chosen).items()}
    return [f"{key}='{place}'" for key, place in quoted.items()]


@ending()
def main() -> None:
    """The command."""
    gc.freeze()
    # Runs leave no garbage in circles: to look for it took a tenth of a sweep.
    gc.set_threshold(100_000, 50, 100)
    keep_tracebacks()
    keep_freed_memory()
    flags, overrides = flags_and_overrides(sys.argv[1:])
    compose_once(partial(_composed, overrides))
    if "--version" in flags:  # Hydra would tell its own
        print(version_of("backprop-runner"))
        return
    if not {*QUIET}.isdisjoint(flags):  # a flag of ours, which Hydra does not know
        be_quiet()
    insist(FORCE in flags)
    FolderGuard.asked = staticmethod(ask)
    flags = [flag for flag in flags if flag not in (*QUIET, FORCE)]
    refuse_flags(flags, overrides, ("--quiet", FORCE))
    if is_asked_for(overrides):
        verification = as_asked(overrides, shown)
        deliver(f"{verification}\n")
        sys.exit(not verification.is_same)
    overrides = with_dry_run(overrides)
    command = hydra.main(version_base="1.3", config_path=str(conf_dir()), config_name="config")(task)
    flags, files = named_by_flags(flags)
    sys.argv[1:] = repeating(flags, replacing([*files, *overrides]))
    with HALT.installed(), running_named(overrides):
        command()


if __name__ == "__main__":
    main()
