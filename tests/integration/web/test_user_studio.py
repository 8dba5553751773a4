"""The studio on the open program: what its pages may leave to it."""

import asyncio
import contextlib

from soundforge.web.services import LOCAL_USER
from soundforge.web.user_studio import UserStudio
from tests.fakes import spotify as fake
from tests.fakes.spotify import Reply
from tests.plugins.app import services_of
from tests.plugins.pipeline import eventually


async def test_an_import_goes_on_when_its_page_is_left(node, spotify):
    studio = UserStudio(services_of(node), LOCAL_USER)
    spotify.script(f"/v1/tracks/{fake.TRACK}", Reply(body=spotify.tracks[fake.TRACK], delay_s=0.5))
    page = asyncio.create_task(studio.import_links(f"https://open.spotify.com/track/{fake.TRACK}"))
    await asyncio.sleep(0.1)

    page.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await page

    async def tracks():
        return (await studio.tracks()).items

    (track,) = await eventually(tracks)
    assert track.title == "Ground Loop"
