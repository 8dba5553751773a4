"""Style sheets, scripts, fonts and icons: from ``assets/`` to ``web/static/``, and their addresses.

No bundler. Every file is copied under a name that carries a hash of its content, so that a
browser may keep it for ever; ``manifest.json`` maps the plain names to those. Scripts import
each other by plain names (``soundforge/player/engine.js``), which the page's import map
resolves; style sheets have their ``url(…)`` rewritten.

Standard library only: the package's build runs this file before any dependency is there.
"""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path
from typing import Final

STATIC: Final = Path(__file__).parent / "static"
SOURCES: Final = Path(__file__).parents[3] / "assets"
URL_PREFIX: Final = "/static"
_MANIFEST: Final = "manifest.json"
_CSS_URL: Final = re.compile(r'url\("([^")]+)"\)')
_SHIPPED: Final = {".css", ".js", ".mjs", ".svg", ".woff2", ".txt", ".md"}

_manifest: dict[str, str] = {}


def ensure() -> None:
    """Build the static files when they are missing, or older than their sources.

    In an installed package there are no sources and nothing is built.

    Raises:
        FileNotFoundError: There are neither sources nor built files.
    """
    manifest = STATIC / _MANIFEST
    if SOURCES.is_dir():
        newest = max((path.stat().st_mtime for path in SOURCES.rglob("*")), default=0.0)
        if not manifest.is_file() or manifest.stat().st_mtime < newest:
            build()
    if not manifest.is_file():
        raise FileNotFoundError(f"{manifest} is missing; run scripts/build_assets.py")
    _manifest.clear()
    _manifest.update(json.loads(manifest.read_text("utf-8")))


def build(sources: Path = SOURCES, target: Path = STATIC) -> dict[str, str]:
    """Copy every asset under its fingerprinted name; return plain name -> fingerprinted name.

    Safe beside a running server: files are renamed into place, the manifest last, and files
    of an earlier build stay.
    """
    names = sorted(
        path.relative_to(sources).as_posix()
        for path in sources.rglob("*")
        if path.is_file() and path.suffix in _SHIPPED
    )
    manifest: dict[str, str] = {}
    # Style sheets last: they name the others.
    for name in sorted(names, key=lambda name: name.endswith(".css")):
        content = (sources / name).read_bytes()
        if name.endswith(".css"):
            content = _rewrite_urls(content.decode("utf-8"), name, manifest).encode("utf-8")
        manifest[name] = _fingerprinted(name, content)
        _write(target / manifest[name], content)
    manifest = dict(sorted(manifest.items()))
    _write(target / _MANIFEST, json.dumps(manifest, indent=1).encode("utf-8"))
    return manifest


def static_path(name: str) -> str:
    """Return the address of an asset: ``css/base.css`` -> ``/static/css/base-1f0c9a3b52.css``.

    Raises:
        KeyError: There is no such asset.
    """
    if not _manifest:
        ensure()
    return f"{URL_PREFIX}/{_manifest[name]}"


def is_fingerprinted(path: str) -> bool:
    """Whether ``path``, below the static folder, may be cached for ever."""
    return path in _manifest.values()


def script_imports() -> dict[str, str]:
    """Return the import map: our modules by ``soundforge/…``, the vendored ones by package name."""
    if not _manifest:
        ensure()
    imports: dict[str, str] = {}
    for name, hashed in _manifest.items():
        if name.startswith("js/"):
            imports[f"soundforge/{name.removeprefix('js/')}"] = f"{URL_PREFIX}/{hashed}"
        elif name.startswith("vendor/") and name.endswith((".mjs", ".esm.js")):
            package = Path(name).name.split(".")[0]
            imports[package] = f"{URL_PREFIX}/{hashed}"
    return imports


def _fingerprinted(name: str, content: bytes) -> str:
    digest = hashlib.sha256(content).hexdigest()[:10]
    path = Path(name)
    # foo.esm.js keeps its whole ending.
    stem, dot, ending = path.name.partition(".")
    return path.with_name(f"{stem}-{digest}{dot}{ending}").as_posix()


def _rewrite_urls(css: str, name: str, manifest: dict[str, str]) -> str:
    folder = Path(name).parent

    def rewritten(match: re.Match[str]) -> str:
        target = match.group(1)
        if target.startswith("data:"):
            return match.group(0)
        parts: list[str] = []
        for part in (folder / target).parts:
            if part == "..":
                parts.pop()
            else:
                parts.append(part)
        return f'url("{URL_PREFIX}/{manifest["/".join(parts)]}")'

    return _CSS_URL.sub(rewritten, css)


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.tmp")
    temporary.write_bytes(content)
    temporary.replace(path)
