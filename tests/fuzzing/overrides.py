"""Overrides as they are mistyped, and as nobody should write them."""

from __future__ import annotations

from functools import cache
from random import Random

from attempts import WORDS, Attempt

from runner.config.messages import known_keys
from runner.config.shipped import conf_dir

#: Overrides that are right, of which wrong ones are made.
RIGHT = (
    *("network=dense", "network.hidden=[4]", "network.hidden=[4,3]", "network.activation=relu", "data=moons"),
    *("network.activation=[relu,tanh]", "network.weights=xavier_uniform", "network.biases=zeros"),
    *("network.weights={init: normal, std: 0.1}", "network.biases={init: constant, value: 0.5}", "data=iris"),
    *("network.weights=[[[0.1,0.2]],[[0.3]]]", "network.output_activation=sigmoid", "network.frozen=[1]"),
    *("optimizer=adam", "optimizer.betas=[0.9,0.99]", "optimizer.eps=1e-8", "optimizer=sgd", "loss=huber"),
    *(
        "optimizer.momentum=0.9",
        "schedule=step",
        "schedule.every=10",
        "schedule=cosine",
        "schedule.gamma=0.5",
    ),
    *(
        "data=inline",
        "data.inputs=[[1,2],[3,4]]",
        "data.targets=[[1],[0]]",
        "data.points=50",
        "data.noise=0.1",
    ),
    *("data=csv", "data.path=table.csv", "data.targets=y", "data.separator=;", "data.header=[a,b]"),
    *("data.test_fraction=0.25", "data.validation_fraction=0.2", "data.scale=standard", "data.stratify=true"),
    *("data.classes=3", "data.seed=3", "learning_rate=0.1", "epochs=1", "batch_size=4", "shuffle=false"),
    *("seed=1", "objective=final_error", "loss=cross_entropy", "regularization.l2=0.1", "stop.patience=3"),
    *(
        "stop.metric=error",
        "stop.error=0.1",
        "log.every=5",
        "log.unit=update",
        "log.curvature=1",
        "continue=.",
    ),
    *("experiment=xor", "experiment=[xor,digits]", "plugins=[]", "hydra.run.dir=out", "hydra.sweep.dir=out"),
    *(
        "hydra.launcher.n_jobs=2",
        "hydra.launcher.max_memory=1GiB",
        "hydra.sweeper.repeat=2",
        "hydra.verbose=x",
    ),
    *("network.weights={from: run}", "network=null", "~schedule", "+new=1", "++epochs=1", "data@other=moons"),
)
#: Values that Hydra's grammar, or OmegaConf, reads as more than a text.
MEANT = (
    *("range(3)", "range(1,10,0)", "range(1e9)", "choice(1,2)", "choice()", "glob(*)", "glob(x*,exclude=y)"),
    *(
        "interval(0,1)",
        "interval(a,b)",
        "tag(a,choice(1))",
        "sort(3,1,2)",
        "shuffle(1,2)",
        "int(1.5)",
        "int(x)",
    ),
    *("float(a)", "str([1,2])", "bool(maybe)", "json_str({a:1})", "extend_list(1)", "f(x)", "${a.b}", "${.}"),
    *("${..seed}", "${epochs}", "${learning_rate}", "${oc.env:NOPE}", "${oc.decode:'[1'}", "${oc.create:1}"),
    *(
        "${oc.select:a,b}",
        "${oc.dict.keys:data}",
        "${hydra:runtime.cwd}",
        "${now:%Y}",
        "${eval:1+1}",
        "${x:}",
    ),
    *("[" * 30 + "]" * 30, "[" * 900 + "]" * 900, "{a:" * 40 + "1" + "}" * 40, "[1,2", "{a", "{a:1,a:2}"),
    *("'unclosed", "\"a'", "\\'", "[1,[2,[3]]]", "1,2,3", "a,b", "[1],[2]", "[[1,2],[3]]", "[[1],[null]]"),
    *("[[nan]]", "[[1e999]]", "[true]", "[{a:1}]", "{init: nope}", "{init: normal, std: -1}", "{from: .}"),
    *("{name: x}", "{std: 1}", "[xavier_uniform]", "[1000000000]", "[100000,100000]", "1000000000000", "[0]"),
    *("[-1]", "[1.5]", "[]", "0.0", "-0.0", "1e308", "1e-320", "99999999999999999999", "0b1", "1j", "١"),
)
#: What is composed for wrong values of its keys, and the file that one of them takes.
CHOSEN = (
    *(
        "data=moons optimizer=adam",
        "data=csv data.path=table.csv data.targets=y data.separator=semicolon",
        "data=xor",
    ),
    *(
        "data=iris loss=cross_entropy schedule=step",
        "data=inline data.inputs=[[1],[2]] data.targets=[[1],[0]]",
    ),
)
FILES = {"table.csv": b"x;y\n1;2\n3;4\n5;6\n"}
TYPES = ("+", "++", "~", "+++", "-", " ", "~~", ".", "$", "a.", "hydra.", "hydra/")


def attempt(random: Random) -> Attempt:
    """A few overrides, most of them wrong: values of keys that there are, or whatever else, composed."""
    if random.random() < 0.8:
        chosen = random.choice(CHOSEN)
        given = [_of_key(random, chosen) for _ in range(random.choice((1, 1, 2)))]
        return Attempt("keys", (chosen, *given), FILES)
    given = [
        random.choice((_mistyped, _other_value, _right))(random) for _ in range(random.choice((0, 0, 1, 2)))
    ]
    given.append(random.choice((_mistyped, _other_value))(random))
    random.shuffle(given)
    return Attempt("sweep" if random.random() < 0.2 else "run", tuple(given), FILES)


def _of_key(random: Random, chosen: str) -> str:
    """A value of a key that this configuration has, or of one that it has not."""
    groups = ("network", "log", "stop", "regularization", "optimizer", "schedule", "data")
    keys = [key for key in known_keys() if "." not in key or key.split(".")[0] in groups]
    key = random.choice(keys)
    if random.random() < 0.05:
        at = random.randint(0, len(key))
        key = key[:at] + random.choice(("x", ".", "", "..", "a.b")) + key[at + 1 :]
    values = random.choice((WORDS, MEANT, [one.partition("=")[2] for one in RIGHT]))
    value = random.choice(values)
    if random.random() < 0.1:
        value = f"[{value},{random.choice(values)}]"
    return f"{key}={value}"


@cache
def _keys() -> tuple[str, ...]:
    groups = [path.name for path in conf_dir().iterdir() if path.is_dir()]
    more = ("hydra", "hydra.job.chdir", "hydra/launcher", "hydra.searchpath", "experiment", "name", "", "a.b")
    return (*known_keys(), *groups, *groups, *more)


def _right(random: Random) -> str:
    return random.choice(RIGHT)


def _other_value(random: Random) -> str:
    """A key with a value that it does not expect, most often."""
    key = random.choice(_keys())
    prefix = random.choice(("", "", "", "", "", "+", "++", "~"))
    values = random.choice((WORDS, MEANT, [one.partition("=")[2] for one in RIGHT]))
    value = random.choice(values)
    if random.random() < 0.1:
        value = f"{value},{random.choice(values)}"
    if random.random() < 0.1:
        value = f"[{value},{random.choice(values)}]"
    return f"{prefix}{key}={value}"


def _mistyped(random: Random) -> str:
    """A right override of which a few letters are wrong."""
    text = random.choice(RIGHT)
    for _ in range(random.choice((1, 1, 2, 3))):
        at = random.randint(0, len(text))
        end = at + random.choice((0, 0, 1, 3))
        put = random.choice(("", *WORDS, *"[]{}(),.:='\"$+~@/\\ \t\n", text[at : at + 3] * 2, *TYPES))
        text = text[:at] + put + text[end:]
    return random.choice(TYPES) + text if random.random() < 0.1 else text
