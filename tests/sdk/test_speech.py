"""Sound as the publisher made it: silent where nothing is said."""

import asyncio

from media import listen, microphone


async def received(track):
    """Packets received so far of a subscribed sound."""
    (inbound,) = [s.inbound_rtp for s in await track.get_stats() if s.WhichOneof("stats") == "inbound_rtp"]
    return inbound.received.packets_received


async def test_silence_is_hardly_sent(join):
    a, _ = await join("a")
    _, told = await join("b")
    pitch = [440]
    async with microphone(a, frequency=pitch, dtx=True, red=False):
        track, *_ = await told.next("track_subscribed")
        await listen(track)

        async def packets(seconds):
            before = await received(track)
            await asyncio.sleep(seconds)
            return (await received(track) - before) / seconds

        assert await packets(2) > 40
        pitch[0] = 0
        # The encoder takes a moment to find that nobody speaks.
        await asyncio.sleep(1)
        assert await packets(3) < 15
