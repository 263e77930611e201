"""The signalling socket is lost and comes back: the same participant, and nothing of its media stops."""

import asyncio
import time

from livekit import rtc

from cable import Cable
from conftest import until
from media import Flow, camera, microphone, watch

# As long as the product promises that nothing stops.
CUT_S = 10
BACK_S = 15
# This client comes back as the same participant only if its first attempt succeeds, so that one has to have the patience.
PATIENT = rtc.RoomOptions(connect_timeout=2 * CUT_S)
# A frame comes every 67 ms; a picture that stands still for so long is seen to.
STILL_S = 1.0


async def back(told, within_s=BACK_S):
    await asyncio.wait_for(told.events["reconnected"].get(), within_s)


async def test_media_goes_on_while_both_sockets_are_cut(server, join):
    async with Cable(server.url) as cable:
        a, told_a = await join("a", url=cable.url, options=PATIENT)
        b, told_b = await join("b", url=cable.url, options=PATIENT)
        witness, told_witness = await join("witness")
        leaver, _ = await join("leaver")
        async with camera(a) as sent, microphone(a) as (_, sound):
            tracks = {}
            while len(tracks) < 2:
                track, publication, _ = await told_b.next("track_subscribed")
                tracks[publication.sid] = track
            async with Flow(tracks[sent.sid]) as flow:
                await flow.more(30)
                sids = (a.local_participant.sid, b.local_participant.sid)
                resumed = server.metric("lianxian_net_resumes_total")
                joined = server.metric("lianxian_net_joins_total")
                for _, told in ((a, told_a), (b, told_b)):
                    assert told.events["reconnecting"].empty()

                cut = time.monotonic()
                cable.cut()
                await told_a.next("reconnecting")
                await told_b.next("reconnecting")
                # What happens meanwhile is not told now, but not lost either.
                await leaver.disconnect()
                newcomer, _ = await join("newcomer")
                async with camera(newcomer):
                    await asyncio.sleep(cut + CUT_S - time.monotonic())
                    assert flow.longest_gap(cut) < STILL_S
                    cable.mend()
                    await asyncio.gather(back(told_a), back(told_b))
                    await flow.more(30)
                    assert flow.longest_gap(cut) < STILL_S, "nor when they came back"

                    assert (a.local_participant.sid, b.local_participant.sid) == sids
                    await until(lambda: server.metric("lianxian_net_resumes_total") == resumed + 2, "both resumed")
                    assert server.metric("lianxian_net_joins_total") == joined + 1, "the newcomer alone"
                    for told in (told_a, told_b):
                        assert told.events["disconnected"].empty()
                        assert told.events["local_track_unpublished"].empty()
                    assert told_b.events["track_unsubscribed"].empty()
                    for identity in ("a", "b"):
                        assert not [p for p, in told_witness.events["participant_disconnected"]._queue if p.identity == identity]

                    # Both catch up.
                    for room in (a, b):
                        await until(lambda: "newcomer" in room.remote_participants, "the newcomer is seen")
                        await until(lambda: "leaver" not in room.remote_participants, "the leaver is gone")
                    track, _, participant = await told_b.next("track_subscribed")
                    assert participant.identity == "newcomer"
                    await watch(track)

                    # And both can go on as before.
                    sound.mute()
                    participant, publication = await told_b.next("track_muted")
                    assert participant.identity == "a" and publication.muted
                    async with camera(b):
                        _, _, participant = await told_a.next("track_subscribed", lambda t, p, who: who.identity == "b")


async def test_a_line_that_is_dead_without_a_word_is_noticed(server, join):
    async with Cable(server.url) as cable:
        a, _ = await join("a")
        b, told = await join("b", url=cable.url, options=PATIENT)
        async with camera(a):
            track, *_ = await told.next("track_subscribed")
            async with Flow(track) as flow:
                await flow.more(30)
                sid = b.local_participant.sid
                resumed = server.metric("lianxian_net_resumes_total")
                dead = time.monotonic()
                cable.deaden()
                # Fifteen seconds of silence, then it is opened anew.
                await back(told, 15 + BACK_S)
                assert flow.longest_gap(dead) < STILL_S
                assert b.local_participant.sid == sid
                # The page of figures is up to a tick late.
                await until(lambda: server.metric("lianxian_net_resumes_total") == resumed + 1, "it resumed")
                # The server gave the dead one up too: not two links for one participant.
                await until(lambda: server.metric("lianxian_link_open") == server.metric("lianxian_net_links"), "the dead socket is closed")


async def test_data_sent_meanwhile_comes_once_and_in_order(server, join):
    async with Cable(server.url) as cable:
        a, told_a = await join("a", url=cable.url, options=PATIENT)
        b, told_b = await join("b")
        for n in range(3):
            await a.local_participant.publish_data(bytes([n]), reliable=True)
        for n in range(3):
            (packet,) = await told_b.next("data_received")
            assert bytes(packet.data) == bytes([n])

        cable.cut()
        await told_a.next("reconnecting")
        sending = asyncio.create_task(say(a, range(3, 8)))
        await say(b, range(3))
        cable.mend()
        await back(told_a)
        await sending
        await say(a, [8])
        for n in range(3):
            (packet,) = await told_a.next("data_received")
            assert bytes(packet.data) == bytes([n])
        for n in range(3, 9):
            (packet,) = await told_b.next("data_received")
            assert bytes(packet.data) == bytes([n])
        for told in (told_a, told_b):
            assert told.events["data_received"].empty()


async def say(room, numbers):
    for n in numbers:
        await room.local_participant.publish_data(bytes([n]), reliable=True)
