"""Joining, seeing each other, and leaving."""

import asyncio

import pytest
from livekit import rtc

from conftest import until
from server import token


async def test_two_see_each_other(join):
    a, told_a = await join("a", name="甲", metadata="m-a", attributes={"kind": "office"})
    b, _ = await join("b", name="乙")
    (seen,) = await told_a.next("participant_connected")
    assert (seen.identity, seen.name) == ("b", "乙")
    other = b.remote_participants["a"]
    assert (other.name, other.metadata, dict(other.attributes)) == ("甲", "m-a", {"kind": "office"})
    await b.disconnect()
    (gone,) = await told_a.next("participant_disconnected")
    assert gone.identity == "b"


async def test_hidden_is_not_seen(join):
    a, told = await join("a")
    ghost, _ = await join("ghost", hidden=True)
    assert "a" in ghost.remote_participants
    await join("c")
    (seen,) = await told.next("participant_connected")
    assert seen.identity == "c", "the hidden participant came first, and was not told"
    assert set(a.remote_participants) == {"c"}


async def test_rooms_are_apart(join, room_name):
    a, _ = await join("a")
    b, _ = await join("b", room=room_name + "-other")
    await join("c")
    await until(lambda: "c" in a.remote_participants, "c is seen in its room")
    assert not b.remote_participants


async def test_a_second_link_of_one_identity_ends_the_first(join):
    _, told = await join("a")
    second, _ = await join("a")
    (reason,) = await told.next("disconnected")
    assert reason == rtc.DisconnectReason.DUPLICATE_IDENTITY
    assert second.isconnected()


@pytest.mark.parametrize(
    "bad",
    [
        dict(secret="another-secret-that-is-long-enough-too-0002"),
        dict(key="nobody"),
        dict(ttl_s=-3600),
        dict(roomJoin=False),
    ],
    ids=["wrong secret", "unknown key", "expired", "no right to join"],
)
async def test_bad_tokens_are_refused(server, room_name, bad):
    room = rtc.Room()
    with pytest.raises(rtc.ConnectError):
        await asyncio.wait_for(room.connect(server.url, token("a", room_name, **bad)), 15)


async def test_metadata_name_and_attributes_reach_the_others(join):
    a, _ = await join("a", canUpdateOwnMetadata=True)
    _, told = await join("b")
    await a.local_participant.set_metadata("new")
    participant, *_ = await told.next("participant_metadata_changed", lambda p, *_: p.identity == "a")
    assert participant.metadata == "new"
    await a.local_participant.set_name("新名")
    participant, *_ = await told.next("participant_name_changed", lambda p, *_: p.identity == "a")
    assert participant.name == "新名"
    await a.local_participant.set_attributes({"seat": "3"})
    await told.next("participant_attributes_changed", lambda changed, p: p.identity == "a" and changed.get("seat") == "3")


async def test_metadata_needs_the_right(server, join):
    a, _ = await join("a")
    b, told = await join("b")
    refused = server.metric("lianxian_net_refusals_total")
    # This client waits for the server's answer, but keeps the refusal to itself.
    await asyncio.wait_for(a.local_participant.set_metadata("new"), 15)
    await until(lambda: server.metric("lianxian_net_refusals_total") == refused + 1, "the refusal is counted")
    assert b.remote_participants["a"].metadata == ""
    assert told.events["participant_metadata_changed"].empty()
