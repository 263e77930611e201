// The camera's own picture, and how loud the microphone hears.

import { useEffect, useRef } from "react";
import { loudness } from "@/lib/loudness";
import css from "./station.module.css";

export function Preview({ track, label }: { track: MediaStreamTrack | null; label: string }) {
  const video = useRef<HTMLVideoElement>(null);
  useEffect(() => {
    const element = video.current;
    if (!element || !track) return;
    element.srcObject = new MediaStream([track]);
    element.play().catch(() => undefined);
    return () => {
      element.srcObject = null;
    };
  }, [track]);
  return <video ref={video} className={css.video} aria-label={label} muted playsInline autoPlay />;
}

const LOOK_MS = 100;

export function LevelMeter({ track, label }: { track: MediaStreamTrack; label: string }) {
  const meter = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const context = new AudioContext();
    const analyser = new AnalyserNode(context, { fftSize: 1024 });
    const source = context.createMediaStreamSource(new MediaStream([track]));
    source.connect(analyser);
    const samples = new Float32Array(analyser.fftSize);
    // Without a click the browser may hold the context back; the first one frees it.
    const wake = () => void context.resume().catch(() => undefined);
    wake();
    window.addEventListener("pointerdown", wake);
    const look = setInterval(() => {
      if (document.hidden) return;
      analyser.getFloatTimeDomainData(samples);
      const level = loudness(samples);
      meter.current?.style.setProperty("--level", level.toFixed(3));
      meter.current?.setAttribute("aria-valuenow", String(Math.round(level * 100)));
    }, LOOK_MS);
    return () => {
      clearInterval(look);
      window.removeEventListener("pointerdown", wake);
      source.disconnect();
      void context.close().catch(() => undefined);
    };
  }, [track]);
  return (
    <div ref={meter} className={css.meter} role="meter" aria-label={label} aria-valuemin={0} aria-valuemax={100}>
      <i />
    </div>
  );
}
