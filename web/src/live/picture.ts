// One site's picture: the element that shows it, whether it moves, how the line is, and the last frame when it has gone.
// The element lives here, not in React: a tile only gives it a place, so no render ever touches a running picture.

import { Track, type RemoteAudioTrack, type RemoteVideoTrack } from "livekit-client";
import { serverNow } from "@/lib/now";
import { Store } from "@/lib/store";
import { FigureReader, LineJudge, weaknessOf, type Figures, type Weakness } from "./figures";

/** Without a new frame for this long a picture stands still. */
const STALL_MS = 3_000;
/** How often a running picture is looked at. */
export const LOOK_MS = 1_000;
/** How often its figures are taken. */
const FIGURES_MS = 2_000;

export type Flow = "none" | "waiting" | "moving" | "still";

export interface PictureState {
  /** none: no track; waiting: a track, no frame yet; still: frames stopped. */
  flow: Flow;
  /** When `flow` became what it is. */
  since: number;
  weak: Weakness | null;
  /** The server sends no frames because this console's line does not carry them. */
  paused: boolean;
  /** A last frame is kept in `still`. */
  kept: boolean;
  sound: "none" | "off" | "on";
  speaking: boolean;
  figures: Figures | null;
  /** Cameras of the site that can be shown; which one is. */
  sources: number;
  source: number;
}

const NOTHING: PictureState = { flow: "none", since: 0, weak: null, paused: false, kept: false, sound: "none", speaking: false, figures: null, sources: 0, source: 0 };

interface Source {
  /** Who publishes it; the order of sources. */
  identity: string;
  track: RemoteVideoTrack;
}

export class Picture {
  readonly state: Store<PictureState>;
  readonly element: HTMLVideoElement;
  readonly still: HTMLCanvasElement;
  #sources: Source[] = [];
  #shown: Source | null = null;
  #sounds = new Map<string, RemoteAudioTrack>();
  #wantSound = false;
  #onSound: (on: boolean) => void;
  #reader = new FigureReader();
  #judge = new LineJudge();
  #poorLine = false;
  #withheld = false;
  #frames = 0;
  #moved = 0;
  #measured = 0;
  #watching = 0;

  /** `onSound`: the wish to hear the site, or no longer, for whoever asks the server. */
  constructor(onSound: (on: boolean) => void) {
    this.state = new Store({ ...NOTHING, since: serverNow() });
    this.#onSound = onSound;
    this.element = document.createElement("video");
    this.element.muted = true;
    this.element.autoplay = true;
    this.element.playsInline = true;
    this.element.disablePictureInPicture = true;
    // Nor does a picture go to another screen of the house.
    this.element.disableRemotePlayback = true;
    this.still = document.createElement("canvas");
  }

  addVideo(identity: string, track: RemoteVideoTrack): void {
    this.#sources = [...this.#sources.filter((s) => s.track !== track), { identity, track }].sort((a, b) => (a.identity < b.identity ? -1 : 1));
    // What is being looked at stays; a first camera is shown at once.
    this.#show(this.#shown ?? this.#sources[0] ?? null);
  }

  removeVideo(track: RemoteVideoTrack): void {
    this.#sources = this.#sources.filter((s) => s.track !== track);
    if (this.#shown?.track === track) {
      this.#keepFrame();
      track.detach(this.element);
      this.#shown = null;
      this.#show(this.#sources[0] ?? null);
    } else this.#tell({});
    if (!this.#shown) this.#turn("none");
  }

  /** Shows the site's next camera. */
  nextSource(): void {
    const at = this.#sources.findIndex((s) => s === this.#shown);
    this.#show(this.#sources[(at + 1) % this.#sources.length] ?? null);
  }

  #show(source: Source | null): void {
    if (source === this.#shown) return this.#tell({});
    if (this.#shown) {
      this.#keepFrame();
      this.#shown.track.detach(this.element);
    }
    this.#shown = source;
    if (!source) return this.#tell({});
    source.track.attach(this.element);
    this.element.muted = true;
    this.#reader.reset();
    this.#judge.reset();
    this.#turn("waiting");
    this.#awaitFrame();
  }

  /** The very next frame makes it `moving`. */
  #awaitFrame(): void {
    const watch = ++this.#watching;
    this.element.requestVideoFrameCallback(() => {
      if (watch !== this.#watching || !this.#shown) return;
      this.#moved = Date.now();
      this.#frames = this.element.getVideoPlaybackQuality().totalVideoFrames;
      this.#turn("moving");
    });
  }

  addAudio(identity: string, track: RemoteAudioTrack): void {
    this.#sounds.set(identity, track);
    if (this.#wantSound) track.attach();
    this.#tell({});
  }

  removeAudio(identity: string, track: RemoteAudioTrack): void {
    if (this.#sounds.get(identity) === track) this.#sounds.delete(identity);
    for (const element of track.detach()) element.remove();
    this.#tell({});
  }

  setSound(on: boolean): void {
    if (on === this.#wantSound) return;
    this.#wantSound = on;
    this.#onSound(on);
    for (const track of this.#sounds.values()) {
      if (on) track.attach();
      else for (const element of track.detach()) element.remove();
    }
    this.#tell({});
  }

  get wantsSound(): boolean {
    return this.#wantSound;
  }

  setSpeaking(speaking: boolean): void {
    this.#tell({ speaking });
  }

  /** The server paused a track, or lets it flow again. */
  streamStateChanged(): void {
    this.#tell({});
  }

  /** The server's judgement of the publisher's line. */
  setPoorLine(poor: boolean): void {
    this.#poorLine = poor;
  }

  /** While its site wants privacy no frame is kept, and the one that was is forgotten. */
  withhold(on: boolean): void {
    this.#withheld = on;
    if (!on) return;
    this.still.width = 0;
    if (this.state.getSnapshot().kept) this.#tell({ kept: false });
  }

  /** Called each second by the link: does it still move, and how well. */
  look(now: number): void {
    const { flow } = this.state.getSnapshot();
    if (!this.#shown || document.hidden) {
      this.#moved = now;
      // What did not come while nobody could see it says nothing about the line.
      this.#reader.reset();
      return;
    }
    const frames = this.element.getVideoPlaybackQuality().totalVideoFrames;
    if (frames !== this.#frames) {
      this.#frames = frames;
      this.#moved = now;
      if (flow === "still") this.#turn("moving");
    } else if (flow === "moving" && now - this.#moved >= STALL_MS) {
      this.#turn("still");
    }
    if (now - this.#measured >= FIGURES_MS) {
      this.#measured = now;
      void this.#measure();
    }
  }

  async #measure(): Promise<void> {
    const source = this.#shown;
    const report = await source?.track.receiver?.getStats().catch(() => null);
    if (!report || source !== this.#shown) return;
    const figures = this.#reader.read(report.values());
    if (!figures) return;
    const moving = this.state.getSnapshot().flow === "moving";
    this.#tell({ figures, weak: this.#judge.take(moving ? weaknessOf(figures, this.#poorLine) : null) });
  }

  #keepFrame(): void {
    const { videoWidth, videoHeight } = this.element;
    if (this.#withheld || !videoWidth || !videoHeight) return;
    this.still.width = videoWidth;
    this.still.height = videoHeight;
    this.still.getContext("2d")?.drawImage(this.element, 0, 0);
    this.#tell({ kept: true });
  }

  #turn(flow: Flow): void {
    if (this.state.getSnapshot().flow === flow) return this.#tell({});
    const rest = flow === "none" ? { weak: null, figures: null } : {};
    this.#tell({ flow, since: serverNow(), ...rest });
  }

  #tell(change: Partial<PictureState>): void {
    const sound = this.#sounds.size === 0 ? "none" : this.#wantSound ? "on" : "off";
    const next: PictureState = {
      ...this.state.getSnapshot(),
      ...change,
      sound,
      paused: this.#shown?.track.streamState === Track.StreamState.Paused,
      sources: this.#sources.length,
      source: this.#sources.findIndex((s) => s === this.#shown),
    };
    const last = this.state.getSnapshot();
    if ((Object.keys(next) as (keyof PictureState)[]).some((key) => next[key] !== last[key])) this.state.set(next);
  }

  close(): void {
    this.#watching += 1;
    this.#shown?.track.detach(this.element);
    this.#shown = null;
    for (const track of this.#sounds.values()) for (const element of track.detach()) element.remove();
    this.#sources = [];
    this.#sounds.clear();
  }
}
