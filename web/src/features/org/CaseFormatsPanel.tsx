// What the district's case numbers look like: one format for each kind of case, with a number that it takes. It holds for the whole net, so
// whoever manages the root sets it.

import { useQuery, useQueryClient } from "@tanstack/react-query";
import { App, Button, Input, Spin } from "antd";
import { useState } from "react";
import { cases } from "@/api/calls";
import { useMe } from "@/api/me";
import { queries } from "@/api/queries";
import { choices } from "@/api/terms";
import type { CaseKind, CasePattern, OrgTree } from "@/api/types";
import { useLanguage, useWords } from "@/lib/language";
import { ErrorNote } from "@/ui/ErrorNote";
import { StateTag } from "@/ui/StateTag";
import { fitOf } from "./case-format";
import css from "./org.module.css";
import { orgWords } from "./words";

/** As the server says; of the format it counts bytes. */
const PATTERN_MAX_CHARS = 500;
const EXAMPLE_MAX_CHARS = 64;

export function CaseFormatsPanel({ tree }: { tree: OrgTree }) {
  const say = useWords(orgWords).formats;
  const language = useLanguage();
  const me = useMe();
  const patterns = useQuery(queries.casePatterns());
  const root = tree.units.find((unit) => unit.parent_id === null);
  const may = me.roles.some(({ unit_id }) => unit_id === root?.id);
  return (
    <section className={css.detail}>
      <p className={css.lead}>{say.lead}</p>
      <p className={css.lead}>{may ? say.help : say.readOnly}</p>
      {patterns.error && <ErrorNote error={patterns.error} retry={() => void patterns.refetch()} />}
      {patterns.isPending && <Spin />}
      {patterns.data && (
        <ul className={css.formats}>
          {choices("caseKind", language).map(({ value, label }) => (
            <Format key={value} kind={value} label={label} known={patterns.data.find((one) => one.kind === value) ?? null} may={may} />
          ))}
        </ul>
      )}
    </section>
  );
}

function Format({ kind, label, known, may }: { kind: CaseKind; label: string; known: CasePattern | null; may: boolean }) {
  const say = useWords(orgWords).formats;
  const [editing, edit] = useState(false);
  return (
    <li data-case-format={kind}>
      <h3>{label}</h3>
      {editing ? (
        <Editor label={label} known={known ?? { kind, pattern: "", example: "" }} close={() => edit(false)} />
      ) : (
        <>
          {known ? (
            <>
              <code>{known.pattern}</code>
              <p className={css.dim}>
                {say.example} <span className="num">{known.example}</span> <Check pattern={known.pattern} example={known.example} />
              </p>
            </>
          ) : (
            <p className={css.dim}>{say.none}</p>
          )}
          {may && (
            <Button size="small" aria-label={say.editOf(label)} onClick={() => edit(true)}>
              {known ? say.edit : say.set}
            </Button>
          )}
        </>
      )}
    </li>
  );
}

function Check({ pattern, example }: { pattern: string; example: string }) {
  const say = useWords(orgWords).formats;
  const fit = fitOf(pattern, example);
  return (
    <span data-fit={fit}>
      <StateTag tone={fit === "fits" ? "live" : fit === "unlike" ? "off" : "asleep"}>{say.fit[fit]}</StateTag>
    </span>
  );
}

/** What was typed stays when it is refused. */
function Editor({ label, known, close }: { label: string; known: CasePattern; close: () => void }) {
  const words = useWords(orgWords);
  const say = words.formats;
  const client = useQueryClient();
  const { message } = App.useApp();
  const [pattern, setPattern] = useState(known.pattern);
  const [example, setExample] = useState(known.example);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const save = async () => {
    setBusy(true);
    setError(null);
    try {
      await cases.setPattern({ kind: known.kind, pattern: pattern.trim(), example: example.trim() });
      await client.invalidateQueries({ queryKey: queries.casePatterns().queryKey });
      void message.success(say.saved(label));
      close();
    } catch (failed) {
      setError(failed);
      setBusy(false);
    }
  };
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
    >
      <label>
        {say.pattern}
        <Input autoFocus value={pattern} maxLength={PATTERN_MAX_CHARS} spellCheck={false} aria-label={`${label} ${say.pattern}`} onChange={(event) => setPattern(event.target.value)} />
      </label>
      <label>
        {say.example}
        <Input value={example} maxLength={EXAMPLE_MAX_CHARS} spellCheck={false} aria-label={`${label} ${say.example}`} onChange={(event) => setExample(event.target.value)} />
      </label>
      {pattern.trim() && example.trim() && <Check pattern={pattern.trim()} example={example.trim()} />}
      {error !== null && <ErrorNote error={error} />}
      <div className={css.acts}>
        <Button type="primary" htmlType="submit" loading={busy} disabled={!pattern.trim() || !example.trim() || (pattern.trim() === known.pattern && example.trim() === known.example)}>
          {words.save}
        </Button>
        <Button onClick={close}>{words.cancel}</Button>
      </div>
    </form>
  );
}
