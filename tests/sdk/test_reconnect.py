"""The server dies under its clients, and comes back."""

from server import Server
from media import camera, watch
from livekit import rtc
import asyncio
import pytest

from conftest import EVENTS, Told, WAIT_S
from server import token

# This client tries every five seconds; then it publishes and subscribes again.
BACK_S = 15


@pytest.fixture
def own_server():
    server = Server().start()
    yield server
    server.stop()


@pytest.mark.parametrize("end", ["killed", "stopped"])
async def test_clients_come_back_after_the_server_was(own_server, end):
    rooms = []
    for identity in ("a", "b"):
        room = rtc.Room()
        told = Told(room, *EVENTS)
        await asyncio.wait_for(room.connect(own_server.url, token(identity, "r")), WAIT_S)
        rooms.append((room, told))
    (a, _), (b, told) = rooms
    async with camera(a):
        track, *_ = await told.next("track_subscribed")
        await watch(track)
        (own_server.kill if end == "killed" else own_server.terminate)()
        await told.next("reconnecting")
        own_server.start()
        await asyncio.wait_for(told.events["reconnected"].get(), BACK_S)
        track, *_ = await asyncio.wait_for(told.events["track_subscribed"].get(), BACK_S)
        await watch(track, within_s=BACK_S)
    for room, _ in rooms:
        await asyncio.wait_for(room.disconnect(), WAIT_S)
