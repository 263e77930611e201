// A station's way to the net: one link that carries a camera and a microphone, and comes back by itself after short breaks.
// What lasts longer than the SDK's own attempts is told as "down": whoever holds the uplink connects anew.

import { DisconnectReason, LocalAudioTrack, LocalVideoTrack, Room, RoomEvent, Track, VideoPresets } from "livekit-client";
import { Store } from "@/lib/store";
import { Others } from "./others";
import { reconnectPolicy } from "./reconnect";
import { restAudioContext } from "./rest";

export type UplinkState = "down" | "connecting" | "up" | "recovering";
/** Why a link is down: another page of the same device took it, the server refuses this device, or the line broke. */
export type UplinkEnd = "elsewhere" | "removed" | "lost";

export interface UplinkView {
  state: UplinkState;
  /** Set while `down`, once there was a link. */
  end: UplinkEnd | null;
  /** The picture is announced to the net. */
  published: boolean;
}

export interface Tracks {
  video: MediaStreamTrack;
  audio: MediaStreamTrack | null;
}

const DOWN: UplinkView = { state: "down", end: null, published: false };

/** Small tiles of a wall take the lowest; the spotlight takes the camera's own size. */
const LAYERS = [VideoPresets.h180, VideoPresets.h360];
const TOP = { maxBitrate: 1_700_000, maxFramerate: 25 };

export class Uplink {
  readonly view = new Store<UplinkView>(DOWN);
  /** Whom an assistance lets the station see and hear; whoever only watches is not among them. */
  readonly others = new Others();
  #address: string;
  #token: () => Promise<string>;
  #room: Room | null = null;
  #sound = false;

  /** `token`: a fresh link token, asked for each time a link is opened. */
  constructor(token: () => Promise<string>, address: string = `wss://${window.location.host}`) {
    this.#token = token;
    this.#address = address;
  }

  /** Resolves when the link is up. Rejects when it cannot be opened now. */
  async connect(): Promise<void> {
    if (this.#room) return;
    this.#tell({ state: "connecting", end: null, published: false });
    const room = new Room({
      dynacast: true,
      adaptiveStream: false,
      singlePeerConnection: false,
      stopLocalTrackOnUnpublish: false,
      reconnectPolicy,
    });
    restAudioContext(room);
    this.#room = room;
    this.#listen(room);
    this.others.of(room);
    try {
      await room.connect(this.#address, await this.#token(), { autoSubscribe: true });
      if (this.#room !== room) throw new Error("closed while it was being opened");
      this.#tell({ state: "up", end: null });
    } catch (error) {
      await this.#drop(room, "lost");
      throw error;
    }
  }

  /** Replaces what is published. The tracks stay the caller's: they are never stopped here. */
  async publish({ video, audio }: Tracks): Promise<void> {
    const room = this.#room;
    if (!room) throw new Error("the link is down");
    await this.unpublish();
    await room.localParticipant.publishTrack(new LocalVideoTrack(video, undefined, true), {
      name: "camera",
      source: Track.Source.Camera,
      simulcast: true,
      videoCodec: "vp8",
      videoEncoding: TOP,
      videoSimulcastLayers: LAYERS,
      degradationPreference: "maintain-framerate",
    });
    if (audio) {
      await room.localParticipant.publishTrack(new LocalAudioTrack(audio, undefined, true), {
        name: "microphone",
        source: Track.Source.Microphone,
        dtx: true,
        red: true,
        forceStereo: false,
      });
    }
    this.#applySound(room);
    this.#tell({ published: hasPicture(room) });
  }

  async unpublish(): Promise<void> {
    const room = this.#room;
    if (!room) return;
    const published = [...room.localParticipant.trackPublications.values()].flatMap((p) => (p.track ? [p.track] : []));
    this.#tell({ published: false });
    for (const track of published) await room.localParticipant.unpublishTrack(track, false);
  }

  /** Whether the microphone is sent at all. The picture needs no such word: the server says which layers anyone takes. */
  carrySound(on: boolean): void {
    this.#sound = on;
    if (this.#room) this.#applySound(this.#room);
  }

  async close(): Promise<void> {
    if (this.#room) await this.#drop(this.#room, null);
  }

  #listen(room: Room): void {
    const mine = (act: () => void) => () => {
      if (this.#room === room) act();
    };
    room.on(RoomEvent.Reconnecting, mine(() => this.#tell({ state: "recovering" })));
    room.on(RoomEvent.SignalReconnecting, mine(() => this.#tell({ state: "recovering" })));
    room.on(
      RoomEvent.Reconnected,
      mine(() => {
        this.#applySound(room);
        this.#tell({ state: "up", published: hasPicture(room) });
      }),
    );
    for (const event of [RoomEvent.LocalTrackPublished, RoomEvent.LocalTrackUnpublished] as const) {
      room.on(
        event,
        mine(() => {
          this.#applySound(room);
          this.#tell({ published: hasPicture(room) });
        }),
      );
    }
    room.on(RoomEvent.Disconnected, (reason) => {
      if (this.#room === room) void this.#drop(room, endOf(reason));
    });
  }

  #applySound(room: Room): void {
    for (const publication of room.localParticipant.audioTrackPublications.values()) {
      const sender = publication.track?.sender;
      if (!sender) continue;
      const parameters = sender.getParameters();
      if (!parameters.encodings?.length || parameters.encodings.every((e) => (e.active ?? true) === this.#sound)) continue;
      for (const encoding of parameters.encodings) encoding.active = this.#sound;
      // Refused only by a sender that is gone: then there is nothing to be silent about.
      sender.setParameters(parameters).catch(() => undefined);
    }
  }

  async #drop(room: Room, end: UplinkEnd | null): Promise<void> {
    if (this.#room === room) {
      this.#room = null;
      this.#tell({ state: "down", end, published: false });
    }
    this.others.leave(room);
    room.removeAllListeners();
    await room.disconnect(false).catch(() => undefined);
  }

  #tell(change: Partial<UplinkView>): void {
    const before = this.view.getSnapshot();
    const after = { ...before, ...change };
    if (before.state !== after.state || before.end !== after.end || before.published !== after.published) this.view.set(after);
  }
}

function hasPicture(room: Room): boolean {
  return [...room.localParticipant.videoTrackPublications.values()].some((p) => p.track !== undefined);
}

function endOf(reason: DisconnectReason | undefined): UplinkEnd {
  if (reason === DisconnectReason.DUPLICATE_IDENTITY) return "elsewhere";
  if (reason === DisconnectReason.PARTICIPANT_REMOVED || reason === DisconnectReason.ROOM_DELETED) return "removed";
  return "lost";
}
