// Those whom a link lets one see and hear: who is there, their pictures and sounds. Pictures live here, not in React: a place
// in the page only borrows an element, so that moving it never interrupts it. It outlives the rooms of a link that comes back.

import { ParticipantEvent, RoomEvent, Track, type Room } from "livekit-client";
import { Store } from "@/lib/store";

export interface Other {
  /** The endpoint that the link stands for. */
  identity: string;
  name: string;
  picture: boolean;
  screen: boolean;
  sound: boolean;
  speaking: boolean;
  /** The server sends no frames of it, because the line of this page does not carry them. */
  paused: Record<Shown, boolean>;
}

export interface OthersView {
  others: Other[];
  /** The browser holds sounds back until someone clicks. */
  mute: boolean;
}

/** One message that is not kept: the laser's place. */
export interface Passing {
  topic: string;
  from: string;
  data: unknown;
}

export type Shown = "camera" | "screen";
const SOURCES = { camera: Track.Source.Camera, screen: Track.Source.ScreenShare } as const;

const CHANGES = [
  RoomEvent.Connected,
  RoomEvent.Reconnected,
  RoomEvent.ParticipantConnected,
  RoomEvent.ParticipantDisconnected,
  RoomEvent.ParticipantNameChanged,
  RoomEvent.TrackPublished,
  RoomEvent.TrackUnpublished,
  RoomEvent.TrackMuted,
  RoomEvent.TrackUnmuted,
  RoomEvent.TrackStreamStateChanged,
  RoomEvent.ActiveSpeakersChanged,
  RoomEvent.AudioPlaybackStatusChanged,
  RoomEvent.LocalTrackPublished,
  RoomEvent.LocalTrackUnpublished,
] as const;

export class Others {
  readonly view = new Store<OthersView>({ others: [], mute: false });
  #room: Room | null = null;
  #elements = new Map<string, { identity: string; what: Shown; element: HTMLVideoElement }>();
  #heard = new Set<(message: Passing) => void>();

  /** From now on those of this room. Call it before the room connects. */
  of(room: Room): void {
    this.#room = room;
    const mine = (act: () => void) => () => {
      if (this.#room === room) act();
    };
    for (const event of CHANGES) room.on(event, mine(() => this.#look()));
    room.localParticipant.on(ParticipantEvent.TrackMuted, mine(() => this.#look()));
    room
      .on(RoomEvent.TrackSubscribed, (track) => {
        if (track.kind === Track.Kind.Audio) {
          const element = track.attach();
          element.hidden = true;
          element.dataset["sound"] = "";
          document.body.append(element);
        }
        this.#look();
      })
      .on(RoomEvent.TrackUnsubscribed, (track) => {
        const elements = track.detach();
        if (track.kind === Track.Kind.Audio) for (const element of elements) element.remove();
        this.#look();
      })
      .on(RoomEvent.Disconnected, mine(() => this.view.set({ others: [], mute: false })))
      .on(RoomEvent.DataReceived, (bytes, participant, _kind, topic) => {
        if (!participant || !topic) return;
        try {
          const data: unknown = JSON.parse(new TextDecoder().decode(bytes));
          for (const listener of [...this.#heard]) listener({ topic, from: participant.identity, data });
        } catch {
          // Not one of ours.
        }
      });
  }

  /** The room is over: nobody is seen or heard. Call it before its listeners are taken away. */
  leave(room: Room): void {
    for (const participant of room.remoteParticipants.values()) {
      for (const { track } of participant.trackPublications.values()) {
        if (!track) continue;
        const elements = track.detach();
        if (track.kind === Track.Kind.Audio) for (const element of elements) element.remove();
      }
    }
    if (this.#room === room) this.view.set({ others: [], mute: false });
  }

  /** The picture of someone: the same element each time. `me` is this page's own. */
  element(identity: string, what: Shown = "camera"): HTMLVideoElement {
    const key = `${what} ${identity}`;
    const known = this.#elements.get(key);
    if (known) return known.element;
    const element = document.createElement("video");
    element.muted = true;
    element.autoplay = true;
    element.playsInline = true;
    element.disablePictureInPicture = true;
    this.#elements.set(key, { identity, what, element });
    this.#attach();
    return element;
  }

  /** Call it from a click: the browser lets sounds out from then on. */
  async arm(): Promise<void> {
    await this.#room?.startAudio().catch(() => undefined);
    this.#look();
  }

  /** Tells everyone something that is not kept; where it cannot be told, nothing is. */
  pass(topic: string, data: unknown): void {
    const room = this.#room;
    if (!room || !room.localParticipant.permissions?.canPublishData) return;
    const bytes = new TextEncoder().encode(JSON.stringify(data));
    room.localParticipant.publishData(bytes, { reliable: false, topic }).catch(() => undefined);
  }

  onPassing(listener: (message: Passing) => void): () => void {
    this.#heard.add(listener);
    return () => void this.#heard.delete(listener);
  }

  #attach(): void {
    for (const { identity, what, element } of this.#elements.values()) {
      const participant = identity === "me" ? this.#room?.localParticipant : this.#room?.remoteParticipants.get(identity);
      const track = participant?.getTrackPublication(SOURCES[what])?.track;
      if (!track || track.attachedElements.includes(element)) continue;
      track.attach(element);
      element.muted = true;
    }
  }

  #look(): void {
    const room = this.#room;
    if (!room) return;
    const speaking = new Set(room.activeSpeakers.map((speaker) => speaker.identity));
    const others = [...room.remoteParticipants.values()].map((p): Other => {
      const shown = (source: Track.Source) => {
        const publication = p.getTrackPublication(source);
        return publication?.track !== undefined && !publication.isMuted;
      };
      const paused = (source: Track.Source) => p.getTrackPublication(source)?.track?.streamState === Track.StreamState.Paused;
      return {
        identity: p.identity,
        name: p.name ?? "",
        picture: shown(Track.Source.Camera),
        screen: shown(Track.Source.ScreenShare),
        sound: shown(Track.Source.Microphone),
        speaking: speaking.has(p.identity),
        paused: { camera: paused(SOURCES.camera), screen: paused(SOURCES.screen) },
      };
    });
    others.sort((a, b) => (a.identity < b.identity ? -1 : 1));
    const next = { others, mute: !room.canPlaybackAudio };
    if (JSON.stringify(next) !== JSON.stringify(this.view.getSnapshot())) this.view.set(next);
    this.#attach();
  }
}
