#!/usr/bin/env bash
# Install the programs that come from the system, or say which are missing.
#
#   scripts/setup_system.sh python    Python itself
#   scripts/setup_system.sh venv      Debian's package for virtual environments
#   scripts/setup_system.sh tests     a browser, Node.js and ffmpeg, which only tests use
#
# Only root on a Debian or Ubuntu system gets them installed; everyone else gets the sentence.
set -euo pipefail

has() { command -v "$1" >/dev/null 2>&1; }

node_is_new_enough() {
  has node && [ "$(node --version | sed 's/^v\([0-9]*\).*/\1/')" -ge 20 ]
}

missing=()
case ${1:-} in
  python) missing+=(python3 python3-venv) ;;
  venv) missing+=(python3-venv) ;;
  tests)
    has chromium || has chromium-browser || has google-chrome || missing+=(chromium)
    has node || missing+=(nodejs)
    has npm || missing+=(npm)
    has ffmpeg || missing+=(ffmpeg)
    ;;
  *) echo "usage: $0 python|venv|tests" >&2; exit 2 ;;
esac

if [ ${#missing[@]} -gt 0 ]; then
  if [ "$(id -u)" -ne 0 ] || ! has apt-get; then
    echo "These programs are missing: ${missing[*]}." >&2
    echo "Install them with your system's package manager, for example" >&2
    echo "  sudo apt-get install ${missing[*]}" >&2
    echo "and run make again." >&2
    exit 1
  fi
  echo "Installing ${missing[*]} with apt-get ..."
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq
  apt-get install -qq -y --no-install-recommends "${missing[@]}" >/dev/null
fi

if [ "$1" = tests ] && ! node_is_new_enough; then
  echo "The tests need Node.js 20 or newer; this is $(node --version)." >&2
  echo "Install a newer one and run make again." >&2
  exit 1
fi
