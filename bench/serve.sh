#!/bin/sh
# Predictions per second beside a bare Go server and Flask: see bench/serve. Flask,
# pandas and scikit-learn are Debian's packages; another Python may not have them.
set -eu
cd "$(dirname "$0")/.."
command -v wrk >/dev/null || { echo "serve.sh: wrk is not installed: apt-get install wrk" >&2; exit 1; }
program=$(mktemp)
trap 'rm -f "$program"' EXIT
CGO_ENABLED=0 go build -o "$program" ./bench/serve
"$program" -python "${PYTHON:-/usr/bin/python3}" "$@"
