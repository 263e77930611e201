"""The server's end of the line between the two hosts (tests/network/two-hosts): how fast it is, and what it loses."""

import contextlib
import os
import subprocess


def on_server(*words):
    subprocess.run(["ip", "netns", "exec", os.environ["LIANXIAN_TEST_SERVER_NETNS"], *words], check=True)


@contextlib.contextmanager
def capacity(of):
    """What leaves the server has this rate, in `tc`'s words, and a queue of 300 ms before it drops. Yields what changes the rate."""

    def become(rate):
        on_server("tc", "qdisc", "replace", "dev", "eth0", "root", "tbf", "rate", rate, "burst", "1600", "latency", "300ms")

    become(of)
    try:
        yield become
    finally:
        on_server("tc", "qdisc", "del", "dev", "eth0", "root")


@contextlib.contextmanager
def loss(leaving, coming=0):
    """These shares of the datagrams that leave the server and that come to it are lost, each in [0, 1]."""
    ways = [way for way in (("OUTPUT", "-o", leaving), ("INPUT", "-i", coming)) if way[2] > 0]

    def rules(action):
        for chain, way, share in ways:
            rule = ["-m", "statistic", "--mode", "random", "--probability", str(share), "-j", "DROP"]
            on_server("iptables", action, chain, way, "eth0", "-p", "udp", *rule)

    rules("-A")
    try:
        yield
    finally:
        rules("-D")
