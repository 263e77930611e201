// The session's note 笔录: begun from a template by the kind of the case, kept in versions, the latest shown. What is typed stays in this
// browser until it is kept.

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Button, Input, Select } from "antd";
import { useMemo, useState } from "react";
import { notes } from "@/api/calls";
import { withMark } from "@/api/marks";
import { queries } from "@/api/queries";
import { term } from "@/api/terms";
import type { CaseKind } from "@/api/types";
import { keptHere } from "@/lib/kept";
import { useLanguage, useWords } from "@/lib/language";
import { problemOf } from "@/lib/problem";
import { ErrorNote } from "@/ui/ErrorNote";
import { Time } from "@/ui/Time";
import { type Draft, joined, newerThan, readDraft, written } from "./draft";
import css from "./session.module.css";
import { sessionWords } from "./words";

/** As the server says. */
const NOTE_MAX_CHARS = 8_000;

export function Note({ session, mayWrite }: { session: string; mayWrite: boolean }) {
  const say = useWords(sessionWords).note;
  const language = useLanguage();
  const client = useQueryClient();
  const query = queries.marks("account", session);
  const kept = useQuery(query).data?.note ?? null;
  const board = useQuery({ ...queries.cards(null), enabled: mayWrite });
  const place = useMemo(() => keptHere(`lianxian.note.${session}`), [session]);
  const cases = useQuery(queries.session(session)).data?.cases.filter((link) => link.withdrawn_ms === null).map((link) => link.kind) ?? [];
  const [draft, setDraft] = useState(() => readDraft(place.get()));
  const text = draft?.text ?? kept?.text ?? "";
  const put = (next: Draft | null) => {
    place.set(next && JSON.stringify(next));
    setDraft(next);
  };
  const change = (next: string) => put(written(draft, kept, next));
  const keep = useMutation({
    mutationFn: (said: Draft) => notes.keep(session, said),
    onSuccess: (note, said) => {
      client.setQueryData(query.queryKey, (old) => old && withMark(old, { note }));
      // What was typed meanwhile goes on from the version that was kept.
      put(text.trim() === said.text ? null : { version: note.version, text });
    },
    onError: (error) => {
      if (problemOf(error).code === "changed_meanwhile") void client.invalidateQueries({ queryKey: query.queryKey });
    },
  });
  const theirs = newerThan(draft, kept);
  // Those for the cases of this session come first, then those for all.
  const rank = (kind: CaseKind | null) => (kind === null ? 1 : cases.includes(kind) ? 0 : 2);
  const templates = (board.data?.cards ?? []).filter((card) => card.kind === "note" && !card.withdrawn).sort((a, b) => rank(a.case_kind) - rank(b.case_kind));
  if (!mayWrite && !kept) return <p className={css.dim}>{say.none}</p>;
  const changed = text.trim() !== "" && text.trim() !== kept?.text;
  return (
    <section data-note={kept?.version ?? 0}>
      {mayWrite ? (
        <>
          {templates.length > 0 && (
            <Select<string>
              className={css.template ?? ""}
              aria-label={say.template}
              placeholder={say.template}
              value={null}
              options={templates.map((card) => ({ value: card.id, label: card.case_kind ? `${card.title} · ${term("caseKind", card.case_kind, language)}` : card.title }))}
              onChange={(id) => {
                const found = templates.find((card) => card.id === id);
                // A template never replaces what somebody wrote: it comes after it.
                if (found) change(text.trim() ? `${text.trimEnd()}\n\n${found.text}` : found.text);
              }}
            />
          )}
          <Input.TextArea value={text} maxLength={NOTE_MAX_CHARS} autoSize={{ minRows: 3, maxRows: 14 }} placeholder={say.hint} aria-label={say.title} onChange={(event) => change(event.target.value)} />
          {theirs && draft && (
            <div role="alert" className={css.theirs} data-theirs={theirs.version}>
              <b>{say.newer(theirs.author, theirs.version)}</b>
              <p className={css.noteText}>{theirs.text}</p>
              <div className={css.buttons}>
                <Button size="small" onClick={() => put(joined(draft, theirs))}>{say.join}</Button>
                <Button size="small" onClick={() => put({ ...draft, version: theirs.version })}>{say.mine}</Button>
                <Button size="small" type="text" onClick={() => put(null)}>{say.theirs}</Button>
              </div>
            </div>
          )}
          {keep.error && !theirs && <ErrorNote error={keep.error} />}
          <div className={css.noteActs}>
            <small>{kept ? <>{say.kept(kept.author, kept.version)} <Time ms={kept.at_ms} clock /></> : say.none}</small>
            <Button size="small" type="primary" disabled={!changed || theirs !== null} loading={keep.isPending} onClick={() => keep.mutate({ version: draft?.version ?? 0, text: text.trim() })}>
              {say.keep}
            </Button>
          </div>
        </>
      ) : (
        <p className={css.noteText}>{kept?.text}</p>
      )}
    </section>
  );
}
