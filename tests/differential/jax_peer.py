"""JAX as a peer: its autograd and activations, Optax's losses, optimizers and schedules, float64.

Left out is what neither has as it is defined here: ``leaky_relu`` (JAX's slope at 0 is that of the other
side), ``softplus`` (JAX's is not cut at 20), losses of probabilities, ``adagrad`` (Optax adds ε under the
root) and ``inverse_scaling``. |x| is written x · sign(x): JAX's own slope of it at 0 is 1, and
here and in PyTorch 0.
"""

from __future__ import annotations

import math
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
from agreement import Path
from configurations import configurations
from jax import nn
from numpy.typing import NDArray
from setting import Config, Setting, activations, options, setting

ACTIVATIONS = {
    "identity": nn.identity,
    "sigmoid": nn.sigmoid,
    "tanh": nn.tanh,
    "relu": nn.relu,
    "elu": nn.elu,
    "selu": nn.selu,
    "softsign": nn.soft_sign,
    "silu": nn.silu,
    "gelu": lambda z: nn.gelu(z, approximate=False),
    "mish": nn.mish,
    "sin": jnp.sin,
}


def _absolute(x: Any) -> Any:
    return x * jnp.sign(x)


LOSSES = {
    "half_squared_error": lambda pred, y: optax.l2_loss(pred, y).sum(axis=1).mean(),
    "mean_squared_error": lambda pred, y: optax.squared_error(pred, y).mean(),
    "mean_absolute_error": lambda pred, y: _absolute(pred - y).mean(),
    "huber": lambda pred, y: optax.huber_loss(pred, y).mean(),
    "binary_cross_entropy_with_logits": lambda z, y: optax.sigmoid_binary_cross_entropy(z, y).mean(),
    "cross_entropy": lambda z, y: optax.softmax_cross_entropy(z, y).mean(),
}


def _momentum(momentum: float, nesterov: bool = False) -> optax.GradientTransformation:
    return optax.trace(momentum, nesterov) if momentum else optax.identity()


def _adam(betas: list[float], eps: float) -> optax.GradientTransformation:
    return optax.scale_by_adam(*betas, eps=eps)


#: Directions: the rate is another in every epoch, and multiplied by it.
OPTIMIZERS = {
    "sgd": _momentum,
    "rmsprop": lambda alpha, eps, momentum: optax.chain(
        optax.scale_by_rms(alpha, eps, eps_in_sqrt=False), _momentum(momentum)
    ),
    "adam": _adam,
    "adamw": lambda betas, eps, weight_decay: optax.chain(
        _adam(betas, eps), optax.add_decayed_weights(weight_decay)
    ),
}
SCHEDULES = {
    "constant": lambda eta, epochs: optax.constant_schedule(eta),
    "step": lambda eta, epochs, every, factor: optax.exponential_decay(eta, every, factor, staircase=True),
    "exponential": lambda eta, epochs, factor: optax.exponential_decay(eta, 1, factor),
    "cosine": lambda eta, epochs, min: optax.cosine_decay_schedule(eta, epochs, min / eta),
    "linear": lambda eta, epochs, start_factor, end_factor, total_iters: optax.linear_schedule(
        eta * start_factor, eta * end_factor, total_iters
    ),
}


def _in_equal_batches(config: Config) -> Config:
    """With a batch size that divides the examples: one training is one program, and its shapes are fixed."""
    size = config["batch_size"]
    return {**config, "batch_size": size and math.gcd(size, len(config["data"]["inputs"]))}


DRAWN = configurations(tuple(LOSSES), tuple(ACTIVATIONS), tuple(OPTIMIZERS), tuple(SCHEDULES)).map(
    _in_equal_batches
)


def _error(config: Config) -> Any:
    functions = [ACTIVATIONS[name] for name in activations(config)]

    def error(layers: Any, x: Any, y: Any) -> Any:
        weights, biases = layers
        a = x
        for i, (w, f) in enumerate(zip(weights, functions, strict=True)):
            z = a @ w.T
            a = f(z + biases[i] if biases else z)
        return LOSSES[config["loss"]](a, y)

    return error


def _trained(config: Config, error: Any, told: Setting) -> Any:
    """A function of the first layers: those after each epoch, and their errors."""
    chosen, schedule, penalty = config["optimizer"], config["schedule"], config["regularization"]
    optimizer = OPTIMIZERS[chosen["name"]](**options(chosen))
    rate = SCHEDULES[schedule["name"]](config["learning_rate"], config["epochs"], **options(schedule))
    moves = _in_layers(told.trained, (told.weights, told.biases))

    def penalised(w: Any) -> Any:
        return penalty["l1"] * _absolute(w).sum() + 0.5 * penalty["l2"] * (w * w).sum()

    def objective(layers: Any, rows: Any) -> Any:
        return error(layers, jnp.array(told.x)[rows], jnp.array(told.y)[rows]) + sum(
            map(penalised, layers[0])
        )

    def update(rate: Any, place: Any, rows: Any) -> Any:
        layers, state = place
        directions, state = optimizer.update(jax.grad(objective)(layers, rows), state, layers)
        moved = jax.tree.map(lambda p, d, m: jnp.where(m, p - rate * d, p), layers, directions, moves)
        return (moved, state), None

    def epoch(place: Any, at: Any) -> Any:
        e, batches = at
        (layers, state), _ = jax.lax.scan(partial(update, rate(e)), place, batches)
        return (layers, state), (layers, error(layers, told.x, told.y))

    def epochs(layers: Any, batches: Any) -> Any:
        after = jax.lax.scan(epoch, (layers, optimizer.init(layers)), (jnp.arange(len(batches)), batches))[1]
        return *after, error(layers, told.x, told.y)

    return epochs


def _in_layers(flags: NDArray[np.bool_], layers: Any) -> Any:
    """Those of all parameters (P,) in the shapes of layers."""
    leaves, tree = jax.tree.flatten(layers)
    parts = np.split(flags, np.cumsum([leaf.size for leaf in leaves])[:-1])
    return tree.unflatten([part.reshape(leaf.shape) for part, leaf in zip(parts, leaves, strict=True)])


def train(config: Config, orders: NDArray[np.intp]) -> Path:
    jax.config.update("jax_enable_x64", True)
    told = setting(config, orders)
    batches = np.array(list(told.epochs()))
    epochs = jax.jit(_trained(config, _error(config), told))
    layers, errors, first = jax.device_get(epochs((told.weights, told.biases), batches))
    after = np.concatenate([array.reshape(len(errors), -1) for array in jax.tree.leaves(layers)], axis=1)
    errors, path = np.array([first, *errors]), np.array([told.start, *after])
    finite = np.isfinite(errors) & np.isfinite(path).all(axis=1)
    end = len(errors) if finite.all() else int(finite.argmin())
    return Path(errors[:end], path[:end])
