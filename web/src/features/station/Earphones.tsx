// Whispers reach this workstation only while somebody at it wears earphones: whoever is helped sits beside it, and must not hear them.

import { CustomerServiceOutlined } from "@ant-design/icons";
import { Button, Popconfirm } from "antd";
import { useEffect, useEffectEvent, useState } from "react";
import { station } from "@/api/calls";
import type { AssistView } from "@/api/types";
import { listText, useLanguage, useWords } from "@/lib/language";
import css from "./assist.module.css";
import { watchDevices } from "./capture";
import { stationWords } from "./words";

/** How long a request that failed waits for its next try. */
const AGAIN_MS = 2_000;

interface Props {
  assist: AssistView;
  done: () => Promise<unknown>;
  /** Why it failed; null once it went well. */
  failed: (error: unknown) => void;
}

export function Earphones({ assist, done, failed }: Props) {
  const say = useWords(stationWords).assist;
  const [busy, setBusy] = useState(false);
  const { earphones: worn, session } = assist;
  const wear = async (now: boolean) => {
    setBusy(true);
    try {
      await station.wearEarphones(session.id, now);
      failed(null);
    } catch (error) {
      failed(error);
    }
    await done();
    setBusy(false);
  };
  // Unplugged, the sound comes out of the loudspeaker: tried until the server took it.
  const pulled = useEffectEvent(() => void wear(false));
  useEffect(() => {
    if (!worn) return undefined;
    let again: ReturnType<typeof setInterval> | undefined;
    const unwatch = watchDevices(() => {
      pulled();
      again ??= setInterval(pulled, AGAIN_MS);
    });
    return () => {
      unwatch();
      clearInterval(again);
    };
  }, [worn]);

  const button = (act?: () => void) => (
    <Button size="large" icon={<CustomerServiceOutlined aria-hidden />} aria-pressed={worn} type={worn ? "primary" : "default"} ghost={worn} loading={busy} {...(act ? { onClick: act } : {})}>
      {worn ? say.earphonesOn : say.earphones}
    </Button>
  );
  if (worn) return button(() => void wear(false));
  return (
    <Popconfirm classNames={{ root: css.earphones ?? "" }} title={say.earphonesTitle} description={say.earphonesLead} okText={say.earphonesYes} cancelText={say.cancel} onConfirm={() => wear(true)}>
      {button()}
    </Popconfirm>
  );
}

/** Who whispers now, and whether it is heard here. */
export function Whispers({ assist }: { assist: AssistView }) {
  const say = useWords(stationWords).assist;
  const language = useLanguage();
  const names = assist.parties.filter((party) => party.mode === "whisper").map((party) => party.name);
  if (names.length === 0) return null;
  return (
    <p className={css.whispers} role="status" data-heard={assist.earphones}>
      {(assist.earphones ? say.whispers : say.unheard)(listText(language, names))}
    </p>
  );
}
