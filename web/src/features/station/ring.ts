// A ring that the browser makes itself: two tones, a pause, until someone answers. A page that was never clicked stays silent;
// the band is seen all the same.

const EVERY_MS = 3_000;

/** Rings until the returned function is called. */
export function ring(): () => void {
  const context = new AudioContext();
  const once = () => {
    for (const [start, pitch] of [[0, 880], [0.25, 660], [0.6, 880], [0.85, 660]] as const) {
      const tone = new OscillatorNode(context, { frequency: pitch });
      const volume = new GainNode(context, { gain: 0 });
      const at = context.currentTime + start;
      volume.gain.setValueAtTime(0, at);
      volume.gain.linearRampToValueAtTime(0.25, at + 0.02);
      volume.gain.linearRampToValueAtTime(0, at + 0.22);
      tone.connect(volume).connect(context.destination);
      tone.start(at);
      tone.stop(at + 0.24);
    }
  };
  once();
  const again = setInterval(once, EVERY_MS);
  return () => {
    clearInterval(again);
    void context.close().catch(() => undefined);
  };
}
