#!/usr/bin/env bash
# Install what the JavaScript side of the tests needs, folder by folder, from its lock file.
#
#   scripts/setup_node.sh FOLDER...    a folder without package-lock.json is left alone
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# The tests use the system's browser.
export PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD=1 PUPPETEER_SKIP_DOWNLOAD=1

for folder in "$@"; do
  [ -f "$folder/package-lock.json" ] || continue
  stamp=$folder/node_modules/.stamp
  wanted=$(cksum < "$folder/package-lock.json")
  [ "$(cat "$stamp" 2>/dev/null)" = "$wanted" ] && continue
  echo "Installing the npm packages of $folder ..."
  npm ci --prefix "$folder" --no-audit --no-fund --loglevel=error
  mkdir -p "$folder/node_modules"
  echo "$wanted" > "$stamp"
done
