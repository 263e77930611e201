"""The server dies under its clients, and comes back."""

from server import Server
from media import camera, watch
from livekit import rtc
import asyncio
import pytest

from conftest import EVENTS, Told, WAIT_S
from server import token


@pytest.fixture
def own_server():
    server = Server().start()
    yield server
    server.stop()


async def test_clients_come_back_after_the_server_was_killed(own_server):
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
        own_server.kill()
        await told.next("reconnecting")
        own_server.start()
        await asyncio.wait_for(told.events["reconnected"].get(), 40)
        track, *_ = await asyncio.wait_for(told.events["track_subscribed"].get(), 40)
        await watch(track, within_s=20)
    for room, _ in rooms:
        await asyncio.wait_for(room.disconnect(), WAIT_S)
