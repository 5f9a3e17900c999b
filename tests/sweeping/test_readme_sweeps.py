"""The sweeps that the README shows can be run as they stand."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from processes import Command

README = Path(__file__).parents[2] / "README.md"
SECTION = README.read_text(encoding="utf-8").split("## Sweeps\n")[1].split("\n## ")[0]
COMMANDS = [
    line.removeprefix("backprop-runner ")
    for block in re.findall(r"^```sh\n(.*?)^```$", SECTION, re.MULTILINE | re.DOTALL)
    for line in block.splitlines()
    if line.startswith("backprop-runner ")
]


def arguments(line: str) -> list[str]:
    return shlex.split(line)


#: What is said of some sweeps and not of others.
ADVICE = ("training error would choose", "unstable", "at the edge", "still falling", "too close to call")


def test_there_are_sweeps_to_show() -> None:
    assert len(COMMANDS) >= 7


@pytest.mark.parametrize("line", COMMANDS)
def test_a_sweep_of_the_readme_would_run(line: str, command: Command) -> None:
    done = command(*arguments(line), "hydra.sweeper.dry_run=true")
    assert done.returncode == 0, done.stderr
    (runs,) = re.findall(r"^(\d+) runs, \d+ rows", done.stdout, re.MULTILINE)
    assert int(runs) >= 2
    assert "would fail" not in done.stdout


def test_the_last_word_and_the_columns_are_as_shown(command: Command, tmp_path: Path) -> None:
    done = command(
        *arguments(COMMANDS[0]), "hydra.sweep.dir=s", "network=dense", "data=xor", "data.test_fraction=0.5"
    )
    shown = re.findall(r"^```text\n(.*?)^```$", SECTION, re.MULTILINE | re.DOTALL)[0]
    varies = r"[\d.]+|\S+/\S+|\(.*\)|(?<=by )(test|final)"
    forms = [re.sub(varies, "#", line) for line in shown.splitlines()]
    said = [re.sub(varies, "#", line) for line in done.stdout.splitlines()]
    said, forms = ([line.split(":")[0] for line in lines] for lines in (said, forms))
    assert [heading for heading in said if heading not in ADVICE] == [
        heading for heading in forms if heading not in ADVICE
    ]
    header = (tmp_path / "s" / "runs.csv").read_text().splitlines()[0].split(",")
    for name in set(header) - {"learning_rate", "seed"}:
        assert f"`{name}`" in SECTION
