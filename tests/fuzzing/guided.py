"""Coverage-guided, with atheris: ``python tests/fuzzing/guided.py csv -max_total_time=3600 CORPUS``.

Faults are printed, once a kind, and what they came of is left as ``fault-…`` in the current folder; it goes
on. The doors are those of reading: of a table from bytes, and of keys from a YAML file through presets and
the checks of every key.
"""

from __future__ import annotations

import re
import sys
import tempfile
from hashlib import sha256
from pathlib import Path
from typing import Any

import atheris

sys.path.insert(0, str(Path(__file__).parent))
import omegaconf  # noqa: F401 - not to be instrumented: its grammar alone takes a minute

with atheris.instrument_imports(include=["runner.data", "runner.config", "runner.files", "yaml"]):
    from judging import judge
    from omegaconf import OmegaConf
    from yaml import safe_load

    from runner.config import experiment
    from runner.config.compose import compose
    from runner.config.presets import as_preset
    from runner.data.csv_file import Reading, read_csv
    from runner.data.dialect import Written
    from runner.errors import show
    from runner.hydra_internals import load_keys, refuse_defaults

FOLDER = Path(tempfile.mkdtemp(dir="/dev/shm" if Path("/dev/shm").is_dir() else None))
DEFAULT: dict[str, Any] = OmegaConf.to_container(compose(["network=dense", "data=moons"]))  # type: ignore
#: Kinds of faults that were printed.
KINDS: set[str] = set()
#: By the first byte of a content: how a table is read.
READINGS = [
    Reading(Written(separator, decimal, header, comment), missing, classes)
    for separator, decimal, header, comment, missing, classes in (
        (None, None, None, None, "error", False),
        (";", ",", None, None, "drop", False),
        (" ", None, False, "#", "mean", True),
        ("\t", None, ("x", "y"), None, "error", True),
        (None, None, True, "%", "drop", True),
    )
]


def csv(content: bytes) -> None:
    """A table of which the first byte says how it is read."""
    path = FOLDER / "table.csv"
    path.write_bytes(content[1:])
    reading = READINGS[(content[:1] or b"\0")[0] % len(READINGS)]
    target = "2" if reading.written.header is False else "y"
    _checked(content, lambda: read_csv(path, None, [target], reading), [path.name, "data."])


def yaml(content: bytes) -> None:
    """Keys of a YAML file over those that ship, each of them checked, and their data made."""
    path = FOLDER / "mine.yaml"
    path.write_bytes(content)
    _checked(content, lambda: _keys(path), [path.name, *DEFAULT, "key", *_written(content)])


def _written(content: bytes) -> list[str]:
    """The keys on top of a file, as a message has them."""
    try:
        return [show(str(key)) for key in safe_load(content)]
    except Exception:  # which is for a refusal to say
        return []


def _keys(path: Path) -> None:
    config = load_keys(path)
    refuse_defaults(config)
    as_preset(config)
    config.pop("defaults", None)
    experiment(OmegaConf.merge(DEFAULT, config))


def _checked(content: bytes, enter: Any, names: list[str]) -> None:
    verdict, told = judge(enter, names)
    if verdict == "fault" and (kind := re.sub(r"\W|\d", "", told[:120] + told[-80:])) not in KINDS:
        KINDS.add(kind)
        name = f"fault-{sha256(content).hexdigest()[:12]}"
        Path(name).write_bytes(content)
        print(f"{name}: {told}", flush=True)


if __name__ == "__main__":
    door = {"csv": csv, "yaml": yaml}[sys.argv.pop(1)]
    atheris.Setup(sys.argv, door)
    atheris.Fuzz()
