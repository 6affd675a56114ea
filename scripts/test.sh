#!/bin/sh
# Passes the tests; further arguments go to pytest.
set -eu
extra="[dev]"
. "$(dirname "$0")/environment.sh"
# One BLAS thread in each of the parallel test processes: more would only get in each other's way.
# scikit-learn checks array-API input only where SciPy is told to support it.
OPENBLAS_NUM_THREADS=1 SCIPY_ARRAY_API=1 exec .venv/bin/python -m pytest -n auto --dist loadfile "$@"
