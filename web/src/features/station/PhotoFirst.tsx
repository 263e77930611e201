// 先拍照: a picture says sooner than a sentence what is the matter. Taken with the workstation's camera or chosen from a phone, looked
// at, and sent with the request.

import { CameraOutlined, PictureOutlined } from "@ant-design/icons";
import { Button, Modal } from "antd";
import { useEffect, useRef, useState } from "react";
import { captureFault, type CaptureFault } from "@/lib/capture-fault";
import { keptChoices, parseChoices } from "@/lib/devices";
import { useWords } from "@/lib/language";
import { pictureOf } from "@/lib/picture-file";
import css from "./station.module.css";
import { stationWords } from "./words";

interface Props {
  /** The photo as a data URL. */
  send: (photo: string) => void;
  close: () => void;
}

export function PhotoFirst({ send, close }: Props) {
  const say = useWords(stationWords);
  const [taken, setTaken] = useState<string | null>(null);
  const [fault, setFault] = useState<CaptureFault | null>(null);
  const [unreadable, setUnreadable] = useState(false);
  const [shows, setShows] = useState(false);
  const video = useRef<HTMLVideoElement>(null);
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => {
    if (taken !== null) return;
    let stream: MediaStream | null = null;
    let over = false;
    const stop = (opened: MediaStream) => opened.getTracks().forEach((track) => track.stop());
    openCamera().then(
      (opened) => {
        stream = opened;
        if (over) return stop(opened);
        if (video.current) video.current.srcObject = opened;
      },
      (problem: unknown) => void (over || setFault(captureFault(problem))),
    );
    return () => {
      over = true;
      setShows(false);
      if (stream) stop(stream);
    };
  }, [taken]);
  const take = async (source: Blob | HTMLVideoElement) => {
    try {
      const blob = source instanceof HTMLVideoElement ? await stillOf(source) : source;
      setTaken(await dataUrl(await pictureOf(blob)));
      setUnreadable(false);
    } catch {
      setUnreadable(true);
    }
  };
  return (
    <Modal open title={say.help.photo} footer={null} width={560} onCancel={close}>
      <p className={css.photoLead}>{say.help.photoLead}</p>
      {taken === null ? (
        fault === null && <video ref={video} className={css.photo} data-photo-camera muted playsInline autoPlay onPlaying={() => setShows(true)} aria-label={say.help.photo} />
      ) : (
        <img className={css.photo} src={taken} alt={say.help.photo} data-photo-taken />
      )}
      {fault !== null && taken === null && <p role="alert">{say.fault[fault].what}</p>}
      {unreadable && <p role="alert">{say.help.photoUnreadable}</p>}
      <span className={css.buttons}>
        {taken === null ? (
          <>
            <Button type="primary" size="large" icon={<CameraOutlined aria-hidden />} disabled={!shows} onClick={() => video.current && void take(video.current)}>
              {say.help.photoTake}
            </Button>
            <Button size="large" icon={<PictureOutlined aria-hidden />} onClick={() => input.current?.click()}>
              {say.help.photoChoose}
            </Button>
          </>
        ) : (
          <>
            <Button type="primary" size="large" onClick={() => send(taken)}>
              {say.help.photoSend}
            </Button>
            <Button size="large" onClick={() => setTaken(null)}>
              {say.help.photoAgain}
            </Button>
          </>
        )}
      </span>
      <input
        ref={input}
        type="file"
        accept="image/*"
        capture="environment"
        hidden
        aria-label={say.help.photoChoose}
        onChange={(event) => {
          const [file] = event.target.files ?? [];
          if (file) void take(file);
          event.target.value = "";
        }}
      />
    </Modal>
  );
}

/** The camera that this workstation was set up with; on a phone the one that looks away from its holder. */
function openCamera(): Promise<MediaStream> {
  const id = parseChoices(keptChoices.get())?.camera.id;
  const which: MediaTrackConstraints = id ? { deviceId: { ideal: id } } : { facingMode: { ideal: "environment" } };
  return navigator.mediaDevices.getUserMedia({ video: { ...which, width: { ideal: 1920 }, height: { ideal: 1080 } } });
}

async function stillOf(video: HTMLVideoElement): Promise<Blob> {
  const canvas = document.createElement("canvas");
  canvas.width = video.videoWidth;
  canvas.height = video.videoHeight;
  canvas.getContext("2d")?.drawImage(video, 0, 0);
  const still = await new Promise<Blob | null>((done) => canvas.toBlob(done));
  if (!still) throw new Error("no picture");
  return still;
}

function dataUrl(image: Blob): Promise<string> {
  return new Promise((done, failed) => {
    const reader = new FileReader();
    reader.onload = () => done(reader.result as string);
    reader.onerror = () => failed(reader.error ?? new Error("unreadable"));
    reader.readAsDataURL(image);
  });
}
