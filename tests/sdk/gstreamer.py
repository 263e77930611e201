"""An encoder that speaks WHIP with GStreamer's webrtcbin: Debian's, with the system's own Python.

Publishes a ball that flies about, and noise, until its standard input ends:
    gstreamer.py ADDRESS TOKEN vp8|h264
The offer goes out before candidates are gathered; each follows in a PATCH of its own, as RFC 9725 has it.
"""

import sys
import threading
import urllib.parse

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstWebRTC", "1.0")
gi.require_version("GstSdp", "1.0")
from gi.repository import GLib, Gst, GstSdp, GstWebRTC  # noqa: E402

from ask import ask  # noqa: E402

PICTURES = {
    "vp8": "vp8enc deadline=1 keyframe-max-dist=60 target-bitrate=600000 ! rtpvp8pay",
    "h264": "openh264enc bitrate=600000 gop-size=60 ! h264parse ! rtph264pay config-interval=-1 aggregate-mode=zero-latency",
}
PIPELINE = """
webrtcbin name=peer bundle-policy=max-bundle
videotestsrc is-live=true pattern=ball ! video/x-raw,width=640,height=360,framerate=15/1 ! videoconvert ! {picture}
  ! application/x-rtp,media=video,encoding-name={name},payload=96 ! queue ! peer.
audiotestsrc is-live=true wave=pink-noise volume=0.2 ! audioconvert ! audioresample ! opusenc ! rtpopuspay
  ! application/x-rtp,media=audio,encoding-name=OPUS,payload=97 ! queue ! peer.
"""


class Encoder:
    def __init__(self, address, token, codec):
        self.address, self.token = address, token
        self.resource = self.tag = None
        self.candidates = []
        self.loop = GLib.MainLoop()
        self.failure = None
        self.pipeline = Gst.parse_launch(PIPELINE.format(picture=PICTURES[codec], name=codec.upper()))
        bus = self.pipeline.get_bus()
        bus.add_signal_watch()
        bus.connect("message::error", lambda _, message: self.fail(message.parse_error()))
        self.peer = self.pipeline.get_by_name("peer")
        self.peer.connect("on-negotiation-needed", self.offer)
        self.peer.connect("on-ice-candidate", self.gathered)
        self.peer.connect("notify::connection-state", self.connected)

    def run(self):
        threading.Thread(target=self.until_told, daemon=True).start()
        self.pipeline.set_state(Gst.State.PLAYING)
        self.loop.run()
        if self.resource:
            ask("DELETE", self.resource, self.token)
        self.pipeline.set_state(Gst.State.NULL)
        return self.failure

    def until_told(self):
        sys.stdin.read()
        GLib.idle_add(self.loop.quit)

    def fail(self, why):
        self.failure = self.failure or f"the encoder failed: {why}"
        self.loop.quit()

    def offer(self, peer):
        peer.emit("create-offer", None, Gst.Promise.new_with_change_func(self.offered))

    def offered(self, promise):
        # The offer lives in the reply.
        reply = promise.get_reply()
        offer = reply.get_value("offer")
        self.peer.emit("set-local-description", offer, Gst.Promise.new())
        GLib.idle_add(self.post, offer.sdp.as_text())

    def post(self, sdp):
        self.offer_lines = sdp.splitlines()
        status, headers, text = ask("POST", self.address, self.token, sdp, Content_Type="application/sdp")
        if status != 201:
            return self.fail(f"{status}: {text}")
        self.resource, self.tag = urllib.parse.urljoin(self.address, headers["Location"]), headers["ETag"]
        _, answer = GstSdp.SDPMessage.new_from_text(text)
        described = GstWebRTC.WebRTCSessionDescription.new(GstWebRTC.WebRTCSDPType.ANSWER, answer)
        self.peer.emit("set-remote-description", described, Gst.Promise.new())
        for candidate in self.candidates:
            self.trickle(*candidate)

    def gathered(self, _, line, candidate):
        GLib.idle_add(self.found, line, candidate)

    def found(self, line, candidate):
        if self.resource:
            self.trickle(line, candidate)
        else:
            self.candidates.append((line, candidate))

    def trickle(self, line, candidate):
        value = {name: next(l for l in self.offer_lines if l.startswith(f"a={name}:")) for name in ("ice-ufrag", "ice-pwd")}
        media = [l for l in self.offer_lines if l.startswith("m=")][line]
        mid = [l for l in self.offer_lines if l.startswith("a=mid:")][line]
        fragment = "\r\n".join([value["ice-ufrag"], value["ice-pwd"], media, mid, f"a={candidate}", ""])
        kind = "application/trickle-ice-sdpfrag"
        status, _, text = ask("PATCH", self.resource, self.token, fragment, Content_Type=kind, If_Match=self.tag)
        if status != 204:
            self.fail(f"a candidate was answered by {status}: {text}")

    def connected(self, peer, _):
        state = peer.get_property("connection-state")
        if state == GstWebRTC.WebRTCPeerConnectionState.CONNECTED:
            print("publishing", flush=True)
        if state == GstWebRTC.WebRTCPeerConnectionState.FAILED:
            GLib.idle_add(self.fail, "the connection failed")


if __name__ == "__main__":
    Gst.init(None)
    sys.exit(Encoder(*sys.argv[1:4]).run())
