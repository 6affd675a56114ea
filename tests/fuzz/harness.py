"""Loads damaged files and counts what came of it: read, refused in the package's own words, or anything else."""

import resource
import shutil
import signal
import traceback
import warnings
from collections import Counter
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import numpy as np
from tests.fuzz.mutations import mutated
from tests.fuzz.samples import SAMPLES

from scoreline.data import LoadOptions, load_dataset
from scoreline.errors import ScorelineError

#: Seconds after which a file of some kilobytes has hung its reader.
PATIENCE = 30
#: Bytes of address space under the limit; libraries and threads have most of them.
ADDRESSES = 3 * 2**30
#: Most characters of a message: values of the file are cut.
LONGEST = 5000


class Hung(BaseException):
    """Reading took too long; no reader catches this."""


class Outcome(NamedTuple):
    """What came of the files of one format."""

    read: int
    refused: int
    #: Seed and last line of each foreign exception, overlong message or endless read.
    foreign: list[str]
    #: The commonest reasons of refusals.
    reasons: Counter


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


def write(sample, folder, rng):
    """Write the files of a sample, one of its pieces damaged."""
    pieces = dict(sample.pieces)
    chosen = sorted(pieces)[rng.integers(len(pieces))]
    pieces[chosen] = mutated(pieces[chosen], rng)
    for name, content in (sample.pack(pieces) | sample.others).items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder / sample.entry


def fuzz(name, count, seed=0):
    """Load `count` damaged files of a format; the same seed damages them in the same way."""
    read, refused, foreign, reasons = 0, 0, [], Counter()
    with TemporaryDirectory(prefix="fuzz-") as place, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for number in range(seed, seed + count):
            folder = Path(place, "data")
            folder.mkdir()
            path = write(SAMPLES[name], folder, np.random.default_rng([number, *name.encode()]))
            options = LoadOptions(data_dir=Path(place), download=False, max_rejected=1)
            try:
                with patience(PATIENCE):
                    load_dataset(path, options)
                read += 1
            except ScorelineError as error:
                refused += 1
                reasons[error.given.replace(place, "")[:120]] += 1
                if len(str(error)) > LONGEST or "\n" in str(error):
                    foreign.append(f"{name} {number}: a message of {len(str(error))} characters")
            except (Exception, Hung) as error:  # noqa: BLE001 - these are what is looked for
                where = traceback.extract_tb(error.__traceback__)[-1]
                foreign.append(
                    f"{name} {number}: {type(error).__name__} {error} ({where.name}:{where.lineno})"[:300]
                )
            finally:
                shutil.rmtree(folder)
                shutil.rmtree(Path(place, "unpacked"), ignore_errors=True)
    return Outcome(read, refused, foreign, reasons)


def limited(name, count, seed):
    """Fuzz one format under the limit; return the outcome and the growth of the memory in bytes."""
    resource.setrlimit(resource.RLIMIT_AS, (ADDRESSES, ADDRESSES))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    outcome = fuzz(name, count, seed)
    return outcome, 1024 * (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
