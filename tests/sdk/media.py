"""Real pictures and sound for the SDK: a moving gradient, a tone; and what arrived of them."""

import asyncio
import contextlib
import time

import numpy as np
from livekit import rtc

WIDTH, HEIGHT, FPS = 640, 360, 15
RATE, CHANNELS = 48000, 1


@contextlib.asynccontextmanager
async def camera(room, *, simulcast=True, codec=rtc.VideoCodec.VP8, width=WIDTH, height=HEIGHT, **options):
    """Publishes a moving picture; yields the publication."""
    source = rtc.VideoSource(width, height)
    track = rtc.LocalVideoTrack.create_video_track("camera", source)
    options = rtc.TrackPublishOptions(source=rtc.TrackSource.SOURCE_CAMERA, simulcast=simulcast, video_codec=codec, **options)

    async def draw():
        picture = np.zeros((height, width, 4), dtype=np.uint8)
        step = 0
        due = time.monotonic()
        while True:
            picture[..., 0] = (np.arange(width) + step) % 256
            picture[..., 1] = ((np.arange(height) * 2 + step) % 256)[:, None]
            picture[..., 3] = 255
            source.capture_frame(rtc.VideoFrame(width, height, rtc.VideoBufferType.RGBA, picture.tobytes()))
            step += 4
            # By the clock: drawing takes its time, and others share this loop.
            due = max(due + 1 / FPS, time.monotonic())
            await asyncio.sleep(due - time.monotonic())

    task = asyncio.create_task(draw())
    try:
        yield await room.local_participant.publish_track(track, options)
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
        await source.aclose()


@contextlib.asynccontextmanager
async def microphone(room, *, frequency=440, **options):
    """Publishes a tone (of the frequency in a list of one, which may change; 0 is silence); yields (publication, track)."""
    pitch = frequency if isinstance(frequency, list) else [frequency]
    source = rtc.AudioSource(RATE, CHANNELS)
    track = rtc.LocalAudioTrack.create_audio_track("microphone", source)
    options = rtc.TrackPublishOptions(source=rtc.TrackSource.SOURCE_MICROPHONE, **options)

    async def sing():
        samples = RATE // 100
        at = 0
        while True:
            wave = np.sin(2 * np.pi * pitch[0] * (at + np.arange(samples)) / RATE) * 12000
            frame = rtc.AudioFrame(wave.astype(np.int16).tobytes(), RATE, CHANNELS, samples)
            await source.capture_frame(frame)
            at += samples

    task = asyncio.create_task(sing())
    try:
        yield await room.local_participant.publish_track(track, options), track
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
        await source.aclose()


class Flow:
    """`async with Flow(track) as flow:` decodes a video track all the while, and knows when each frame came and how wide it was."""

    def __init__(self, track):
        self.stream = rtc.VideoStream(track)
        self.frames = []

    async def __aenter__(self):
        self.task = asyncio.create_task(self._take())
        return self

    async def __aexit__(self, *_):
        await self.stream.aclose()
        self.task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self.task

    async def _take(self):
        async for event in self.stream:
            self.frames.append((time.monotonic(), event.frame.width))

    @property
    def width(self):
        return self.frames[-1][1] if self.frames else 0

    async def more(self, count=15, within_s=15):
        """Waits for so many more frames."""
        due = len(self.frames) + count

        async def wait():
            while len(self.frames) < due:
                await asyncio.sleep(0.02)

        await asyncio.wait_for(wait(), within_s)

    def longest_gap(self, since):
        """The longest time without a frame since then, up to now, in seconds."""
        times = [since, *(at for at, _ in self.frames if at >= since), time.monotonic()]
        return max(later - earlier for earlier, later in zip(times, times[1:]))


async def sent_layers(track):
    """Frames sent so far of each layer of a published picture, by rid."""
    stats = [s.outbound_rtp for s in await track.get_stats() if s.WhichOneof("stats") == "outbound_rtp"]
    return {s.outbound.rid: s.outbound.frames_sent for s in stats}


async def watch(track, count=15, within_s=15):
    """Decodes `count` frames of a video track; returns the last one's size."""
    stream = rtc.VideoStream(track)

    async def take():
        seen = 0
        async for event in stream:
            seen += 1
            if seen == count:
                return event.frame.width, event.frame.height

    try:
        return await asyncio.wait_for(take(), within_s)
    finally:
        await stream.aclose()


async def listen(track, within_s=15):
    """Waits for half a second of sound that is not silence; returns the strongest frequency in Hz."""
    stream = rtc.AudioStream(track, sample_rate=RATE, num_channels=1)

    async def take():
        heard = []
        async for event in stream:
            samples = np.frombuffer(event.frame.data, dtype=np.int16).astype(np.float64)
            if np.abs(samples).max(initial=0) < 1000:
                heard.clear()
                continue
            heard.append(samples)
            if sum(map(len, heard)) >= RATE // 2:
                wave = np.concatenate(heard)
                spectrum = np.abs(np.fft.rfft(wave * np.hanning(len(wave))))
                return float(np.fft.rfftfreq(len(wave), 1 / RATE)[spectrum.argmax()])

    try:
        return await asyncio.wait_for(take(), within_s)
    finally:
        await stream.aclose()
