#!/bin/sh
# Predictions per second over HTTP, one row each, beside a bare Go server, Flask,
# gunicorn, FastAPI and Node with ONNX Runtime: see bench/serve. The linear model
# of the example answers on the real server, which has just played the demo. It
# takes about seven minutes; -short, two.
#
# The Python peers are Debian's packages; another Python may not have them. Two
# models are scikit-learn's of the table of California's housing, which is not
# ours to ship: DASIER_BENCH_CALIFORNIA says where it is. They are trained once
# and kept in the cache (DASIER_BENCH_CACHE, else the user's cache).
set -eu
cd "$(dirname "$0")/.."
python=${PYTHON:-/usr/bin/python3}
cache=${DASIER_BENCH_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/dasier/bench}
california=${DASIER_BENCH_CALIFORNIA:-../shared/bench/data/california.csv}
dasier=${DASIER_BENCH_PROGRAM:-bin/dasier}
die() { echo "serve.sh: $*" >&2; exit 1; }
command -v wrk >/dev/null || die "wrk is not installed: apt-get install wrk"
[ -x "$dasier" ] || die "there is no $dasier: make build"
[ -f "$california" ] || die "there is no $california: say with DASIER_BENCH_CALIFORNIA where the table is"
for module in sklearn pandas onnx flask gunicorn fastapi uvicorn uvloop httptools; do
  "$python" -c "import $module" 2>/dev/null || die "$python has no $module, and no peer is left out: apt-get install python3-$module"
done
modules=$(scripts/onnxruntime.sh)
mkdir -p "$cache"
"$python" bench/predict/peers.py train "$cache/models" "$california" california_linear,california_histgb100
program=$(mktemp)
log=$(mktemp)
server=
stop() {
  [ -z "$server" ] || { kill "$server" 2>/dev/null || true; wait "$server" 2>/dev/null || true; }
  rm -f "$program" "$log"
}
trap stop EXIT
trap 'exit 130' INT TERM
CGO_ENABLED=0 go build -o "$program" ./bench/serve
"$dasier" demo --addr 127.0.0.1:0 >"$log" 2>&1 &
server=$!
until grep -q 'stays up until' "$log"; do
  kill -0 "$server" 2>/dev/null || { cat "$log" >&2; exit 1; }
  sleep 0.2
done
url=$(sed -n 's/^The console  *\(http[^ ]*\).*/\1/p' "$log")
"$program" -python "$python" -dasier "$dasier" -models "$cache/models" -table "$california" -ort "$modules/onnxruntime-node" \
  -process "$server" -server "$url/api/v1/endpoints/house-prices.model.production/predict" "$@"
