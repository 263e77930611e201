// The band that says who is watching, in words that can be read across the room; or, calmly, that nobody is.

import { EyeOutlined, EyeInvisibleOutlined, SafetyOutlined, DisconnectOutlined, SwapOutlined, SoundOutlined, VideoCameraOutlined } from "@ant-design/icons";
import type { ReactNode } from "react";
import type { Watcher } from "@/api/types";
import { useWords } from "@/lib/language";
import { Duration, Time } from "@/ui/Time";
import css from "./station.module.css";
import { stationWords } from "./words";

export function Watchers({ watchers }: { watchers: readonly Watcher[] }) {
  const say = useWords(stationWords).banner;
  return (
    <ul className={css.watchers} aria-label={say.list}>
      {watchers.map((w) => (
        <li key={w.session_id} data-watcher-session={w.session_id}>
          <EyeOutlined aria-hidden className={css.eye ?? ""} />
          <div className={css.who}>
            <strong>
              {w.name} <span>{say.watching}</span>
            </strong>
            <small>{w.unit}</small>
          </div>
          <div className={css.why}>
            <small>{say.purpose}</small>
            <b>{w.purpose}</b>
          </div>
          <div className={css.when}>
            <small>
              {say.since} <Time ms={w.since_ms} clock />
            </small>
            <b>
              <Duration from={w.since_ms} />
            </b>
          </div>
          <div className={css.how}>
            {w.audio ? <SoundOutlined aria-hidden /> : <VideoCameraOutlined aria-hidden />}
            <span>{w.audio ? say.sound : say.soundless}</span>
          </div>
        </li>
      ))}
    </ul>
  );
}

const ICONS = { nobody: EyeInvisibleOutlined, private: SafetyOutlined, connecting: SwapOutlined, lost: DisconnectOutlined, elsewhere: SwapOutlined } as const;

export type Calm = keyof typeof ICONS;

export function CalmBand({ calm, more }: { calm: Calm; more?: ReactNode }) {
  const say = useWords(stationWords).calm;
  const Icon = ICONS[calm];
  return (
    <div className={css.calm} data-calm={calm}>
      <Icon aria-hidden className={css.eye ?? ""} />
      <div>
        <strong>{say[calm]}</strong>
        <p>{say[`${calm}Lead`]}</p>
        {more}
      </div>
    </div>
  );
}
