#!/usr/bin/env bash
# Plays the demo to its end, tries what it prints for pasting, and opens the pages
# of its server in a real browser.
# Screenshots go to bin/screenshots. DASIER names another binary than bin/dasier.
set -euo pipefail
cd "$(dirname "$0")/.."

say() { echo "browser: $*" >&2; }
for name in chromium chromium-browser google-chrome; do
  command -v "$name" >/dev/null && { export CHROMIUM=${CHROMIUM:-$(command -v "$name")}; break; }
done
[ -n "${CHROMIUM:-}" ] || { say "no Chromium is installed: apt-get install chromium"; exit 1; }

log=$(mktemp)
data=$(mktemp -d)
# The services of a server that runs as root have a user of their own, who has to
# pass through here.
chmod 711 "$data"
password=browser-test-$RANDOM$RANDOM
"${DASIER:-bin/dasier}" demo --data "$data/demo" --addr 127.0.0.1:0 --password "$password" >"$log" 2>&1 &
server=$!
stop() {
  kill "$server" 2>/dev/null || true
  wait "$server" 2>/dev/null || true
  rm -rf "$data" "$log"
}
trap stop EXIT

say "playing the demo"
for _ in $(seq 1 7200); do
  grep -q 'stays up until' "$log" && break
  kill -0 "$server" 2>/dev/null || { cat "$log" >&2; say "the demo ended early: see above"; exit 1; }
  sleep 0.25
done
grep -q 'stays up until' "$log" || { cat "$log" >&2; say "the demo did not end in half an hour: see above"; exit 1; }

url=$(sed -n 's/^The console  *\(http[^ ]*\).*/\1/p' "$log")
app=$(sed -n 's/^The app  *\(http[^ ]*\).*/\1/p' "$log")
# The command that the demo prints gives a price with its interval and reasons.
pasted=$(sed -n '/^ *curl /,/^$/p' "$log")
answer=$(bash -c "$pasted")
for part in '"prediction":' '"interval":' '"reasons":' '"model":"house-price","version":1'; do
  case $answer in
    *"$part"*) ;;
    *) say "the command that the demo prints answers without $part: $answer"; exit 1 ;;
  esac
done
say "opening the pages of $url"
mkdir -p bin/screenshots
cd web
DASIER_URL=$url DASIER_USER=ada DASIER_PASSWORD=$password \
  DASIER_APP=$app DASIER_ENDPOINT=house-prices.model.production DASIER_SHOTS=$PWD/../bin/screenshots npm run --silent e2e
