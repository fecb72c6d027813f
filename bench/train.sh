#!/bin/sh
# Learning beside scikit-learn and XGBoost on the same rows, folds and settings:
# see bench/train.
#
# The tables of California's housing and of the sales in Ames, and the folds, are
# not ours to ship: DASIER_BENCH_TABLES says where california.csv, ames.csv (in De
# Cock's raw form) and folds_california.csv, folds_ames.csv are. The million rows
# are made in the user's cache (DASIER_BENCH_CACHE, else the user's cache).
set -eu
cd "$(dirname "$0")/.."
python=${PYTHON:-/usr/bin/python3}
cache=${DASIER_BENCH_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/dasier/bench}
tables=${DASIER_BENCH_TABLES:-../shared/bench/data}
"$python" -c 'import sklearn, xgboost, pandas' || { echo "train.sh: install python3-sklearn, python3-xgboost and python3-pandas" >&2; exit 1; }
mkdir -p "$cache/tables"
for file in california.csv ames.csv folds_california.csv folds_ames.csv; do
  [ -f "$tables/$file" ] || { echo "train.sh: there is no $tables/$file: say with DASIER_BENCH_TABLES where the tables are" >&2; exit 1; }
  cp -f "$tables/$file" "$cache/tables/"
done
CGO_ENABLED=0 go build -o "$cache/train" ./bench/train
exec "$cache/train" -folder "$cache/tables" -python "$python" "$@"
