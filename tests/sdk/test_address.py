"""The address that media comes from changes under way, as it does behind a translator that forgot, or on a telephone that roams."""

import os
import subprocess
import time

from conftest import until
from media import Flow, camera

# Of this many changes the second longest standstill counts: the 95th percentile.
CHANGES = 12
MOVED_S = 2.0


def translate(action, ports):
    to = f"10.203.0.2:{ports}-{ports + 99}"
    rule = ["-p", "udp", "-d", os.environ["LIANXIAN_TEST_SERVER_ADDRESS"], "-j", "SNAT", "--to-source", to]
    subprocess.run(["iptables", "-t", "nat", action, "POSTROUTING", *rule], check=True)


def translated():
    """How many flows were given another port."""
    words = ["iptables", "-t", "nat", "-L", "POSTROUTING", "-v", "-n", "-x"]
    listing = subprocess.run(words, check=True, capture_output=True, text=True).stdout
    return sum(int(line.split()[0]) for line in listing.splitlines() if "SNAT" in line)


def forget():
    """The translator loses its table, as after a restart."""
    subprocess.run(["conntrack", "-F"], check=True, capture_output=True)


async def test_media_follows_to_a_new_address(server, join):
    a, told_a = await join("a")
    b, told_b = await join("b")
    async with camera(a):
        track, *_ = await told_b.next("track_subscribed")
        async with Flow(track) as flow:
            await flow.more(30)
            sids = (a.local_participant.sid, b.local_participant.sid)
            stops = []
            for change in range(CHANGES):
                ports = 50_000 + 100 * change
                translate("-A", ports)
                try:
                    moved = time.monotonic()
                    forget()
                    await until(lambda: translated() >= 2, "the flows have other ports")
                    await flow.more(30)
                    stops.append(flow.longest_gap(moved))
                finally:
                    translate("-D", ports)
            print("address changed: longest stops", [f"{stop:.2f}" for stop in sorted(stops)])
            assert sorted(stops)[-2] < MOVED_S, stops
            assert (a.local_participant.sid, b.local_participant.sid) == sids
            for told in (told_a, told_b):
                assert told.events["reconnecting"].empty() and told.events["disconnected"].empty()
