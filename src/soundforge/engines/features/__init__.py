"""The analyses: one file each, named like the feature, found by `registry.entries`.

To add one, write ``features/<name>.py`` with ``FEATURE = Feature(…)``. The server lists the
names of the files and imports none of them: they need numpy.
"""

from __future__ import annotations

import pkgutil
from typing import Final

#: Every feature by name, in alphabetical order.
NAMES: Final[tuple[str, ...]] = tuple(
    sorted(
        module.name for module in pkgutil.iter_modules(__path__) if not module.name.startswith("_")
    )
)
