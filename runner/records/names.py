"""What recorded files and their columns are called, and what runs are compared by."""

from __future__ import annotations

import re

from runner.data.parts import PARTS
from runner.training.experiment import CURVATURES, FINAL_MEASURES, GOODNESS

HISTORY, PARAMETERS, SUMMARY, ERROR = "history.csv", "parameters.csv", "summary.csv", "error.txt"
#: The sharpness and the stability limit each so many epochs, where they are asked for.
CURVATURE = "curvature.csv"
#: The order of the examples in each epoch, where it is asked for.
ORDER = "order.csv"
#: What is predicted in the end for each example, where it is asked for.
PREDICTIONS = "predictions.csv"
#: What lets a run that was interrupted be taken up where it was.
CHECKPOINT = "checkpoint.npy"
#: With what a run was made and of what: see :mod:`runner.records.about`.
ABOUT = "about.yaml"
#: A sweep's own files: its table, and Hydra's record of what was asked for.
RUNS, MULTIRUN = "runs.csv", "multirun.yaml"
#: A run's files, of which its summary tells what was written; and all that it may leave in its folder.
#: Those of them that not every run has come last.
OPTIONAL_FILES = (CURVATURE, ORDER, PREDICTIONS, CHECKPOINT)
FILES = (HISTORY, PARAMETERS, ABOUT, *OPTIONAL_FILES)
LEFT = (SUMMARY, *FILES, ERROR)
#: Where a sweep's runs go: a folder each, or files of a stack's runs, with their histories or without; and
#: the folders in which those files are.
STORES = FOLDERS, PARQUET, TABLE = ("folders", "parquet", "table")
HISTORIES, RECORDS = "histories", "records"
#: What tells that a folder holds the result of a run, or of a sweep.
RESULTS = {HISTORY: "run", SUMMARY: "run", RUNS: "sweep", MULTIRUN: "sweep"}
#: Hydra's record of a run, in a folder of that name unless it is told another.
HYDRA, HYDRA_FILES = ".hydra", ("config.yaml", "hydra.yaml", "overrides.yaml")
#: At the end of the name of a file until it is whole.
PART = ".part"

#: How runs end that have a result; and how all may: one that others were better than is stopped, with its
#: files as far as it was; a run is interrupted from the first on, until it ends, and has files then if a
#: signal has ended it.
FINISHED = COMPLETED, DIVERGED = ("completed", "diverged")
STOPPED, FAILED, INTERRUPTED = "stopped", "failed", "interrupted"
STATUSES = (*FINISHED, STOPPED, FAILED, INTERRUPTED)

#: What runs can be compared by, and whether more of it is better.
METRICS = {"final_error": False, "best_error": False, "validation_error": False, "test_error": False}
METRICS |= {"accuracy": True, "validation_accuracy": True, "test_accuracy": True}
METRICS |= {"r2": True, "validation_r2": True, "test_r2": True}
METRICS |= {"rmse": False, "validation_rmse": False, "test_rmse": False}
#: Those that go from 0 to 1; and what some are called in a sentence.
SHARES = ("accuracy", "validation_accuracy", "test_accuracy")
WORDS = {"r2": "R²", "validation_r2": "validation R²", "test_r2": "test R²"}
WORDS |= {"rmse": "RMSE", "validation_rmse": "validation RMSE", "test_rmse": "test RMSE"}
#: Those that a run need not have.
OPTIONAL_RESULTS = (*FINAL_MEASURES, *GOODNESS, *CURVATURES)
#: The columns of a run's line that say in numbers how it ended, in order.
RESULT_COLUMNS = (
    *("period", "epochs", "initial_error", "final_error", "best_error", "best_epoch"),
    *FINAL_MEASURES,
    *GOODNESS,
    *CURVATURES,
    "seconds",
)
#: Those that are whole numbers.
WHOLE_RESULTS = ("period", "epochs", "best_epoch")

_PART = re.compile(
    rf"({'|'.join(map(re.escape, (*LEFT, RUNS, MULTIRUN)))})\.[0-9a-f]+{re.escape(PART)}", re.ASCII
)


def is_part(name: str) -> bool:
    """Whether a file's name is that of one of ours until it is whole."""
    return _PART.fullmatch(name) is not None


def is_left(name: str) -> bool:
    """Whether a file's name is one that a run of ours leaves in its folder, done or not."""
    return name in LEFT or is_part(name)


def words_of(metric: str) -> str:
    """A metric as a sentence has it."""
    return WORDS.get(metric, metric.replace("_", " "))


def without_part(name: str) -> str:
    """A measure without the part of the examples that it is over."""
    part, _, rest = name.partition("_")
    return rest if part in PARTS else name


def starting(words: str) -> str:
    """Words at the beginning of a sentence."""
    return words[:1].upper() + words[1:]


def higher_is_better(metric: str) -> bool:
    """Whether more of a metric is better."""
    return METRICS[metric]
