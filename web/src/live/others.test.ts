import { EventEmitter } from "node:events";
import { RoomEvent, Track, type Room } from "livekit-client";
import { expect, test } from "vitest";
import { Others } from "./others";

test("a picture that the server pauses for want of room says so, and when it flows again", () => {
  const camera = { streamState: Track.StreamState.Active, attachedElements: [] };
  const helper = {
    identity: "e1",
    name: "李明",
    getTrackPublication: (source: Track.Source) => (source === Track.Source.Camera ? { track: camera, isMuted: false } : undefined),
  };
  const room = Object.assign(new EventEmitter(), { localParticipant: new EventEmitter(), remoteParticipants: new Map([["e1", helper]]), activeSpeakers: [], canPlaybackAudio: true });
  const others = new Others();
  others.of(room as unknown as Room);
  const told = (state: Track.StreamState) => {
    camera.streamState = state;
    room.emit(RoomEvent.TrackStreamStateChanged);
    return others.view.getSnapshot().others[0];
  };
  expect(told(Track.StreamState.Paused)).toMatchObject({ picture: true, paused: { camera: true, screen: false } });
  expect(told(Track.StreamState.Active)).toMatchObject({ picture: true, paused: { camera: false, screen: false } });
});
