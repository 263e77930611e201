// Freezing at the workstation: its own picture, a screen that is shared, or paper under a second camera (高拍) as a sharp still.

import { CameraOutlined, ScanOutlined } from "@ant-design/icons";
import { useQueryClient } from "@tanstack/react-query";
import { Button, Modal, Select } from "antd";
import { useEffect, useRef, useState } from "react";
import { marks as markCalls } from "@/api/calls";
import { withMark } from "@/api/marks";
import { queries } from "@/api/queries";
import { captureFault, type CaptureFault } from "@/lib/capture-fault";
import { keptForAll } from "@/lib/kept";
import { keptChoices, ofKind, parseChoices, type Device } from "@/lib/devices";
import { freeze, noFrame } from "@/lib/freeze";
import { useWords } from "@/lib/language";
import { ErrorNote } from "@/ui/ErrorNote";
import css from "./assist.module.css";
import { listDevices, watchDevices } from "./capture";
import { stationWords } from "./words";

/** Which camera looks at paper. */
const keptPaperCamera = keptForAll("lianxian.station.paper");

interface Props {
  session: string;
  /** This workstation's own identity. */
  self: string;
  track: MediaStreamTrack | null;
  /** A screen that somebody shares. */
  screen: { identity: string; element: HTMLElement } | null;
  failed(error: unknown): void;
}

export function Freezing({ session, self, track, screen, failed }: Props) {
  const say = useWords(stationWords).assist;
  const client = useQueryClient();
  const [busy, setBusy] = useState(false);
  const [paper, setPaper] = useState(false);
  const cameras = useOtherCameras();

  const keep = async (source: string, video: HTMLVideoElement) => {
    const frozen = await freeze(video);
    if (!frozen) throw noFrame();
    const frame = await markCalls("station").freeze(session, source, frozen.at, frozen.image);
    client.setQueryData(queries.marks("station", session).queryKey, (old) => old && withMark(old, { frame }));
  };
  const own = async () => {
    if (!track) return;
    setBusy(true);
    try {
      await withVideo(track, (video) => keep(self, video));
    } catch (error) {
      failed(error);
    }
    setBusy(false);
  };
  const theirs = async () => {
    const video = screen?.element instanceof HTMLVideoElement ? screen.element : screen?.element.querySelector("video");
    if (!screen || !video) return;
    setBusy(true);
    try {
      await keep(screen.identity, video);
    } catch (error) {
      failed(error);
    }
    setBusy(false);
  };
  return (
    <>
      <Button size="large" icon={<CameraOutlined aria-hidden />} loading={busy} disabled={!track} onClick={() => void own()}>
        {say.freeze}
      </Button>
      {screen && (
        <Button size="large" disabled={busy} onClick={() => void theirs()}>
          {say.freezeScreen}
        </Button>
      )}
      {cameras.length > 0 && (
        <Button size="large" icon={<ScanOutlined aria-hidden />} onClick={() => setPaper(true)}>
          {say.paper}
        </Button>
      )}
      {paper && <Paper cameras={cameras} keep={(video) => keep(self, video)} close={() => setPaper(false)} />}
    </>
  );
}

/** The paper under the second camera, live, until it is taken. The camera is shut again when this closes. */
function Paper({ cameras, keep, close }: { cameras: Device[]; keep: (video: HTMLVideoElement) => Promise<void>; close: () => void }) {
  const say = useWords(stationWords);
  const [chosen, setChosen] = useState(() => keptPaperCamera.get());
  const camera = cameras.find((one) => one.deviceId === chosen) ?? cameras[0];
  const id = camera?.deviceId;
  const video = useRef<HTMLVideoElement>(null);
  const [size, setSize] = useState("");
  const [fault, setFault] = useState<CaptureFault | null>(null);
  const [error, setError] = useState<unknown>(null);
  const [busy, setBusy] = useState(false);
  useEffect(() => {
    if (!id) return;
    let stream: MediaStream | null = null;
    let over = false;
    openPaper(id).then(
      (opened) => {
        stream = opened;
        if (over) return stop(opened);
        setFault(null);
        if (video.current) video.current.srcObject = opened;
      },
      (problem: unknown) => void (over || setFault(captureFault(problem))),
    );
    return () => {
      over = true;
      if (stream) stop(stream);
    };
  }, [id]);
  const take = async () => {
    if (!video.current) return;
    setBusy(true);
    setError(null);
    try {
      await keep(video.current);
      close();
    } catch (problem) {
      setError(problem);
      setBusy(false);
    }
  };
  return (
    <Modal open title={say.assist.paperTitle} onCancel={close} width={880} okText={say.assist.paperTake} cancelText={say.assist.cancel} confirmLoading={busy} okButtonProps={{ disabled: size === "" || fault !== null }} onOk={() => void take()}>
      <p className={css.paperNext}>{say.assist.paperNext}</p>
      {cameras.length > 1 && (
        <Select
          aria-label={say.assist.paperCamera}
          value={id ?? null}
          options={cameras.map((one, at) => ({ value: one.deviceId, label: one.label || `${at + 1}` }))}
          onChange={(picked: string) => {
            setSize("");
            keptPaperCamera.set(picked);
            setChosen(picked);
          }}
        />
      )}
      {fault && <p role="alert">{say.fault[fault].what}</p>}
      {error !== null && <ErrorNote error={error} />}
      <video
        ref={video}
        className={css.paperVideo}
        aria-label={say.assist.paper}
        data-paper-camera
        muted
        playsInline
        autoPlay
        onResize={(event) => setSize(`${event.currentTarget.videoWidth}×${event.currentTarget.videoHeight}`)}
        onLoadedMetadata={(event) => setSize(`${event.currentTarget.videoWidth}×${event.currentTarget.videoHeight}`)}
      />
      <small className="num">{size}</small>
    </Modal>
  );
}

/** As many pixels as the camera has, up to a sheet of A4 at 300 dpi. */
const SHARP = { width: { ideal: 3508 }, height: { ideal: 2480 } };

function openPaper(deviceId: string): Promise<MediaStream> {
  return navigator.mediaDevices.getUserMedia({ video: { ...SHARP, deviceId: { exact: deviceId } } });
}

function stop(stream: MediaStream): void {
  for (const track of stream.getTracks()) track.stop();
}

/** Shows the track in a video that nobody sees, until `act` is done with it. */
async function withVideo(track: MediaStreamTrack, act: (video: HTMLVideoElement) => Promise<void>): Promise<void> {
  const video = document.createElement("video");
  video.muted = true;
  video.playsInline = true;
  video.srcObject = new MediaStream([track]);
  try {
    await video.play();
    await act(video);
  } finally {
    video.srcObject = null;
  }
}

/** The cameras beside the one that this workstation sends. */
function useOtherCameras(): Device[] {
  const [devices, setDevices] = useState<Device[]>([]);
  useEffect(() => {
    let over = false;
    const look = () =>
      void listDevices().then(
        (found) => void (over || setDevices(found)),
        () => undefined,
      );
    look();
    const end = watchDevices(look);
    return () => {
      over = true;
      end();
    };
  }, []);
  const main = parseChoices(keptChoices.get())?.camera;
  return ofKind(devices, "videoinput").filter((one) => one.deviceId !== main?.id && (one.label === "" || one.label !== main?.label));
}
