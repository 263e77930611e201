// The citizen in the assistance: everyone else large to small, oneself in a corner, and what one agreed to send.

import { AudioMutedOutlined, AudioOutlined, VideoCameraOutlined } from "@ant-design/icons";
import { Button } from "antd";
import { useEffect, useMemo, useState, useSyncExternalStore } from "react";
import { visit as calls } from "@/api/calls";
import type { VisitView } from "@/api/types";
import { useWords } from "@/lib/language";
import { problemOf } from "@/lib/problem";
import { Call } from "@/live/call";
import type { Other } from "@/live/others";
import { Place } from "@/ui/Place";
import css from "./guest.module.css";
import { visitWords } from "./words";

interface Props {
  view: VisitView;
  session: NonNullable<VisitView["session"]>;
  /** What was agreed to. */
  picture: boolean;
  sound: boolean;
}

export function GuestCall(props: Props) {
  const [round, setRound] = useState(0);
  const [call, setCall] = useState<Call | null>(null);
  useEffect(() => {
    const opened: Call = new Call({
      async token() {
        try {
          return await calls.linkToken();
        } finally {
          setCall(opened);
        }
      },
      // What the server decided is told by the visit itself; a line that broke is tried again.
      mayRetry: (error) => ![401, 403, 409].includes(problemOf(error).status),
    });
    return () => opened.close();
  }, [round]);
  return call && <Talk key={round} {...props} call={call} enter={() => setRound(round + 1)} />;
}

function Talk({ session, picture, sound, call, enter }: Props & { call: Call; enter: () => void }) {
  const say = useWords(visitWords);
  const view = useSyncExternalStore(call.view.subscribe, call.view.getSnapshot);
  const { others, mute } = useSyncExternalStore(call.others.view.subscribe, call.others.view.getSnapshot);
  const [silent, setSilent] = useState(false);
  const [dark, setDark] = useState(false);
  useEffect(() => call.want("microphone", sound && !silent), [call, sound, silent]);
  useEffect(() => call.want("camera", picture && !dark), [call, picture, dark]);
  // Whoever speaks to the guest first; a screen that is shared goes before all.
  const shown = useMemo(() => [...others].sort((a, b) => Number(b.screen) - Number(a.screen) || Number(b.picture) - Number(a.picture) || a.name.localeCompare(b.name)), [others]);
  const [first, ...rest] = shown;
  return (
    <section className={css.call} data-call={view.phase} data-sends={`${view.sends.camera ? "v" : ""}${view.sends.microphone ? "a" : ""}`}>
      {mute && (
        <button type="button" className={css.arm} onClick={() => void call.others.arm()}>
          {say.arm}
        </button>
      )}
      <div className={css.stage}>
        {first ? <Tile call={call} other={first} big /> : <p className={css.none}>{view.phase === "connected" ? say.present(session.present.join("、")) : say.coming}</p>}
        <div className={css.strip}>
          {rest.map((other) => (
            <Tile key={other.identity} call={call} other={other} />
          ))}
          {picture && <Me call={call} shows={view.sends.camera} />}
        </div>
      </div>
      {session.sound_waits && <p className={css.note}>{say.soundWaits}</p>}
      {view.fault && (
        <p role="alert" className={css.note}>
          {say.what[view.fault.what]}：{say.faults[view.fault.why]}
        </p>
      )}
      <p className={css.present}>{say.present(session.present.join("、"))}</p>
      {view.phase === "taken" ? (
        <p className={css.note}>
          {say.taken} <Button onClick={() => call.takeBack()}>{say.here}</Button>
        </p>
      ) : view.phase === "closed" ? (
        <Button type="primary" size="large" block onClick={enter}>
          {say.enter}
        </Button>
      ) : (
        <div className={css.controls}>
          {sound && (
            <Button size="large" aria-pressed={!silent} icon={silent ? <AudioMutedOutlined aria-hidden /> : <AudioOutlined aria-hidden />} onClick={() => setSilent(!silent)}>
              {silent ? say.unmute : say.mute}
            </Button>
          )}
          {picture && (
            <Button size="large" aria-pressed={!dark} icon={<VideoCameraOutlined aria-hidden />} onClick={() => setDark(!dark)}>
              {dark ? say.cameraOn : say.cameraOff}
            </Button>
          )}
        </div>
      )}
    </section>
  );
}

function Tile({ call, other, big }: { call: Call; other: Other; big?: boolean }) {
  const say = useWords(visitWords);
  const what = other.screen && big ? "screen" : "camera";
  const shows = what === "screen" || other.picture;
  const element = useMemo(() => call.others.element(other.identity, what), [call, other.identity, what]);
  return (
    <figure className={css.tile} data-big={big || undefined} data-party={other.identity} data-shows={shows} data-sound={other.sound} data-speaking={other.speaking || undefined}>
      <Place element={element} className={css.picture} />
      {!shows && <span className={css.empty}>{say.noPicture}</span>}
      <figcaption>
        {other.sound && <AudioOutlined aria-hidden />} {other.name}
      </figcaption>
    </figure>
  );
}

function Me({ call, shows }: { call: Call; shows: boolean }) {
  const say = useWords(visitWords);
  const element = useMemo(() => call.others.element("me"), [call]);
  return (
    <figure className={css.tile} data-party="me" data-shows={shows}>
      <Place element={element} className={css.picture} />
      <figcaption>{say.me}</figcaption>
    </figure>
  );
}
