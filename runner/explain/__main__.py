"""``backprop-explain``: the chain rule worked out with a run's own numbers, from the command line."""

from __future__ import annotations

import argparse
import io
import os
import re
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as in runner.__main__

from runner.commands import add_force, add_quiet, add_version, ending, write_named
from runner.config import boolean, choice, experiment, number
from runner.config.compose import compose
from runner.config.messages import known_keys
from runner.cost.refusal import refuse_beyond
from runner.errors import ConfigError, RunnerError, did_you_mean, together
from runner.explain.document import Sheet
from runner.explain.formats.writer import Writer
from runner.explain.page import Choices, explain
from runner.remarks import deliver
from runner.training.experiment import Experiment
from runner.words import key_here

FORMATS = ("text", "markdown", "latex", "html")

HELP = """\
Works the chain rule out on paper, with the numbers of a run: the network, the forward pass, the
error, the chain of derivatives back to a weight, and the update of that weight.

  backprop-explain                          the article's example, every weight
  backprop-explain weight=w6                one weight
  backprop-explain experiment=chain_rule_sigmoid update=10 format=html out=sigmoid.html
  backprop-explain experiment=exercise seed=7 solution=false format=latex out=sheet.tex

what to show
  weight=w6         a weight or bias by its name in history.csv (w1, b2, …), or all; default: all,
                    where the network is small enough
  update=1          which update of the run, with its batch and optimizer's state; 1 is the first
  example=2         which example of the update's batch; default: all of a few, else the first
  paths=true        write out every path from the weight to the error, where there are several
  check=true        compare with central differences
  solution=false    leave blanks for everything that is to be worked out
  digits=6          significant digits, 1 to 17

where to
  format=text       or markdown, latex (compiles by itself and as \\input), html (one file)
  out=FILE          write a file instead of printing; with format=markdown a picture beside it

Every other key=value is one of the run's, as for backprop-runner: experiment=chain_rule_momentum,
network.activation=tanh, optimizer=adam, loss=huber, learning_rate=0.1, …  Chapters that ship:
experiment=chain_rule, chain_rule_sigmoid, chain_rule_two_outputs, chain_rule_softmax,
chain_rule_two_layers, chain_rule_momentum, and exercise (a new one for every seed)."""


def _whole(lowest: int, highest: int | None = None) -> Callable[[str, str], int]:
    check = number(at_least=lowest, at_most=highest, whole=True)

    def read(key: str, value: str) -> int:
        try:
            return int(check(key, int(value)))
        except ValueError:
            return int(check(key, value))  # raises, with what is allowed

    return read


def _boolean(key: str, value: str) -> bool:
    return bool(boolean(key, {"true": True, "false": False}.get(value.lower(), value)))


def _name(key: str, value: str) -> str:
    if not value:
        raise ConfigError(key, value, "must be a name")
    return value


#: The command's own keys, how each is read, and a value for whoever has left it out.
OWN: dict[str, tuple[Callable[[str, str], Any], str]] = {
    "weight": (_name, "w1"),
    "update": (_whole(1), "1"),
    "example": (_whole(1), "1"),
    "digits": (_whole(1, 17), "6"),
    "solution": (_boolean, "false"),
    "check": (_boolean, "true"),
    "paths": (_boolean, "true"),
    "format": (choice(FORMATS), "html"),
    "out": (_name, "FILE"),
}


def run(overrides: Sequence[str], config_dir: str | None) -> None:
    """Writes the page that the command line asks for."""
    own, rest = _own(overrides)
    form, out = own.pop("format", "text"), own.pop("out", None)
    made = _experiment(rest, config_dir)
    refuse_beyond(made, None)
    sheet = explain(made, Choices(**own))
    writer: Writer = import_module(f"runner.explain.formats.{form}").WRITER
    if out is None:
        if isinstance(sys.stdout, io.TextIOWrapper):
            sys.stdout.reconfigure(encoding="utf-8")  # ∂ and η, wherever the output goes
        deliver(writer.page(sheet), exact=form != "text")
        return
    for name, content in pages(writer, sheet, Path(out)).items():
        _write(name, content)


def _own(overrides: Sequence[str]) -> tuple[dict[str, Any], list[str]]:
    """The command's own keys, checked, and all other overrides."""
    own: dict[str, Any] = {}
    rest = []
    for override in overrides:
        key, equals, value = override.partition("=")
        if key not in OWN:
            rest.append(override)
            continue
        read, example = OWN[key]
        if not equals:
            raise RunnerError(f"{key}: its value is missing: give {key}={example}")
        if key in own:
            raise RunnerError(f"{override}: {key} is given twice; one page has one")
        own[key] = read(key, value)
    return own, rest


def _experiment(overrides: Sequence[str], config_dir: str | None) -> Experiment:
    """The run that the overrides describe; what Hydra cannot say of a wrong one is said here."""
    try:
        return experiment(compose(overrides, config_dir))
    except Exception as error:
        refused = {override: told for override in overrides if (told := _refused(override, str(error)))}
        if not refused:
            raise
    wrong = [*refused.values()]
    try:
        experiment(compose([override for override in overrides if override not in refused], config_dir))
    except RunnerError as error:
        wrong.append(error)
    raise together(wrong)


def _refused(override: str, error: str) -> RunnerError | None:
    """What is wrong with an override that this command takes otherwise than Hydra says."""
    key, equals, value = override.lstrip("+").partition("=")
    top = {known.partition(".")[0]: None for known in known_keys()}
    known = [*OWN, *top, "experiment"]
    if not equals and key.isidentifier() and key not in known and (nearest := did_you_mean(key, OWN)):
        return RunnerError(f"{override}: is no key=value{nearest}; --help shows all")
    if f"{override}: several values are a sweep" in error:
        return ConfigError(key, value, "is a sweep of several runs, and one is explained: give one value")
    if equals and re.fullmatch(r"\w+", key) and key not in known:
        nearest = key_here(key, known_keys()) or did_you_mean(key, known)
        has = f"backprop-explain has {', '.join(OWN)}, and the keys of a run, {', '.join(top)}"
        return RunnerError(f"unknown key {key}{nearest}; {has}")
    return None


def pages(writer: Writer, sheet: Sheet, out: Path) -> dict[Path, str]:
    """The files of a page; nothing is beside a device."""
    return writer.files(sheet, out) if out.is_file() or not out.exists() else {out: writer.page(sheet)}


def _write(path: Path, content: str) -> None:
    try:
        write_named(path, content.encode(errors="backslashreplace"))
    except OSError as error:
        raise ConfigError("out", path, f"cannot be written: {error.strerror}") from None


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="backprop-explain",
        usage="backprop-explain [key=value ...] [--config-dir DIR]",
        description=HELP,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("overrides", nargs="*", help=argparse.SUPPRESS)
    parser.add_argument("--config-dir", "-cd", metavar="DIR", help="a folder with YAML files of your own")
    add_version(parser)
    add_quiet(parser)
    add_force(parser)
    return parser


@ending()
def main(arguments: Sequence[str] | None = None) -> None:
    """The command."""
    given = _parser().parse_intermixed_args(arguments)
    run(given.overrides, given.config_dir)


if __name__ == "__main__":
    main()
