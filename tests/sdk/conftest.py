"""What the tests share: one server, rooms of their own, and waiting for what the SDK tells."""

import asyncio
import itertools

import pytest
import pytest_asyncio
from livekit import rtc

from server import Server, token

WAIT_S = 15


@pytest.fixture(scope="session")
def server():
    server = Server().start()
    yield server
    server.stop()


counter = itertools.count(1)


@pytest.fixture
def room_name():
    return f"room-{next(counter)}"


class Told:
    """Collects the events of a room, so that a test can wait for one without missing it."""

    def __init__(self, room, *names):
        self.events = {name: asyncio.Queue() for name in names}
        for name in names:
            room.on(name, lambda *args, name=name: self.events[name].put_nowait(args))

    async def next(self, name, where=lambda *args: True):
        async def search():
            while True:
                args = await self.events[name].get()
                if where(*args):
                    return args

        return await asyncio.wait_for(search(), WAIT_S)


EVENTS = (
    "participant_connected participant_disconnected track_published track_unpublished track_subscribed "
    "track_unsubscribed local_track_unpublished track_muted track_unmuted data_received participant_metadata_changed "
    "participant_attributes_changed participant_name_changed active_speakers_changed disconnected reconnecting "
    "reconnected connection_quality_changed local_track_subscribed"
).split()


@pytest_asyncio.fixture
async def join(server, room_name):
    """`await join("a", canPublish=False)` -> (room, told); every room is left at the end. `url`: another way to the server."""
    rooms = []

    async def join(identity, *, options=None, name="", metadata="", attributes=None, room=None, url=None, **video):
        connected = rtc.Room()
        told = Told(connected, *EVENTS)
        signed = token(identity, room or room_name, name=name, metadata=metadata, attributes=attributes, **video)
        await asyncio.wait_for(connected.connect(url or server.url, signed, options or rtc.RoomOptions()), WAIT_S)
        rooms.append(connected)
        return connected, told

    yield join
    for room in rooms:
        await asyncio.wait_for(room.disconnect(), WAIT_S)


async def until(probe, what):
    async def poll():
        while not probe():
            await asyncio.sleep(0.02)

    try:
        await asyncio.wait_for(poll(), WAIT_S)
    except asyncio.TimeoutError:
        raise AssertionError(f"{what}: not within {WAIT_S} s") from None
