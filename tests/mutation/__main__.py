"""Whether the suite notices: every mutant is put into a copy of the project, and tests are run there.

    python -m tests.mutation                 # all of the list, some minutes
    python -m tests.mutation bias halving    # what has one of these words in it, or in its path

By hand, and on systems that fork. It ends with 1 where a mutant survives.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

from . import FILES
from .mutants import File, Wrong

ROOT = Path(__file__).parents[2]
COPIED = ("runner", "hydra_plugins", "conf", "tests", "pyproject.toml", "README.md")
#: What every test waits for: imported before each is forked off. Nothing of the project is.
AT_HAND = ("numpy", "pandas", "pyarrow.csv", "orjson", "hydra", "hydra._internal.hydra", "omegaconf",
           "joblib", "rich.progress", "threadpoolctl", "pytest", "hypothesis", "unittest.mock")  # fmt: skip
#: Seconds after which tests hang: a mutant that makes them is noticed too.
PATIENCE = 120.0
CAUGHT, SURVIVED, HANGS = "caught", "SURVIVED", "caught (hangs)"


def copied(to: Path) -> Path:
    """A copy of the project, with its bytecode, where no mutant can stay behind."""
    for name in COPIED:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy2
        copy(ROOT / name, to / name)
    return to


def go_to(copy: Path) -> None:
    """Has this process, and those that it starts, import from there, and leave no bytecode of mutants."""
    os.environ |= {"PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1", "OMP_NUM_THREADS": "1"}
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"  # to look for them takes longer than most tests
    sys.dont_write_bytecode = True
    sys.path.insert(0, str(copy))
    os.chdir(copy)
    for name in AT_HAND:
        import_module(name)


def outcome(file: Path, mutant: str, tests: Sequence[str]) -> str:
    """What became of tests while a file of the copy was another, which it no longer is."""
    original, then = file.read_bytes(), file.stat()
    try:
        file.write_text(mutant, encoding="utf-8")
        return tested(tests, PATIENCE)
    finally:
        file.write_bytes(original)
        os.utime(file, ns=(then.st_atime_ns, then.st_mtime_ns))  # as its bytecode says


def tested(tests: Sequence[str], patience: float) -> str:
    """How tests end that a process of their own runs, up to the first that fails."""
    child = os.fork()
    if child == 0:
        os.setsid()
        os._exit(_run(tests))
    started = time.monotonic()
    while True:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            return SURVIVED if os.waitstatus_to_exitcode(status) == 0 else CAUGHT
        if time.monotonic() - started > patience:
            os.killpg(child, signal.SIGKILL)
            os.waitpid(child, 0)
            return HANGS
        time.sleep(0.02)


def _run(tests: Sequence[str]) -> int:
    import pytest

    signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored of what a shell has in the background
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    with open(os.devnull, "w") as nowhere:
        os.dup2(nowhere.fileno(), 1)
        os.dup2(nowhere.fileno(), 2)
    options = ["-x", "-q", "--tb=no", "-p", "no:cacheprovider"]
    options += ["-W", "ignore::pytest.PytestAssertRewriteWarning"]  # of what is at hand
    return int(pytest.main([*options, *(f"tests/{test}" for test in tests)]))


def chosen(words: Sequence[str]) -> list[tuple[File, Wrong]]:
    """The mutants of the list that have one of the words, or all."""
    every = [(file, wrong) for file in FILES for wrong in file.mutants]
    return [
        (file, wrong)
        for file, wrong in every
        if not words or any(w in wrong.what or w in file.path for w in words)
    ]


def main(words: Sequence[str]) -> int:
    """Tries the mutants and says what became of each; returns how the process ends."""
    survived, mutants = 0, chosen(words)
    with tempfile.TemporaryDirectory() as folder:
        go_to(copied(Path(folder)))
        tests = dict.fromkeys(test for file, _ in mutants for test in file.tests)
        if tested(list(tests), len(tests) * PATIENCE) != SURVIVED:
            raise SystemExit("tests fail or hang without a mutant")
        for file, wrong in mutants:
            text = Path(file.path).read_text(encoding="utf-8")
            end = outcome(Path(folder, file.path), text.replace(wrong.old, wrong.new), file.tests)
            survived += end == SURVIVED
            print(f"{end:9} {file.path}: {wrong.what}", flush=True)
        os.chdir(ROOT)
    print(f"{len(mutants) - survived} of {len(mutants)} caught")
    return 1 if survived else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
