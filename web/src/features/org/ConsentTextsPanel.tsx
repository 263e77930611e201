// What citizens are asked to agree to: the text that holds for a unit, its versions, and the next one. A version is never changed.

import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Button, Input, Select, Spin } from "antd";
import { useState } from "react";
import { consentTexts } from "@/api/calls";
import { queries } from "@/api/queries";
import type { ConsentTextView, OrgTree, Unit } from "@/api/types";
import { useWords } from "@/lib/language";
import { timeText } from "@/lib/time";
import { ErrorNote } from "@/ui/ErrorNote";
import css from "./org.module.css";
import { orgWords } from "./words";

/** As the server says. */
const TITLE_MAX_CHARS = 60;
const BODY_MAX_CHARS = 8_000;

export function ConsentTextsPanel({ tree }: { tree: OrgTree }) {
  const say = useWords(orgWords).consents;
  const [picked, setPicked] = useState(tree.units.find((unit) => unit.parent_id === null)?.id ?? tree.units[0]?.id);
  const unit = tree.units.find((one) => one.id === picked);
  return (
    <section className={css.detail}>
      <p className={css.lead}>{say.lead}</p>
      <div className={css.bar}>
        <Select<string>
          className={css.find ?? ""}
          showSearch={{ optionFilterProp: "label" }}
          aria-label={say.unit}
          {...(picked !== undefined && { value: picked })}
          options={tree.units.map(({ id, name }) => ({ value: id, label: name }))}
          onChange={setPicked}
        />
      </div>
      {unit && <Texts key={unit.id} unit={unit} tree={tree} />}
    </section>
  );
}

function Texts({ unit, tree }: { unit: Unit; tree: OrgTree }) {
  const say = useWords(orgWords).consents;
  const texts = useQuery(queries.consentTexts(unit.id));
  const [writing, setWriting] = useState(false);
  const [shown, setShown] = useState<number | null>(null);
  if (texts.error) return <ErrorNote error={texts.error} retry={() => void texts.refetch()} />;
  if (!texts.data) return <Spin />;
  const { current, versions } = texts.data;
  if (writing) return <Writing unit={unit} from={current} close={() => setWriting(false)} />;
  const read = versions.find((text) => text.version === shown) ?? current;
  const owner = tree.units.find((one) => one.id === current.unit_id)?.name ?? "";
  return (
    <>
      <div className={css.bar}>
        {versions.length > 0 ? (
          <Select<number>
            aria-label={say.versions}
            value={read.version}
            options={versions.map(({ version, made_ms }) => ({ value: version, label: `${say.version(version)} · ${timeText(made_ms)}` }))}
            onChange={setShown}
          />
        ) : (
          <span className={css.dim}>{say.inherited(owner)}</span>
        )}
        <Button type="primary" onClick={() => setWriting(true)}>
          {say.write}
        </Button>
      </div>
      <Paper text={read} holds={read.sha256 === current.sha256 && read.version === current.version} />
    </>
  );
}

function Paper({ text, holds }: { text: ConsentTextView; holds: boolean }) {
  const say = useWords(orgWords).consents;
  return (
    <article className={css.paper} data-consent-text={text.version}>
      <h3>{text.title}</h3>
      {text.body.split("\n").map((line, at) => (
        <p key={at}>{line}</p>
      ))}
      <small>
        {say.version(text.version)} · {holds ? say.holds : say.former} · {say.made(text.made_by, timeText(text.made_ms))}
        <br />
        <span className="num">SHA-256 {text.sha256}</span>
      </small>
    </article>
  );
}

/** The next version begins as the one that holds; what was typed stays when it is refused. */
function Writing({ unit, from, close }: { unit: Unit; from: ConsentTextView; close: () => void }) {
  const say = useWords(orgWords);
  const client = useQueryClient();
  const [title, setTitle] = useState(from.title);
  const [body, setBody] = useState(from.body);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const save = async () => {
    setBusy(true);
    setError(null);
    try {
      await consentTexts.put({ unit_id: unit.id, title, body });
      await client.invalidateQueries({ queryKey: ["consent-texts"] });
      close();
    } catch (failed) {
      setError(failed);
      setBusy(false);
    }
  };
  return (
    <form
      className={css.writing}
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
    >
      <p className={css.lead}>{say.consents.writeLead(unit.name)}</p>
      <Input aria-label={say.consents.title} value={title} maxLength={TITLE_MAX_CHARS} onChange={(event) => setTitle(event.target.value)} />
      <Input.TextArea aria-label={say.consents.body} value={body} maxLength={BODY_MAX_CHARS} showCount autoSize={{ minRows: 12, maxRows: 24 }} onChange={(event) => setBody(event.target.value)} />
      {error !== null && <ErrorNote error={error} />}
      <div className={css.acts}>
        <Button type="primary" htmlType="submit" loading={busy} disabled={!title.trim() || !body.trim() || (title.trim() === from.title && body.trim() === from.body)}>
          {say.consents.publish}
        </Button>
        <Button onClick={close}>{say.cancel}</Button>
      </div>
    </form>
  );
}
