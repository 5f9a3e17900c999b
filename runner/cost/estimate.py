"""What a run will take, before it starts: rows, bytes on disk, bytes of memory. Estimates, of its keys alone.

They are within a factor of 1.5 of what is written and held (``tests/cost/test_estimate.py``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from runner.records.names import CURVATURE, HISTORY, HYDRA_FILES, ORDER, PARAMETERS, PREDICTIONS, TABLE
from runner.training.experiment import CURVATURES, Experiment, width
from runner.training.memory import run_bytes, states
from runner.training.recorder import ROW_BYTES

#: Bytes of a number in a file, with its comma: 17 significant digits, and a sign or an exponent now and then.
BYTES_A_NUMBER = 20.7
#: Bytes on disk are whole blocks; so many are the files of a run that have always the same few lines, and
#: its folders.
BLOCK, RECORD = 4096, 8
#: As many times its bytes as text a history takes in binary, and other files compressed; bytes of a line.
PACKED, PACKED_TEXT, PACKED_LINE = 0.3, 0.45, 150
#: Bytes of memory of a process that has done nothing yet.
PROCESS = 50 * 10**6
#: Bytes of memory of a parameter's name in a file, and of a line that is being written, beside its text.
NAMES, LINE = 240, 250
#: Bytes on disk of the shortest run, and of memory of each run of a sweep, beside what it takes in training.
LEAST_DISK, OF_RUN = (RECORD + 2) * BLOCK, 1000
#: What data take of the memory, beside what Cost has: as many times their numbers' bytes as they are made,
#: and bytes of a column: its name, and those of the weight that it has at least.
DATA, MADE, OF_COLUMN = "data", 4.5, 400
#: As many times its bytes a text is held as it is made, by file.
TEXTS = {HISTORY: 2.2, PREDICTIONS: 8, ORDER: 3}


@dataclass(frozen=True)
class Cost:
    """What a run takes: `rows` of its history, bytes of its `files` by name and of `memory` by what takes it.

    The memory is beside that of the process and of the data: ``arrays``, which are bounded by what a stack
    may hold, ``rows`` that wait to be written, and ``text``.
    """

    rows: int
    files: Mapping[str, int]
    memory: Mapping[str, int]

    @property
    def disk(self) -> int:
        """The bytes of all files, with those of a run that are always there, in whole blocks."""
        return BLOCK * (RECORD + sum(-(-size // BLOCK) for size in self.files.values()))

    @property
    def count(self) -> int:
        """How many files a run has in its folder."""
        return len(HYDRA_FILES) + 2 + len(self.files)

    def packed(self, store: str) -> float:
        """The bytes of a run that has no folder: with its history in binary, or its line alone."""
        if store == TABLE:
            return PACKED_LINE
        others = sum(self.files.values()) - self.files[HISTORY]
        return PACKED_LINE + PACKED * self.files[HISTORY] + PACKED_TEXT * others


def cost_of(experiment: Experiment, runs: int = 1, row_bytes: int = ROW_BYTES) -> Cost:
    """What a run takes; its memory in a stack of so many `runs`, of whose rows `row_bytes` wait at most."""
    rows, columns, files = experiment.rows, width(experiment), files_of(experiment)
    parameters = experiment.network.parameter_count
    waiting = max(1, min(rows, row_bytes // (8 * columns * runs)))
    lines = waiting * (TEXTS[HISTORY] * BYTES_A_NUMBER * columns + LINE)
    whole = [TEXTS[name] * files[name] for name in (PREDICTIONS, ORDER) if name in files]
    memory = {
        "arrays": runs * run_bytes(experiment),
        "rows": 8 * waiting * columns * runs,
        "text": int(max(lines, NAMES * parameters, *whole)),
    }
    return Cost(rows, files, memory)


def files_of(experiment: Experiment) -> dict[str, int]:
    """The bytes of each file of a run that grows with it, by name."""
    data, log, network = experiment.data, experiment.log, experiment.network
    last, parameters = experiment.count_at(experiment.last_epoch), network.parameter_count
    logged = width(experiment)
    row = len(str(last)) + 1 + BYTES_A_NUMBER * logged
    header = (len(str(parameters)) + 2 + log.gradients) * logged
    numbers = 2 + states(experiment)
    sizes = {
        HISTORY: header + experiment.rows * row,
        PARAMETERS: (16 + len(str(parameters)) + (BYTES_A_NUMBER - 1) * numbers) * parameters,
    }
    if log.predictions:
        examples = sum(len(part.inputs) for part in data.parts.values())
        sizes[PREDICTIONS] = examples * (20 + 2 * BYTES_A_NUMBER * experiment.sizes[-1])
    if log.order:
        sizes[ORDER] = experiment.epochs * data.examples * (len(str(data.examples)) + 1)
    if log.curvature:
        sizes[CURVATURE] = experiment.measurements * (len(str(last)) + BYTES_A_NUMBER * len(CURVATURES))
    return {name: int(size) for name, size in sizes.items()}


def data_bytes(points: int, inputs: int, outputs: int) -> int:
    """The bytes of memory that examples take as they are generated, scaled and parted."""
    columns = inputs + outputs
    eye = 8 * outputs**2 if outputs > 1 else 0  # of which classes take rows
    return int(8 * MADE * points * columns + OF_COLUMN * columns + eye)
