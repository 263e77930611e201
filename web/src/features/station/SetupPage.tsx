// Choosing the camera and the microphone, with the picture and the level to see that they are the right ones.

import { Button, Form, Select } from "antd";
import { useEffect, useState } from "react";
import { useWords } from "@/lib/language";
import { captureFault, type CaptureFault } from "@/lib/capture-fault";
import { listDevices, openCapture, watchDevices, type Capture } from "./capture";
import { findChosen, ofKind, type Choice, type Choices, type Device } from "@/lib/devices";
import { LevelMeter, Preview } from "./Preview";
import css from "./station.module.css";
import { stationWords } from "./words";

const NONE = "";

export function SetupPage({ chosen, silent, soundless, start, cancel }: {
  chosen: Choices | null;
  /** The privacy switch is on: the camera stays shut. */
  silent: boolean;
  soundless: boolean;
  start: (choices: Choices) => void;
  cancel: (() => void) | null;
}) {
  const say = useWords(stationWords);
  const { devices, fault, look } = useDevices(silent);
  const cameras = ofKind(devices, "videoinput");
  const microphones = ofKind(devices, "audioinput");
  const [camera, setCamera] = useState<string | null>(null);
  const [microphone, setMicrophone] = useState<string | null>(null);
  const cameraNow = cameras.find((d) => d.deviceId === camera) ?? findChosen(cameras, chosen?.camera ?? null) ?? cameras[0];
  const usual = chosen ? findChosen(microphones, chosen.microphone) : microphones[0];
  const microphoneNow = microphone === null ? usual : microphones.find((d) => d.deviceId === microphone);
  const preview = usePreview(silent ? undefined : cameraNow, microphoneNow);
  const wrong = fault ?? preview.fault;

  return (
    <main className={css.setup}>
      <section className={css.screen}>
        <Preview track={preview.capture?.video ?? null} label={say.self.title} />
        {!preview.capture && <p className={css.overlay}>{silent ? say.calm.private : wrong ? say.fault[wrong].what : cameraNow || devices.length === 0 ? say.setup.opening : say.setup.noCamera}</p>}
      </section>
      <section className={css.choice}>
        <h1>{say.setup.title}</h1>
        <p>{say.setup.lead}</p>
        {wrong && (
          <div role="alert" className={css.fault}>
            <strong>{say.fault[wrong].what}</strong>
            <p>{say.fault[wrong].now}</p>
            <Button onClick={look}>{say.fault.again}</Button>
          </div>
        )}
        <Form layout="vertical" size="large">
          <Form.Item label={say.setup.camera} htmlFor="station-camera">
            <Select id="station-camera" value={cameraNow?.deviceId ?? null} options={options(cameras)} onChange={(id: string) => setCamera(id)} notFoundContent={say.setup.noCamera} />
          </Form.Item>
          <Form.Item label={say.setup.microphone} htmlFor="station-microphone" extra={soundless ? say.setup.private : undefined}>
            <Select
              id="station-microphone"
              value={microphoneNow?.deviceId ?? NONE}
              options={[...options(microphones), { value: NONE, label: say.setup.noMicrophone }]}
              onChange={(id: string) => setMicrophone(id)}
            />
          </Form.Item>
        </Form>
        {preview.capture?.audio ? (
          <div className={css.level}>
            <LevelMeter track={preview.capture.audio} label={say.setup.level} />
            <small>{say.setup.quiet}</small>
          </div>
        ) : null}
        <div className={css.buttons}>
          <Button
            type="primary"
            size="large"
            disabled={!cameraNow}
            onClick={() => {
              if (!cameraNow) return;
              preview.capture?.close();
              start({ camera: asChoice(cameraNow), microphone: microphoneNow ? asChoice(microphoneNow) : null });
            }}
          >
            {say.setup.start}
          </Button>
          {cancel && (
            <Button size="large" onClick={cancel}>
              {say.setup.cancel}
            </Button>
          )}
        </div>
      </section>
    </main>
  );
}

const asChoice = ({ deviceId, label }: Device): Choice => ({ id: deviceId, label });
const options = (devices: readonly Device[]) => devices.map((d, i) => ({ value: d.deviceId, label: d.label || `${i + 1}` }));

function useDevices(silent: boolean) {
  const [found, setFound] = useState<{ devices: Device[]; fault: CaptureFault | null }>({ devices: [], fault: null });
  const [asked, setAsked] = useState(0);
  useEffect(() => {
    let over = false;
    const look = () =>
      (silent ? navigator.mediaDevices.enumerateDevices() : listDevices()).then(
        (devices) => void (over || setFound({ devices, fault: null })),
        (error: unknown) => void (over || setFound({ devices: [], fault: captureFault(error) })),
      );
    void look();
    const stop = watchDevices(() => void look());
    return () => {
      over = true;
      stop();
    };
  }, [asked, silent]);
  return { ...found, look: () => setAsked((n) => n + 1) };
}

function usePreview(camera: Device | undefined, microphone: Device | undefined) {
  const [preview, setPreview] = useState<{ capture: Capture | null; fault: CaptureFault | null }>({ capture: null, fault: null });
  const [camId, camLabel, micId, micLabel] = [camera?.deviceId, camera?.label, microphone?.deviceId, microphone?.label];
  useEffect(() => {
    if (camId === undefined) return;
    let over = false;
    let opened: Capture | null = null;
    const choices: Choices = {
      camera: { id: camId, label: camLabel ?? "" },
      microphone: micId === undefined ? null : { id: micId, label: micLabel ?? "" },
    };
    openCapture(choices, () => setPreview({ capture: null, fault: "missing" })).then(
      (capture) => {
        opened = capture;
        if (over) capture.close();
        else setPreview({ capture, fault: null });
      },
      (error: unknown) => {
        if (!over) setPreview({ capture: null, fault: captureFault(error) });
      },
    );
    return () => {
      over = true;
      opened?.close();
      setPreview({ capture: null, fault: null });
    };
  }, [camId, camLabel, micId, micLabel]);
  return preview;
}
