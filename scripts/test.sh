#!/bin/sh
# Passes the tests; further arguments go to pytest.
set -eu
extra="[dev]"
. "$(dirname "$0")/environment.sh"
# One BLAS thread in each of the parallel test processes: more would only get in each other's way.
OPENBLAS_NUM_THREADS=1 exec .venv/bin/python -m pytest -n auto --dist loadfile "$@"
