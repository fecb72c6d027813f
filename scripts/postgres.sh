#!/usr/bin/env bash
# A throw-away PostgreSQL for the tests, on a free loopback port:
#   scripts/postgres.sh start   starts it unless it runs, and prints its address
#   scripts/postgres.sh stop    stops it and removes its folder
# It keeps no promise about data: fsync is off.
set -euo pipefail
folder=${DASIER_TEST_FOLDER:-${TMPDIR:-/tmp}/dasier-test-$(id -u)}/postgres

say() { echo "postgres.sh: $*" >&2; }

programs() {
  local found
  found=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -n 1 || true)
  if [ -z "$found" ] && command -v initdb >/dev/null; then found=$(dirname "$(command -v initdb)"); fi
  [ -n "$found" ] || { say "PostgreSQL is not installed: apt-get install postgresql"; exit 1; }
  echo "$found"
}

# PostgreSQL refuses to run as root: then it runs as the user postgres.
as_owner() {
  if [ "$(id -u)" = 0 ]; then setpriv --reuid=postgres --regid=postgres --init-groups "$@"; else "$@"; fi
}

case ${1:-} in
  start)
    bin=$(programs)
    if [ -f "$folder/address" ] && as_owner "$bin/pg_ctl" -D "$folder/data" status >/dev/null 2>&1; then
      cat "$folder/address"
      exit 0
    fi
    rm -rf "$folder"
    mkdir -p "$folder/sock"
    if [ "$(id -u)" = 0 ]; then chmod 711 "$(dirname "$folder")"; chown -R postgres:postgres "$folder"; fi
    as_owner "$bin/initdb" -D "$folder/data" -U dasier --auth=trust -E UTF8 --locale=C --no-sync >"$folder/initdb.log" 2>&1 ||
      { say "initdb failed:"; cat "$folder/initdb.log" >&2; exit 1; }
    # A port below those that the system gives to whoever asks for any; somebody
    # may still take it first, and then another one is tried.
    for tries in 4 3 2 1 0; do
      port=$(perl -MIO::Socket::INET -e 'do { $p = 20000 + int rand 12000 } until IO::Socket::INET->new(Listen=>1,LocalAddr=>"127.0.0.1",LocalPort=>$p); print $p')
      as_owner "$bin/pg_ctl" -D "$folder/data" -w -t 300 -s -l "$folder/data/log" -o "-c listen_addresses=127.0.0.1 -c port=$port -c unix_socket_directories=$folder/sock -c fsync=off -c synchronous_commit=off -c full_page_writes=off -c max_connections=300" start >/dev/null ||
        { [ "$tries" != 0 ] && continue; say "the server did not start:"; tail -n 20 "$folder/data/log" >&2; exit 1; }
      break
    done
    echo "postgres://dasier@127.0.0.1:$port/postgres?sslmode=disable" >"$folder/address"
    cat "$folder/address"
    ;;
  stop)
    [ -d "$folder/data" ] || exit 0
    as_owner "$(programs)/pg_ctl" -D "$folder/data" -m immediate stop >/dev/null 2>&1 || true
    rm -rf "$folder"
    ;;
  *)
    say "usage: scripts/postgres.sh start|stop"
    exit 2
    ;;
esac
