#!/bin/sh
# Push to first job line, start-up time and idle memory of the real binary: see
# bench/push. It wants bin/dasier, which make build leaves there.
set -eu
cd "$(dirname "$0")/.."
[ -x bin/dasier ] || { echo "push.sh: there is no bin/dasier: make build" >&2; exit 1; }
program=$(mktemp)
trap 'rm -f "$program"' EXIT
CGO_ENABLED=0 go build -o "$program" ./bench/push
"$program" -binary "$PWD/bin/dasier" "$@"
