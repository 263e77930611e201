"""What the server tells of a room's life: who speaks, and how good each one's connection is."""

import asyncio

from livekit import rtc

from conftest import until
from line import loss
from media import camera, listen, microphone

LOSS = 0.15
# Told every five seconds, of the reports of the five before.
QUALITY_S = 25


def speaking(speakers):
    return {speaker.identity for speaker in speakers}


async def test_speakers_are_told_as_they_come_and_go(join):
    a, _ = await join("a")
    b, _ = await join("b")
    _, told = await join("c")

    async def speak(of):
        await told.next("active_speakers_changed", lambda speakers: speaking(speakers) == of)

    async with microphone(a) as (_, voice), microphone(b, frequency=600) as (_, other):
        await speak({"a", "b"})
        voice.mute()
        await speak({"b"})
        voice.unmute()
        await speak({"a", "b"})
        other.mute()
        await speak({"a"})
        voice.mute()
        await speak(set())


async def test_connection_quality_follows_the_line(join):
    a, told_a = await join("a")
    b, told_b = await join("b")
    good = (rtc.ConnectionQuality.QUALITY_EXCELLENT, rtc.ConnectionQuality.QUALITY_GOOD)
    async with camera(a, simulcast=False), microphone(a):
        await told_b.next("track_subscribed")

        async def both(wanted, what):
            def seen():
                return [b.local_participant.connection_quality, b.remote_participants["a"].connection_quality]

            async def poll():
                while not all(quality in wanted for quality in seen()):
                    await asyncio.sleep(0.1)

            try:
                await asyncio.wait_for(poll(), QUALITY_S)
            except asyncio.TimeoutError:
                raise AssertionError(f"{what}: {seen()}") from None

        await both(good, "a clean line")
        with loss(LOSS, LOSS):
            await both((rtc.ConnectionQuality.QUALITY_POOR,), f"{LOSS:.0%} lost each way")
        await both(good, "the line is clean again")
