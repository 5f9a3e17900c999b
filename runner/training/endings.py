"""How runs ended, by the last of their errors: whether they settled, still fall, cycle, or nothing of that.

Error is what is minimised here: with the penalties, where there are any.
The errors are those of single epochs where every update is made from all examples: a cycle would not be
seen in each tenth of them. Of runs with batches they are those of the rows, and noisy: what such errors do
around a level is no oscillation.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from runner.nn.arrays import Array, Mask, Numbers

CONVERGED, FALLING, OSCILLATING, IRREGULAR, DIVERGED = ENDINGS = (
    "converged",  # the error no longer changes
    "falling",  # it would be better yet after as many epochs again
    "oscillating",  # it repeats the same few values for ever
    "irregular",  # it neither settles nor repeats
    "diverged",  # it is not finite, has blown up, or grows beyond where it began
)
#: A run that ends at so many times its initial error has blown up: it is as bad as one that diverged.
OFF_SCALE = 1000
#: The least error that counts as one to begin with: below it is rounding, as at the end of an earlier run.
ROUNDING = 1e-24

#: How many of a run's last errors are looked at; of a short run the second half, or the last few.
WINDOW, FEW = 288, 6
#: The longest period that is looked for: it must be seen four times over.
LONGEST_PERIOD = WINDOW // 4
#: An error that is this part of the first one, or less, has converged, however it goes on.
SMALL = 1e-9
#: Relative change, over all that is looked at, of an error that stands; and of one that stands nearly.
FLAT, NEARLY_FLAT = 1e-6, 1e-3
#: A run is falling if as many epochs again would take this part off its error.
WORTHWHILE = 0.01
#: A trend is clear where the ranks of so many blocks' means correlate so well with time.
BLOCKS, CLEAR = 12, 0.85
#: Means are taken over as many errors as the largest of these that fit, so that short cycles count whole.
WHOLE = (48, 24, 12, 4, 2, 1)
#: Values repeat if they come back to this part of their range.
REPEATED = 1e-3


class Ending(NamedTuple):
    """One of ENDINGS, or nothing for a run that was not trained; and its period, if it has one."""

    name: str
    period: int | None = None


class Tail:
    """The last errors of the runs of a stack, each with as many as it has: a ring of WINDOW places."""

    def __init__(self, runs: int) -> None:
        self.ring = np.full((WINDOW, runs), np.nan)
        self.counts = np.zeros(runs, dtype=int)  # of each run's errors so far
        self.now = 0

    def add(self, runs: Numbers | slice, errors: Array) -> None:
        """Takes the next errors of `runs`, all of which have been there each time before."""
        self.ring[self.now % WINDOW, runs] = errors
        self.now += 1
        self.counts[runs] = self.now

    def last(self, runs: Numbers, length: int) -> Array:
        """The last errors (length, R) of `runs`, the latest last."""
        places = self.counts[runs] - length + np.arange(length)[:, None]
        return self.ring[places % WINDOW, runs]


def alternates(now: Array, before: Array, earlier: Array) -> Mask:
    """Which runs (R,) go to and fro between two places, by their parameters (R, P) after three epochs.

    They may do so at one error: those of w and −w are often the same.
    """
    step, back = (np.abs(now - then).max(axis=1, initial=0.0) for then in (before, earlier))
    return (step > FLAT * np.abs(now).max(axis=1, initial=0.0)) & (back < REPEATED * step)


class Course(NamedTuple):
    """What else is to be known of runs, (R,) each, beside the last of their errors.

    `length` counts epochs, or the rows of runs with batches; `initial` is the first error; `diverged` are
    runs whose numbers stopped being finite; `alternating` is as :func:`alternates` has it.
    """

    length: Numbers
    initial: Array
    diverged: Mask
    alternating: Mask

    def of(self, runs: Numbers) -> Course:
        """That of some of the runs."""
        return Course(self.length[runs], self.initial[runs], self.diverged[runs], self.alternating[runs])


def endings(tail: Tail, course: Course, noisy: bool) -> list[Ending]:
    """How runs ended; `noisy` says whether each update was made from a part of the examples."""
    ends = [Ending(DIVERGED)] * len(course.initial)
    lengths = np.maximum(course.length // 2, np.minimum(course.length, FEW - 1)) + 1
    lengths = np.minimum(lengths, WINDOW)
    lengths[course.diverged] = 0
    for length in sorted({*lengths[lengths > 0].tolist()}):  # np.unique imports numpy.ma
        runs = np.flatnonzero(lengths == length)
        with np.errstate(all="ignore"):
            names, periods = _classified(tail.last(runs, length), course.of(runs), noisy)
        for run, name, period in zip(runs.tolist(), names, periods.tolist(), strict=True):
            ends[run] = Ending(name, period or None)
    return ends


def _classified(errors: Array, course: Course, noisy: bool) -> tuple[list[str], Numbers]:
    """The endings and periods (R,; 0 for none) of runs by their errors (T, R)."""
    initial = course.initial
    if len(errors) < 2:
        return [""] * len(initial), np.zeros(len(initial), dtype=int)
    last, spread, level = errors[-1], np.ptp(errors, axis=0), errors.mean(axis=0)
    trend, rest = _trend(errors), _change_ahead(errors, course.length, noisy)
    small = _thirds(errors)[2].max(axis=0) <= np.maximum(ROUNDING, SMALL * initial)
    worthwhile = np.abs(rest) > np.maximum(WORTHWHILE * last, SMALL * initial)
    falls = (worthwhile & (rest < 0) & (trend <= -CLEAR)) | (_dies_away(errors) & ~np.array(noisy))
    recent = errors[-max(1, len(errors) // 3) :]
    stands = _is_smooth(recent) | (np.ptp(recent, axis=0) <= WORTHWHILE * last)
    settles = ~worthwhile & _is_smooth(errors) & stands
    rises = worthwhile & (rest > 0) & (trend >= CLEAR) & _is_higher(errors)
    flat = spread <= FLAT * level
    periods = np.where(flat & course.alternating, 2, 0)
    if not noisy:
        swings = np.flatnonzero(~(small | falls | flat | settles))
        periods[swings] = _periods(errors[:, swings], spread[swings])
    table = (
        (DIVERGED, last >= OFF_SCALE * np.maximum(ROUNDING, initial)),
        (CONVERGED, small),
        (FALLING, falls),
        (OSCILLATING, periods > 0),
        (DIVERGED, rises & (last > initial)),
        (CONVERGED, settles | (spread <= NEARLY_FLAT * level) | (noisy & ~rises)),
    )
    names = np.select([holds for _, holds in table], [name for name, _ in table], IRREGULAR)
    return names.tolist(), np.where(names == OSCILLATING, periods, 0)


def _trend(errors: Array) -> Array:
    """Spearman's rank correlation (R,) of the means of about BLOCKS blocks of errors (T, R) with time."""
    size = _whole(len(errors) // BLOCKS)
    blocks = len(errors) // size
    means = errors[len(errors) - blocks * size :].reshape(blocks, size, -1).mean(axis=1)
    ranks = means.argsort(axis=0, kind="stable").argsort(axis=0)
    away = ((ranks - np.arange(blocks)[:, None]) ** 2).sum(axis=0)
    return np.asarray(1.0 - 6.0 * away / (blocks * (blocks**2 - 1)))


def _whole(length: int) -> int:
    """The largest multiple of the largest of WHOLE, up to `length`; 1 at least."""
    unit = next((unit for unit in WHOLE if unit <= length), 1)
    return max(1, length - length % unit)


def _thirds(errors: Array) -> Array:
    """The last of errors (T, R) in three parts of equal length (3, about T / 3, R)."""
    size = _whole(len(errors) // 3)
    return np.concatenate([errors[:1], errors])[-3 * size :].reshape(3, size, -1)


def _change_ahead(errors: Array, more: Numbers, noisy: bool) -> Array:
    """By how much errors (T, R) would change in as many epochs again as `more` (R,), or more than that.

    As the last third of them has it, where that goes one way and says more (of a few, the last step): of a
    swing, or behind a drop to a plateau, what was before tells nothing of what is to come. A few noisy errors
    may go one way by chance.
    """
    whole, recent = _still_to_go(errors, more), errors[-(len(errors) // 3) :]
    if noisy:
        return whole
    few = len(recent) < 3
    lately = np.diff(errors, axis=0)[-1] if few else _still_to_go(recent, more) * _is_smooth(recent)
    return np.where(np.abs(lately) > np.abs(whole), lately, whole)


def _still_to_go(errors: Array, more: Numbers) -> Array:
    """By how much errors (T, R) would change in as many epochs again as `more` (R,).

    The changes from third to third go on as a geometric series (Aitken's extrapolation), which is exact
    for an exponential; they do not grow.
    """
    thirds = _thirds(errors)
    first, second = np.diff(thirds.mean(axis=1), axis=0)
    ratio = np.where(np.abs(first) > np.abs(second), np.maximum(second / first, 0.0), 1.0)
    count = more / thirds.shape[1]
    return np.asarray(second * np.where(ratio < 1.0, ratio * (1.0 - ratio**count) / (1.0 - ratio), count))


def _is_smooth(errors: Array) -> Mask:
    """Whether errors (T, R) go one way, but for a tenth of what they go."""
    return np.asarray(np.abs(errors[-1] - errors[0]) >= 0.9 * np.abs(np.diff(errors, axis=0)).sum(axis=0))


def _dies_away(errors: Array) -> Mask:
    """Whether a swing (T, R) falls from third to third, to less than half, in its mean and in its peaks."""
    thirds = _thirds(errors)
    means, peaks = thirds.mean(axis=1), thirds.max(axis=1)
    falls = [(2.0 * of[2] < of[0]) & (of[2] < of[1]) & (of[1] < of[0]) for of in (means, peaks)]
    return np.logical_and(*falls)


def _is_higher(errors: Array) -> Mask:
    """Whether errors (T, R) are clearly higher in the last third than in the first, in mean and peaks."""
    thirds = _thirds(errors)
    return np.logical_and(
        *(of[2] > (1.0 + WORTHWHILE) * of[0] for of in (thirds.mean(axis=1), thirds.max(axis=1)))
    )


def _periods(errors: Array, spread: Array) -> Numbers:
    """The least number of epochs (R,) after which errors (T, R) repeat, 0 where they do not."""
    periods = np.zeros(errors.shape[1], dtype=int)
    for period in range(2, min(LONGEST_PERIOD, len(errors) // 3) + 1):
        back = np.abs(errors[-1] - errors[-1 - period]) <= REPEATED * spread
        runs = np.flatnonzero(back & (periods == 0))  # few are to be looked at closely
        apart = np.abs(errors[period:, runs] - errors[:-period, runs]).max(axis=0, initial=0.0)
        periods[runs[apart <= REPEATED * spread[runs]]] = period
    return periods
