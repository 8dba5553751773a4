"""Fetch the browser's libraries again, exactly as `assets/vendor/lock.json` pins them.

    python scripts/refresh_vendor.py            # write the files that the lock names
    python scripts/refresh_vendor.py --check    # compare only, without the network
    python scripts/refresh_vendor.py --update phoenix@1.8.17     # pin another version

Needs npm: the archive comes through `npm pack`, and its hash must be the lock's before anything
is unpacked.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

VENDOR = Path(__file__).resolve().parents[1] / "assets" / "vendor"
LOCK = VENDOR / "lock.json"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="compare the files with the lock")
    parser.add_argument("--update", metavar="NAME@VERSION", help="pin another version")
    options = parser.parse_args()
    lock = json.loads(LOCK.read_text())
    if options.check:
        return report(mismatches(lock))
    if options.update:
        name, _, version = options.update.rpartition("@")
        lock[name] |= {"version": version, "integrity": None}
    for name, pinned in lock.items():
        fetch(name, pinned)
    LOCK.write_text(json.dumps(lock, indent=2) + "\n")
    return report(mismatches(lock))


def fetch(name: str, pinned: dict) -> None:
    """Download one package, check it, write its files and their hashes."""
    with tempfile.TemporaryDirectory() as folder:
        command = ["npm", "pack", "--silent", f"{name}@{pinned['version']}"]
        packed = subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True)
        archive = Path(folder) / packed.stdout.split()[-1]
        found = "sha512-" + base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
        if pinned["integrity"] not in (None, found):
            sys.exit(f"{name}@{pinned['version']} is not what the lock pins: {found}")
        pinned["integrity"] = found
        with tarfile.open(archive) as files:
            for path, file in pinned["files"].items():
                source = files.extractfile(f"package/{file['from']}")
                if source is None:
                    sys.exit(f"{name} has no file {file['from']}")
                content = source.read()
                target = VENDOR / name / path
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(content)
                file["sha256"] = hashlib.sha256(content).hexdigest()


def mismatches(lock: dict) -> list[str]:
    """Return the files that are missing, changed, or not in the lock."""
    expected = {
        VENDOR / name / path: file["sha256"]
        for name, pinned in lock.items()
        for path, file in pinned["files"].items()
    }
    wrong = [
        str(path.relative_to(VENDOR))
        for path, sha256 in expected.items()
        if not path.exists() or hashlib.sha256(path.read_bytes()).hexdigest() != sha256
    ]
    folders = [VENDOR / name for name in lock]
    extra = [
        p for folder in folders for p in folder.rglob("*") if p.is_file() and p not in expected
    ]
    return wrong + [str(path.relative_to(VENDOR)) for path in extra]


def report(wrong: list[str]) -> int:
    for path in wrong:
        print(f"differs from the lock: {path}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
