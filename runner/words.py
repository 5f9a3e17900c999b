"""The field's words for what has another name here, or is not here at all: PyTorch's, Keras', scikit-learn's.

The tables say where a thing is; whoever refuses a key or a value asks them.
"""

from __future__ import annotations

import re
from collections.abc import Collection

NONE = "there is no"  # what an entry begins with whose thing does not exist

_SIZES = "network.hidden=[8,8], with network=dense"
_WEIGHTS = "network.weights={init: NAME}"
_GPU = f"{NONE} GPU here: runs train on the processor, thousands of them as one"
_CLIPPING = f"{NONE} clipping of gradients; a smaller learning_rate holds them"
_DTYPE = f"{NONE} choice of precision: all numbers are float64"
_STOP = "stop.patience and stop.metric"
_FOLDER = "hydra.run.dir=DIR, of a sweep hydra.sweep.dir=DIR"
_SWEEP = "a sweep: -m KEY=VALUE,VALUE"

#: Keys, without underscores and in lower case: where the thing is.
KEYS = {
    word: where
    for words, where in {
        "lr eta stepsize learningrateinit initiallr baselr initlr": "learning_rate",
        "nepochs numepochs epoch nbepoch maxepochs maxepoch trainepochs iterations niter maxiter "
        "numiterations steps maxsteps numsteps": "epochs",
        "bs batch batches minibatch minibatchsize batchsizetrain": "batch_size",
        "randomstate randomseed rng manualseed": "seed",
        "shuffletrain reshuffle": "shuffle",
        "criterion lossfn lossfunction lossfunc cost costfunction errorfunction": "loss",
        "optim opt solver optimiser": "optimizer=NAME",
        "momentum beta mu": "optimizer.momentum",
        "nesterovsmomentum": "optimizer.nesterov",
        "beta1 beta2 betas": "optimizer.betas=[0.9,0.999], with optimizer=adam",
        "rho": "optimizer.alpha, with optimizer=rmsprop",
        "epsilon": "optimizer.eps, with optimizer=adam",
        "scheduler lrscheduler learningrateschedule lrschedule": "schedule=NAME",
        "gamma decay decayrate lrdecay": "schedule.factor, with schedule=exponential or schedule=step",
        "tmax": "schedule=cosine, over all epochs",
        "weightdecay l2reg l2regularization l2penalty ridge": "regularization.l2",
        "l1reg l1regularization l1penalty lasso": "regularization.l1",
        "regularizer kernelregularizer penalty": "regularization.l1 and regularization.l2",
        "hiddenlayers hiddenlayer hiddenlayersizes hiddensizes hiddensize hiddenunits hiddendim hiddendims "
        "nhidden numhidden nunits units neurons layers nlayers numlayers depth width sizes layersizes "
        "architecture": _SIZES,
        "act activationfunction activationfn nonlinearity hiddenactivation": "network.activation",
        "finalactivation outactivation lastactivation outputnonlinearity": "network.output_activation",
        "init initializer initialisation initialization kernelinitializer weightinit weightinitializer "
        "winit": _WEIGHTS,
        "bias usebias biasinit biasinitializer": "network.biases, null for none",
        "freeze frozen trainable requiresgrad": "network.train",
        "paramgroups lrmult lrmultipliers layerrates layerwiselr discriminativelr": "network.rates",
        "pretrained": "network.weights={from: DIR}",
        "net model mlp": "network=NAME",
        "dataset": "data=NAME",
        "file filename csv csvpath datapath datafile dataset_path inputfile": "data=csv data.path=FILE",
        "target label labels targetcolumn y": "data.targets, with data=csv",
        "feature features inputcolumns x": "data.inputs, with data=csv",
        "sep delimiter": "data.separator, with data=csv",
        "normalize normalise normalization standardize standardise scaler scaling": "data.scale=standard",
        "testsize testsplit holdout": "data.test_fraction",
        "valsplit valsize valfraction validationsplit validationfraction": "data.validation_fraction",
        "nsamples numsamples samples npoints": "data.points, with data=moons or another generator",
        "earlystopping niternochange": _STOP,
        "patience": "stop.patience",
        "tol tolerance": "stop.tolerance",
        "savedir outputdir outdir logdir resultdir resultsdir out output": _FOLDER,
        "loginterval logevery logfreq printevery": "log.every",
        "resume resumefrom checkpoint ckpt ckptpath warmstart": "continue=DIR",
        "njobs numworkers workers nworkers": "hydra.launcher.n_jobs, of a sweep",
        "sweep grid paramgrid search trials ntrials": _SWEEP,
        "verbose verbosity silent": "--quiet, or leave it out",
        "dropout droprate dropoutrate pdrop": f"{NONE} dropout; regularization.l2 also holds weights back",
        "batchnorm batchnormalization layernorm norm": f"{NONE} normalization of layers; data.scale=standard "
        "scales inputs",
        "gpu gpus device cuda mps accelerator": _GPU,
        "dtype precision amp fp16 floatx": _DTYPE,
        "clip clipnorm clipvalue gradclip gradientclip gradientclipval maxgradnorm maxnorm": _CLIPPING,
        "warmup warmupsteps warmupepochs": "schedule=linear, which rises from schedule.start_factor",
        "amsgrad": f"{NONE} amsgrad; optimizer=adam or optimizer=adamw",
        "labelsmoothing": f"{NONE} label smoothing",
        "classweight sampleweight": f"{NONE} weight of classes or examples",
        "augment augmentation": f"{NONE} augmentation of data",
        "callbacks callback": "the callback of runner.train, from Python",
    }.items()
    for word in words.replace("_", "").split()
}

_LOGITS = "binary_cross_entropy_with_logits"
_SOFTMAX = (
    f"{NONE} softmax by itself: it is inside loss=cross_entropy, and network.output_activation=identity"
)
_SECOND_ORDER = f"{NONE} method of second order"
#: Values, likewise: names of tables and groups.
VALUES = {
    word: where
    for words, where in {
        # losses
        "mse mseloss meansquarederror l2loss squarederror squaredloss quadratic l2": "mean_squared_error",
        "rmse rootmeansquarederror": "mean_squared_error",
        "mae maeloss l1loss meanabsoluteerror absoluteerror l1": "mean_absolute_error",
        "smoothl1 smoothl1loss huberloss": "huber",
        "ce xent crossentropy crossentropyloss categoricalcrossentropy sparsecategoricalcrossentropy "
        "softmaxcrossentropy nll nllloss logloss": "cross_entropy",
        "bce bceloss binarycrossentropy": "binary_cross_entropy",
        "bcewithlogits bcewithlogitsloss bcelogits sigmoidcrossentropy": _LOGITS,
        "hinge hingeloss marginrankingloss": f"{NONE} hinge loss; {_LOGITS} for two classes",
        "kl kldiv kldivloss kldivergence": f"{NONE} KL divergence; cross_entropy is it but for a constant",
        # activations
        "softmax logsoftmax": _SOFTMAX,
        "linear none null id": "identity",
        "logistic expit": "sigmoid",
        "swish": "silu",
        "leakyrelu lrelu": "leaky_relu",
        "sine": "sin",
        "relu6 prelu hardtanh hardswish hardsigmoid celu rrelu glu": f"{NONE} such activation; relu and "
        "leaky_relu are near",
        # optimizers
        "momentum gd bgd gradientdescent vanilla nesterov nag heavyball": "sgd",
        "lbfgs bfgs newton cg": _SECOND_ORDER,
        "adadelta nadam radam adamax lamb lion lookahead ftrl": f"{NONE} such optimizer; adam is "
        "near, and one of your own is an entry of a file (plugins)",
        # initializers
        "xavier glorot glorotuniform": "xavier_uniform",
        "glorotnormal": "xavier_normal",
        "he kaiming kaiminguniform": "he_uniform",
        "kaimingnormal": "he_normal",
        "lecun": "lecun_normal",
        "randomnormal gaussian gauss truncatednormal truncnormal randn": "normal",
        "randomuniform random rand": "uniform",
        "ones": "constant",
        "zero": "zeros",
        # schedules
        "steplr multisteplr": "step",
        "exponentiallr exp": "exponential",
        "cosineannealing cosineannealinglr cosinedecay": "cosine",
        "linearlr warmup": "linear",
        "invscaling inversetimedecay 1/t": "inverse_scaling",
        "reducelronplateau plateau onecycle onecyclelr cyclic cycliclr adaptive": f"{NONE} such schedule; "
        "cosine and step lower the rate with the epochs",
        # data
        "mnist": f"{NONE} MNIST here; data=digits has 1,797 digits of 8×8, or data=csv with a file of yours",
        "blobs makeblobs": "gaussians",
        "makemoons twomoons": "moons",
        "makecircles": "circles",
        "cancer": "breast_cancer",
        "file table dataframe": "csv",
        # scales
        "zscore standardize standardscaler normalize": "standard",
        "minmaxscaler range": "minmax",
    }.items()
    for word in words.replace("_", "").split()
}


def bare(word: str) -> str:
    """A word as the tables have it."""
    return re.sub(r"[_\s-]", "", word).lower()


def key_here(key: str, known: Collection[str]) -> str:
    """`` (here: network.hidden)`` for a key that there is not, or nothing.

    That is by the field's words, or the `known` key that is called so in another place.
    """
    word = bare(key.rpartition(".")[2])
    last = {bare(name.rpartition(".")[2]): name for name in reversed(list(known))}
    other = last.get(word, key)
    if other.rpartition(".")[0] == key.rpartition(".")[0]:  # but for its spelling it is there
        other = ""
    is_top = bool(other) and "." not in other  # which is meant wherever its name stands
    where = other if is_top else KEYS.get(word) or other
    return _told(where) if where and where != key else ""


def value_here(value: str, names: Collection[str]) -> str:
    """Likewise for a value that is none of `names`."""
    word = bare(value)
    same = next((name for name in names if bare(name) == word), None)
    where = same or VALUES.get(word, "")
    return _told(where) if where in names or where.startswith(NONE) else ""


def _told(where: str) -> str:
    return f" ({where})" if where.startswith(NONE) else f" (here: {where})"
