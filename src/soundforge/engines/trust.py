"""How sure a finding must be before anything is built on it."""

from __future__ import annotations

from typing import Final

#: Below this confidence of the beats there is no pulse worth following.
LEAST_BEATS: Final = 0.2
#: Below this confidence of the bars nobody should say where one begins, or how long it is.
LEAST_BARS: Final = 0.2
