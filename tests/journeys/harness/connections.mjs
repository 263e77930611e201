// The WebRTC connections of a page, as its own statistics tell of them (W3C webrtc-stats).

/** From the page's next load on its connections are noted, in `window.connections`. */
export const noteConnections = (page) =>
  page.addInitScript(() => {
    window.connections = [];
    window.RTCPeerConnection = class extends RTCPeerConnection {
      constructor(...given) {
        super(...given);
        window.connections.push(this);
      }
    };
  });

/** What came so far of each stream of this kind (`audio`, `video`) that the page receives: the `inbound-rtp` rows. */
export const received = (page, kind) =>
  page.evaluate(async (kind) => {
    const up = window.connections.filter((connection) => connection.connectionState === "connected");
    const reports = await Promise.all(up.map((connection) => connection.getStats()));
    return reports.flatMap((report) => [...report.values()]).filter((row) => row.type === "inbound-rtp" && row.kind === kind);
  }, kind);

/** This figure of all these streams together. */
export const sum = (rows, figure) => rows.reduce((total, row) => total + row[figure], 0);
