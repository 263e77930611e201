"""Publishing, subscribing, muting."""

import pytest
from livekit import rtc

from conftest import until
from media import HEIGHT, WIDTH, camera, listen, microphone, watch


# The SDK sends VP9 and AV1 as one scalable stream, so simulcast is VP8's (and H.264's) matter.
@pytest.mark.parametrize(
    "codec, simulcast",
    [
        (rtc.VideoCodec.VP8, False),
        (rtc.VideoCodec.VP8, True),
        (rtc.VideoCodec.VP9, False),
        (rtc.VideoCodec.AV1, False),
    ],
    ids=["VP8", "VP8 simulcast", "VP9", "AV1"],
)
async def test_video_is_decoded(join, codec, simulcast):
    a, _ = await join("a")
    _, told = await join("b")
    async with camera(a, simulcast=simulcast, codec=codec) as sent:
        track, publication, participant = await told.next("track_subscribed")
        assert participant.identity == "a"
        assert publication.sid == sent.sid
        assert publication.source == rtc.TrackSource.SOURCE_CAMERA
        assert publication.simulcasted == simulcast
        width, height = await watch(track)
        assert width * HEIGHT == height * WIDTH, "the picture keeps its shape"


async def test_one_who_comes_later_gets_a_picture(join):
    a, _ = await join("a")
    async with camera(a):
        _, first = await join("b")
        track, *_ = await first.next("track_subscribed")
        await watch(track)
        _, second = await join("c")
        track, *_ = await second.next("track_subscribed")
        await watch(track)


async def test_audio_is_heard(join):
    a, told_a = await join("a")
    _, told = await join("b")
    async with microphone(a, frequency=440):
        track, publication, _ = await told.next("track_subscribed")
        assert publication.kind == rtc.TrackKind.KIND_AUDIO
        assert abs(await listen(track) - 440) < 10
        await told_a.next("local_track_subscribed")
        (speakers,) = await told.next("active_speakers_changed", lambda speakers: len(speakers) > 0)
        assert [s.identity for s in speakers] == ["a"]


async def test_both_ways_at_once(join):
    a, told_a = await join("a")
    b, told_b = await join("b")
    async with camera(a), microphone(a, frequency=500), camera(b), microphone(b, frequency=700):
        for told, frequency in ((told_a, 700), (told_b, 500)):
            tracks = {}
            while len(tracks) < 2:
                track, *_ = await told.next("track_subscribed")
                tracks[track.kind] = track
            await watch(tracks[rtc.TrackKind.KIND_VIDEO])
            assert abs(await listen(tracks[rtc.TrackKind.KIND_AUDIO]) - frequency) < 10


async def test_mute_is_told(join):
    a, _ = await join("a")
    _, told = await join("b")
    async with microphone(a) as (_, track):
        await told.next("track_subscribed")
        track.mute()
        participant, publication = await told.next("track_muted")
        assert participant.identity == "a" and publication.muted
        track.unmute()
        _, publication = await told.next("track_unmuted")
        assert not publication.muted


async def test_unpublish_is_told(join):
    a, _ = await join("a")
    _, told = await join("b")
    async with camera(a) as sent:
        track, *_ = await told.next("track_subscribed")
        await watch(track)
        await a.local_participant.unpublish_track(sent.sid)
        publication, participant = await told.next("track_unpublished")
        assert (publication.sid, participant.identity) == (sent.sid, "a")
    # The same participant can publish again, over the connection that it has.
    async with camera(a):
        track, *_ = await told.next("track_subscribed")
        await watch(track)


async def test_without_the_right_nothing_is_published(join):
    a, _ = await join("a", canPublish=False)
    b, _ = await join("b")
    with pytest.raises(Exception):
        async with camera(a):
            pass
    assert not b.remote_participants["a"].track_publications


async def test_without_the_right_nothing_is_received(join):
    a, _ = await join("a")
    b, told = await join("b", canSubscribe=False)
    _, free = await join("c")
    async with camera(a):
        track, *_ = await free.next("track_subscribed")
        await watch(track)
        assert told.events["track_subscribed"].empty()


async def test_subscribing_by_hand(join):
    a, _ = await join("a")
    b, told = await join("b", options=rtc.RoomOptions(auto_subscribe=False))
    async with camera(a):
        publication, _ = await told.next("track_published")
        assert not publication.subscribed
        publication.set_subscribed(True)
        track, *_ = await told.next("track_subscribed")
        await watch(track)
        publication.set_subscribed(False)
        await told.next("track_unsubscribed")
        await until(lambda: not publication.subscribed, "the publication is let go")
