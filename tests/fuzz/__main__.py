"""Damage many inputs: ``python -m tests.fuzz [--count N | --seconds S] [--seed 0] [--reasons] [TARGET ...]``.

``--seconds 2`` is a minute for all targets, ``--seconds 90`` an hour. Each runs in a process of its own with a
limit on its address space. Exits with 1 when anything but the package's own errors came out, or the memory grew.
"""

import argparse
import math
import multiprocessing
import sys
import time

from tests.fuzz.harness import limited
from tests.fuzz.targets import TARGETS

#: Bytes by which the memory may grow.
GROWTH = 400 * 2**20


def main():
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description="Try damaged input on each target.")
    parser.add_argument("targets", nargs="*", default=[], metavar="TARGET", help=", ".join(TARGETS))
    parser.add_argument("--count", type=int, help="inputs for each target; by default 1,000")
    parser.add_argument("--seconds", type=float, help="of each target, instead of a count")
    parser.add_argument("--seed", type=int, default=0, help="number of the first input")
    parser.add_argument("--reasons", action="store_true", help="show the commonest reasons of refusals")
    asked = parser.parse_args()
    failed, seconds = False, math.inf if asked.seconds is None else asked.seconds
    count = asked.count or (1000 if asked.seconds is None else sys.maxsize)
    for name in asked.targets or TARGETS:
        start = time.monotonic()
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            outcome, growth = pool.apply(limited, (name, count, asked.seed, seconds))
        failed |= bool(outcome.foreign) or growth > GROWTH
        print(
            f"{name:16} {outcome.read:6} read {outcome.refused:6} refused {len(outcome.foreign):4} foreign "
            f"slowest {outcome.slowest:5.2f} s {growth / 1e6:5.0f} MB {time.monotonic() - start:6.1f} s",
            flush=True,
        )
        for line in outcome.foreign[:20]:
            print("   ", line)
        for reason, n in outcome.reasons.most_common(8 if asked.reasons else 0):
            print(f"    {n:5} {reason}")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
