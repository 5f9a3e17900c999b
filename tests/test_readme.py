"""What the README shows is what the program prints."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import textwrap
from pathlib import Path

import matplotlib
import pytest
import yaml
from comparing import same_but_for_hairs, same_but_for_rounding
from processes import Command

from runner.config.messages import known_keys

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
#: By which the pictures in the documents are drawn: an earlier one draws some things elsewhere.
DRAWN_BY = "3.11"


def blocks(language: str) -> list[str]:
    found = re.findall(r"^```(\w*)\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
    return [text for name, text in found if name == language]


def shell(command: str, folder: Path) -> str:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-c", command],
        cwd=folder,
        env={**os.environ, "PATH": path},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=120,
    )
    return done.stdout


def test_sessions_print_what_is_shown(tmp_path: Path) -> None:
    checked = 0
    for session in blocks("console"):
        for step in re.split(r"^\$ ", session, flags=re.MULTILINE)[1:]:
            command, _, shown = step.partition("\n")
            said = shell(command, tmp_path)
            assert same_but_for_rounding(said, shown), f"{command}\n{said}"
            checked += 1
    assert checked >= 5


def test_commands_run(command: Command, tmp_path: Path) -> None:
    (mine,) = blocks("yaml")
    (tmp_path / "mine/experiment").mkdir(parents=True)
    (tmp_path / "mine/experiment/wide.yaml").write_text(mine)
    rows = "".join(f"{i},{i * i % 7},{3 * i}\n" for i in range(20))
    (tmp_path / "my.csv").write_text(f"age,size,price\n{rows}")
    lines = [shlex.split(line) for block in blocks("") for line in block.replace("\\\n", " ").splitlines()]
    shown = [arguments for name, *arguments in filter(None, lines) if name == "backprop-runner"]
    assert len(shown) >= 8
    for arguments in shown:
        done = command(*arguments, "epochs=2")
        assert re.search(r"^error .*\d$", done.stdout, re.MULTILINE), done


def test_pictures_are_those_of_the_commands_above_them(tmp_path: Path) -> None:
    (commands,) = [block for block in blocks("sh") if "--out docs/figures" in block]
    said = shell(commands, tmp_path)
    pictures = sorted(path.name for path in (ROOT / "docs/figures").iterdir())
    assert pictures == sorted(re.findall(r"!\[.*\]\(docs/figures/(\S+)\)", README))
    if matplotlib.__version__ < DRAWN_BY:
        pytest.skip(f"the pictures are of matplotlib {DRAWN_BY}")
    for name in pictures:
        assert same_but_for_hairs(tmp_path / "docs/figures" / name, ROOT / "docs/figures" / name), said


def test_the_page_on_learning_rates_shows_what_its_commands_name() -> None:
    page = (ROOT / "docs/learning-rates.md").read_text(encoding="utf-8")
    commands = "".join(re.findall(r"^```sh\n(.*?)^```$", page, re.MULTILINE | re.DOTALL))
    drawn = re.findall(r"--only (\w+) --out docs/(\S+)", commands)
    assert sorted(f"{folder}/{name}.png" for name, folder in drawn) == sorted(
        re.findall(r"!\[.*\]\((\S+)\)", page)
    )
    assert set((ROOT / "docs/learning-rates").rglob("*.png")) == {
        ROOT / "docs" / folder / f"{name}.png" for name, folder in drawn
    }
    for preset in re.findall(r"experiment=(\w+)", page):
        assert (ROOT / f"conf/experiment/{preset}.yaml").is_file(), preset


def test_the_two_commands_come_first() -> None:
    assert README.split("\n```\n")[1] == "make run\nmake test"


def test_python_runs(command: Command, tmp_path: Path) -> None:
    """Each piece by itself, though in one process: most of what one takes are imports."""
    command("epochs=3", "hydra.run.dir=first")
    command("-m", "learning_rate=0.1,0.2", "epochs=3", "hydra.sweep.dir=rates")
    for number, code in enumerate(blocks("python")):
        (tmp_path / f"{number}.py").write_text(code)
    run_each = "import runpy, sys; [runpy.run_path(path) for path in sys.argv[1:]]"
    said = shell(f"python -c '{run_each}' ?.py", tmp_path)
    assert "Error" not in said, said
    assert said.splitlines()[-1] == "True"


@pytest.mark.parametrize("key", [k for k in known_keys() if not re.match(r"(data|optimizer|schedule)\.", k)])
def test_every_key_is_in_the_table(key: str) -> None:
    section, _, name = key.rpartition(".")
    assert (
        f"`{key}`" in README
        or re.search(rf"`{section}\.\w+`, `\.{name}`", README)
        or key in ("log", "regularization")
    )


def test_the_own_yaml_is_yaml() -> None:
    assert yaml.safe_load(blocks("yaml")[0])["network"] == {"hidden": [16], "activation": "relu"}


def test_the_recipe_for_an_activation_is_the_code() -> None:
    recipe = re.findall(
        r"```python\n(.*?)```", (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8"), re.DOTALL
    )
    code = (ROOT / "runner/nn/activations.py").read_text(encoding="utf-8")
    assert recipe
    assert all(textwrap.indent(entry, "    ") in code for entry in recipe)


def test_every_promise_names_tests_that_make_test_runs() -> None:
    lines = (ROOT / "docs" / "trust.md").read_text(encoding="utf-8").splitlines()
    promises = [
        line for line in lines if line.startswith("| ") and not line.startswith(("| promise", "| ---"))
    ]
    assert len(promises) > 20
    for promise in promises:
        names = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", promise)
        assert names, promise
        for file, test in names:
            text = (ROOT / file).read_text(encoding="utf-8")
            above, found, _ = text.partition(f"def {test}(")
            assert found, test
            assert "\n@pytest.mark.thorough" not in above[above.rfind("\n\n\n") :], test
