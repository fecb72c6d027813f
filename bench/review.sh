#!/bin/sh
# Opening a large merge request on the real server: see bench/review. It wants
# bin/dasier, which make build leaves there.
set -eu
cd "$(dirname "$0")/.."
[ -x bin/dasier ] || { echo "review.sh: there is no bin/dasier: make build" >&2; exit 1; }
program=$(mktemp)
trap 'rm -f "$program"' EXIT
CGO_ENABLED=0 go build -o "$program" ./bench/review
"$program" -binary "$PWD/bin/dasier" "$@"
