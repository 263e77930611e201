"""Encoders by WHIP and players by WHEP, beside a console that is an unmodified LiveKit client."""

import asyncio
import json
import subprocess
import urllib.request

import numpy as np
import pytest
import pytest_asyncio
from livekit import rtc

from ask import ask
from conftest import EVENTS, WAIT_S, Told
from encoder import HEIGHT, RATE, WIDTH, play, publish
from media import listen, watch
from server import BINARY, Server

PASSWORD = "Lianxian@2026"


class Town(Server):
    """A server with the demonstration district."""

    def start(self):
        self.configure()
        subprocess.run([BINARY, "seed", "--demo", "--config", str(self.config)], check=True, capture_output=True)
        offices = json.loads((self.config.parent / "data/demo-offices.json").read_text())
        super().start()
        self.http = f"http://{self.address}:{self.ports[0]}"
        self.free = iter(offices)
        return self


class Console:
    """A person's login, over REST."""

    def __init__(self, town, account):
        self.town, self.cookie = town, ""
        request = self.request("POST", "/logins", {"account": account, "password": PASSWORD})
        with urllib.request.urlopen(request, timeout=15) as answer:
            self.cookie = answer.headers["Set-Cookie"].split(";")[0]

    def request(self, method, path, body=None):
        headers = {"Content-Type": "application/json", "Sec-Fetch-Site": "same-origin", "Cookie": self.cookie}
        data = json.dumps(body).encode() if body is not None else None
        return urllib.request.Request(f"{self.town.http}/api/v1{path}", data, headers, method=method)

    async def ask(self, method, path, body=None):
        def send():
            with urllib.request.urlopen(self.request(method, path, body), timeout=15) as answer:
                return json.loads(answer.read() or "null")

        return await asyncio.to_thread(send)

    async def until(self, path, holds):
        """What is at the path, once it is as it should be."""

        async def poll():
            while not holds(found := await self.ask("GET", path)):
                await asyncio.sleep(0.1)
            return found

        return await asyncio.wait_for(poll(), WAIT_S)

    async def presence(self, office, **wanted):
        def holds(list):
            [found] = [p for p in list if p["endpoint_id"] == office["endpoint_id"]]
            return all(found[name] == value for name, value in wanted.items())

        await self.until("/presence", holds)

    async def link(self, tab):
        """A console of its own: its token and its endpoint."""
        signed = await self.ask("POST", "/link/tokens", {"tab": tab})
        return signed["token"], signed["identity"]

    async def watch(self, office, console):
        """A session of the site for the console; its id."""
        watch = await self.ask("POST", "/watches", {"purpose": "每日视频巡查"})
        picked = {"site_ids": [office["site_id"]], "endpoint_id": console}
        [opened] = await self.ask("POST", f"/watches/{watch['id']}/sites", picked)
        return opened["session"]["id"]


@pytest.fixture(scope="module")
def town():
    town = Town().start()
    yield town
    town.stop()


@pytest.fixture
def office(town):
    """An office that no other test uses."""
    return next(town.free)


@pytest.fixture
def commander(town):
    return Console(town, "zhihuizhang")


@pytest_asyncio.fixture
async def sessions():
    """Sessions that are closed at the end, whatever came of the test."""
    opened = []
    yield opened
    for session in opened:
        await session.connection.close()


async def frames(track, count=15):
    async def take():
        for _ in range(count):
            frame = await track.recv()
        return frame.width, frame.height

    return await asyncio.wait_for(take(), WAIT_S)


async def pitch(track):
    """The strongest frequency of half a second of sound."""

    async def take():
        heard = []
        while sum(map(len, heard)) < RATE // 2:
            frame = await track.recv()
            samples = frame.to_ndarray().reshape(-1, len(frame.layout.channels))[:, 0].astype(np.float64)
            if np.abs(samples).max() < 1000:
                heard.clear()
            else:
                heard.append(samples)
        wave = np.concatenate(heard)
        spectrum = np.abs(np.fft.rfft(wave * np.hanning(len(wave))))
        return float(np.fft.rfftfreq(len(wave), 1 / RATE)[spectrum.argmax()])

    return await asyncio.wait_for(take(), WAIT_S)


async def test_an_encoder_is_seen_heard_and_on_record(town, office, commander, sessions):
    encoder = await publish(f"{town.http}/whip/{office['endpoint_id']}", office["device_token"])
    sessions.append(encoder)
    await commander.presence(office, state="online", on_air=True)
    status, _, text = await asyncio.to_thread(
        ask, "POST", f"{town.http}/whip", office["device_token"], encoder.connection.localDescription.sdp,
        Content_Type="application/sdp",
    )
    assert (status, json.loads(text)["code"]) == (409, "endpoint_in_use")

    token, console = await commander.link("wall")
    session = await commander.watch(office, console)
    room = rtc.Room()
    told = Told(room, *EVENTS)
    await asyncio.wait_for(room.connect(town.url, token, rtc.RoomOptions()), WAIT_S)
    tracks = {}
    while len(tracks) < 2:
        track, _, participant = await told.next("track_subscribed")
        assert participant.identity == office["endpoint_id"]
        tracks[track.kind] = track
    width, height = await watch(tracks[rtc.TrackKind.KIND_VIDEO])
    assert width * HEIGHT == height * WIDTH
    assert abs(await listen(tracks[rtc.TrackKind.KIND_AUDIO]) - 440) < 10

    # Candidates may come late and are welcome; those of another ICE session are not.
    candidate = "a=candidate:1 1 udp 2130706431 192.0.2.9 9 typ host\r\na=end-of-candidates\r\n"
    assert (await encoder.change(candidate, encoder.tag))[0] == 204
    assert (await encoder.change(candidate, '"other"'))[0] == 412

    assert await encoder.close() == 200
    await told.next("participant_disconnected")
    await room.disconnect()
    await commander.presence(office, state="offline", on_air=False, cause="closed")
    record = await commander.until(
        f"/sessions/{session}", lambda found: all(track["ended_ms"] for track in found["tracks"])
    )
    assert sorted(track["kind"] for track in record["tracks"]) == ["audio", "video"]
    assert all(track["ended_ms"] > track["started_ms"] for track in record["tracks"])
    left = [a for a in record["attendances"] if a["endpoint"]["id"] == office["endpoint_id"]]
    assert [a["leave_reason"] for a in left] == ["left"]
    assert record["register"][0]["first_picture_ms"] is not None


async def test_an_encoder_that_vanishes_is_missed(town, office, commander, sessions):
    encoder = await publish(f"{town.http}/whip", office["device_token"])
    sessions.append(encoder)
    await commander.presence(office, on_air=True)
    # Its connection says goodbye by DTLS and the request that ends the session never comes.
    await encoder.connection.close()
    again = None
    for _ in range(100):
        try:
            again = await publish(f"{town.http}/whip", office["device_token"])
            break
        except RuntimeError as refusal:
            assert str(refusal).startswith("409"), refusal
            await asyncio.sleep(0.1)
    assert again, "an endpoint whose media has ended may come again"
    sessions.append(again)
    await commander.presence(office, state="online", on_air=True)
    assert await again.close() == 200


async def test_a_player_plays_what_its_session_grants_and_no_longer(town, office, commander, sessions):
    encoder = await publish(f"{town.http}/whip", office["device_token"], frequency=600)
    sessions.append(encoder)
    await commander.presence(office, on_air=True)
    token, console = await commander.link("player")
    address = f"{town.http}/whep/{office['site_id']}"
    with pytest.raises(RuntimeError, match="^403"):
        await play(address, token)
    session = await commander.watch(office, console)
    player = await play(address, token)
    sessions.append(player)
    assert await frames(player.video) == (WIDTH, HEIGHT)
    assert abs(await pitch(player.audio) - 600) < 10
    with pytest.raises(RuntimeError, match="^409"):
        await play(address, token)
    assert await player.close() == 200

    # The session ends under a second player: its media ends, and it may not come again.
    second = await play(address, token)
    sessions.append(second)
    await frames(second.video)
    over = asyncio.Event()
    second.connection.on("connectionstatechange", lambda: second.connection.connectionState == "closed" and over.set())
    await commander.ask("POST", f"/sessions/{session}/end", {})
    await asyncio.wait_for(over.wait(), WAIT_S)
    with pytest.raises(RuntimeError, match="^403"):
        await play(address, token)
    assert await encoder.close() == 200
