"""Wrong factors in the chain rule: the network, what is minimised, the losses, optimizers and schedules."""

from __future__ import annotations

from .mutants import File, Wrong

_OBJECTIVE = "training/test_objective.py::test_"
#: Of its two large tables these cells: derivatives that take z and that take a, of a sum and of a mean.
CELLS = ("gelu-huber", "tanh-cross_entropy")
OBJECTIVE = (
    f"{_OBJECTIVE}penalties_are_of_weights_and_not_of_biases",
    f"{_OBJECTIVE}runs_of_an_objective_have_penalties_of_their_own",
    f"{_OBJECTIVE}parts_of_the_examples_have_one_mean",
    f"{_OBJECTIVE}errors_at_many_places_are_taken_a_few_at_a_time",
    f"{_OBJECTIVE}accuracy_by_hand",
    *(f"{_OBJECTIVE}every_loss_and_activation_at_every_depth[{cell}]" for cell in CELLS),
    *(f"{_OBJECTIVE}products_with_the_hessian_are_slopes_of_gradients[{cell}]" for cell in CELLS),
)

CHAIN = (
    File(
        "runner/nn/network.py",
        ("nn/test_network.py", *OBJECTIVE),
        (
            Wrong("the derivative is dropped", "dE_dz = dE_da * da_dz", "dE_dz = dE_da + 0.0 * da_dz"),
            Wrong("the derivative is that of the layer before's z", ".derivative(z[i], a[i + 1])", ".derivative(z[i - 1] if z[i - 1].shape == z[i].shape else z[i], a[i + 1])"),
            Wrong("square weights are transposed on the way forward", "a[-1] @ w.mT", "a[-1] @ (w if w.shape[1] == w.shape[2] else w.mT)"),
            Wrong("square weights are transposed on the way back", "dE_da = dE_dz @ w", "dE_da = dE_dz @ (w.mT if w.shape[1] == w.shape[2] else w)"),
            Wrong("a square ∂E/∂w is transposed", "np.matmul(dE_dz.mT, a[i], out=dE_dw)", "dE_dw[...] = (lambda d: d.mT if d.shape[1] == d.shape[2] else d)(dE_dz.mT @ a[i])"),
            Wrong("∂E/∂w is of the a behind, where that is as wide", "np.matmul(dE_dz.mT, a[i], out=dE_dw)", "np.matmul(dE_dz.mT, a[i + 1] if a[i + 1].shape == a[i].shape else a[i], out=dE_dw)"),
            Wrong("∂E/∂b is a mean over the examples", "np.ones((1, dE_dz.shape[1])), dE_dz,", "np.ones((1, dE_dz.shape[1])) / dE_dz.shape[1], dE_dz,"),
            Wrong("∂E/∂b lacks the derivative", "np.ones((1, dE_dz.shape[1])), dE_dz,", "np.ones((1, dE_dz.shape[1])), np.broadcast_to(dE_da, dE_dz.shape),"),
            Wrong("the chain does not reach the first layer", "            if i > 0:", "            if i > 1:"),
            Wrong("a bias is left out", "z[-1] += b", "z[-1] += 0.0 * b"),
            Wrong("names count by the input first", "for j in range(1, m + 1) for i in range(1, n + 1)]", "for i in range(1, n + 1) for j in range(1, m + 1)]"),
        ),
    ),
    File(
        "runner/nn/r_operator.py",
        OBJECTIVE,
        (
            Wrong("R{E} lacks 1/N", "R_a[-1]) / y.shape[1]", "R_a[-1])"),
            Wrong("f'' is left out", " + passed.bends[i] * R_z[i]", ""),
            Wrong("R{a} is left out of R{∂E/∂w}", "R_dE_dw += dE_dz[i].mT @ R_a[i - 1]", "pass"),
            Wrong("R{w} is left out of R{∂E/∂a}", " + dE_dz[i] @ v[i][0]", ""),
        ),
    ),
    File(
        "runner/training/objective.py",
        OBJECTIVE,
        (
            Wrong("1/N is missing", "derivative(pred, y) / y.shape[1]", "derivative(pred, y)"),
            Wrong("1/N counts the outputs", "derivative(pred, y) / y.shape[1]", "derivative(pred, y) / y.shape[2]"),
            Wrong("the error is a sum", "dtype=np.float64) / values.shape[1]", "dtype=np.float64)"),
            Wrong("the mean of parts is of the first", "np.concatenate(parts, axis=1) if len(parts) > 1 else parts[0]", "parts[0]"),
            Wrong("½ is missing of l2", "0.5 * self.l2[:, 0]", "self.l2[:, 0]"),
            Wrong("l2 pulls twice", "dE_dw += self.l2 * w", "dE_dw += 2.0 * self.l2 * w"),
            Wrong("l1 pulls by the size", "self.l1 * np.sign(w)", "self.l1 * w"),
            Wrong("biases are penalised", "w = parameters[:, : self.network.weight_count]", "w = parameters"),
            Wrong("biases are pulled", "w, dE_dw = parameters[:, :weights], gradient[:, :weights]", "w, dE_dw = parameters, gradient"),
            Wrong("penalties add up in the error's gradient", "gradient.copy(), self.network", "gradient, self.network"),
            Wrong("penalties have no curvature", "product[..., :weights] += self.l2", "product[..., :weights] += 0.0 * self.l2"),
            Wrong("a class is over one half", "> self.objective.loss.threshold)", "> 0.5)"),
            Wrong("penalties of others are kept", "l1=self.l1[kept], l2=self.l2[kept]", "l1=self.l1[: kept.sum()], l2=self.l2[: kept.sum()]"),
            Wrong("an evaluation leaves out the last part", "range(0, self.x.shape[1], EVALUATED)", "range(0, self.x.shape[1] - EVALUATED + 1 or 1, EVALUATED)"),
        ),
    ),
    File(
        "runner/nn/losses.py",
        ("nn/test_losses.py", *OBJECTIVE),
        (
            Wrong("½ is missing", "0.5 * np.add.reduce(np.square(pred - y), axis=2)", "np.add.reduce(np.square(pred - y), axis=2)"),
            Wrong("the 2 of a square is missing", "2.0 * (pred - y) / pred.shape[2]", "(pred - y) / pred.shape[2]"),
            Wrong("1/O is missing", "(sigmoid(z) - y) / z.shape[2]", "(sigmoid(z) - y)"),
            Wrong("a loss goes up", "lambda z, y: softmax(z) - y", "lambda z, y: y - softmax(z)"),
            Wrong("an error is not cut", "np.clip(pred - y, -1.0, 1.0)", "np.clip(pred - y, -1.0, 2.0)"),
            Wrong("sums of probabilities are over all but one", "np.log(_sum(np.exp(shifted)))", "np.log(_sum(np.exp(shifted)) - 1.0)"),
        ),
    ),
    File(
        "runner/nn/optimizers.py",
        ("nn/test_optimizers.py",),
        (
            Wrong("the correction of m is an update late", '{"m_hat": state["m"] / (1.0 - h["beta1"] ** t)', '{"m_hat": state["m"] / (1.0 - h["beta1"] ** (t + 1))'),
            Wrong("v is not corrected", 'state["v"] / (1.0 - h["beta2"] ** t)}', 'state["v"].copy()}'),
            Wrong("β₁ and β₂ are mixed up", 'v = h["beta2"] * state["v"]', 'v = h["beta1"] * state["v"]'),
            Wrong("ε stands under the root", 'scale += h["eps"]\n', 'scale = np.sqrt(scale * scale + h["eps"])\n'),
            Wrong("momentum is dampened", 'v = h["momentum"] * state["v"] + g\n', 'v = h["momentum"] * state["v"] + (1.0 - h["momentum"]) * g\n'),
            Wrong("nesterov looks at the old velocity", 'g + h["momentum"] * v if', 'g + h["momentum"] * state["v"] if'),
            Wrong("adagrad forgets", 'state["s"] + g * g', 'g * g'),
            Wrong("lr_decay is an update early", 'return g / (1.0 + (t - 1)', 'return g / (1.0 + t'),
            Wrong("rmsprop divides by the old s", 'scaled = g / (np.sqrt(s)', 'scaled = g / (np.sqrt(state["s"])'),
            Wrong("weights grow by decay", 'direction + h["weight_decay"] * w', 'direction - h["weight_decay"] * w'),
        ),
    ),
    File(
        "runner/nn/arrays.py",
        ("nn/test_arrays.py",),
        (
            Wrong("as many runs as parameters count as all", "if values.shape[-1] == width:", "if values.shape[0] == width:"),
        ),
    ),
    File(
        "runner/nn/schedules.py",
        ("nn/test_schedules.py",),
        (
            Wrong("a step is an epoch early", 'np.floor(e / o["every"])', 'np.floor((e + 1) / o["every"])'),
            Wrong("exponential is an epoch early", 'o["factor"] ** e,', 'o["factor"] ** (e + 1),'),
            Wrong("cosine ends an epoch early", "np.cos(np.pi * e / n)", "np.cos(np.pi * e / (n - 1))"),
            Wrong("linear has no end", "np.minimum(e, total) / total", "e / total"),
            Wrong("inverse scaling is an epoch late", "(1.0 + e) **", "np.maximum(1.0, e) **"),
        ),
    ),
    File(
        "runner/nn/streams.py",
        ("nn/test_streams.py", "training/test_stack.py"),
        (
            Wrong("streams have no names", "spawn_key=(key,)", "spawn_key=(0 * key,)"),
            Wrong("orders go on an epoch late", "epoch >= skipped", "epoch > skipped"),
            Wrong("every epoch has one order", "order = rng.permutation(examples)", 'order = stream(seed, "shuffle").permutation(examples)'),
        ),
    ),
)  # fmt: skip
