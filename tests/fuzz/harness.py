"""Tries damaged input and counts what came of it: read, refused in the package's own words, or anything else."""

import math
import resource
import signal
import time
import traceback
import warnings
from collections import Counter
from contextlib import contextmanager
from typing import NamedTuple

import numpy as np
from tests.fuzz.targets import TARGETS

#: Seconds after which a file of some kilobytes has hung its reader.
PATIENCE = 10
#: Bytes of address space under the limit; libraries and threads have most of them.
ADDRESSES = 3 * 2**30


class Hung(BaseException):
    """Reading took too long; no reader catches this."""


class Outcome(NamedTuple):
    """What came of the inputs of one target."""

    read: int
    refused: int
    #: Seed and last line of each foreign exception, overlong message or endless attempt.
    foreign: list[str]
    #: The commonest reasons of refusals.
    reasons: Counter
    #: Seconds of the longest attempt.
    slowest: float = 0.0


@contextmanager
def patience(seconds):
    """Raise Hung in this thread when the time is over."""

    def give_up(*_):
        raise Hung

    before = signal.signal(signal.SIGALRM, give_up)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def fuzz(name, count, seed=0, seconds=math.inf):
    """Give a target `count` damaged inputs, or as many as it takes in so many seconds.

    The same seed damages them in the same way.
    """
    read, refused, foreign, reasons, slowest = 0, 0, [], Counter(), 0.0
    with warnings.catch_warnings(), TARGETS[name]() as attempt:
        warnings.simplefilter("ignore")
        end = time.monotonic() + seconds
        for number in range(seed, seed + count):
            if time.monotonic() > end:
                break
            begun = time.monotonic()
            try:
                with patience(PATIENCE):
                    reason = attempt(np.random.default_rng([number, *name.encode()]))
                if time.monotonic() > begun + PATIENCE:
                    raise Hung  # where the first was lost, as in what the interpreter calls by itself
            except (Exception, Hung) as error:  # noqa: BLE001 - these are what is looked for
                where = traceback.extract_tb(error.__traceback__)[-1]
                foreign.append(
                    f"{name} {number}: {type(error).__name__} {error} ({where.name}:{where.lineno})"[:300]
                )
                continue
            finally:
                slowest = max(slowest, time.monotonic() - begun)
            if reason:
                refused += 1
                reasons[reason] += 1
            else:
                read += 1
    return Outcome(read, refused, foreign, reasons, slowest)


def limited(name, count, seed, seconds):
    """Fuzz one target under the limit; return the outcome and the growth of the memory in bytes."""
    resource.setrlimit(resource.RLIMIT_AS, (ADDRESSES, ADDRESSES))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    outcome = fuzz(name, count, seed, seconds)
    return outcome, 1024 * (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
