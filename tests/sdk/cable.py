"""The line to the server's signalling port, as something that can be cut, or go dead without a word. Media does not pass here."""

import asyncio
import contextlib
from urllib.parse import urlsplit

CHUNK = 64 * 1024


class Cable:
    """`async with Cable(server.url) as cable:` and connect to `cable.url`."""

    def __init__(self, url):
        self.there = urlsplit(url)
        self.port = 0
        self.listener = None
        self.whole = asyncio.Event()
        # Each connection's own set of tasks and writers, and whether it still carries anything.
        self.connections = set()

    async def __aenter__(self):
        self.whole.set()
        self.listener = await asyncio.start_server(self._join, "127.0.0.1")
        self.port = self.listener.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_):
        self.listener.close()
        self.cut()

    @property
    def url(self):
        return f"ws://127.0.0.1:{self.port}"

    def cut(self):
        """Every connection is reset. New ones wait, as they do where packets are lost, until the line is mended."""
        self.whole.clear()
        for connection in list(self.connections):
            connection.reset()

    def mend(self):
        self.whole.set()

    def deaden(self):
        """What is connected stays so and carries nothing any more; new connections work."""
        for connection in self.connections:
            connection.dead = True

    async def _join(self, reader, writer):
        try:
            await self.whole.wait()
            there = await asyncio.open_connection(self.there.hostname, self.there.port)
        except (OSError, asyncio.CancelledError):
            writer.transport.abort()
            return
        connection = Connection((reader, writer), there)
        self.connections.add(connection)
        try:
            await connection.carry()
        finally:
            self.connections.discard(connection)


class Connection:
    def __init__(self, here, there):
        self.here, self.there = here, there
        self.dead = False

    def reset(self):
        for _, writer in (self.here, self.there):
            writer.transport.abort()

    async def carry(self):
        (reader, writer), (far_reader, far_writer) = self.here, self.there
        # A side that closes a dead line is not heard at the other end; else one end's close is the end of both.
        ways = [asyncio.create_task(self._pump(reader, far_writer)), asyncio.create_task(self._pump(far_reader, writer))]
        await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        if self.dead:
            await asyncio.wait(ways)
        self.reset()
        for way in ways:
            way.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await way

    async def _pump(self, reader, writer):
        with contextlib.suppress(OSError):
            while chunk := await reader.read(CHUNK):
                if not self.dead:
                    writer.write(chunk)
                    await writer.drain()
