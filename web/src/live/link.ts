// The console's one link to the net. It comes up when someone needs it, comes back by itself after anything, and sorts what it
// receives by site. Which sites it receives the server decides; the wall asks for them over REST.

import {
  ConnectionQuality,
  DisconnectReason,
  LogLevel,
  Room,
  RoomEvent,
  setLogLevel,
  Track,
  type Participant,
  type RemoteParticipant,
  type RemoteTrack,
  type RemoteTrackPublication,
} from "livekit-client";
import { serverNow } from "@/lib/now";
import { Store } from "@/lib/store";
import { LOOK_MS, Picture } from "./picture";
import { reconnectPolicy, retryMs } from "./reconnect";
import { restAudioContext } from "./rest";

setLogLevel(LogLevel.silent);

export interface LinkToken {
  token: string;
  identity: string;
}

/** `taken`: another page stands for the same endpoint now (a duplicated tab); this one waits to be told to take it back. */
export type LinkPhase = "idle" | "connecting" | "connected" | "reconnecting" | "taken";

export interface LinkState {
  phase: LinkPhase;
  since: number;
  /** The endpoint that this link stands for; known before it is connected. */
  identity: string | null;
}

/** How long a link that nobody holds any more stays, so that a change of page does not cut it. */
const LINGER_MS = 500;

export interface LinkSetup {
  /** Asks for a fresh token. Rejects when the server refuses or is away. */
  token(): Promise<LinkToken>;
  /** Which site an endpoint shows, if its own attributes do not say. */
  siteOf(identity: string): string | undefined;
  /** Whether a refused token may be asked for again. */
  mayRetry(error: unknown): boolean;
}

export class Link {
  readonly state = new Store<LinkState>({ phase: "idle", since: 0, identity: null });
  /** Counts how often the link came up: a change means that what the server granted may have to be asked for again. */
  readonly opened = new Store(0);
  #setup: LinkSetup;
  #room: Room;
  #pictures = new Map<string, Picture>();
  #holders = 0;
  #linger: ReturnType<typeof setTimeout> | null = null;
  #retry: ReturnType<typeof setTimeout> | null = null;
  #look: ReturnType<typeof setInterval> | null = null;
  #attempt = 0;
  #up = false;
  #identity: Promise<string>;
  #identified: (identity: string) => void = () => undefined;

  constructor(setup: LinkSetup) {
    this.#setup = setup;
    this.#identity = new Promise((found) => (this.#identified = found));
    this.#room = this.#make();
  }

  /** The endpoint that this link stands for: at once when the server has said it, else as soon as it does. */
  identity(): string | Promise<string> {
    return this.state.getSnapshot().identity ?? this.#identity;
  }

  /** Keeps the link up until the returned function is called. */
  hold(): () => void {
    this.#holders += 1;
    if (this.#linger) clearTimeout(this.#linger);
    this.#linger = null;
    if (!this.#up) this.#start();
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      this.#holders -= 1;
      if (this.#holders === 0) this.#linger = setTimeout(() => this.#stop(), LINGER_MS);
    };
  }

  /** Takes the endpoint back from another page. */
  takeBack(): void {
    if (!this.#up || this.state.getSnapshot().phase !== "taken") return;
    this.#phase("connecting");
    void this.#connect();
  }

  /** The site's picture; made on first use, and what is already received goes in at once. */
  picture(site: string): Picture {
    const known = this.#pictures.get(site);
    if (known) return known;
    const made = new Picture((on) => this.#setSound(site, on));
    this.#pictures.set(site, made);
    for (const participant of this.#room.remoteParticipants.values()) {
      if (this.#siteOf(participant) !== site) continue;
      for (const publication of participant.trackPublications.values()) {
        if (publication.track) this.#take(publication.track as RemoteTrack, publication as RemoteTrackPublication, participant);
      }
    }
    return made;
  }

  closePicture(site: string): void {
    this.#pictures.get(site)?.close();
    this.#pictures.delete(site);
  }

  #start(): void {
    this.#up = true;
    this.#attempt = 0;
    this.#phase("connecting");
    window.addEventListener("online", this.#hurry);
    this.#look = setInterval(() => {
      const now = Date.now();
      for (const picture of this.#pictures.values()) picture.look(now);
    }, LOOK_MS);
    void this.#connect();
  }

  #stop(): void {
    this.#up = false;
    window.removeEventListener("online", this.#hurry);
    if (this.#retry) clearTimeout(this.#retry);
    this.#retry = null;
    if (this.#look) clearInterval(this.#look);
    for (const site of [...this.#pictures.keys()]) this.closePicture(site);
    this.#phase("idle");
    void this.#room.disconnect();
  }

  async #connect(): Promise<void> {
    this.#retry = null;
    const room = this.#room;
    try {
      const { token, identity } = await this.#setup.token();
      if (!this.#up || room !== this.#room) return;
      this.#identified(identity);
      if (identity !== this.state.getSnapshot().identity) this.state.update((state) => ({ ...state, identity }));
      await room.connect(`${window.location.protocol === "https:" ? "wss" : "ws"}://${window.location.host}`, token, { autoSubscribe: true, maxRetries: 0 });
      this.#attempt = 0;
      this.#phase("connected");
      this.opened.update((n) => n + 1);
    } catch (error) {
      if (!this.#up || room !== this.#room) return;
      if (!this.#setup.mayRetry(error)) return this.#phase("idle");
      this.#phase("reconnecting");
      this.#again();
    }
  }

  #again(): void {
    if (!this.#up || this.#retry) return;
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
      reconnectPolicy,
    });
    restAudioContext(room);
    room
      .on(RoomEvent.TrackSubscribed, (track, publication, participant) => this.#take(track, publication, participant))
      .on(RoomEvent.TrackUnsubscribed, (track, _, participant) => this.#drop(track, participant))
      .on(RoomEvent.Reconnecting, () => this.#phase("reconnecting"))
      .on(RoomEvent.SignalReconnecting, () => this.#phase("reconnecting"))
      .on(RoomEvent.Reconnected, () => {
        this.#phase("connected");
        this.opened.update((n) => n + 1);
      })
      .on(RoomEvent.Disconnected, (reason) => {
        if (!this.#up) return;
        if (reason === DisconnectReason.DUPLICATE_IDENTITY) return this.#phase("taken");
        // The library gave up, or the server ended the link: begin anew with a fresh token.
        this.#phase("reconnecting");
        this.#again();
      })
      .on(RoomEvent.ActiveSpeakersChanged, (speakers) => this.#hear(speakers))
      .on(RoomEvent.TrackStreamStateChanged, (_publication, _state, participant) => {
        const site = this.#siteOf(participant);
        if (site) this.#pictures.get(site)?.streamStateChanged();
      })
      .on(RoomEvent.ConnectionQualityChanged, (quality, participant) => {
        const site = this.#siteOf(participant);
        if (site) this.#pictures.get(site)?.setPoorLine(quality === ConnectionQuality.Poor || quality === ConnectionQuality.Lost);
      });
    return room;
  }

  #take(track: RemoteTrack, publication: RemoteTrackPublication, participant: RemoteParticipant): void {
    const site = this.#siteOf(participant);
    const picture = site && this.#pictures.get(site);
    if (track.kind === Track.Kind.Audio) {
      // Sound that nobody asked to hear is not even sent.
      publication.setEnabled(Boolean(picture && picture.wantsSound));
      if (picture) picture.addAudio(participant.identity, track as never);
    } else if (picture) {
      picture.addVideo(participant.identity, track as never);
    }
  }

  #drop(track: RemoteTrack, participant: RemoteParticipant): void {
    const site = this.#siteOf(participant);
    const picture = site && this.#pictures.get(site);
    if (!picture) return void track.detach();
    if (track.kind === Track.Kind.Audio) picture.removeAudio(participant.identity, track as never);
    else picture.removeVideo(track as never);
  }

  #setSound(site: string, on: boolean): void {
    for (const participant of this.#room.remoteParticipants.values()) {
      if (this.#siteOf(participant) !== site) continue;
      for (const publication of participant.audioTrackPublications.values()) (publication as RemoteTrackPublication).setEnabled(on);
    }
  }

  #hear(speakers: Participant[]): void {
    const sites = new Set(speakers.map((speaker) => this.#siteOf(speaker)));
    for (const [site, picture] of this.#pictures) picture.setSpeaking(sites.has(site));
  }

  #siteOf(participant: Participant): string | undefined {
    return participant.attributes.site_id ?? this.#setup.siteOf(participant.identity);
  }

  #phase(phase: LinkPhase): void {
    if (this.state.getSnapshot().phase !== phase) this.state.update((state) => ({ ...state, phase, since: serverNow() }));
  }
}
