"""YAML files, and the other files of results, as nobody should have written them."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

import yaml
from attempts import WORDS, Attempt, damaged
from making_sweeps import make_sweep

from runner.config.shipped import conf_dir

#: Text in the place of a value, as it stands in a file.
VALUES = (
    *(
        "&a [*a]",
        "&a {b: *a}",
        "*nope",
        "!!python/object/apply:os.system ['true']",
        "!!binary aGk=",
        "!x 1",
        "- 1",
    ),
    *(
        "!!python/name:os.system",
        "!!set {a, b}",
        "!!timestamp 2024-01-31",
        "!!omap [a: 1]",
        "!!int x",
        "!!float y",
    ),
    *(
        "[" * 100 + "]" * 100,
        "[" * 1500 + "]" * 1500,
        "{a: " * 60 + "1" + "}" * 60,
        "{a: " * 1200 + "1" + "}" * 1200,
    ),
    *(
        "9" * 5000,
        "0x" + "f" * 5000,
        "1" + "0" * 400,
        ".inf",
        "-.inf",
        ".nan",
        "1e999",
        "0o17",
        "1:30:00",
        "~",
    ),
    *(
        "2024-01-31",
        "2024-13-41",
        "2024-01-31T25:61:00Z",
        "yes",
        "'",
        '"',
        '"\\ud800"',
        '"\\x00"',
        "|\n  a\n b",
    ),
    *(
        "? a",
        "? [1]\n: 2",
        "{1: 2}",
        "{null: 1}",
        "{true: 1}",
        "{[1]: 2}",
        "<<: *a",
        "{<<: {epochs: x}}",
        "%TAG ! x",
    ),
    *(
        "---\nb: 1",
        "...",
        "{",
        "}",
        "[1,",
        "a: b: c",
        "\tx",
        "@x",
        "`x`",
        "${x}",
        "${",
        "${seed}",
        "${oc.env:X}",
    ),
    *(
        "???",
        "null",
        "[]",
        "{}",
        "[null]",
        "[[1],[2,3]]",
        "{name: 3}",
        "{name: [x]}",
        "{name: null}",
        "1.0e+400",
    ),
    *(
        "[" + "1, " * 3000 + "1]",
        "x" * 70_000,
        "[a, [b, {c: [d]}]]",
        "{epochs: {epochs: {}}}",
        "-1",
        "0",
        "1e-999",
    ),
)
#: Files that are none of keys and values, or that are odd as a whole.
OTHERS = (
    *(
        b"",
        b"\n",
        b"#",
        b"null",
        b"1",
        b"a",
        b"- a\n- b\n",
        b"\x00",
        b"a: \x00",
        b"a: \x1b[31m",
        b"\xff\xfea\x00",
    ),
    *(
        b"\xef\xbb\xbfepochs: 1\n",
        b"epochs: 1\n\xef\xbb\xbf",
        b"epochs: 1\nepochs: 2\n",
        b"? \n",
        b": 1\n",
        b"--- \n--- \n",
    ),
    *(
        b"a: 1\n---\nb: 2\n",
        b"%YAML 9.9\n---\na: 1\n",
        b"%x\n---\n",
        b"defaults: x\n",
        b"defaults: [x]\n",
        b"defaults:\n",
    ),
    *(
        b"defaults: [mine]\n",
        b"defaults: [/experiment/mine]\n",
        b"defaults: [{a: b, c: d}]\n",
        b"defaults: [1]\n",
    ),
    *(
        b"defaults: [null]\n",
        b"defaults: [[x]]\n",
        b"defaults: [{override /network: null}]\n",
        b"defaults: {a: 1}\n",
    ),
    *(
        b"defaults: [{network: [dense, dense]}]\n",
        b"defaults: [{override /network: [dense]}]\n",
        b"defaults: ['']\n",
    ),
    *(
        b"defaults: [{override /optimizer: ''}]\n",
        b"defaults: [_self_, _self_]\n",
        b"defaults: ['/']\n",
        b"1: 2\n",
    ),
    *(
        b"defaults: [{/x@y: z}]\n",
        b"defaults: [optional x]\n",
        b"defaults: [{optional x: y}]\n",
        b"'': 1\n",
        b".: 1\n",
    ),
    *(
        b"a.b: 1\na: 2\n",
        b"network.hidden: [1]\nnetwork: x\n",
        b"network: {name: x}\n",
        b"null: 1\n",
        b"..: 1\n",
        b"a.: 1\n",
    ),
    *(
        b"# @package\nepochs: 1\n",
        b"# @package x y\n",
        b"# @package a..b\na: 1\n",
        b"# @package _global_.\n",
        b"#@package _global_\n",
    ),
    *(
        b"x: &a ["
        + b",".join([b"1"] * 50)
        + b"]\n"
        + b"".join(b"x%d: &b%d [*a, *a]\n" % (i, i) for i in range(30)),
    ),
    *(
        b"a: &a [x]\nb: &b ["
        + b"*a," * 300
        + b"]\nc: &c ["
        + b"*b," * 300
        + b"]\nd: ["
        + b"*c," * 99
        + b"]\n",
    ),
)


def attempt(random: Random) -> Attempt:
    """A file of one's own, chosen in some way, or a folder of results with a damaged file."""
    return random.choice((_preset, _preset, _in_folder, _in_group, _result, _result))(random)


def _preset(random: Random) -> Attempt:
    return Attempt("run", ("mine.yaml", *_beside(random)), {"mine.yaml": written(random)})


def _in_folder(random: Random) -> Attempt:
    return Attempt(
        "own", ("experiment=mine", *_beside(random)), {"mine/experiment/mine.yaml": written(random)}
    )


def _in_group(random: Random) -> Attempt:
    group = random.choice(("network", "data", "optimizer", "schedule"))
    return Attempt(
        "own", (f"{group}=mine", *_beside(random)), {f"mine/{group}/mine.yaml": written(random, group)}
    )


def _beside(random: Random) -> list[str]:
    return random.choice(([], [], ["epochs=1"], ["network=dense"], ["experiment=xor"]))


def _result(random: Random) -> Attempt:
    folder = random.choice(("run", "sweep"))
    files = dict(made()[folder])
    name = random.choice([*files])
    kind = random.random()
    if kind < 0.1:
        del files[name]
    elif kind < 0.2:
        files[name] = random.choice(OTHERS)
    elif name.endswith(".yaml") and kind < 0.6:
        files[name] = _changed(random, yaml.safe_load(files[name]))
    else:
        files[name] = damaged(random, files[name])
    attempt = Attempt("opened" if folder == "run" else "swept", (), files)
    if folder == "run" and random.random() < 0.3:
        return Attempt(
            "run", random.choice((("continue=run",), ("network.weights={from: run}", "network=dense"))), files
        )
    return attempt


@cache
def made() -> dict[str, dict[str, bytes]]:
    """The files of a run, and of a sweep of two, by their names below ``run`` and ``sweep``."""
    with TemporaryDirectory() as folder:
        keys = [
            "network=dense",
            "network.hidden=[2]",
            "data=moons",
            "data.points=20",
            "epochs=3",
            "log.every=1",
        ]
        make_sweep(Path(folder, "sweep"), {"seed": [0, 1]}, keys)
        files = {path: path.read_bytes() for path in Path(folder).rglob("*") if path.is_file()}
        sweep = {path.relative_to(folder).as_posix(): content for path, content in files.items()}
    run = {
        name.replace("sweep/0/", "run/"): text for name, text in sweep.items() if name.startswith("sweep/0/")
    }
    return {"run": run, "sweep": sweep}


def written(random: Random, group: str = "") -> bytes:
    """A file of keys, of a group's or of all, with a value, a key or some bytes that are wrong."""
    if random.random() < 0.25:
        return random.choice(OTHERS)
    path = random.choice(sorted((conf_dir() / (group or "experiment")).glob("*.yaml")))
    text = path.read_text(encoding="utf-8")
    if random.random() < 0.4:
        return damaged(random, text.encode())
    return _changed(random, yaml.safe_load(text) or {})


def _changed(random: Random, keys: Any) -> bytes:
    """YAML with the text of other values in the place of one or a few."""
    marks = {f"MARK{at}": random.choice((*VALUES, *WORDS)) for at in range(random.choice((1, 1, 2)))}
    for mark in marks:
        _put(random, keys, mark)
    text = yaml.safe_dump(keys, sort_keys=False, allow_unicode=True)
    for mark, value in marks.items():
        text = text.replace(mark, value)
    return text.encode("utf-8", errors="surrogatepass")


def _put(random: Random, node: Any, mark: str) -> None:
    """Puts a mark somewhere into keys and lists: for a value, or for a key."""
    if not isinstance(node, dict | list) or not node:
        return
    at = random.choice(sorted(node, key=str) if isinstance(node, dict) else range(len(node)))
    if isinstance(node[at], dict | list) and node[at] and random.random() < 0.7:
        _put(random, node[at], mark)
    elif isinstance(node, dict) and random.random() < 0.15:
        node[mark] = node.pop(at)
    else:
        node[at] = mark
