#!/bin/sh
# Reading, profiling and correlating a CSV file of a million rows and 29 columns,
# beside pandas: see bench/eda.
#
# The file is DASIER_BENCH_CSV, else the one that ../shared/bench/gen_synth.py
# makes (247 MB, in the user's cache).
set -eu
cd "$(dirname "$0")/.."
python=${PYTHON:-/usr/bin/python3}
"$python" -c 'import pandas' || { echo "eda.sh: install python3-pandas" >&2; exit 1; }
csv=${DASIER_BENCH_CSV:-$HOME/.cache/dasier-bench/data/synth_1m.csv}
if [ ! -f "$csv" ]; then
  generator=../shared/bench/gen_synth.py
  [ -f "$generator" ] || { echo "eda.sh: there is no $csv: say with DASIER_BENCH_CSV where a table of numbers is" >&2; exit 1; }
  mkdir -p "$(dirname "$csv")"
  "$python" "$generator" --out "$(dirname "$csv")"
fi
mkdir -p bin
CGO_ENABLED=0 go build -o bin/bench-eda ./bench/eda
exec bin/bench-eda -csv "$csv" -python "$python" "$@"
