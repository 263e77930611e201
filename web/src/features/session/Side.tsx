// What is known of the session: its facts, who is in it, and one at a time what is written, noted, linked and what happened.

import { useQuery } from "@tanstack/react-query";
import { Badge, Tabs } from "antd";
import { useState, type ReactNode } from "react";
import { queries } from "@/api/queries";
import { pick, useLanguage, useWords } from "@/lib/language";
import { StateTag } from "@/ui/StateTag";
import { Duration, Time } from "@/ui/Time";
import { CaseLinks } from "./CaseLinks";
import { Chat } from "./Chat";
import { Note } from "./Note";
import { People, SessionGuests, type OfAssist } from "./People";
import css from "./session.module.css";
import { sessionWords } from "./words";

type Leaf = "chat" | "note" | "cases" | "events";

export function Side({ assist, own, act }: OfAssist) {
  const say = useWords(sessionWords);
  const { session } = assist;
  return (
    <aside className={css.side}>
      <h1>
        {session.site?.name} <StateTag tone={assist.answered_ms === null ? "info" : "live"}>{assist.answered_ms === null ? say.calling : say.live}</StateTag>
      </h1>
      <dl className={css.facts}>
        <dt>{say.number}</dt>
        <dd className="num">{session.number}</dd>
        {assist.request_number !== null && (
          <>
            <dt>{say.request}</dt>
            <dd className="num">{assist.request_number}</dd>
          </>
        )}
        <dt>{say.purpose}</dt>
        <dd>{session.purpose}</dd>
        <dt>{say.lasted}</dt>
        <dd>
          <Duration from={session.started_ms} />
        </dd>
      </dl>
      <People assist={assist} own={own} act={act} />
      {assist.request_id !== null && <SessionGuests assist={assist} request={assist.request_id} runs={own !== undefined && own.mode !== "watch"} />}
      <Leaves session={session.id} mayWrite={own !== undefined && own.mode !== "watch"} />
    </aside>
  );
}

/** One leaf at a time, so that each has room. Lines and notes that came while another lay open are told by a dot. */
function Leaves({ session, mayWrite }: { session: string; mayWrite: boolean }) {
  const say = useWords(sessionWords);
  const [open, turn] = useState<Leaf>("chat");
  const marks = useQuery(queries.marks("account", session)).data;
  const counts: Record<Leaf, number> = { chat: (marks?.lines.length ?? 0) + (marks?.files.length ?? 0), note: marks?.note?.version ?? 0, cases: 0, events: 0 };
  // What was there when a leaf was last looked at; the open one is looked at all the time.
  const [seen, see] = useState<Record<Leaf, number>>(counts);
  if (marks && seen[open] !== counts[open]) see({ ...seen, [open]: counts[open] });
  const leaf = (key: Leaf, label: string, children: ReactNode) => ({
    key,
    label: <Badge dot={key !== open && counts[key] > seen[key]} title={say.fresh} offset={[4, 2]}>{label}</Badge>,
    children,
  });
  return (
    <Tabs
      className={css.leaves ?? ""}
      classNames={{ body: css.leaf ?? "", content: css.leaf ?? "" }}
      size="small"
      activeKey={open}
      onChange={(key) => turn(key as Leaf)}
      items={[
        leaf("chat", say.chat, <Chat session={session} mayWrite={mayWrite} />),
        leaf("note", say.note.title, <Note session={session} mayWrite={mayWrite} />),
        leaf("cases", say.cases, <CaseLinks session={session} />),
        leaf("events", say.events, <Events session={session} />),
      ]}
    />
  );
}

function Events({ session }: { session: string }) {
  const language = useLanguage();
  const timeline = useQuery(queries.session(session)).data?.timeline ?? [];
  return (
    <section>
      <ol className={css.events}>
        {timeline
          .filter((entry) => entry.kind !== "line.said")
          .slice(-30)
          .reverse()
          .map((entry) => (
            <li key={entry.seq}>
              <Time ms={entry.at_ms} clock /> {pick(language, entry.text_zh, entry.text_en)}
            </li>
          ))}
      </ol>
    </section>
  );
}
