"""Poor lines, with the unmodified client: the picture gives way by decision, the sound goes on, and it comes back by itself.

What leaves the server is held back or lost: the viewer's media, and what the publisher is told of its own. Client and server share the
machine, so what is asserted is wider than the aims, which are printed beside the figures; the simulator holds to the aims themselves.
"""

import asyncio
import contextlib
import time

from livekit import rtc

from conftest import until
from line import capacity, loss
from media import FPS, Flow, camera, microphone
from test_layers import FULL, WIDTHS

WIDE, NARROW = "3mbit", "500kbit"
# The client would send its top layer at 3 Mbit/s, and a line of that rate carries no such picture with its sound.
TOP = rtc.VideoEncoding(max_bitrate=1_500_000, max_framerate=FPS)
STOP_AIM_S, STOP_BOUND_S = 1.0, 3.0
BACK_AIM_S, BACK_BOUND_S = 5.0, 12.0
FRAMES_AIM, FRAMES_BOUND = 0.95, 0.85
SOUND_AIM, SOUND_BOUND = 0.95, 0.9


def frame_rate(flow, since):
    return sum(at >= since for at, _ in flow.frames) / (time.monotonic() - since)


async def sound(track):
    """(packets that came, packets that never did) of a subscribed sound."""
    (inbound,) = [s.inbound_rtp for s in await track.get_stats() if s.WhichOneof("stats") == "inbound_rtp"]
    return inbound.received.packets_received, inbound.received.packets_lost


def heard_since(before, after):
    came, lost = (later - earlier for earlier, later in zip(before, after))
    assert came > 0
    return came / (came + lost)


@contextlib.asynccontextmanager
async def seen_and_heard(join):
    """(the picture as it comes, the sound's track) of a publisher of three layers and a tone, in the top layer."""
    a, _ = await join("a")
    _, told = await join("b")
    async with camera(a, **FULL, video_encoding=TOP), microphone(a):
        tracks = [(await told.next("track_subscribed"))[0] for _ in range(2)]
        (picture,) = [track for track in tracks if track.name == "camera"]
        (voice,) = [track for track in tracks if track.name == "microphone"]
        async with Flow(picture) as flow:
            await until(lambda: flow.width == WIDTHS["f"], "the top layer comes")
            yield flow, voice


async def test_a_line_gets_narrow_and_wide_again(join):
    with capacity(WIDE) as become:
        async with seen_and_heard(join) as (flow, _):
            await asyncio.sleep(3)
            fell = time.monotonic()
            become(NARROW)
            await asyncio.sleep(5)
            settled = time.monotonic()
            await asyncio.sleep(10)
            fps = frame_rate(flow, settled)
            assert flow.width < WIDTHS["f"], "a smaller layer is shown"
            become(WIDE)
            returned = time.monotonic()
            await until(lambda: flow.width == WIDTHS["f"], "the top layer comes back")
            back = next(at for at, width in flow.frames if at > returned and width == WIDTHS["f"]) - returned
            await asyncio.sleep(3)
            stop = flow.longest_gap(fell)
    print(f"{WIDE} -> {NARROW} -> {WIDE}: {fps:.1f} of {FPS} frames a second (aim >= {FRAMES_AIM * FPS:.1f}), "
          f"longest stop {stop:.2f} s (aim {STOP_AIM_S}), top layer back after {back:.2f} s (aim {BACK_AIM_S})")
    assert fps >= FRAMES_BOUND * FPS
    assert stop <= STOP_BOUND_S
    assert back <= BACK_BOUND_S


async def test_a_tenth_lost_is_repaired(join):
    async with seen_and_heard(join) as (flow, voice):
        with loss(0.1):
            await asyncio.sleep(5)
            since, before = time.monotonic(), await sound(voice)
            await asyncio.sleep(15)
            fps, stop = frame_rate(flow, since), flow.longest_gap(since)
            share = heard_since(before, await sound(voice))
    print(f"10 % lost: {fps:.1f} of {FPS} frames a second (aim >= {FRAMES_AIM * FPS:.1f}), longest stop {stop:.2f} s "
          f"(aim {STOP_AIM_S}), {share:.1%} of the sound (aim {SOUND_AIM:.0%})")
    assert fps >= FRAMES_BOUND * FPS
    assert stop <= STOP_BOUND_S
    assert share >= SOUND_BOUND


async def test_three_tenths_lost_pause_the_picture_and_leave_the_sound(join):
    async with seen_and_heard(join) as (flow, voice):
        with loss(0.3):
            await until(lambda: flow.longest_gap(time.monotonic() - 3) >= 3, "the picture pauses")
            before = await sound(voice)
            await asyncio.sleep(15)
            share = heard_since(before, await sound(voice))
        await flow.more(30)
    print(f"30 % lost: {share:.1%} of the sound (aim {SOUND_AIM:.0%}), the picture paused and came back")
    assert share >= SOUND_BOUND
