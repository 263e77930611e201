// The citizen in the assistance: everyone else large to small, oneself in a corner, and what one agreed to send.

import { AudioMutedOutlined, AudioOutlined, VideoCameraOutlined } from "@ant-design/icons";
import { Button } from "antd";
import { useEffect, useMemo, useState, useSyncExternalStore } from "react";
import { visit as calls } from "@/api/calls";
import type { VisitView } from "@/api/types";
import { listText, useLanguage, useWords } from "@/lib/language";
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
  const language = useLanguage();
  const view = useSyncExternalStore(call.view.subscribe, call.view.getSnapshot);
  const { others, mute } = useSyncExternalStore(call.others.view.subscribe, call.others.view.getSnapshot);
  // What was agreed to is sent at once. A device that failed is wanted no more: its button, pressed again, tries again.
  const { wants, sends, fault } = view;
  useEffect(() => call.want("microphone", sound), [call, sound]);
  useEffect(() => call.want("camera", picture), [call, picture]);
  // Whoever speaks to the guest first; a screen that is shared goes before all.
  const shown = useMemo(() => [...others].sort((a, b) => Number(b.screen) - Number(a.screen) || Number(b.picture) - Number(a.picture) || a.name.localeCompare(b.name)), [others]);
  const [first, ...rest] = shown;
  const present = say.present(listText(language, session.present));
  return (
    <section className={css.call} data-call={view.phase} data-sends={`${sends.camera ? "v" : ""}${sends.microphone ? "a" : ""}`}>
      {mute && (
        <button type="button" className={css.arm} onClick={() => void call.others.arm()}>
          {say.arm}
        </button>
      )}
      <div className={css.stage}>
        {first ? <Tile call={call} other={first} big /> : <p className={css.none}>{view.phase === "connected" ? present : say.coming}</p>}
        <div className={css.strip}>
          {rest.map((other) => (
            <Tile key={other.identity} call={call} other={other} />
          ))}
          {picture && <Me call={call} shows={sends.camera} />}
        </div>
      </div>
      {session.sound_waits && <p className={css.note}>{say.soundWaits}</p>}
      {fault && (
        <p role="alert" className={css.note}>
          {say.faultOf(say.what[fault.what], say.faults[fault.why])}
        </p>
      )}
      <p className={css.present}>{present}</p>
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
            <Button size="large" aria-pressed={wants.microphone} icon={wants.microphone ? <AudioOutlined aria-hidden /> : <AudioMutedOutlined aria-hidden />} onClick={() => call.want("microphone", !wants.microphone)}>
              {wants.microphone ? say.mute : say.unmute}
            </Button>
          )}
          {picture && (
            <Button size="large" aria-pressed={wants.camera} icon={<VideoCameraOutlined aria-hidden />} onClick={() => call.want("camera", !wants.camera)}>
              {wants.camera ? say.cameraOff : say.cameraOn}
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
      {(!shows || other.paused[what]) && (
        <span className={css.empty} data-over={shows || undefined}>
          {shows ? say.paused : say.noPicture}
        </span>
      )}
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
