"""Sound Forge Alchemy: a link or a file goes in; stems, analysis and a live page come out.

1. `providers` turn a link into metadata, or an upload into a recording.
2. `library` keeps the tracks and what we know of them.
3. `pipeline` does the work, in order: download, separate, analyze.
4. `audio` runs the programs that do the heavy parts, outside this process.
5. `engines` are those programs.
6. `web` shows everything on a live page, over a REST API and over channels.
"""

__version__ = "0.1.0"
