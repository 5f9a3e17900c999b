"""The command as a user runs it: a process, its exit code, its words, and what it leaves."""

from __future__ import annotations

import csv
import os
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest
from processes import Command

import runner
from runner import remarks
from runner.commands import TRACEBACKS, ending
from runner.config.flags import flags_and_overrides

RESULTS = {"history.csv", "summary.csv", "parameters.csv"}


def left(folder: Path) -> set[str]:
    return {path.name for path in folder.rglob("*") if path.name in RESULTS or path.suffix == ".part"}


def test_a_run_leaves_its_files_and_says_where(command: Command, tmp_path: Path) -> None:
    done = command()
    assert (done.returncode, done.stderr) == (0, "")
    (folder,) = tmp_path.glob("outputs/*/*")
    assert {path.name for path in folder.iterdir()} == {
        ".hydra",
        "about.yaml",
        "history.csv",
        "parameters.csv",
        "summary.csv",
    }
    said = done.stdout.splitlines()[-1]
    assert said == f"every weight and error: {folder.relative_to(tmp_path) / 'history.csv'}"
    with open(folder / "summary.csv", newline="") as f:
        (line,) = csv.DictReader(f)
    assert (line["run"], line["status"], line["epochs"], line["directory"]) == ("0", "completed", "100", ".")
    with open(folder / "parameters.csv", newline="") as f:
        rows = list(csv.reader(f))
    assert rows[0] == ["name", "layer", "to", "from", "initial", "final"]
    assert [row[:5] for row in rows[1:]] == [
        ["w1", "1", "1", "1", "0.11"],
        ["w2", "1", "1", "2", "0.21"],
        ["w3", "1", "2", "1", "0.12"],
        ["w4", "1", "2", "2", "0.08"],
        ["w5", "2", "1", "1", "0.14"],
        ["w6", "2", "1", "2", "0.15"],
    ]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["learning_rate=abc"], "learning_rate=abc: must be a number above 0"),
        (["learningrate=1"], "did you mean 'learning_rate'"),
        (["network=dence"], "did you mean 'dense'"),
        (["+new=1"], "unknown key new"),
        (
            ["data=csv", "data.path=nowhere.csv", "data.targets=y"],
            "data.path=nowhere.csv: there is no such file",
        ),
        (["network.hidden=[3]"], "network=dense"),
        (["learning_rate=${nowhere}"], "nowhere"),
        (["data=xor", "data.points=1e6", "network=dense", "network.hidden=[1000000]"], "TB of memory, and"),
        (["hydra.run.dir=/proc/nowhere"], "/proc/nowhere"),
        (["--config-dir=nowhere", "experiment=mine"], "nowhere"),
        (["--config-path"], "config-path"),
        (["--config-path=nowhere"], "--config-path=nowhere: there is no such folder"),
        (["--learning-rate", "0.1"], "keys have no dashes before: learning_rate=VALUE"),
        (["--quite"], "did you mean '--quiet'?"),
        (["--shell-completion"], "install=SHELL"),
        (["--resolve"], "--cfg job --resolve"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_bad_input_ends_in_a_short_message(
    arguments: list[str], words: str, command: Command, tmp_path: Path
) -> None:
    done = command(*arguments)
    assert done.returncode != 0
    assert words in done.stderr
    assert "Traceback" not in done.stderr
    assert "Error executing job" not in done.stderr
    assert len(done.stderr) < 1200
    assert not left(tmp_path)


def test_error_txt_says_why_and_no_result_is_left(command: Command, tmp_path: Path) -> None:
    command("learning_rate=-1", "hydra.run.dir=run")
    assert (tmp_path / "run/error.txt").read_text() == "learning_rate=-1: must be a number above 0\n"
    assert not left(tmp_path)
    command("epochs=1", "hydra.run.dir=run")  # the next try
    assert not (tmp_path / "run/error.txt").exists()
    assert (tmp_path / "run/summary.csv").exists()


def test_hydra_full_error_shows_the_traceback(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HYDRA_FULL_ERROR", "1")
    assert "Traceback" in command("learning_rate=-1").stderr


def test_help_is_for_newcomers(command: Command) -> None:
    done = command("--help")
    assert done.returncode == 0
    for word in (
        "Usage",
        "Examples",
        "history.csv",
        "chain_rule, dense",
        "learning_rate: 0.05",
        "--config-dir",
    ):
        assert word in done.stdout
    assert "$" not in done.stdout.replace("${now", "")


def test_two_runs_in_the_same_second_get_two_folders(tmp_path: Path) -> None:
    started = [
        subprocess.Popen([sys.executable, "-m", "runner"], cwd=tmp_path, stdout=subprocess.PIPE)
        for _ in range(2)
    ]
    said = [process.communicate(timeout=120)[0].decode().split()[-1] for process in started]
    assert len(set(said)) == 2
    assert len({(tmp_path / path).read_bytes() for path in said}) == 1


@pytest.mark.parametrize("plugins", [[], ["hydra/sweeper=basic"], ["hydra/launcher=basic"]], ids=str)
def test_a_sweep_may_be_beside_the_current_folder(
    plugins: list[str], command: Command, tmp_path: Path
) -> None:
    here = tmp_path / "here"
    here.mkdir()
    done = command("-m", "seed=0,1", "epochs=2", "hydra.sweep.dir=../there", *plugins, cwd=here)
    assert done.returncode == 0, done.stderr
    assert runner.read_runs(tmp_path / "there")["directory"].tolist() == ["0", "1"]


def test_a_folder_with_a_result_is_not_overwritten(command: Command, tmp_path: Path) -> None:
    assert command("hydra.run.dir=run").returncode == 0
    before = (tmp_path / "run/history.csv").stat().st_mtime_ns
    again = command("hydra.run.dir=run", "learning_rate=0.1")
    assert again.returncode == 1
    assert "hydra.run.dir=run: already holds the result of a run" in again.stderr
    assert "another folder" in again.stderr
    assert (tmp_path / "run/history.csv").stat().st_mtime_ns == before


@pytest.mark.parametrize(
    "overrides",
    [
        ["learning_rate=0.1", "network.weights={init: normal, std: 0.3}", "seed=5"],
        ["experiment=xor", "data.noise=0.1", "data.points=20", "data.test_fraction=0.2", "batch_size=3",
         "epochs=9"],
        pytest.param(
            ["network=dense", "data=cars", "optimizer=adam", "schedule=cosine", "epochs=9", "log.every=2"],
            marks=pytest.mark.thorough,
        ),
    ],
)  # fmt: skip
def test_a_run_is_repeated_from_its_folder(overrides: list[str], command: Command, tmp_path: Path) -> None:
    assert command(*overrides, "hydra.run.dir=first").returncode == 0
    repeated = command("--config-path", "first/.hydra", "--config-name", "config", "hydra.run.dir=second")
    assert (repeated.returncode, repeated.stderr) == (0, "")
    assert {path.name for path in (tmp_path / "second").iterdir()} == {
        path.name for path in (tmp_path / "first").iterdir()
    }
    for name in ("history.csv", "parameters.csv"):
        assert (tmp_path / "second" / name).read_bytes() == (tmp_path / "first" / name).read_bytes()
    refused = command("--config-path", "first/.hydra", "--config-name", "config", "hydra.run.dir=first")
    assert "already holds" in refused.stderr

    run = runner.train(runner.load_run(tmp_path / "first"))
    assert run.history.equals(runner.read_history(tmp_path / "first"))
    assert run.parameters.equals(runner.read_parameters(tmp_path / "first"))


def test_training_goes_on_from_an_earlier_run(command: Command, tmp_path: Path) -> None:
    command("epochs=4", "hydra.run.dir=first")
    done = command("epochs=6", "network.weights={from: first}", "hydra.run.dir=second")
    assert done.returncode == 0, done.stderr
    whole = runner.train(runner.load("epochs=10")).history
    second = runner.read_history(tmp_path / "second")
    assert second.iloc[:, 1:].to_numpy().tobytes() == whole.iloc[4:, 1:].to_numpy().tobytes()

    wrong = command("network=dense", "network.hidden=[3]", "network.weights={from: first}")
    assert "layers of 2x2 1x2 where this network needs 3x2 1x3" in wrong.stderr


@pytest.mark.parametrize("network", ["chain_rule", "dense"])
def test_biases_go_on_too(network: str, command: Command, tmp_path: Path) -> None:
    command("network=dense", "network.hidden=[2]", "network.activation=identity", "hydra.run.dir=first")
    goes_on = [f"network={network}", "network.hidden=[2]", "network.activation=identity", "learning_rate=0.1"]
    done = command(*goes_on, "network.weights={from: first}", "hydra.run.dir=second")
    assert done.returncode == 0, done.stderr
    ended, begun = (runner.read_history(tmp_path / run) for run in ("first", "second"))
    assert begun.iloc[0, 1:].equals(ended.iloc[-1, 1:].rename(0))
    assert begun.filter(regex="^b").iloc[0].abs().min() > 0
    swept = command("-m", *goes_on, "seed=1,2", "network.weights={from: first}", "hydra.sweep.dir=sweep")
    assert swept.returncode == 0, swept.stderr
    for run in ("0", "1"):
        assert runner.read_history(tmp_path / "sweep" / run).equals(begun)


def test_a_configuration_dir_of_ones_own(command: Command, tmp_path: Path) -> None:
    (tmp_path / "mine/experiment").mkdir(parents=True)
    (tmp_path / "mine/experiment/slow.yaml").write_text(
        "# @package _global_\nlearning_rate: 0.001\nepochs: 2\n"
    )
    done = command("--config-dir", "mine", "experiment=slow", "hydra.run.dir=run")
    assert "learning rate 0.001" in done.stdout, done.stderr
    assert len(runner.read_history(tmp_path / "run")) == 3


def test_a_sweep_under_hydras_own_launcher(command: Command, tmp_path: Path) -> None:
    done = command("-m", "learning_rate=0.01,0.1", "hydra/launcher=basic", "hydra.sweep.dir=sweep")
    assert done.returncode == 0, done.stderr
    for job, rate in enumerate(["learning_rate=0.01", "learning_rate=0.1"]):
        expected = runner.train(runner.load(rate)).history
        assert runner.read_history(tmp_path / "sweep" / str(job)).equals(expected)


def unread(*arguments: str, cwd: Path, both: bool = False) -> subprocess.CompletedProcess[str]:
    """A command whose reader has gone before it says anything."""
    reader, writer = os.pipe()
    os.close(reader)
    try:
        return subprocess.run(
            [sys.executable, "-m", *arguments],
            cwd=cwd,
            stdout=writer,
            stderr=writer if both else subprocess.PIPE,
            text=True,
            timeout=120,
        )
    finally:
        os.close(writer)


def test_who_reads_the_output_may_stop(tmp_path: Path) -> None:
    for arguments in (
        "runner hydra.run.dir=run",
        "runner -m seed=0,1 hydra.sweep.dir=sweep",
        "runner --help",
        "runner.explain",
        "runner.figures run --only network",
        "runner.report run --only network",
    ):
        done = unread(*arguments.split(), cwd=tmp_path)
        assert (done.returncode, done.stderr) == (0, ""), arguments
    for folder in ("run", "sweep/0", "sweep/1"):
        assert {path.name for path in (tmp_path / folder).glob("*.*")} >= RESULTS
        assert not (tmp_path / folder / "error.txt").exists()
    assert {"figures", "report.html"} <= {path.name for path in (tmp_path / "run").iterdir()}


def test_an_error_that_nobody_reads_is_one(tmp_path: Path) -> None:
    assert unread("runner", "learning_rate=abc", cwd=tmp_path, both=True).returncode == 1
    assert unread("runner.figures", "nowhere", cwd=tmp_path, both=True).returncode == 1


COMMANDS = ("runner", "runner.explain", "runner.figures", "runner.report")


@pytest.mark.parametrize("module", [*COMMANDS, "runner.predict", "runner.export"])
def test_every_command_says_its_version(module: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", module, "--version"], cwd=tmp_path, capture_output=True, text=True
    )
    name = f"backprop-{module.rpartition('.')[2]}"
    assert (done.returncode, done.stdout, done.stderr) == (0, f"{name} {runner.__version__}\n", "")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("module", "work"), list(zip(COMMANDS, ["flags_and_overrides", "run", "draw", "report"], strict=True))
)
def test_every_command_can_be_interrupted(
    module: str, work: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupt(*arguments: object) -> None:
        raise KeyboardInterrupt

    for name in (TRACEBACKS, "HYDRA_FULL_ERROR"):
        monkeypatch.setenv(name, "0")  # a command may set them for itself
    place = import_module(f"{module}.__main__")
    monkeypatch.setattr(place, work, interrupt)
    monkeypatch.setattr(sys, "argv", ["command", "DIR"])
    with pytest.raises(SystemExit) as ended:
        place.main()
    assert ended.value.code == 130
    assert capsys.readouterr().err == "interrupted\n"


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (KeyboardInterrupt(), 130),
        (runner.RunnerError("put it right"), "put it right"),
        (FileNotFoundError(2, "No such file", "there"), "there: No such file"),
        (FileNotFoundError(2, "No such file", b"there"), "there: No such file"),
        (PermissionError(13, "Permission denied", 7), "Permission denied"),
        (OSError(28, "No space left on device"), "No space left on device"),
        (OSError(), "OSError"),
        (MemoryError("1 TiB"), "out of memory: 1 TiB"),
        (MemoryError(), "out of memory"),
        (RecursionError("too deep"), "lists or mappings stand too deep in each other (too deep)"),
        (ValueError("\x1b[31m"), r"ValueError: \x1b[31m (HYDRA_FULL_ERROR=1 shows where)"),
        (ZeroDivisionError(), "ZeroDivisionError (HYDRA_FULL_ERROR=1 shows where)"),
        (KeyError("x" * 100_000), f"KeyError: '{'x' * 48} ... {'x' * 25}' (HYDRA_FULL_ERROR=1 shows where)"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_how_a_command_ends(
    error: BaseException, code: int | str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in (TRACEBACKS, "HYDRA_FULL_ERROR"):
        monkeypatch.delenv(name, raising=False)

    @ending()
    def main() -> None:
        raise error

    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == code
    assert capsys.readouterr().err == ("interrupted\n" if code == 130 else "")
    monkeypatch.setenv("HYDRA_FULL_ERROR", "1")
    with pytest.raises(SystemExit if code == 130 else type(error)):
        main()


def test_a_callbacks_last_word_is_plain() -> None:
    @ending()
    def main() -> None:
        raise SystemExit("\x1b[2J")

    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == r"\x1b[2J"


@pytest.mark.parametrize("arguments", ["runner.explain experiment=nothing", "runner.figures nowhere"])
def test_hydra_full_error_shows_the_traceback_of_any(arguments: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for wanted in ("0", "1"):
        monkeypatch.setenv("HYDRA_FULL_ERROR", wanted)
        done = subprocess.run([sys.executable, "-m", *arguments.split()], capture_output=True, text=True)
        assert done.returncode == 1
        assert ("Traceback" in done.stderr) == (wanted == "1")


# --- the Python interface --------------------------------------------------------------------------


def test_many_experiments_are_trained_as_one_and_as_alone() -> None:
    experiments = [runner.load(f"learning_rate={rate}", "epochs=20") for rate in (0.01, 0.1, 5)]
    experiments.append(runner.load("network=dense", "data=xor", "epochs=5"))  # does not fit the stack
    together = runner.train(experiments)
    assert [run.result.status for run in together] == ["completed", "completed", "diverged", "completed"]
    for experiment, run in zip(experiments, together, strict=True):
        assert run.experiment is experiment
        assert run.history.equals(runner.train(experiment).history)


def test_predictions() -> None:
    run = runner.train(runner.load("epochs=0"))
    assert run.predict().tolist() == [[pytest.approx(0.191)]]
    more = np.array([[2.0, 3.0], [0.0, 0.0]])
    assert run.predict(more)[:, 0].tolist() == [pytest.approx(0.191), 0.0]


def test_folders_that_are_none() -> None:
    for read in (runner.load_run, runner.read_history, runner.read_parameters):
        with pytest.raises(runner.RunnerError, match="nowhere: is not the folder of a"):
            read("nowhere")


def test_names_that_there_are_not() -> None:
    with pytest.raises(AttributeError, match="no attribute 'tarin'"):
        runner.tarin  # type: ignore[attr-defined] # noqa: B018


def test_flags_may_stand_anywhere(command: Command, tmp_path: Path) -> None:
    (tmp_path / "mine=yours" / "experiment").mkdir(parents=True)
    (tmp_path / "mine=yours" / "experiment" / "mine.yaml").write_text("# @package _global_\nepochs: 2\n")
    done = command("learning_rate=0.1", "--config-dir", "mine=yours", "experiment=mine", "-m", "seed=0,1")
    assert done.returncode == 0, done.stderr
    assert "2 runs in" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ("--cfg job --package optimizer", "# @package optimizer\nname: sgd"),
        ("--package optimizer optimizer=adam --cfg job", "# @package optimizer\nname: adam"),
        ("~optimizer.momentum -c job -p optimizer", "name: sgd\nnesterov"),
        ("--info learning_rate=0.1", "Installed Hydra Plugins"),
        ("--shell-completion install=bash", "hydra_bash_completion"),
    ],
)
def test_flags_of_hydra_work_in_any_order(arguments: str, words: str, command: Command) -> None:
    done = command(*arguments.split())
    assert (done.returncode, done.stderr) == (0, "")
    assert words in done.stdout


@pytest.mark.parametrize(
    ("arguments", "flags", "overrides"),
    [
        ("a=1 --cfg hydra -p b=2 c=3 --resolve", "--cfg hydra -p b=2 --resolve", "a=1 c=3"),
        ("a=1 --config-dir=mine -cn b -cp c d=2", "--config-dir=mine -cn b -cp c", "a=1 d=2"),
        ("a=1 --pack b=2 ~c -m", "--pack b=2 -m", "a=1 ~c"),
        ("--info a=1", "--info=all", "a=1"),
        ("-i searchpath a=1", "-i=searchpath", "a=1"),
        ("a=1 -i", "-i=all", "a=1"),
        ("--experimental-rerun a=1 --hydra-help", "--experimental-rerun a=1 --hydra-help", ""),
        ("a=1 -p", "-p", "a=1"),
    ],
)
def test_flags_keep_their_values(arguments: str, flags: str, overrides: str) -> None:
    assert flags_and_overrides(arguments.split()) == (flags.split(), overrides.split())


def test_quiet_commands_say_where_results_are(command: Command, tmp_path: Path) -> None:
    one = command("--quiet", "epochs=2", "batch_size=9", "hydra.run.dir=one")
    assert (one.returncode, one.stdout, one.stderr) == (0, "one/history.csv\n", "")
    many = command("-q", "-m", "epochs=2,2,3", "hydra.sweep.dir=many")
    assert (many.returncode, many.stdout, many.stderr) == (0, "many/runs.csv\n", "")
    wrong = command("-q", "epochs=-1")
    assert (wrong.returncode, wrong.stdout) == (1, "")
    assert wrong.stderr == "epochs=-1: must be a whole number at least 0\n"


@pytest.mark.parametrize("module", ["explain.__main__", "figures.__main__", "report.__main__", "predict"])
def test_other_commands_can_be_quiet(module: str, capsys: pytest.CaptureFixture[str]) -> None:
    command = import_module(f"runner.{module}")
    parser = vars(command).get("parser") or vars(command)["_parser"]
    with pytest.raises(SystemExit):
        parser().parse_args(["-q", "--help"])
    assert remarks.is_quiet()
    remarks.be_quiet(False)
    assert "--quiet" in capsys.readouterr().out


def test_remarks_are_on_stderr(command: Command) -> None:
    done = command("epochs=2", "batch_size=9")
    assert "batch_size=9 is more than" in done.stderr
    assert "batch_size=9" not in done.stdout
