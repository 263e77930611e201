// livekit-client runs an audio context for as long as a room is connected, to shorten a delay that some browsers' audio elements had. Nothing of
// ours sounds through it, and it renders silence a hundred times a second, on the weakest computer all day: it rests.

import { RoomEvent, type Room } from "livekit-client";

export function restAudioContext(room: Room): void {
  room.on(RoomEvent.Connected, () => {
    // Not in the library's contract: should it go one day, nothing rests and nothing breaks.
    const context: AudioContext | undefined = room["audioContext"];
    if (!context) return;
    // Whether it may run tells the room whether it may sound, so that each attempt is let through first.
    const rest = () => {
      if (context.state === "running") void context.suspend();
    };
    context.onstatechange = rest;
    rest();
  });
}
