#!/usr/bin/env bash
# Runs a command that fetches something, and again when it fails, with a longer
# pause each time: a mirror that stumbles is no reason to give up.
#   scripts/again.sh npm ci
# It is for downloads alone. A test that fails has failed.
set -uo pipefail
pause=${AGAIN_PAUSE:-5}
for _ in 1 2 3; do
  "$@" && exit 0
  echo "again.sh: \`$1\` failed: again in $pause seconds" >&2
  sleep "$pause"
  pause=$((3 * pause))
done
exec "$@"
