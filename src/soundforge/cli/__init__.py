"""The command ``sfa``: one file per verb."""

from __future__ import annotations

import click

from soundforge import __version__
from soundforge.cli.analyze import analyze
from soundforge.cli.bench import bench
from soundforge.cli.chords import chords
from soundforge.cli.doctor import doctor
from soundforge.cli.importing import import_
from soundforge.cli.models import models
from soundforge.cli.separate import separate
from soundforge.cli.serve import serve, worker
from soundforge.cli.transcribe import transcribe
from soundforge.cli.warp import warp


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="sfa")
def main() -> None:
    """Sound Forge Alchemy: a link or a file goes in; stems and numbers come out."""


for command in (
    serve,
    worker,
    import_,
    separate,
    analyze,
    chords,
    transcribe,
    warp,
    models,
    doctor,
    bench,
):
    main.add_command(command)
