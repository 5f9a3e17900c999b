"""``checkpoint.npy``: what an interrupted run knows beyond its other files, to be taken up from there."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import numpy as np

from runner.errors import RunnerError, in_a_line
from runner.files import kept
from runner.records.checksums import refuse_changed
from runner.records.names import CHECKPOINT
from runner.training.pausing import Paused

#: The fields of the record that are no quantities.
NUMBERS = ("epoch", "row", "seconds")


def written(paused: Paused) -> bytes:
    """A run's checkpoint: one NumPy record with a field a quantity, of float64."""
    fields = {**{name: np.array(getattr(paused, name)) for name in NUMBERS}, **paused.memory}
    kinds = [(name, "<f8", array.shape) for name, array in fields.items()]
    record = np.array(tuple(fields.values()), dtype=kinds)
    content = BytesIO()
    np.save(content, record, allow_pickle=False)
    return content.getvalue()


def checkpoint_of(folder: str | Path) -> Paused:
    """The checkpoint in an interrupted run's folder. Raises RunnerError where it is not as it was written."""
    path = Path(folder, CHECKPOINT)
    try:
        refuse_changed(path)
        record = np.load(kept(path), allow_pickle=False)
        fields = {name: np.array(record[name]) for name in record.dtype.names}
        epoch, row, seconds = (fields.pop(name).item() for name in NUMBERS)
        return Paused(int(epoch), int(row), seconds, fields)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise RunnerError(f"{path}: is not as it was written: {in_a_line(error)}") from None
