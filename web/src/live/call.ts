// A conversation of a console over the net: whom it sees and hears (`others`), and what it sends itself. It comes back by
// itself after anything. What is wanted and what is sent are compared by one step, so that a right that comes later is used.

import {
  createLocalAudioTrack,
  createLocalScreenTracks,
  createLocalVideoTrack,
  DisconnectReason,
  LogLevel,
  Room,
  RoomEvent,
  setLogLevel,
  Track,
  TrackEvent,
  VideoPresets,
  type LocalTrack,
} from "livekit-client";
import { Store } from "@/lib/store";
import { captureFault, type CaptureFault } from "@/lib/capture-fault";
import { Others } from "./others";
import { reconnectPolicy, retryMs } from "./reconnect";
import { restAudioContext } from "./rest";

setLogLevel(LogLevel.silent);

/** `taken`: another page stands for the same console now. */
export type CallPhase = "connecting" | "connected" | "reconnecting" | "taken" | "closed";
export type Sends = "microphone" | "camera" | "screen";

export interface CallView {
  phase: CallPhase;
  /** The server lets this page be seen and heard now. */
  maySend: boolean;
  /** What was asked for, and was not refused. */
  wants: Record<Sends, boolean>;
  /** What the others can get of it by now. */
  sends: Record<Sends, boolean>;
  /** Why something that was asked for is not sent. */
  fault: { what: Sends; why: CaptureFault } | null;
}

export interface CallSetup {
  token(): Promise<{ token: string; identity: string }>;
  /** Whether a refused token may be asked for again. */
  mayRetry(error: unknown): boolean;
}

const SENDS = ["microphone", "camera", "screen"] as const;
const SOURCES: Record<Sends, Track.Source> = {
  microphone: Track.Source.Microphone,
  camera: Track.Source.Camera,
  screen: Track.Source.ScreenShare,
};

export class Call {
  readonly view = new Store<CallView>({
    phase: "connecting",
    maySend: false,
    wants: { microphone: false, camera: false, screen: false },
    sends: { microphone: false, camera: false, screen: false },
    fault: null,
  });
  readonly others = new Others();
  #setup: CallSetup;
  #room: Room;
  #open = true;
  #retry: ReturnType<typeof setTimeout> | null = null;
  #attempt = 0;
  #wanted: Record<Sends, boolean> = { microphone: false, camera: false, screen: false };
  #tracks = new Map<Sends, LocalTrack>();
  #settling: Promise<void> = Promise.resolve();

  constructor(setup: CallSetup) {
    this.#setup = setup;
    this.#room = this.#make();
    this.others.of(this.#room);
    window.addEventListener("online", this.#hurry);
    void this.#connect();
  }

  want(what: Sends, on: boolean): void {
    this.#wanted[what] = on;
    this.#hush(what);
    if (this.view.getSnapshot().fault?.what === what) this.#tell({ fault: null });
    this.#look();
    this.#settle();
  }

  /** What is not wanted is silent or dark at once: to take it off the net may have to wait for another device. */
  #hush(what: Sends): void {
    const track = this.#tracks.get(what)?.mediaStreamTrack;
    if (track) track.enabled = this.#wanted[what];
  }

  takeBack(): void {
    if (this.view.getSnapshot().phase !== "taken") return;
    this.#tell({ phase: "connecting" });
    void this.#connect();
  }

  close(): void {
    this.#open = false;
    window.removeEventListener("online", this.#hurry);
    if (this.#retry) clearTimeout(this.#retry);
    for (const what of SENDS) this.#drop(what);
    this.#tell({ phase: "closed" });
    void this.#room.disconnect();
  }

  async #connect(): Promise<void> {
    this.#retry = null;
    try {
      const { token } = await this.#setup.token();
      if (!this.#open) return;
      const scheme = window.location.protocol === "https:" ? "wss" : "ws";
      await this.#room.connect(`${scheme}://${window.location.host}`, token, { autoSubscribe: true, maxRetries: 0 });
      if (!this.#open) return void this.#room.disconnect();
      this.#attempt = 0;
      this.#up();
    } catch (error) {
      if (!this.#open) return;
      if (!this.#setup.mayRetry(error)) return this.#tell({ phase: "closed" });
      this.#tell({ phase: "reconnecting" });
      this.#again();
    }
  }

  #up(): void {
    this.#tell({ phase: "connected" });
    this.#look();
    this.#settle();
  }

  #again(): void {
    if (!this.#open || this.#retry) return;
    this.#retry = setTimeout(() => void this.#connect(), retryMs(this.#attempt));
    this.#attempt += 1;
  }

  #hurry = (): void => {
    if (!this.#retry) return;
    clearTimeout(this.#retry);
    this.#attempt = 0;
    void this.#connect();
  };

  #make(): Room {
    const room = new Room({
      adaptiveStream: { pixelDensity: "screen" },
      dynacast: true,
      disconnectOnPageLeave: true,
      singlePeerConnection: false,
      stopLocalTrackOnUnpublish: false,
      reconnectPolicy,
    });
    restAudioContext(room);
    const look = () => this.#look();
    return room
      .on(RoomEvent.LocalTrackPublished, look)
      .on(RoomEvent.LocalTrackUnpublished, () => {
        this.#look();
        this.#settle();
      })
      .on(RoomEvent.ParticipantPermissionsChanged, () => {
        this.#look();
        this.#settle();
      })
      .on(RoomEvent.Reconnecting, () => this.#tell({ phase: "reconnecting" }))
      .on(RoomEvent.SignalReconnecting, () => this.#tell({ phase: "reconnecting" }))
      .on(RoomEvent.Reconnected, () => this.#up())
      .on(RoomEvent.Disconnected, (reason) => {
        if (!this.#open) return;
        if (reason === DisconnectReason.DUPLICATE_IDENTITY) return this.#tell({ phase: "taken" });
        // The library gave up, or the server ended the link: begin anew with a fresh token.
        this.#tell({ phase: "reconnecting" });
        this.#again();
      });
  }

  #look(): void {
    const local = this.#room.localParticipant;
    const sent = (what: Sends) => this.#wanted[what] && local.getTrackPublication(SOURCES[what])?.track !== undefined;
    this.#tell({
      maySend: local.permissions?.canPublish ?? false,
      sends: { microphone: sent("microphone"), camera: sent("camera"), screen: sent("screen") },
    });
  }

  /** What is wanted and what is are compared; one at a time. */
  #settle(): void {
    this.#settling = this.#settling.then(async () => {
      for (const what of SENDS) await this.#settleOne(what);
      this.#look();
    });
  }

  async #settleOne(what: Sends): Promise<void> {
    const local = this.#room.localParticipant;
    const published = local.getTrackPublication(SOURCES[what])?.track;
    if (!this.#wanted[what] || !this.#open) {
      if (published) await local.unpublishTrack(published as LocalTrack, false).catch(() => undefined);
      return this.#drop(what);
    }
    if (published || this.view.getSnapshot().phase !== "connected") return;
    // Opened while the site is still being called: when it answers, nothing is left to wait for.
    let track: LocalTrack;
    try {
      track = this.#tracks.get(what) ?? (await open(what));
    } catch (error) {
      const why = captureFault(error);
      // Whoever closes the browser's own choice of a screen has changed their mind, too.
      const cancelled = !this.#wanted[what] || (what === "screen" && why === "denied");
      this.#wanted[what] = false;
      return this.#tell(cancelled ? {} : { fault: { what, why } });
    }
    if (!this.#tracks.has(what)) this.#keep(what, track);
    // They changed their mind while it opened.
    if (!this.#wanted[what] || !this.#open) return this.#drop(what);
    if (!local.permissions?.canPublish) return;
    // A link that broke meanwhile comes back, and then it is tried again.
    await local
      .publishTrack(track, {
        name: what,
        source: SOURCES[what],
        simulcast: what === "camera",
        videoCodec: "vp8",
        ...(what === "camera" ? { videoSimulcastLayers: [VideoPresets.h180, VideoPresets.h360] } : {}),
        ...(what === "microphone" ? { dtx: true, red: true } : {}),
      })
      .catch(() => undefined);
  }

  #keep(what: Sends, track: LocalTrack): void {
    this.#tracks.set(what, track);
    // The library opens a device anew after an outage, and so even one that was given up meanwhile.
    track.on(TrackEvent.Restarted, () => (this.#tracks.get(what) === track ? this.#hush(what) : track.stop()));
    track.on(TrackEvent.Ended, () => {
      if (this.#tracks.get(what) !== track) return;
      this.want(what, false);
      // A screen is ended by hand, in the browser's own bar; a device was unplugged, or taken away.
      if (what !== "screen") this.#tell({ fault: { what, why: "missing" } });
    });
  }

  #drop(what: Sends): void {
    this.#tracks.get(what)?.stop();
    this.#tracks.delete(what);
  }

  #tell(change: Partial<CallView>): void {
    const last = this.view.getSnapshot();
    const next = { ...last, ...change, wants: { ...this.#wanted } };
    if (JSON.stringify(next) !== JSON.stringify(last)) this.view.set(next);
  }
}

async function open(what: Sends): Promise<LocalTrack> {
  if (what === "microphone") return createLocalAudioTrack({ echoCancellation: true, noiseSuppression: true, autoGainControl: true });
  if (what === "camera") return createLocalVideoTrack({ resolution: VideoPresets.h720.resolution });
  const [screen] = await createLocalScreenTracks({ audio: false, contentHint: "detail", resolution: { width: 1920, height: 1080, frameRate: 15 } });
  if (!screen) throw Object.assign(new Error("no screen"), { name: "NotFoundError" });
  return screen;
}
