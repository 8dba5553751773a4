"""What this is and whose work it stands on, at ``/about``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from soundforge import __version__
from soundforge.web import attribution, components
from soundforge.web.studio_page import StudioPage, StudioRoute

if TYPE_CHECKING:
    from collections.abc import Mapping


class AboutPage(StudioPage):
    """The version, the licences, the names."""

    template = components.template(__file__, attribution=attribution)
    title = "About · Sound Forge Alchemy"
    current = "about"

    async def mount(self, params: Mapping[str, str], session: Mapping[str, Any]) -> None:
        """Look up what describes itself."""
        await super().mount(params, session)
        self.version = __version__
        self.networks = self._studio.networks()
        self.models = await self._studio.models()
        self.counts = await self._studio.counts()


PAGE = StudioRoute("/about", AboutPage)
