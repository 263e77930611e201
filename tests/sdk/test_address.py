"""The address that media comes from changes under way, as it does behind a translator that forgot, or on a telephone that roams."""

import os
import subprocess
import time

from conftest import until
from media import Flow, camera

# A client checks a connection that holds every two and a half seconds; by the next check the server knows the new address.
MOVED_S = 3.0


def translate(action):
    rule = ["-p", "udp", "-d", os.environ["LIANXIAN_TEST_SERVER_ADDRESS"], "-j", "SNAT", "--to-source", "10.203.0.2:50000-50999"]
    subprocess.run(["iptables", "-t", "nat", action, "POSTROUTING", *rule], check=True)


def translated():
    """How many flows were given another port."""
    words = ["iptables", "-t", "nat", "-L", "POSTROUTING", "-v", "-n", "-x"]
    listing = subprocess.run(words, check=True, capture_output=True, text=True).stdout
    return sum(int(line.split()[0]) for line in listing.splitlines() if "SNAT" in line)


async def test_media_follows_to_a_new_address(server, join):
    a, told_a = await join("a")
    b, told_b = await join("b")
    async with camera(a):
        track, *_ = await told_b.next("track_subscribed")
        async with Flow(track) as flow:
            await flow.more(30)
            sids = (a.local_participant.sid, b.local_participant.sid)
            moved = time.monotonic()
            translate("-A")
            try:
                await until(lambda: translated() >= 2, "the flows have other ports")
                await flow.more(60)
                assert flow.longest_gap(moved) < MOVED_S
                assert (a.local_participant.sid, b.local_participant.sid) == sids
                for told in (told_a, told_b):
                    assert told.events["reconnecting"].empty() and told.events["disconnected"].empty()
            finally:
                translate("-D")
