#!/bin/sh
# Predictions per second of the real server, which has just played the demo,
# beside a bare Go server and Flask: see bench/serve. Flask, pandas and
# scikit-learn are Debian's packages; another Python may not have them.
set -eu
cd "$(dirname "$0")/.."
command -v wrk >/dev/null || { echo "serve.sh: wrk is not installed: apt-get install wrk" >&2; exit 1; }
[ -x bin/dasier ] || { echo "serve.sh: there is no bin/dasier: make build" >&2; exit 1; }
program=$(mktemp)
log=$(mktemp)
server=
stop() {
  [ -z "$server" ] || { kill "$server" 2>/dev/null || true; wait "$server" 2>/dev/null || true; }
  rm -f "$program" "$log"
}
trap stop EXIT
CGO_ENABLED=0 go build -o "$program" ./bench/serve
bin/dasier demo --addr 127.0.0.1:0 >"$log" 2>&1 &
server=$!
until grep -q 'stays up until' "$log"; do
  kill -0 "$server" 2>/dev/null || { cat "$log" >&2; exit 1; }
  sleep 0.2
done
url=$(sed -n 's/^The console  *\(http[^ ]*\).*/\1/p' "$log")
"$program" -python "${PYTHON:-/usr/bin/python3}" -server "$url/api/v1/endpoints/house-prices.model.production/predict" "$@"
