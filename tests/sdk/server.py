"""A server of the product for one test run, in the server's namespace, with one integration key."""

import json
import os
import signal
import subprocess
import tempfile
import threading
import time
import urllib.request
from pathlib import Path

import jwt

ROOT = Path(__file__).resolve().parents[2]
BINARY = os.environ.get("LIANXIAN_BIN", str(ROOT / "target/debug/lianxian"))
KEY, SECRET = "sdk-tests", "a-secret-of-the-tests-that-is-long-enough-0001"
READY_TIMEOUT_S = 30


class Server:
    def __init__(self):
        self.address = os.environ["LIANXIAN_TEST_SERVER_ADDRESS"]
        self.folder = tempfile.TemporaryDirectory(prefix="lianxian-sdk-")
        self.config = Path(self.folder.name) / "lianxian.toml"
        self.ports = (0, 0)
        self.process = None
        self.log = []

    def configure(self):
        self.config.write_text(
            f'listen = "{self.address}:{self.ports[0]}"\n'
            f'data_dir = "{self.folder.name}/data"\n'
            f"[tls]\nmode = \"off\"\n"
            f'[media]\nport = {self.ports[1]}\naddresses = ["{self.address}"]\n'
            f'[[integration_keys]]\nkey = "{KEY}"\nsecret = "{SECRET}"\npurpose = "SDK 互通测试"\n'
        )

    def start(self):
        """Starts it, again on the ports of the first start."""
        self.configure()
        namespace = os.environ["LIANXIAN_TEST_SERVER_NETNS"]
        self.process = subprocess.Popen(
            ["ip", "netns", "exec", namespace, BINARY, "serve", "--config", str(self.config)],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        ready = threading.Event()
        threading.Thread(target=self._read, args=(ready,), daemon=True).start()
        if not ready.wait(READY_TIMEOUT_S):
            raise RuntimeError("the server did not get ready:\n" + "\n".join(self.log[-40:]))
        return self

    def _read(self, ready):
        for line in self.process.stdout:
            if line.startswith("{") and '"ready"' in line:
                said = json.loads(line)
                self.ports = tuple(int(said[k].rsplit(":", 1)[1]) for k in ("https", "media"))
                ready.set()
            else:
                self.log.append(line.rstrip())

    @property
    def url(self):
        return f"ws://{self.address}:{self.ports[0]}"

    def metric(self, name):
        """One figure of the server's metrics page."""
        with urllib.request.urlopen(f"http://{self.address}:{self.ports[0]}/metrics", timeout=5) as page:
            lines = page.read().decode().splitlines()
        return sum(float(line.rsplit(" ", 1)[1]) for line in lines if line.startswith(f"{name} "))

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(10)

    def terminate(self):
        """Asks it to stop, and waits until it has."""
        self.process.terminate()
        self.process.wait(15)

    def stop(self):
        if self.process and self.process.poll() is None:
            self.terminate()
        self.folder.cleanup()


def token(identity, room, *, name="", metadata="", attributes=None, ttl_s=600, key=KEY, secret=SECRET, **video):
    """An access token as any other system would sign it."""
    now = int(time.time())
    claims = {
        "iss": key,
        "sub": identity,
        "nbf": now - 5,
        "exp": now + ttl_s,
        "name": name,
        "metadata": metadata,
        "attributes": attributes or {},
        "video": {"roomJoin": True, "room": room, **video},
    }
    return jwt.encode(claims, secret, algorithm="HS256")
