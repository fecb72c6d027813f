#!/bin/sh
# Ridge beside scikit-learn's on the example's data: see parity_ridge.py. Debian's
# Python has scikit-learn and pandas as packages; another one may not.
set -eu
cd "$(dirname "$0")/.."
exec "${PYTHON:-/usr/bin/python3}" bench/parity_ridge.py "$@"
