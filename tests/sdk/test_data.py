"""Data, RPC, text and byte streams."""

import asyncio

import pytest
from livekit import rtc

WAIT_S = 15


@pytest.mark.parametrize("reliable", [True, False], ids=["reliable", "lossy"])
async def test_data_reaches_everyone(join, reliable):
    a, _ = await join("a")
    _, b = await join("b")
    _, c = await join("c")

    async def say():
        await a.local_participant.publish_data(b"\x00\xffhello", reliable=reliable, topic="t")

    async def repeat():
        # What may be lost is lost where a receiver's channel has only just been opened.
        while not reliable:
            await asyncio.sleep(0.2)
            await say()

    await say()
    repeating = asyncio.create_task(repeat())
    heard = [await told.next("data_received") for told in (b, c)]
    repeating.cancel()
    for (packet,) in heard:
        assert (bytes(packet.data), packet.topic, packet.participant.identity) == (b"\x00\xffhello", "t", "a")


async def test_data_reaches_only_those_named(join):
    a, _ = await join("a")
    _, b = await join("b")
    _, c = await join("c")
    await a.local_participant.publish_data(b"for b", reliable=True, destination_identities=["b"])
    await a.local_participant.publish_data(b"for all", reliable=True)
    (packet,) = await b.next("data_received")
    assert bytes(packet.data) == b"for b"
    (packet,) = await c.next("data_received")
    assert bytes(packet.data) == b"for all", "what was for b alone did not come to c"


async def test_data_needs_the_right(join):
    a, _ = await join("a", canPublishData=False)
    ok, _ = await join("ok")
    _, told = await join("b")
    try:
        await a.local_participant.publish_data(b"no", reliable=True)
    except Exception:
        pass
    await ok.local_participant.publish_data(b"yes", reliable=True)
    (packet,) = await told.next("data_received")
    assert bytes(packet.data) == b"yes"


async def test_a_hundred_messages_keep_their_order(join):
    a, _ = await join("a")
    _, told = await join("b")
    for n in range(100):
        await a.local_participant.publish_data(n.to_bytes(2, "big") + bytes(10_000), reliable=True)
    for n in range(100):
        (packet,) = await told.next("data_received")
        assert int.from_bytes(bytes(packet.data)[:2], "big") == n and len(packet.data) == 10_002


async def test_rpc_answers_and_fails_as_the_other_says(join):
    a, _ = await join("a")
    b, _ = await join("b")

    @b.local_participant.register_rpc_method("double")
    async def double(call: rtc.RpcInvocationData):
        assert call.caller_identity == "a"
        if call.payload == "fail":
            raise rtc.RpcError(1234, "as asked")
        return call.payload * 2

    async def call(payload, method="double"):
        return await a.local_participant.perform_rpc(
            destination_identity="b", method=method, payload=payload, response_timeout=10
        )

    assert await call("ab") == "abab"
    assert len(await call("x" * 7000)) == 14000
    with pytest.raises(rtc.RpcError) as failure:
        await call("fail")
    assert failure.value.code == 1234
    with pytest.raises(rtc.RpcError):
        await call("x", method="unknown")


async def test_text_stream(join):
    a, _ = await join("a")
    b, _ = await join("b")
    got = asyncio.get_running_loop().create_future()
    b.register_text_stream_handler(
        "t", lambda reader, identity: asyncio.create_task(read(reader, identity))
    )

    async def read(reader, identity):
        got.set_result((identity, await reader.read_all()))

    text = "调解笔录。" * 20_000
    await a.local_participant.send_text(text, topic="t")
    identity, received = await asyncio.wait_for(got, WAIT_S)
    assert identity == "a" and received == text


async def test_byte_stream(join):
    a, _ = await join("a")
    b, _ = await join("b")
    got = asyncio.get_running_loop().create_future()
    b.register_byte_stream_handler("f", lambda reader, identity: asyncio.create_task(read(reader)))

    async def read(reader):
        received = bytearray()
        async for chunk in reader:
            received += chunk
        got.set_result((reader.info.name, bytes(received)))

    body = bytes(range(256)) * 1000
    writer = await a.local_participant.stream_bytes("证据.bin", topic="f", total_size=len(body))
    await writer.write(body)
    await writer.aclose()
    name, received = await asyncio.wait_for(got, WAIT_S)
    assert name == "证据.bin" and received == body
