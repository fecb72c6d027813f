#!/usr/bin/env bash
# A throw-away Docker engine for the tests, beside whatever engine runs here:
#   scripts/docker.sh start   starts it unless it runs, and prints its address
#   scripts/docker.sh stop    stops it with its containers and removes its folder
# Only root can start an engine. Elsewhere the address of one that runs is
# printed, if this user may use it. It must see this machine's files, and jobs'
# build folders among them: tests mount them.
set -euo pipefail
folder=${DASIER_TEST_FOLDER:-${TMPDIR:-/tmp}/dasier-test-$(id -u)}/docker

say() { echo "docker.sh: $*" >&2; }

answers() { # socket
  [ -S "$1" ] && curl -fsS --max-time 30 --unix-socket "$1" http://docker/_ping >/dev/null 2>&1
}

case ${1:-} in
  start)
    if answers "$folder/docker.sock"; then
      echo "unix://$folder/docker.sock"
      exit 0
    fi
    if [ "$(id -u)" != 0 ]; then
      socket=${DOCKER_HOST:-unix:///var/run/docker.sock}
      if answers "${socket#unix://}"; then
        echo "$socket"
        exit 0
      fi
      say "no Docker engine answers at $socket: start it and let this user use it (usermod -aG docker $(id -un)), or run the tests as root"
      exit 1
    fi
    command -v dockerd >/dev/null || { say "Docker is not installed: apt-get install docker.io"; exit 1; }
    "$0" stop
    mkdir -p "$folder/data" "$folder/run"
    # A bridge of its own, so that an engine that runs here is left alone; no
    # systemd is asked for, and no registry is ever reached.
    bridge=dasier$((RANDOM % 10000))
    ip link add "$bridge" type bridge
    ip addr add "172.30.$((RANDOM % 250)).1/24" dev "$bridge"
    ip link set "$bridge" up
    echo "$bridge" >"$folder/bridge"
    setsid dockerd --host "unix://$folder/docker.sock" --data-root "$folder/data" --exec-root "$folder/run" --pidfile "$folder/pid" \
      --bridge "$bridge" --default-address-pool base=172.31.0.0/16,size=24 --log-level warn >"$folder/log" 2>&1 </dev/null &
    # Four minutes: it is slow on a machine that is busy with others.
    for _ in $(seq 1 960); do
      if answers "$folder/docker.sock"; then
        echo "unix://$folder/docker.sock"
        exit 0
      fi
      kill -0 $! 2>/dev/null || break
      sleep 0.25
    done
    say "the engine did not start:"
    tail -n 20 "$folder/log" >&2
    exit 1
    ;;
  stop)
    [ -d "$folder" ] || exit 0
    if answers "$folder/docker.sock"; then
      running=$(curl -fsS --unix-socket "$folder/docker.sock" 'http://docker/containers/json?all=1' | grep -o '"Id":"[0-9a-f]*"' | cut -d'"' -f4 || true)
      for id in $running; do
        curl -fsS -o /dev/null -X DELETE --unix-socket "$folder/docker.sock" "http://docker/containers/$id?force=1&v=1" || true
      done
    fi
    if [ -f "$folder/pid" ] && pid=$(cat "$folder/pid") && [ "$(cat "/proc/$pid/comm" 2>/dev/null)" = dockerd ]; then
      kill "$pid" 2>/dev/null || true
      for _ in $(seq 1 80); do kill -0 "$pid" 2>/dev/null || break; sleep 0.25; done
      kill -9 "$pid" 2>/dev/null || true
    fi
    if [ -f "$folder/bridge" ]; then ip link del "$(cat "$folder/bridge")" 2>/dev/null || true; fi
    # What the engine mounted goes with it, or its folder would stay.
    { grep -o " $folder/[^ ]*" /proc/self/mounts || true; } | sort -r | while read -r mounted; do umount -l "$mounted" 2>/dev/null || true; done
    rm -rf "$folder"
    ;;
  *)
    say "usage: scripts/docker.sh start|stop"
    exit 2
    ;;
esac
