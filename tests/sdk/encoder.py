"""An encoder and a player that speak WHIP and WHEP with aiortc, a WebRTC stack of its own.

As a program it publishes a moving picture and a tone until its standard input ends:
    encoder.py ADDRESS TOKEN
"""

import asyncio
import contextlib
import fractions
import sys
import urllib.parse

import numpy as np
from aiortc import RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import AudioStreamTrack, VideoStreamTrack
from av import AudioFrame, VideoFrame

from ask import ask

WIDTH, HEIGHT, RATE = 640, 360, 48000


class Camera(VideoStreamTrack):
    """A gradient that moves."""

    step = 0

    async def recv(self):
        pts, time_base = await self.next_timestamp()
        picture = np.zeros((HEIGHT, WIDTH, 3), dtype=np.uint8)
        picture[..., 0] = (np.arange(WIDTH) + self.step) % 256
        picture[..., 1] = ((np.arange(HEIGHT) * 2 + self.step) % 256)[:, None]
        self.step += 4
        frame = VideoFrame.from_ndarray(picture, format="rgb24")
        frame.pts, frame.time_base = pts, time_base
        return frame


class Tone(AudioStreamTrack):
    """A sine, in steps of 20 ms."""

    def __init__(self, frequency=440):
        super().__init__()
        self.frequency, self.at, self.started = frequency, 0, None

    async def recv(self):
        loop, samples = asyncio.get_running_loop(), RATE // 50
        self.started = self.started or loop.time()
        await asyncio.sleep(max(0, self.started + self.at / RATE - loop.time()))
        wave = np.sin(2 * np.pi * self.frequency * (self.at + np.arange(samples)) / RATE) * 12000
        frame = AudioFrame.from_ndarray(wave.astype(np.int16).reshape(1, -1), format="s16", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = RATE, self.at, fractions.Fraction(1, RATE)
        self.at += samples
        return frame


class Session:
    """One resource of the server and the connection that it answered for."""

    def __init__(self, address, token):
        self.address, self.token = address, token
        self.connection = RTCPeerConnection()
        self.resource = self.tag = None

    async def open(self):
        await self.connection.setLocalDescription(await self.connection.createOffer())
        status, headers, text = await asyncio.to_thread(
            ask, "POST", self.address, self.token, self.connection.localDescription.sdp, Content_Type="application/sdp"
        )
        if status != 201:
            raise RuntimeError(f"{status}: {text}")
        self.resource = urllib.parse.urljoin(self.address, headers["Location"])
        self.tag = headers["ETag"]
        await self.connection.setRemoteDescription(RTCSessionDescription(sdp=text, type="answer"))
        return self

    async def change(self, fragment, tag):
        kind = "application/trickle-ice-sdpfrag"
        headers = {"Content_Type": kind, "If_Match": tag}
        return await asyncio.to_thread(ask, "PATCH", self.resource, self.token, fragment, **headers)

    async def close(self):
        status, _, _ = await asyncio.to_thread(ask, "DELETE", self.resource, self.token)
        await self.connection.close()
        return status


async def publish(address, token, frequency=440):
    session = Session(address, token)
    session.connection.addTransceiver(Camera(), direction="sendonly")
    session.connection.addTransceiver(Tone(frequency), direction="sendonly")
    return await session.open()


async def play(address, token):
    """A session with `video` and `audio`, the tracks that it receives."""
    session = Session(address, token)
    for kind in ("video", "audio"):
        session.connection.addTransceiver(kind, direction="recvonly")
    session.connection.on("track", lambda track: setattr(session, track.kind, track))
    return await session.open()


async def main(address, token):
    session = await publish(address, token)
    print("publishing", flush=True)
    try:
        await asyncio.to_thread(sys.stdin.read)
    finally:
        with contextlib.suppress(OSError):
            await session.close()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:3]))
