"""Records what PyTorch computes, so that the tests compare with it where it is not installed.

    python tests/reference/make_torch_reference.py                   the files beside this one
    python tests/reference/make_torch_reference.py 200 7 other.json  200 trainings drawn with seed 7

Everything is float64 on one thread. A training is described by the runner's own configuration as a
plain mapping; here it is spelt out with torch's autograd, optimizers and schedulers.
"""

import itertools
import json
import random
import sys
from pathlib import Path

import torch
from torch import nn

torch.set_default_dtype(torch.float64)
torch.set_num_threads(1)
HERE = Path(__file__).parent

F = nn.functional
ACTIVATIONS = {
    "identity": lambda z: z,
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "relu": F.relu,
    "leaky_relu": F.leaky_relu,
    "elu": F.elu,
    "selu": F.selu,
    "softplus": F.softplus,
    "softsign": F.softsign,
    "silu": F.silu,
    "gelu": F.gelu,
    "sin": torch.sin,
}
LOSSES = {
    "half_squared_error": lambda pred, y: 0.5 * ((pred - y) ** 2).sum(dim=1).mean(),
    "mean_squared_error": nn.MSELoss(),
    "mean_absolute_error": nn.L1Loss(),
    "huber": nn.HuberLoss(),
    "binary_cross_entropy": nn.BCELoss(),
    "binary_cross_entropy_with_logits": nn.BCEWithLogitsLoss(),
    "cross_entropy": nn.CrossEntropyLoss(),
}
OPTIMIZERS = [
    {"name": "sgd"},
    {"name": "sgd", "momentum": 0.9},
    {"name": "sgd", "momentum": 0.5, "nesterov": True},
    {"name": "adagrad"},
    {"name": "adagrad", "lr_decay": 0.01, "initial_accumulator_value": 0.1},
    {"name": "rmsprop"},
    {"name": "rmsprop", "alpha": 0.9, "momentum": 0.3, "eps": 1e-6},
    {"name": "adam"},
    {"name": "adam", "betas": [0.8, 0.95], "eps": 1e-7},
]
OPTIMIZER_CLASSES = {
    "sgd": torch.optim.SGD,
    "adagrad": torch.optim.Adagrad,
    "rmsprop": torch.optim.RMSprop,
    "adam": torch.optim.Adam,
}
SCHEDULES = [
    {"name": "constant"},
    {"name": "step", "every": 3, "factor": 0.7},
    {"name": "exponential", "factor": 0.95},
    {"name": "inverse_scaling", "power": 0.5},
    {"name": "cosine", "min": 0.001},
]


def scheduler(schedule, optimizer, epochs):
    lr = torch.optim.lr_scheduler
    match schedule["name"]:
        case "step":
            return lr.StepLR(optimizer, schedule["every"], schedule["factor"])
        case "exponential":
            return lr.ExponentialLR(optimizer, schedule["factor"])
        case "cosine":
            return lr.CosineAnnealingLR(optimizer, T_max=epochs, eta_min=schedule["min"])
        case "inverse_scaling":
            return lr.LambdaLR(optimizer, lambda e: (1 + e) ** -schedule["power"])
        case "constant":
            return lr.LambdaLR(optimizer, lambda e: 1.0)


def train(config):
    """The errors of every epoch and the last parameters, weights first, of one configuration."""
    network, penalty = config["network"], config["regularization"]
    x, y = (torch.tensor(config["data"][key]) for key in ("inputs", "targets"))
    weights = [torch.tensor(w, requires_grad=True) for w in network["weights"]]
    biases = [torch.tensor(b, requires_grad=True) for b in network["biases"] or []]
    activations = [ACTIVATIONS[name] for name in (*network["activation"], network["output_activation"])]
    loss = LOSSES[config["loss"]]

    def error(rows):
        a = x[rows]
        for i, (w, f) in enumerate(zip(weights, activations, strict=True)):
            a = f(F.linear(a, w, biases[i] if biases else None))
        return loss(a, y[rows])

    options = {key: value for key, value in config["optimizer"].items() if key != "name"}
    trained = weights + (biases if network["train_biases"] else [])
    optimizer = OPTIMIZER_CLASSES[config["optimizer"]["name"]](trained, lr=config["learning_rate"], **options)
    rates = scheduler(config["schedule"], optimizer, config["epochs"])
    everything = torch.arange(len(x))
    errors = [error(everything).item()]
    for _ in range(config["epochs"]):
        for rows in everything.split(config["batch_size"] or len(x)):
            optimizer.zero_grad()
            objective = error(rows)
            for w in weights:
                objective = objective + penalty["l1"] * w.abs().sum() + 0.5 * penalty["l2"] * (w * w).sum()
            objective.backward()
            optimizer.step()
        rates.step()
        errors.append(error(everything).item())
    return {
        "config": config,
        "errors": errors,
        "parameters": [v for p in weights + biases for v in p.detach().flatten().tolist()],
    }


def drawn(i, rng):
    """The i-th configuration: the tables in turn, everything else drawn."""

    def take(table):
        return table[i % len(table)]

    loss = take(list(LOSSES))
    hidden = [rng.randint(1, 5) for _ in range(rng.randint(0, 3))]
    outputs = rng.randint(2, 4) if loss == "cross_entropy" else rng.randint(1, 3)
    sizes = [rng.randint(1, 4), *hidden, outputs]
    examples = rng.randint(1, 9)
    names = list(ACTIVATIONS)

    def layers(make):
        return [make(inputs, out) for inputs, out in itertools.pairwise(sizes)]

    def target():
        if loss == "cross_entropy":
            right = rng.randrange(outputs)
            return [float(k == right) for k in range(outputs)]
        if loss.startswith("binary"):
            return [float(rng.random() < 0.5) for _ in range(outputs)]
        return [rng.gauss(0, 1) for _ in range(outputs)]

    return {
        "learning_rate": rng.choice([0.003, 0.01, 0.03]),
        "epochs": rng.randint(5, 25),
        "batch_size": rng.choice([None, 1, rng.randint(1, examples)]),
        "shuffle": False,
        "seed": 0,
        "loss": loss,
        "network": {
            "hidden": hidden,
            "activation": [names[(i + j) % len(names)] for j in range(len(hidden))],
            "output_activation": "sigmoid"
            if loss == "binary_cross_entropy"
            else rng.choice(["identity", "tanh"]),
            "weights": layers(lambda n, m: [[rng.uniform(-1, 1) for _ in range(n)] for _ in range(m)]),
            "biases": rng.choice([None, layers(lambda n, m: [rng.uniform(-1, 1) for _ in range(m)])]),
            "train_biases": rng.random() < 0.8,
        },
        "optimizer": take(OPTIMIZERS),
        "schedule": take(SCHEDULES),
        "regularization": {"l1": rng.choice([0.0, 0.01]), "l2": rng.choice([0.0, 0.05])},
        "data": {
            "name": "inline",
            "inputs": [[rng.gauss(0, 1) for _ in range(sizes[0])] for _ in range(examples)],
            "targets": [target() for _ in range(examples)],
        },
    }


def activation(f):
    z = [*torch.linspace(-6, 6, 40).tolist(), -40.0, -20.5, 20.5, 40.0, 0.0]
    at = torch.tensor(z, requires_grad=True)
    value = f(at)
    value.sum().backward()
    return {"z": z, "value": value.tolist(), "derivative": at.grad.tolist()}


def loss(name, f, rng, rows=6, outputs=3):
    pred = [[rng.gauss(0, 2) for _ in range(outputs)] for _ in range(rows)]
    y = [[rng.gauss(0, 1) for _ in range(outputs)] for _ in range(rows)]
    if name.startswith("binary"):
        y = [[rng.random() for _ in range(outputs)] for _ in range(rows)]
    if name == "binary_cross_entropy":
        pred = [[rng.random() for _ in range(outputs)] for _ in range(rows)]
    if name == "cross_entropy":
        y = [[0.2, 0.5, 0.3], *[[0.0, 1.0, 0.0]] * (rows - 1)]
    at = torch.tensor(pred, requires_grad=True)
    value = f(at, torch.tensor(y))
    value.backward()
    return {"pred": pred, "y": y, "value": value.item(), "derivative": at.grad.tolist()}


def write(path, content):
    path.write_text(json.dumps(content, indent=None, separators=(",", ":")) + "\n")


def main(arguments):
    if arguments:
        count, seed, path = int(arguments[0]), int(arguments[1]), Path(arguments[2])
        rng = random.Random(seed)
        write(path, [train(drawn(rng.randrange(10**6), rng)) for _ in range(count)])
        return
    rng = random.Random(0)
    write(HERE / "activations.json", {name: activation(f) for name, f in ACTIVATIONS.items()})
    write(HERE / "losses.json", {name: loss(name, f, rng) for name, f in LOSSES.items()})
    write(HERE / "trainings.json", [train(drawn(i, rng)) for i in range(72)])


if __name__ == "__main__":
    main(sys.argv[1:])
