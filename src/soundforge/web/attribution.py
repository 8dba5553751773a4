"""Whose work this program stands on: what lies in it, what it runs, and the libraries it uses.

Networks and models describe themselves (`soundforge.engines.networks`, `.separators`); the
libraries do so in their packages. What has no such description is named here, once, and a test
holds all of it against the file NOTICE.
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from importlib import metadata
from typing import TYPE_CHECKING, Final

from soundforge.web.words import sentence

if TYPE_CHECKING:
    from importlib.metadata import PackageMetadata

_NAME: Final = re.compile(r"[A-Za-z0-9._-]+")
_LONGEST_LICENCE: Final = 60


@dataclass(frozen=True, slots=True)
class Credit:
    """One work of others.

    Args:
        name: As its authors call it.
        licence: Its licence, by the short name where it has one.
        what: What it does here.
        url: Where it is at home; may be empty.
        holder: Whose it is; may be empty.
    """

    name: str
    licence: str
    what: str = ""
    url: str = ""
    holder: str = ""


#: What some packages say in their classifiers alone, or only by the first line of the whole text.
_SAID_ELSEWHERE: Final = {
    "scipy": Credit("", "BSD-3-Clause"),
    "sphn": Credit(
        "",
        "MIT OR Apache-2.0",
        "Reads AAC, by Symphonia (MPL-2.0).",
        "https://github.com/kyutai-labs/sphn",
    ),
}

PARTS: Final = (
    Credit(
        "Archivo",
        "SIL Open Font License 1.1",
        "the typeface of these pages",
        "https://github.com/Omnibus-Type/Archivo",
        "2020 The Archivo Project Authors",
    ),
    Credit(
        "phoenix",
        "MIT",
        "keeps the socket to the server, unchanged",
        "https://github.com/phoenixframework/phoenix",
        "2014 Chris McCord",
    ),
    Credit(
        "phoenix_live_view",
        "MIT",
        "patches these pages while they change, unchanged",
        "https://github.com/phoenixframework/phoenix_live_view",
        "2018 Chris McCord",
    ),
)
"""What lies in this repository."""

PROGRAMS: Final = (
    Credit("spotdl", "MIT", "finds the audio behind a link", "https://github.com/spotDL/spotify-downloader"),
    Credit("yt-dlp", "Unlicense", "fetches it, for spotdl", "https://github.com/yt-dlp/yt-dlp"),
    Credit("deno", "MIT", "runs scripts, for yt-dlp", "https://deno.com"),
    Credit(
        "imageio-ffmpeg",
        "BSD-2-Clause",
        "carries the program ffmpeg, a build under the GPL, which converts what was fetched",
        "https://github.com/imageio/imageio-ffmpeg",
    ),
)  # fmt: skip
"""What is installed into an environment of its own when a link is first downloaded, and run apart."""


@functools.cache
def libraries() -> tuple[Credit, ...]:
    """Return the packages that this one asks for and that are installed, by name."""
    found = []
    for requirement in metadata.requires("soundforge") or ():
        match = _NAME.match(requirement)
        if match is None:
            continue
        try:
            about = metadata.metadata(match.group())
        except metadata.PackageNotFoundError:  # it has no wheel for this machine
            continue
        known = _SAID_ELSEWHERE.get(about["Name"].lower(), Credit("", ""))
        found.append(
            Credit(
                f"{about['Name']} {about['Version']}",
                known.licence or _licence(about),
                known.what or sentence(_said(about, "Summary")),
                known.url or _home(about),
            )
        )
    return tuple(sorted(set(found), key=lambda one: one.name.lower()))


def _licence(about: PackageMetadata) -> str:
    said = _said(about, "License-Expression") or _said(about, "License")
    if said and len(said) <= _LONGEST_LICENCE:
        return said
    classes = about.get_all("Classifier") or []
    of_licence = [line.rpartition("::")[2].strip() for line in classes if "License ::" in line]
    return ", ".join(of_licence) or "see its package"


def _home(about: PackageMetadata) -> str:
    urls = dict(line.partition(", ")[::2] for line in about.get_all("Project-URL") or [])
    named = {name.lower(): url for name, url in urls.items()}
    wanted = ("homepage", "repository", "source", "documentation")
    return _said(about, "Home-page") or next((named[name] for name in wanted if name in named), "")


def _said(about: PackageMetadata, field: str) -> str:
    return str((about.get_all(field) or [""])[0])
