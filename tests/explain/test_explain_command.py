"""``backprop-explain`` as it is typed: its keys, its files, its messages."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from runner.explain.__main__ import main


def printed(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    main(arguments)
    return capsys.readouterr().out


def refused(*arguments: str) -> str:
    """The message that a wrong command ends with, and exit code 1."""
    with pytest.raises(SystemExit) as ending:
        main(arguments)
    text = ending.value.code
    assert isinstance(text, str)  # sys.exit prints it to stderr and exits with 1
    assert "Traceback" not in text
    assert len(text.splitlines()) <= 5
    return text


def test_the_same_configuration_as_a_run(capsys: pytest.CaptureFixture[str]) -> None:
    page = printed(capsys, "experiment=chain_rule_momentum", "learning_rate=0.1", "update=2", "weight=w6")
    assert "A 2-2-1 network on inline data (1 example): half_squared_error, sgd, learning rate 0.1." in page
    assert "Update 2 of 100" in page
    assert "v      = μ·v_old + g" in page


def test_ones_own_yaml(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "experiment").mkdir()
    (tmp_path / "experiment" / "mine.yaml").write_text("# @package _global_\nlearning_rate: 0.25\n")
    for argument in ([f"--config-dir={tmp_path}"], ["--config-dir", str(tmp_path)], ["-cd", str(tmp_path)]):
        assert "η = 0.25" in printed(capsys, "experiment=mine", "weight=w6", *argument)


def test_help_is_for_newcomers(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ending:
        main(["--help"])
    assert not ending.value.code
    text = capsys.readouterr().out
    for key in (
        "weight=",
        "update=",
        "example=",
        "format=",
        "out=",
        "digits=",
        "solution=",
        "check=",
        "paths=",
    ):
        assert key in text
    assert max(map(len, text.splitlines())) <= 100


@pytest.mark.parametrize(
    ("form", "start"), [("text", "The chain"), ("markdown", "# The"), ("latex", "%"), ("html", "<!")]
)
def test_out_is_written_whole(
    form: str, start: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "page.any"
    assert printed(capsys, f"format={form}", f"out={out}") == ""
    assert out.read_text(encoding="utf-8").startswith(start)
    beside = {"page.svg"} if form == "markdown" else set()
    assert {path.name for path in tmp_path.iterdir()} == {"page.any"} | beside


def test_digits(capsys: pytest.CaptureFixture[str]) -> None:
    assert "= 0.16942\n" in printed(capsys, "weight=w6", "digits=5")
    assert "= 0.1743825\n" in printed(capsys, "weight=w5", "digits=7")


def test_one_example_of_several(capsys: pytest.CaptureFixture[str]) -> None:
    page = printed(capsys, "network=dense", "data=xor", "network.hidden=[2]", "weight=w1", "example=3")
    assert "Example 3 of 4" in page
    assert "Example 2 of 4\n" not in page
    assert "1/4·(∂E1/∂w1 + ∂E2/∂w1 + ∂E3/∂w1 + ∂E4/∂w1)" in page


def test_a_factor_on_the_learning_rate(capsys: pytest.CaptureFixture[str]) -> None:
    page = printed(capsys, "network.rates=[1,0.1]", "weight=w5")
    assert "r2 = 0.1" in page
    assert "w5 new = w5 − η·r2·∂E/∂w5 = 0.14 − 0.05·0.1·(−0.68765) = 0.143438" in page
    assert "r1" not in page


def test_a_frozen_bias(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["network=dense", "network.train_biases=false", "network.hidden=[2]", "data=chain_rule"]
    assert "network.train_biases is false: b2 stays as it is" in printed(capsys, *arguments, "weight=b2")
    page = printed(capsys, *arguments)
    assert "b1, b2, b3 stay as they are" in page
    assert "b1 new" not in page


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("weight=w9", "weight=w9: the 2-2-1 network has no such parameter"),
        ("weight=w9", "it has w1 to w6 (and no biases), or all"),
        ("weight=W6", "(did you mean 'w6'?)"),
        ("weight=", "weight="),
        ("update=101", "which has 100 updates (100 epochs of 1 update); choose 1 to 100, or raise epochs"),
        ("update=0", "update=0: must be a whole number at least 1"),
        ("update=x", "update=x: must be a whole number at least 1"),
        ("epochs=0", "the run has no updates; give epochs=1 or more"),
        ("learning_rate=50 update=90", "update=90: the run has diverged by then"),
        (
            "network=dense data=spiral network.hidden=[16,16]",
            "the 2-16-16-1 network has 337 parameters, too many",
        ),
        ("network=dense data=spiral network.hidden=[16,16]", "weight=b33"),
        ("network=dense data=spiral network.hidden=[100,100] weight=w1", "10,501 parameters"),
        ("network=dense data=spiral network.hidden=[16,16,16] weight=w1 paths=true", "over 256 paths"),
        ("example=2", "example=2: update 1 sees 1 example; choose 1"),
        ("digits=18", "digits=18: must be a whole number at least 1 and at most 17"),
        ("format=pdf", "format=pdf: must be one of text, markdown, latex, html"),
        ("solution=maybe", "solution=maybe: must be true or false"),
        ("out=no/such/folder.txt", "out=no/such/folder.txt: cannot be written: No such file or directory"),
        ("lerning_rate=1", "learning_rate"),
        ("loss=hubber", "(did you mean 'huber'?)"),
        ("experiment=chain_rul", "chain_rule"),
        ("learning_rate=0.1,0.2", "learning_rate=0.1,0.2: is a sweep of several runs, and one is explained"),
        ("udpate=2", "unknown key udpate (did you mean 'update'?); backprop-explain has weight, update,"),
        ("formt=html", "(did you mean 'format'?)"),
        ("wieght=w1", "(did you mean 'weight'?)"),
        ("wieght=w1", "and the keys of a run, learning_rate, epochs,"),
        ("lerning_rate=1", "(did you mean 'learning_rate'?)"),
        ("paths", "paths: its value is missing: give paths=true"),
        ("weight", "give weight=w1"),
        ("pahts", "pahts: is no key=value (did you mean 'paths'?)"),
        ("weight=w1 weight=w2", "weight=w2: weight is given twice"),
        ("network.hiden=[2]", "(did you mean 'network.hidden'?)"),
    ],
)
def test_messages(arguments: str, message: str) -> None:
    assert message in refused(*arguments.split())


def test_an_update_before_the_divergence_is_explained(capsys: pytest.CaptureFixture[str]) -> None:
    text = refused("learning_rate=50", "update=90")
    last = text.split("update=")[-1].split()[0]
    assert f"Update {last} of 100" in printed(capsys, "learning_rate=50", f"update={last}")


def test_a_large_network_is_explained_for_one_weight(capsys: pytest.CaptureFixture[str]) -> None:
    page = printed(capsys, "network=dense", "data=spiral", "network.hidden=[16,16]", "weight=w1")
    assert "w1 reaches the error over 16 paths" in page
    assert max(map(len, page.splitlines())) <= 100


def test_as_a_process(tmp_path: Path) -> None:
    """With UTF-8 out, and exit code 1 for a mistake. Of readers that stop: ``test_commands.py``."""

    def run(command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["bash", "-c", command.replace("explain", f"{sys.executable} -m runner.explain")],
            cwd=tmp_path, capture_output=True, text=True, timeout=120,
        )  # fmt: skip

    done = run("explain weight=w6")
    assert (done.returncode, done.stderr) == (0, "")
    assert "0.169416" in done.stdout
    wrong = run("explain weight=w7")
    assert (wrong.returncode, wrong.stdout) == (1, "")
    assert wrong.stderr.count("\n") == 1
    assert "∂E/∂w6" in run("PYTHONIOENCODING=ascii explain weight=w6").stdout
    assert list(tmp_path.iterdir()) == []  # nothing is written beside what is asked for
