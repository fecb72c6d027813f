#!/bin/sh
# Predictions in one process on one thread, beside scikit-learn, XGBoost and ONNX
# Runtime on the same models and rows: see bench/predict.
#
# The first run installs onnxruntime-node into the user's cache (npm), fetches a
# Go binding for its library, and trains 13 models, which takes some minutes; it
# keeps them in the cache as well (DASIER_BENCH_CACHE, else the user's cache). The
# table of California's housing is not ours to ship: DASIER_BENCH_CALIFORNIA says
# where it is (8 columns of numbers and the target, with a header).
set -eu
cd "$(dirname "$0")/.."
python=${PYTHON:-/usr/bin/python3}
cache=${DASIER_BENCH_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/dasier/bench}
california=${DASIER_BENCH_CALIFORNIA:-../shared/bench/data/california.csv}
models=${MODELS:-california_linear,california_tree,california_forest100,california_histgb100,california_histgb500,california_xgb100,california_xgb500,million_linear,million_forest100,million_histgb100,million_histgb500,million_xgb100,million_xgb500}
[ -f "$california" ] || { echo "predict.sh: there is no $california: say with DASIER_BENCH_CALIFORNIA where the table is" >&2; exit 1; }
"$python" -c 'import sklearn, xgboost, pandas, onnx' || { echo "predict.sh: install python3-sklearn, python3-xgboost, python3-pandas and python3-onnx" >&2; exit 1; }
modules=$(scripts/onnxruntime.sh)
case $(uname -m) in
x86_64) machine=x64 ;;
aarch64 | arm64) machine=arm64 ;;
*) echo "predict.sh: ONNX Runtime has no library for $(uname -m)" >&2; exit 1 ;;
esac
library=$(find "$modules/onnxruntime-node/bin" -path "*linux/$machine/libonnxruntime.so.1" | head -n 1)
[ -n "$library" ] || { echo "predict.sh: there is no libonnxruntime.so.1 for Linux in $modules" >&2; exit 1; }
mkdir -p "$cache"
(cd bench/predict/ort && CGO_ENABLED=1 go build -o "$cache/ort" .)
CGO_ENABLED=0 go build -o "$cache/predict" ./bench/predict
"$python" bench/predict/peers.py train "$cache/models" "$california" "$models"
exec "$cache/predict" -folder "$cache/models" -models "$models" -python "$python" -ort "$cache/ort" -library "$library" "$@"
