"""PyTorch as a peer: its autograd, losses, optimizers and schedulers, float64, one thread."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from agreement import Path
from configurations import configurations
from numpy.typing import NDArray
from setting import Config, activations, flat, options, setting
from torch import nn
from torch.optim import lr_scheduler

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
    "mish": F.mish,
    "sin": torch.sin,
}
LOSSES = {
    "half_squared_error": lambda pred, y: 0.5 * F.mse_loss(pred, y, reduction="none").sum(dim=1).mean(),
    "mean_squared_error": nn.MSELoss(),
    "mean_absolute_error": nn.L1Loss(),
    "huber": nn.HuberLoss(),
    "binary_cross_entropy": lambda pred, y: nn.BCELoss()(pred, y) if pred.isfinite().all() else pred.sum(),
    "binary_cross_entropy_with_logits": nn.BCEWithLogitsLoss(),
    "cross_entropy": nn.CrossEntropyLoss(),
}
OPTIMIZERS = {
    "sgd": torch.optim.SGD,
    "adagrad": torch.optim.Adagrad,
    "rmsprop": torch.optim.RMSprop,
    "adam": torch.optim.Adam,
    "adamw": torch.optim.AdamW,
}
SCHEDULES = {
    "constant": lambda o, epochs: lr_scheduler.LambdaLR(o, lambda e: 1.0),
    "step": lambda o, epochs, every, factor: lr_scheduler.StepLR(o, every, factor),
    "exponential": lambda o, epochs, factor: lr_scheduler.ExponentialLR(o, factor),
    "inverse_scaling": lambda o, epochs, power: lr_scheduler.LambdaLR(o, lambda e: (1 + e) ** -power),
    "cosine": lambda o, epochs, min: lr_scheduler.CosineAnnealingLR(o, T_max=epochs, eta_min=min),
    "linear": lambda o, epochs, **given: lr_scheduler.LinearLR(o, **given),
}
DRAWN = configurations()


class _Network:
    """Layers of tensors, and what they are trained on."""

    def __init__(self, config: Config, x: torch.Tensor, y: torch.Tensor, layers: Sequence[Any]) -> None:
        self.x, self.y = x, y
        self.weights, self.biases = (
            [torch.tensor(array, requires_grad=True) for array in arrays] for arrays in layers
        )
        self.activations = [ACTIVATIONS[name] for name in activations(config)]
        self.loss, self.penalty = LOSSES[config["loss"]], config["regularization"]

    @property
    def parameters(self) -> list[torch.Tensor]:
        return [*self.weights, *self.biases]

    def error(self, rows: Any) -> torch.Tensor:
        a = self.x[rows]
        for i, (w, f) in enumerate(zip(self.weights, self.activations, strict=True)):
            a = f(F.linear(a, w, self.biases[i] if self.biases else None))
        return self.loss(a, self.y[rows])

    def objective(self, rows: Any) -> torch.Tensor:
        penalties = [
            self.penalty["l1"] * w.abs().sum() + 0.5 * self.penalty["l2"] * w.square().sum()
            for w in self.weights
        ]
        return self.error(rows) + sum(penalties)

    def restore(self, trained: Sequence[torch.Tensor], start: Sequence[torch.Tensor]) -> None:
        """Puts back what is not trained: optimizers take a parameter's numbers one by one."""
        with torch.no_grad():
            for parameter, moves, first in zip(self.parameters, trained, start, strict=True):
                parameter.copy_(torch.where(moves, parameter, first))


def train(config: Config, orders: NDArray[np.intp]) -> Path:
    torch.set_num_threads(1)
    told = setting(config, orders)
    network = _Network(config, torch.tensor(told.x), torch.tensor(told.y), (told.weights, told.biases))
    start = [p.detach().clone() for p in network.parameters]
    lengths = [p.numel() for p in start]
    trained = [
        part.reshape(p.shape)
        for part, p in zip(torch.tensor(told.trained).split(lengths), start, strict=True)
    ]
    chosen, schedule = config["optimizer"], config["schedule"]
    optimizer = OPTIMIZERS[chosen["name"]](network.parameters, lr=config["learning_rate"], **options(chosen))
    rates = SCHEDULES[schedule["name"]](optimizer, config["epochs"], **options(schedule))
    freezes, everything = not told.trained.all(), slice(None)
    errors, path = [network.error(everything).item()], [told.start]
    for batches in told.epochs():
        for rows in batches:
            optimizer.zero_grad()
            network.objective(torch.tensor(rows)).backward()
            optimizer.step()
            if freezes:
                network.restore(trained, start)
        rates.step()
        here = flat([p.detach().numpy() for p in network.parameters])
        error = network.error(everything).item() if np.isfinite(here).all() else np.nan
        if not np.isfinite(error):
            break
        errors.append(error)
        path.append(here)
    return Path(np.array(errors), np.array(path))
