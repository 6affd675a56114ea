"""Damage many files: ``python -m tests.fuzz --count 5000 [--seed 0] [--reasons] [FORMAT ...]``.

Each format runs in a process of its own with a limit on its address space. Exits with 1 when anything but the
package's own errors came out, or the memory grew.
"""

import argparse
import multiprocessing
import sys
import time

from tests.fuzz.harness import limited
from tests.fuzz.samples import SAMPLES

#: Bytes by which the memory may grow.
GROWTH = 400 * 2**20


def main():
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description="Load damaged files of each format.")
    parser.add_argument("formats", nargs="*", default=[], metavar="FORMAT", help=", ".join(SAMPLES))
    parser.add_argument("--count", type=int, default=1000, help="files of each format")
    parser.add_argument("--seed", type=int, default=0, help="number of the first file")
    parser.add_argument("--reasons", action="store_true", help="show the commonest reasons of refusals")
    asked = parser.parse_args()
    failed = False
    for name in asked.formats or SAMPLES:
        start = time.monotonic()
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            outcome, growth = pool.apply(limited, (name, asked.count, asked.seed))
        failed |= bool(outcome.foreign) or growth > GROWTH
        print(
            f"{name:16} {outcome.read:6} read {outcome.refused:6} refused {len(outcome.foreign):4} foreign "
            f"{growth / 1e6:5.0f} MB {time.monotonic() - start:6.1f} s",
            flush=True,
        )
        for line in outcome.foreign[:20]:
            print("   ", line)
        for reason, count in outcome.reasons.most_common(8 if asked.reasons else 0):
            print(f"    {count:5} {reason}")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
