#!/usr/bin/env bash
# Make .venv hold exactly what the lock files name, and the package itself.
#
#   scripts/setup_python.sh runtime    what `sfa` needs
#   scripts/setup_python.sh dev        that, and what the checks and tests need
#
# Every download is compared with the hash in its lock file. A stamp in .venv makes the next
# call cheap; it also names the folder, because a virtual environment cannot be moved.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

kind=${1:-runtime}
case $kind in
  runtime) lock=requirements.lock ;;
  dev) lock=requirements-dev.lock ;;
  *) echo "usage: $0 runtime|dev" >&2; exit 2 ;;
esac

fingerprint() {
  echo "$PWD $(cat "$1" requirements-build.lock pyproject.toml | cksum)"
}

is_at_least_3_11() {
  "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1
}

find_python() {
  if [ -n "${PYTHON:-}" ]; then
    is_at_least_3_11 "$PYTHON" && echo "$PYTHON"
    return
  fi
  local name
  for name in python3 python3.13 python3.12 python3.11 python3.14; do
    if is_at_least_3_11 "$name"; then echo "$name"; return; fi
  done
  return 1
}

need_python() {
  find_python && return
  if [ -z "${PYTHON:-}" ]; then
    scripts/setup_system.sh python >&2 && find_python && return
  fi
  local found
  found=$("${PYTHON:-python3}" --version 2>/dev/null) || found="none that works"
  echo "Sound Forge Alchemy needs Python 3.11 or newer; found: $found." >&2
  echo "Install one, then run make again, or name it: make run PYTHON=/path/to/python3.12" >&2
  return 1
}

make_venv() {
  local python
  python=$(need_python)
  echo "Making .venv with $("$python" --version) ..."
  if ! "$python" -m venv --clear .venv >/dev/null 2>&1; then
    scripts/setup_system.sh venv # Debian keeps this part of Python in a package of its own
    "$python" -m venv --clear .venv
  fi
}

install() {
  .venv/bin/python -m pip --quiet --no-input --disable-pip-version-check install "$@"
}

stamp=.venv/.stamp-$kind
[ "$(cat "$stamp" 2>/dev/null)" = "$(fingerprint "$lock")" ] && exit 0

# A moved or half-made environment has no working interpreter, or another folder in its scripts.
if ! is_at_least_3_11 .venv/bin/python || ! grep -qF "$PWD/.venv" .venv/bin/pip 2>/dev/null; then
  make_venv
fi
rm -f "$stamp"
echo "Installing what $lock names; the first time takes a minute or two ..."
# A lock names every package, so pip need not resolve anything.
install --no-deps --require-hashes -r requirements-build.lock
install --no-deps --require-hashes -r "$lock"
install --no-deps --no-build-isolation --editable .
fingerprint "$lock" > "$stamp"
# The development lock holds the runtime lock, version by version.
[ "$kind" = runtime ] || fingerprint requirements.lock > .venv/.stamp-runtime
