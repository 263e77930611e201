// Guests as the staff sees them: a link to give out with its code, who came and where they stand, and the way out with a reason.

import { QrcodeOutlined } from "@ant-design/icons";
import { App, Button, Input, Modal, QRCode, Segmented, Select } from "antd";
import { useState } from "react";
import { useWords } from "@/lib/language";
import { clockText, timeText } from "@/lib/time";
import { ErrorNote } from "./ErrorNote";
import css from "./guests.module.css";
import { guestWords, scopeOf } from "./guestWords";
import { StateTag, type Tone } from "./StateTag";

/** As the server says. */
const REASON_MAX_CHARS = 200;
const MINUTE_MS = 60_000;
const LIVES = { half: 30 * MINUTE_MS, two: 120 * MINUTE_MS, eight: 480 * MINUTE_MS, day: 1_440 * MINUTE_MS } as const;

type Life = keyof typeof LIVES;

export interface ShownLink {
  id: string;
  made_by: string;
  expires_ms: number;
  max_uses: number;
  uses: number;
  refusal: "revoked" | "expired" | "used_up" | null;
}

export interface ShownGuest {
  id: string;
  name: string;
  state: "waiting" | "consented" | "attending" | "withdrawn" | "removed";
  opened_ms: number;
  consent: { picture: boolean; sound: boolean; text_version: number; withdrawn_ms: number | null; withdraw_reason: string } | null;
  removed_by: string;
  remove_reason: string;
}

export interface GuestActs {
  make(link: { life_ms: number; max_uses: number }): Promise<{ token: string; link: ShownLink }>;
  revoke(link: string, reason: string): Promise<unknown>;
  remove(guest: string, reason: string): Promise<unknown>;
}

const TONE: Record<ShownGuest["state"], Tone> = { waiting: "asleep", consented: "info", attending: "live", withdrawn: "weak", removed: "off" };

export function Guests({ links, guests, acts }: { links: readonly ShownLink[]; guests: readonly ShownGuest[]; acts: GuestActs | null }) {
  const say = useWords(guestWords);
  const [making, setMaking] = useState(false);
  const usable = links.filter((link) => link.refusal === null);
  return (
    <div className={css.guests} data-guests={guests.length}>
      {acts && (
        <Button icon={<QrcodeOutlined aria-hidden />} onClick={() => setMaking(true)}>
          {say.make}
        </Button>
      )}
      {guests.length === 0 && <p className={css.dim}>{links.length === 0 ? say.noneNext : say.none}</p>}
      <ul>
        {guests.map((guest) => (
          <li key={guest.id} data-guest={guest.id} data-guest-state={guest.state}>
            <span className={css.who}>
              {guest.name || say.nameless}
              <small>{told(guest, say)}</small>
            </span>
            <StateTag tone={TONE[guest.state]}>{say.states[guest.state]}</StateTag>
            {acts && guest.state !== "removed" && <WithReason word={guest.state === "attending" ? say.remove : say.refuse} act={(reason) => acts.remove(guest.id, reason)} />}
          </li>
        ))}
      </ul>
      {usable.length > 0 && (
        <ul aria-label={say.links}>
          {usable.map((link) => (
            <li key={link.id} data-guest-link={link.id}>
              <span className={css.who}>
                <small>
                  {say.links} · {say.madeBy(link.made_by)}
                </small>
                <small>
                  {say.until(timeText(link.expires_ms), link.max_uses)} · {say.used(link.uses, link.max_uses)}
                </small>
              </span>
              {acts && <WithReason word={say.revoke} act={(reason) => acts.revoke(link.id, reason)} />}
            </li>
          ))}
        </ul>
      )}
      {making && acts && <Making make={acts.make} close={() => setMaking(false)} />}
    </div>
  );
}

function told(guest: ShownGuest, say: (typeof guestWords)["zh"]): string {
  if (guest.state === "removed") return say.removedBy(guest.removed_by, guest.remove_reason);
  const { consent } = guest;
  if (!consent) return clockText(guest.opened_ms);
  if (consent.withdrawn_ms !== null) return say.withdrew(clockText(consent.withdrawn_ms), consent.withdraw_reason);
  return say.agreed(say.scope[scopeOf(consent)], consent.text_version);
}

/** A button that asks why before it acts; what was typed stays when it is refused. */
function WithReason({ word, act }: { word: string; act: (reason: string) => Promise<unknown> }) {
  const say = useWords(guestWords);
  const [open, setOpen] = useState(false);
  const [reason, setReason] = useState("");
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const send = async () => {
    setBusy(true);
    setError(null);
    try {
      await act(reason.trim());
      setOpen(false);
    } catch (failed) {
      setError(failed);
    }
    setBusy(false);
  };
  if (!open) {
    return (
      <Button size="small" type="text" danger onClick={() => setOpen(true)}>
        {word}
      </Button>
    );
  }
  return (
    <span className={css.reason}>
      <Input size="small" autoFocus value={reason} maxLength={REASON_MAX_CHARS} placeholder={say.why} aria-label={say.why} onChange={(event) => setReason(event.target.value)} onPressEnter={() => reason.trim() && void send()} />
      <Button size="small" danger type="primary" loading={busy} disabled={!reason.trim()} onClick={() => void send()}>
        {word}
      </Button>
      <Button size="small" onClick={() => setOpen(false)}>
        {say.cancel}
      </Button>
      {error !== null && <ErrorNote error={error} />}
    </span>
  );
}

function Making({ make, close }: { make: GuestActs["make"]; close: () => void }) {
  const say = useWords(guestWords);
  const { message } = App.useApp();
  const [life, setLife] = useState<Life>("two");
  const [uses, setUses] = useState(3);
  const [made, setMade] = useState<{ token: string; link: ShownLink } | null>(null);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const create = async () => {
    setBusy(true);
    setError(null);
    try {
      setMade(await make({ life_ms: LIVES[life], max_uses: uses }));
    } catch (failed) {
      setError(failed);
    }
    setBusy(false);
  };
  const address = made ? `${window.location.origin}/g/${made.token}` : "";
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(address);
      void message.success(say.copied);
    } catch {
      // Not allowed, or the page is not secure: whoever reads can still select it.
      void message.info(say.byHand);
    }
  };
  return (
    <Modal open title={say.making} footer={null} width={420} onCancel={close}>
      <p className={css.dim}>{say.makeLead}</p>
      {made ? (
        <div className={css.made} data-guest-address={address}>
          <QRCode type="svg" value={address} size={232} bordered={false} color="#0a1015" bgColor="#ffffff" />
          <Input readOnly value={address} aria-label={say.copy} onFocus={(event) => event.currentTarget.select()} />
          <small>{say.until(timeText(made.link.expires_ms), made.link.max_uses)}</small>
          <span>
            <Button type="primary" onClick={() => void copy()}>
              {say.copy}
            </Button>{" "}
            <Button onClick={() => setMade(null)}>{say.another}</Button>
          </span>
        </div>
      ) : (
        <div className={css.making}>
          <span>{say.life}</span>
          <Segmented<Life> block value={life} aria-label={say.life} options={(Object.keys(LIVES) as Life[]).map((value) => ({ value, label: say.lives[value] }))} onChange={setLife} />
          <span>{say.uses}</span>
          <Select<number> value={uses} aria-label={say.uses} options={[1, 2, 3, 5, 10].map((value) => ({ value, label: say.times(value) }))} onChange={setUses} />
          {error !== null && <ErrorNote error={error} />}
          <Button type="primary" size="large" loading={busy} onClick={() => void create()}>
            {say.create}
          </Button>
        </div>
      )}
    </Modal>
  );
}
