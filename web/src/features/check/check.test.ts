import { describe, expect, it } from "vitest";
import type { CheckTopic } from "@/api/types";
import { kbps } from "./bandwidth";
import * as judge from "./judge";
import { only } from "./reach";
import { reportText } from "./report";
import { sum } from "./socket";
import { explain, figureText } from "./words";

const SDP = [
  "v=0", "a=ice-lite", "m=application 9 UDP/DTLS/SCTP webrtc-datachannel",
  "a=candidate:1 1 udp 2130706431 10.1.2.3 8444 typ host", "a=candidate:2 1 udp 2130706430 10.1.2.4 8444 typ host",
  "a=candidate:3 1 TCP 1671430143 10.1.2.3 443 typ host tcptype passive", "a=end-of-candidates", "",
].join("\r\n");

describe("one way alone", () => {
  it("keeps the candidates of its protocol and every other line", () => {
    const udp = only(SDP, "udp");
    expect(udp.ports).toEqual([8444]);
    expect(udp.sdp).not.toMatch(/tcptype/);
    expect(udp.sdp).toContain("a=end-of-candidates\r\n");
    const tcp = only(SDP, "tcp");
    expect(tcp.ports).toEqual([443]);
    expect(tcp.sdp).not.toMatch(/ udp /);
    expect(only("v=0\r\na=candidate:x\r\n", "udp")).toEqual({ sdp: "v=0\r\n", ports: [] });
  });
});

describe("the ways of media", () => {
  const open = (port: number): judge.Reach => ({ is: "reached", port });
  const shut = (port: number): judge.Reach => ({ is: "blocked", port });
  it("names what is blocked, and is hard only where nothing is left", () => {
    expect(judge.ways(shut(8444), open(443))).toEqual([
      { topic: "udp", verdict: "weak", cause: "udp_blocked", figure: 8444 },
      { topic: "tcp", verdict: "good", cause: "", figure: 443 },
    ]);
    expect(judge.ways(shut(8444), shut(443)).map((i) => [i.verdict, i.cause])).toEqual([["bad", "media_blocked"], ["bad", "media_blocked"]]);
    expect(judge.ways(open(8444), { is: "absent" }).map((i) => [i.verdict, i.cause])).toEqual([["good", ""], ["skipped", "not_offered"]]);
    expect(judge.ways({ is: "untried", cause: "busy" }, { is: "untried", cause: "no_webrtc" }).map((i) => i.verdict)).toEqual(["skipped", "bad"]);
  });
});

describe("what was measured", () => {
  it("is judged by who sits there", () => {
    expect(judge.deviceFault("camera", "missing", "station").verdict).toBe("bad");
    expect(judge.deviceFault("camera", "missing", "account").verdict).toBe("weak");
    expect(judge.microphone(0.1).cause).toBe("silent");
    expect(judge.microphone(0.8)).toEqual({ topic: "microphone", verdict: "good", cause: "", figure: 80 });
    expect(judge.clock(61_000).cause).toBe("ahead");
    expect(judge.clock(-3_000).cause).toBe("behind");
    expect(judge.clock(90)).toMatchObject({ verdict: "good", figure: 90 });
    expect(judge.width("download", { is: "measured", kbps: 900 })).toMatchObject({ verdict: "weak", cause: "narrow" });
    expect(judge.width("upload", { is: "measured", kbps: 90 })).toMatchObject({ verdict: "bad", cause: "too_narrow" });
    expect(judge.round("link", null).cause).toBe("no_websocket");
    expect(kbps(125_000, 1_000)).toBe(1_000);
  });

  it("has the quickest round tell the clock, and the middle one the line", () => {
    expect(sum([])).toBeNull();
    const at = (sent: number, took: number) => ({ sent, came: sent + took, serverNow: sent + took / 2 - 5_000 });
    expect(sum([at(0, 40), at(100, 10), { sent: 200, came: 260, serverNow: 255 }])).toEqual({ round: 40, offset: 5_000 });
  });

  it("is as bad as its worst, and what was left out is no fault", () => {
    const item = judge.item;
    expect(judge.worst([item("udp", "weak", "udp_blocked"), item("tcp", "good"), item("speaker", "skipped", "unanswered")])).toBe("weak");
    expect(judge.worst([item("tcp", "good"), item("camera", "bad", "busy")])).toBe("bad");
    expect(judge.worst([item("camera", "skipped", "privacy")])).toBe("skipped");
  });
});

describe("the words", () => {
  it("say cause and cure for every cause that a verdict can have", () => {
    const devices = ["denied", "busy", "missing", "insecure", "unknown", "privacy"];
    const causes: Record<CheckTopic, string[]> = {
      camera: [...devices, "no_picture"], microphone: [...devices, "silent", "not_used"], speaker: ["not_heard", "no_output", "unanswered"], port: ["unreachable", "slow"],
      link: ["no_websocket", "slow"], udp: ["udp_blocked", "media_blocked", "not_offered", "busy", "no_peer", "no_webrtc"],
      tcp: ["tcp_blocked", "media_blocked", "not_offered", "busy", "no_peer", "no_webrtc"], clock: ["ahead", "behind", "no_answer"],
      download: ["narrow", "too_narrow", "broken", "busy"], upload: ["narrow", "too_narrow", "broken", "busy"],
    };
    for (const [topic, words] of Object.entries(causes) as [CheckTopic, string[]][]) {
      for (const cause of words) {
        for (const language of ["zh", "en"] as const) {
          const told = explain(judge.item(topic, "weak", cause, 8444), language);
          expect(told?.cause, `${topic} ${cause}`).not.toBe(cause);
          expect(told?.cure, `${topic} ${cause}`).toBeTruthy();
        }
      }
    }
    expect(explain(judge.item("udp", "weak", "of_a_later_server"), "zh")).toEqual({ cause: "of_a_later_server", cure: "" });
  });

  it("put the port and the cause into the report", () => {
    const items = judge.ways({ is: "blocked", port: 8444 }, { is: "reached", port: 443 });
    const text = reportText({ items, at: 1_795_568_400_000, who: "陈志远", address: "https://x", browser: "Chromium" }, "zh");
    expect(text).toContain("防火墙挡住了 UDP 端口 8444");
    expect(text).toContain("[正常] 音视频走 TCP  端口 443 通");
    expect(figureText(judge.item("download", "good", "", 53_400), "zh")).toBe("53 Mbit/s");
    expect(figureText(judge.item("upload", "weak", "narrow", 830), "en")).toBe("830 kbit/s");
  });
});
