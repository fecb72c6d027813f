#!/usr/bin/env bash
# Installs what a command of the Makefile needs and the machine lacks:
#   scripts/need.sh demo|test|bench
# System packages come from apt, where this user may; elsewhere one sentence
# says what to install.
set -euo pipefail

say() { echo "need: $*" >&2; }
die() { say "$*"; exit 1; }
have() { command -v "$1" >/dev/null 2>&1; }

packages=()
wants() { # command package
  have "$1" || packages+=("$2")
}

wants git git
wants curl curl
wants npm npm
wants node nodejs
# What apt's packages only recommend: certificates for downloads, and the C
# library's headers for the race detector.
debian() { # file package
  [ -e "$1" ] || ! have apt-get || packages+=("$2")
}
debian /etc/ssl/certs/ca-certificates.crt ca-certificates
case ${1:-} in
  demo) ;;
  test)
    wants gcc gcc
    debian /usr/include/stdlib.h libc6-dev
    wants setpriv util-linux
    wants perl perl
    # Of these the Docker tests are made: an engine, and a shell for images that
    # come from no registry.
    wants dockerd docker.io
    wants ip iproute2
    debian /bin/busybox busybox-static
    # The examples in Python train with these.
    for module in sklearn xgboost pandas; do
      /usr/bin/python3 -c "import $module" 2>/dev/null || packages+=("python3-$module")
    done
    [ -d /usr/lib/postgresql ] || have initdb || packages+=(postgresql)
    [ -n "${CHROMIUM:-}" ] || have chromium || have chromium-browser || have google-chrome || packages+=(chromium)
    # A browser without a font draws pages that nobody will see.
    debian /usr/share/fonts/truetype/dejavu/DejaVuSans.ttf fonts-dejavu-core
    ;;
  bench)
    wants wrk wrk
    wants python3 python3
    # A Go binding of ONNX Runtime, beside which predictions are measured, is C in part.
    wants gcc gcc
    debian /usr/include/stdlib.h libc6-dev
    for module in sklearn xgboost flask pandas onnx gunicorn fastapi uvicorn uvloop httptools; do
      /usr/bin/python3 -c "import $module" 2>/dev/null || packages+=("python3-$module")
    done
    ;;
  *) die "usage: scripts/need.sh demo|test|bench" ;;
esac

if [ ${#packages[@]} -gt 0 ]; then
  have apt-get || die "install these first, with this system's package manager: ${packages[*]}"
  as_root=()
  if [ "$(id -u)" != 0 ]; then
    have sudo && sudo -n true 2>/dev/null || die "install these first: sudo apt-get install ${packages[*]}"
    as_root=(sudo -n)
  fi
  say "installing ${packages[*]}"
  log=$(mktemp)
  # A machine that has just started may be updating itself: its lock is waited
  # for. A mirror may stumble: it is asked again.
  patient=(-qq -o Acquire::Retries=3 -o DPkg::Lock::Timeout=600)
  install() {
    "${as_root[@]}" apt-get "${patient[@]}" update &&
      "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get "${patient[@]}" install -y --no-install-recommends "${packages[@]}"
  }
  for pause in 5 15 45 no; do
    install >"$log" 2>&1 && break
    [ "$pause" != no ] ||
      { tail -n 20 "$log" >&2; die "apt-get could not install ${packages[*]}: see above (in place of the package chromium, Google Chrome does, or CHROMIUM=/path/to/one)"; }
    say "apt-get failed: again in $pause seconds"
    sleep "$pause"
  done
  rm -f "$log"
fi

# Debian's Go and Node may be older than what this project needs.
have go || die "Go 1.26 or newer is not installed: see https://go.dev/doc/install"
go_version=$(go env GOVERSION)
[ "$(printf 'go1.26\n%s\n' "$go_version" | sort -V | head -n 1)" = go1.26 ] ||
  die "Go 1.26 or newer is needed, and this is $go_version: see https://go.dev/doc/install"
node_version=$(node --version)
[ "$(printf 'v20.19\n%s\n' "$node_version" | sort -V | head -n 1)" = v20.19 ] ||
  die "Node.js 20.19 or newer is needed to build the pages, and this is $node_version: see https://nodejs.org/en/download"
git_version=$(git version | awk '{print $3}')
[ "$(printf '2.39\n%s\n' "$git_version" | sort -V | head -n 1)" = 2.39 ] ||
  die "git 2.39 or newer is needed, and this is $git_version"
# Go asks its proxy once for a module. Whoever has no network may have all that
# is built here, and still not all that go.mod names.
GOPROXY=off go mod download >/dev/null 2>&1 || "$(dirname "$0")/again.sh" go mod download ||
  say "not every Go module could be fetched: going on with those that are here"
