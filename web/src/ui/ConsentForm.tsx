// The consent text with its version and hash, a name, and a yes for the picture and for the sound, each by itself. What was
// typed stays when it is refused; a text that changed meanwhile takes back the ticks alone, and says so.

import { Button, Checkbox, Input } from "antd";
import { useId, useState } from "react";
import { useWords } from "@/lib/language";
import { problemOf } from "@/lib/problem";
import { readAnew } from "./consent-draft";
import { ErrorNote } from "./ErrorNote";
import css from "./guests.module.css";
import { guestWords } from "./guestWords";

/** As the server says. */
const NAME_MAX_CHARS = 40;

export interface ConsentText {
  title: string;
  body: string;
  version: number;
  sha256: string;
}

interface Props {
  text: ConsentText;
  name?: string;
  give(consent: { name: string; sha256: string; picture: boolean; sound: boolean }): Promise<unknown>;
  children?: React.ReactNode;
}

export function ConsentForm({ text, name: known = "", give, children }: Props) {
  const say = useWords(guestWords).consent;
  const label = useId();
  const [kept, keep] = useState({ sha256: text.sha256, name: known, picture: false, sound: false, renewed: false });
  const draft = readAnew(kept, text.sha256);
  if (draft !== kept) keep(draft);
  const { name, picture, sound } = draft;
  const [lacks, setLacks] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const submit = async () => {
    const missing = name.trim() === "" ? say.need : !picture && !sound ? say.least : null;
    setLacks(missing);
    if (missing) return;
    setBusy(true);
    setError(null);
    try {
      await give({ name: name.trim(), sha256: text.sha256, picture, sound });
    } catch (failed) {
      setError(failed);
    }
    setBusy(false);
  };
  // The refusal itself says it too.
  const renewed = draft.renewed && !(error !== null && problemOf(error).code === "consent_text_changed");
  return (
    <form
      className={css.consent}
      data-consent-version={text.version}
      onSubmit={(event) => {
        event.preventDefault();
        void submit();
      }}
    >
      <article key={text.sha256} className={css.text} tabIndex={0} aria-label={text.title}>
        <h3>{text.title}</h3>
        {text.body.split("\n").map((line, at) => (
          <p key={at}>{line}</p>
        ))}
        <small title={text.sha256}>
          {say.version(text.version)} · {say.hash} <span className="num">{text.sha256.slice(0, 16)}…</span>
        </small>
      </article>
      {renewed && (
        <p role="status" className={css.renewed}>
          {say.renewed}
        </p>
      )}
      <label htmlFor={label}>{say.name}</label>
      <Input id={label} size="large" value={name} maxLength={NAME_MAX_CHARS} placeholder={say.nameHint} autoComplete="name" onChange={(event) => keep({ ...draft, name: event.target.value })} />
      <Checkbox className={css.yes ?? ""} checked={picture} onChange={(event) => keep({ ...draft, picture: event.target.checked })}>
        {say.picture}
      </Checkbox>
      <Checkbox className={css.yes ?? ""} checked={sound} onChange={(event) => keep({ ...draft, sound: event.target.checked })}>
        {say.sound}
      </Checkbox>
      <small>{say.separately}</small>
      {lacks && (
        <p role="alert" className={css.lacks}>
          {lacks}
        </p>
      )}
      {error !== null && <ErrorNote error={error} />}
      <Button type="primary" size="large" block htmlType="submit" loading={busy}>
        {say.agree}
      </Button>
      {children}
    </form>
  );
}
