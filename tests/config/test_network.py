"""Weights and biases: drawn, given, or of an earlier run."""

from __future__ import annotations

from pathlib import Path

import pytest
from refusing import refusal

import runner
from runner.config.compose import replacing
from runner.nn.initializers import INITIALIZERS
from runner.training.settings import Given


@pytest.mark.parametrize("name", INITIALIZERS)
def test_every_initializer_by_name_and_with_its_options(name: str) -> None:
    by_name = runner.load("network=dense", f"network.weights={name}").weights
    given = "".join(f", {key}: {option.default}" for key, option in INITIALIZERS[name].options.items())
    assert runner.load(f"network.weights={{init: {name}{given}}}").weights == by_name


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("{init: normal, std: 0.1}", "{init: constant, value: 2}"),
        ("{init: normal, std: 0.1}", "[[[1,2],[3,4]],[[5,6]]]"),
        ("{init: normal, std: 0.1}", "zeros"),
        ("[[[0,0],[0,0]],[[0,0]]]", "{init: constant, value: 2}"),
        ("[[[0,0],[0,0]],[[0,0]]]", "[[[1,2],[3,4]],[[5,6]]]"),
        ("uniform", "zeros"),
    ],
)
def test_weights_replace_what_was_there(old: str, new: str) -> None:
    afresh = ["network=dense", "network.hidden=[2]", "network.activation=identity", "network.biases=null"]
    drawn, wanted = (
        runner.train(runner.load("epochs=0", *before, f"network.weights={new}")).result.final.tolist()
        for before in ([f"network.weights={old}"], afresh)
    )
    assert drawn == wanted


PARAMETERS = """name,layer,to,from,initial,final
w1,1,1,1,0,1
w2,1,1,2,0,2
w3,1,2,1,0,3
w4,1,2,2,0,4
w5,2,1,1,0,5
w6,2,1,2,0,6
"""


def test_weights_of_an_earlier_run_are_found_by_their_places(tmp_path: Path) -> None:
    header, *lines = PARAMETERS.splitlines()
    (tmp_path / "parameters.csv").write_text("\n".join([header, *sorted(lines, reverse=True)]) + "\n")
    weights = runner.load(f"network.weights={{from: {tmp_path}}}").weights
    assert isinstance(weights, Given)
    assert [layer.tolist() for layer in weights.layers] == [[[1, 2], [3, 4]], [[5, 6]]]


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("w3,1,2,1,0,3\n", "", "has not all weights"),
        ("w3,1,2,1,0,3\n", "w3,1,2,1,0,3\nw3,1,2,1,0,3\n", "a wrong line for w3"),
        ("w3,1,2,1,0,3\n", "w3,1,2,1,0,nan\n", "a wrong line for w3"),
        ("w3,1,2,1,0,3\n", "w3,1,2,0,0,3\n", "a wrong line for w3"),
        ("w3,1,2,1,0,3\n", "w3,1,2,1,0,three\n", "parameters.csv, line 4: is not that of a weight"),
        ("w3,1,2,1,0,3\n", "w3,1,2,-1.5,0,3\n", "parameters.csv, line 4: is not that of a weight"),
        ("w3,1,2,1,0,3\n", "w3,1,2\n", "parameters.csv, line 4: is not that of a weight"),
        ("w3,1,2,1,0,3\n", f"w3,1,2,1,0,{'3' * 200_000}\n", "field larger than"),
        ("w6,2,1,2,0,6\n", "w6,2,1,2,0,6\nw7,3,1,1,0,7\n", "has layers of 2x2 1x2 1x1"),
        ("w6,2,1,2,0,6\n", "w6,2,1,2,0,6", "the last line of parameters.csv has no end: it is cut"),
    ],
)
def test_damaged_parameters_are_refused(old: str, new: str, words: str, tmp_path: Path) -> None:
    (tmp_path / "parameters.csv").write_text(PARAMETERS.replace(old, new))
    text = refusal(f"network.weights={{from: {tmp_path}}}")
    assert f"network.weights.from={tmp_path}" in text.replace("'", "")
    assert words in text


WITH_BIASES = PARAMETERS + "b1,1,1,0,0,7\nb2,1,2,0,0,8\nb3,2,1,0,0,9\n"
DENSE = ("network=dense", "network.hidden=[2]")


def biases_of(*overrides: str) -> list[list[float]] | None:
    biases = runner.load(*overrides).biases
    assert biases is None or isinstance(biases, Given)
    return None if biases is None else [layer.tolist() for layer in biases.layers]


def earlier(folder: Path, parameters: str) -> str:
    folder.mkdir()
    (folder / "parameters.csv").write_text(parameters)
    return str(folder)


def test_an_earlier_run_brings_its_biases(tmp_path: Path) -> None:
    run, bare = earlier(tmp_path / "a", WITH_BIASES), earlier(tmp_path / "b", PARAMETERS)
    for network in ((), DENSE):
        assert biases_of(*network, f"network.weights={{from: {run}}}") == [[7, 8], [9]]
        assert biases_of(*network, f"network.weights={{from: {bare}}}") is None
    other = earlier(tmp_path / "c", WITH_BIASES.replace(",9\n", ",10\n"))
    both = f"network.weights={{from: {bare}}}", f"network.biases={{from: {other}}}"
    assert biases_of(*DENSE, *both) == [[7, 8], [10]]
    assert biases_of(*DENSE, *replacing(both)) == [[7, 8], [10]]  # as a run's overrides.yaml has them


def test_biases_are_chosen_beside_the_weights_of_a_run_or_refused(tmp_path: Path) -> None:
    run = earlier(tmp_path / "a", WITH_BIASES)
    for value in ("[[1,2],[3]]", "constant", "{init: normal, std: 2}", "zeros", "null"):
        chosen = f"network.biases={value}"
        for weights in (f"{{from: {run}}}", f"{{ 'from' : {run}}}"):
            text = refusal(*DENSE, f"network.weights={weights}", chosen)
            assert text.startswith("network.biases=")
            assert "biases: false" in text
        alone = runner.load(*DENSE, f"network.weights={{from: {run}, biases: false}}", chosen)
        assert alone.biases == runner.load(*DENSE, chosen).biases or value.startswith("[")
    given = biases_of(*DENSE, f"network.weights={{from: {run}, biases: false}}", "network.biases=[[1,2],[3]]")
    assert given == [[1, 2], [3]]
    preset = refusal("experiment=chain_rule_two_outputs", f"network.weights={{from: {run}}}")
    assert preset.startswith("network.biases=[[0.35, 0.35], [0.6, 0.6]]: stands beside")


def test_a_sweep_takes_the_biases_of_each_run(tmp_path: Path) -> None:
    run = earlier(tmp_path / "a", WITH_BIASES)
    sources = f"{{from: {run}}},{{from: {run}, biases: false}}"
    first, second = runner.load_sweep(*DENSE, f"network.weights={sources}")
    assert isinstance(first.biases, Given)
    assert first.biases.layers[1].tolist() == [9]
    assert second.biases == runner.load(*DENSE).biases
