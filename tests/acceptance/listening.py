"""What tests of the player share: where it is, what it does, what is heard."""

import asyncio

from playwright.async_api import expect

# Where each stem's clicks are, in samples of the audio clock; see `tests/fakes/tap.js`.
LISTEN = """async (url) => {
  const engine = document.querySelector(".player").engine;
  engine.open();
  const context = engine.context;
  await context.audioWorklet.addModule(url);
  const merger = context.createChannelMerger(engine.channels.length);
  engine.channels.forEach((channel, i) => {
    const splitter = context.createChannelSplitter(2);
    channel.gain.connect(splitter);
    splitter.connect(merger, 0, i);
  });
  const tap = new AudioWorkletNode(context, "tap", {
    channelCount: engine.channels.length, channelCountMode: "explicit", channelInterpretation: "discrete",
  });
  merger.connect(tap).connect(context.destination);
  window.heard = engine.channels.map(() => []);
  tap.port.onmessage = ({ data: [stem, at] }) => window.heard[stem].push(at);
}"""
STATE = ".player"


async def state_is(page, state, timeout_ms=10_000):
    await expect(page.locator(STATE)).to_have_attribute(
        "data-player-state", state, timeout=timeout_ms
    )


async def position_s(page):
    return await page.eval_on_selector(STATE, "e => e.engine.position")


async def reaches(page, wanted_s, limit_s=20.0):
    async with asyncio.timeout(limit_s):
        while await position_s(page) < wanted_s:
            await asyncio.sleep(0.05)


async def becomes_true(page, expression, limit_s=10.0):
    """Poll by evaluation: the page's policy forbids what `wait_for_function` does."""
    async with asyncio.timeout(limit_s):
        while not await page.evaluate(expression):
            await asyncio.sleep(0.05)


async def listen(page):
    await page.evaluate(LISTEN, "/fake/tap.js")
