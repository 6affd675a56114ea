#!/bin/sh
# Trains a classifier on the digits that come with scikit-learn, and says where the report lies.
set -eu
extra=""
. "$(dirname "$0")/environment.sh"
.venv/bin/scoreline train digits "$@"
