"""Only what someone takes is sent: adaptive stream at the viewer, dynacast at the publisher."""

import asyncio

from livekit import rtc
from livekit.rtc._ffi_client import FfiClient
from livekit.rtc._proto import ffi_pb2

from conftest import until
from media import Flow, camera, sent_layers

# Large enough that the SDK makes three layers of it.
FULL = dict(width=1280, height=720)
WIDTHS = {"q": 320, "h": 640, "f": 1280}

# A layer that is on sends a frame each 67 ms.
LOOK_S = 1.5


def ask(request):
    """The SDK's core knows more wishes than its Python half has names for."""
    FfiClient.instance.request(request)


def size(publication, width, height):
    request = ffi_pb2.FfiRequest()
    wish = request.update_remote_track_publication_dimension
    wish.track_publication_handle = publication._ffi_handle.handle
    wish.width, wish.height = width, height
    ask(request)


def enable(publication, on):
    request = ffi_pb2.FfiRequest()
    wish = request.enable_remote_track_publication
    wish.track_publication_handle = publication._ffi_handle.handle
    wish.enabled = on
    ask(request)


async def sending(track):
    """The rids of the layers that are encoded and sent now."""
    before = await sent_layers(track)
    await asyncio.sleep(LOOK_S)
    after = await sent_layers(track)
    return {rid for rid, frames in after.items() if frames > before.get(rid, 0)}


async def until_sending(track, layers, what):
    for _ in range(8):
        now = await sending(track)
        if now == layers:
            return
    raise AssertionError(f"{what}: {sorted(now)} are sent, not {sorted(layers)}")


async def test_a_publisher_stops_the_layers_that_nobody_takes(join):
    a, _ = await join("a", options=rtc.RoomOptions(dynacast=True))
    b, told = await join("b")
    async with camera(a, **FULL) as sent:
        track, publication, _ = await told.next("track_subscribed")
        async with Flow(track) as flow:
            await until(lambda: flow.width == WIDTHS["f"], "the full picture comes")
            await until_sending(sent.track, {"f"}, "the full picture alone is wanted")
            assert set(await sent_layers(sent.track)) == set(WIDTHS), "others could be sent"

            for quality, layer in (
                (rtc.VideoQuality.VIDEO_QUALITY_LOW, "q"),
                (rtc.VideoQuality.VIDEO_QUALITY_MEDIUM, "h"),
                (rtc.VideoQuality.VIDEO_QUALITY_LOW, "q"),
            ):
                publication.set_video_quality(quality)
                await until(lambda: flow.width == WIDTHS[layer], f"layer {layer} comes")
                await until_sending(sent.track, {layer}, f"layer {layer} alone is wanted")

            # A second viewer that wants the full one brings it back, and for itself alone.
            c, told_c = await join("c")
            other, *_ = await told_c.next("track_subscribed")
            async with Flow(other) as full:
                await until(lambda: full.width == WIDTHS["f"], "the full picture comes to the second viewer")
                await until_sending(sent.track, {"q", "f"}, "each has one who takes it")
                assert flow.width == WIDTHS["q"]
            await c.disconnect()
            await until_sending(sent.track, {"q"}, "the second viewer left")

            publication.set_subscribed(False)
            await told.next("track_unsubscribed")
            await until_sending(sent.track, set(), "nobody takes anything")
        # This client keeps the track of a publication, and says nothing when it flows again.
        publication.set_subscribed(True)
        async with Flow(track) as flow:
            await flow.more(15)
            await until_sending(sent.track, {"q"}, "the first viewer takes it again, as it asked for")


async def test_a_viewer_gets_what_its_window_can_show(join):
    a, _ = await join("a", options=rtc.RoomOptions(dynacast=True))
    _, told = await join("b")
    async with camera(a, **FULL) as sent:
        track, publication, _ = await told.next("track_subscribed")
        async with Flow(track) as flow:
            await until(lambda: flow.width == WIDTHS["f"], "the full picture comes")
            size(publication, 300, 168)
            await until(lambda: flow.width == WIDTHS["q"], "a small window gets the small picture")
            size(publication, 1280, 720)
            await until(lambda: flow.width == WIDTHS["f"], "a large one the full picture")

            enable(publication, False)
            await until_sending(sent.track, set(), "a hidden window takes nothing")
            seen = len(flow.frames)
            await asyncio.sleep(LOOK_S)
            assert len(flow.frames) == seen
            enable(publication, True)
            await flow.more(15)
