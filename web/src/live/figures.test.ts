import { expect, test } from "vitest";
import { FigureReader, LineJudge, weaknessOf } from "./figures";

function report(at: number, over: Record<string, unknown> = {}) {
  return [
    { id: "in", type: "inbound-rtp", kind: "video", timestamp: at, bytesReceived: 0, packetsReceived: 0, packetsLost: 0, framesDecoded: 0, frameWidth: 640, frameHeight: 360, codecId: "c", transportId: "t", ...over },
    { id: "c", type: "codec", mimeType: "video/VP8" },
    { id: "t", type: "transport", selectedCandidatePairId: "p" },
    { id: "p", type: "candidate-pair", currentRoundTripTime: 0.012, availableIncomingBitrate: 2_400_000 },
  ];
}

test("rates are taken between two reports", () => {
  const reader = new FigureReader();
  expect(reader.read(report(1000))).toBeNull();
  const figures = reader.read(report(3000, { bytesReceived: 125_000, packetsReceived: 95, packetsLost: 5, framesDecoded: 30, jitter: 0.004, freezeCount: 2, totalFreezesDuration: 1.25 }));
  expect(figures).toEqual({ codec: "VP8", width: 640, height: 360, fps: 15, kbps: 500, loss: 5, rtt_ms: 12, jitter_ms: 4, freezes: 2, frozen_ms: 1250, line_kbps: 2400 });
});

test("a receiver that began anew gives no negative rate", () => {
  const reader = new FigureReader();
  reader.read(report(1000, { bytesReceived: 9000 }));
  expect(reader.read(report(2000, { bytesReceived: 10 }))).toBeNull();
  expect(reader.read([])).toBeNull();
});

test("a reader that was reset takes no rate over what lies before", () => {
  const reader = new FigureReader();
  reader.read(report(1000));
  reader.reset();
  expect(reader.read(report(60_000, { bytesReceived: 9000 }))).toBeNull();
  expect(reader.read(report(62_000, { bytesReceived: 134_000, framesDecoded: 30 }))).toMatchObject({ kbps: 500, fps: 15 });
});

test("a picture is weak for one reason, and lost packets go before the others", () => {
  expect(weaknessOf({ loss: 1, fps: 25 }, false)).toBeNull();
  expect(weaknessOf({ loss: 5, fps: 2 }, true)).toBe("loss");
  expect(weaknessOf({ loss: 0, fps: 2 }, true)).toBe("siteLine");
  expect(weaknessOf({ loss: 0, fps: 3.9 }, false)).toBe("fewFrames");
});

test("a line is weak at once, and good only when it stays good; meanwhile the last reason stands", () => {
  const judge = new LineJudge();
  expect(([null, "loss", null, null, "siteLine", "fewFrames", null] as const).map((bad) => judge.take(bad))).toEqual([null, "loss", "loss", null, "siteLine", "fewFrames", "fewFrames"]);
  judge.reset();
  expect(judge.weak).toBeNull();
});
