#!/usr/bin/env bash
# Write the lock files anew: the newest versions that pyproject.toml allows, with hashes.
#
#   scripts/lock.sh              keep the locked versions where they still fit
#   scripts/lock.sh --upgrade    move everything forward
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

compile() {
  .venv/bin/uv pip compile --universal --python-version 3.11 --quiet \
    --generate-hashes --no-annotate --no-header "$@"
}

compile pyproject.toml --group dev -o requirements-dev.lock "$@"
# The development lock decides, so that both name one version of everything.
compile pyproject.toml -c requirements-dev.lock -o requirements.lock
compile --group build -c requirements-dev.lock -o requirements-build.lock
