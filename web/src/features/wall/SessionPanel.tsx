// The selected tile's session: number, purpose, who is there, the register's row, its cases; linking a case without leaving the wall.

import { BookOutlined, PhoneOutlined, StopOutlined } from "@ant-design/icons";
import { useMutation, useQuery } from "@tanstack/react-query";
import { App, Button } from "antd";
import { memo, useDeferredValue, useEffect, useState, useSyncExternalStore } from "react";
import { Link, useNavigate } from "react-router";
import { assists } from "@/api/calls";
import { holdsAny, useMe } from "@/api/me";
import { queries } from "@/api/queries";
import { term } from "@/api/terms";
import type { AttendanceView, SessionDetail, Site } from "@/api/types";
import { useLanguage, useWords } from "@/lib/language";
import { paths } from "@/lib/paths";
import { problemOf } from "@/lib/problem";
import { EmptyState } from "@/ui/EmptyState";
import { ErrorNote } from "@/ui/ErrorNote";
import { StateTag } from "@/ui/StateTag";
import { Duration, Time } from "@/ui/Time";
import type { Picture } from "@/live/picture";
import { CaseForm } from "./CaseForm";
import { CaseList } from "./CaseList";
import { linkOf } from "./console";
import css from "./session.module.css";
import type { Phase } from "./tile";
import { wallWords } from "./words";

/** A panel waits this long for the picture beside it to move. */
const PICTURE_FIRST_MS = 1_000;

interface Props {
  site: Site | undefined;
  phase: Phase | undefined;
  picture: Picture | null;
  remove(): void;
}

export const SessionPanel = memo(function SessionPanel({ site, phase, picture, remove }: Props) {
  const say = useWords(wallWords);
  const session = phase && "session" in phase && phase.session !== "" ? phase.session : null;
  if (!site || !phase || !picture) return <EmptyState title={say.pickTile} next={say.pickTileNext} />;
  return (
    <section className={css.panel} aria-label={say.session}>
      <h2>{site.name}</h2>
      {phase.is === "opening" && <p className={css.dim}>{say.opening}</p>}
      {phase.is === "refused" && <ErrorNote error={phase.problem} />}
      {session !== null && <Body key={session} id={session} picture={picture} remove={remove} />}
    </section>
  );
});

/** True from when the picture moves, or is not going to soon: whoever chose a site wants to see it, and what is drawn meanwhile holds it up. */
function usePictureFirst(picture: Picture): boolean {
  const moving = useSyncExternalStore(picture.state.subscribe, () => picture.state.getSnapshot().flow === "moving");
  const [late, setLate] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setLate(true), PICTURE_FIRST_MS);
    return () => clearTimeout(timer);
  }, []);
  return moving || late;
}

function Body({ id, picture, remove }: { id: string; picture: Picture; remove: () => void }) {
  const say = useWords(wallWords);
  const language = useLanguage();
  const me = useMe();
  const query = useQuery({ ...queries.session(id), enabled: usePictureFirst(picture) });
  // Drawn in the pauses: other pictures run meanwhile.
  const session = useDeferredValue(query.data);
  if (query.error && !session) return <ErrorNote error={query.error} retry={() => void query.refetch()} />;
  if (!session) return <p className={css.dim}>{say.opening}</p>;
  const open = session.state === "open";
  return (
    <>
      <dl className={css.facts}>
        <dt>{say.number}</dt>
        <dd className={`num ${css.numbered}`}>
          {session.number} <StateTag tone={open ? "live" : session.state === "ended" ? "asleep" : "off"}>{term("sessionState", session.state, language)}</StateTag>
        </dd>
        <dt>{say.purpose}</dt>
        <dd>{session.purpose}</dd>
        <dt>{say.began}</dt>
        <dd>
          <Time ms={session.started_ms} />
        </dd>
        <dt>{say.lasted}</dt>
        <dd>
          <Duration from={session.started_ms} to={session.ended_ms} />
        </dd>
      </dl>
      <h3>{say.people}</h3>
      <People session={session} />
      <h3>{say.register}</h3>
      <ul className={css.list}>
        {session.register.map((row) => (
          <li key={row.id}>
            <span>
              {row.unit.name} · {row.person.name}
            </span>
            <small>
              {row.content} · <Time ms={row.from_ms} clock />
              {row.to_ms !== null && (
                <>
                  –<Time ms={row.to_ms} clock />
                </>
              )}
              {row.first_picture_ms !== null && (
                <>
                  {" · "}
                  {say.firstPicture} <Time ms={row.first_picture_ms} clock />
                </>
              )}
            </small>
          </li>
        ))}
      </ul>
      <h3>{say.cases}</h3>
      <CaseList session={session} mayWithdraw={holdsAny(me, ["cases.link"])} />
      {holdsAny(me, ["cases.link"]) && <CaseForm session={session.id} />}
      <footer className={css.foot}>
        {holdsAny(me, ["sessions.read"]) && (
          <Link to={paths.session(session.id)}>
            <BookOutlined aria-hidden /> {say.story}
          </Link>
        )}
        {open && session.site && holdsAny(me, ["requests.answer"]) && <CallButton site={session.site.id} purpose={session.purpose} account={me.account.id} />}
        {open && (
          <Button size="small" icon={<StopOutlined aria-hidden />} onClick={remove}>
            {say.endSession}
          </Button>
        )}
      </footer>
    </>
  );
}

/** Calls the site: its patrol ends, and both sides see and hear each other once the site answers. */
function CallButton({ site, purpose, account }: { site: string; purpose: string; account: string }) {
  const say = useWords(wallWords);
  const language = useLanguage();
  const navigate = useNavigate();
  const { message } = App.useApp();
  const call = useMutation({
    mutationFn: async () => assists.call({ site_id: site, endpoint_id: await linkOf(account).identity(), purpose }),
    onSuccess: (assist) => void navigate(paths.assist(assist.session.id)),
    onError: (error) => void message.error(problemOf(error).text(language)),
  });
  return (
    <Button size="small" icon={<PhoneOutlined aria-hidden />} loading={call.isPending} onClick={() => call.mutate()}>
      {say.callSite}
    </Button>
  );
}

/** Those present now; of an ended session, everybody who was. */
function People({ session }: { session: SessionDetail }) {
  const say = useWords(wallWords);
  const language = useLanguage();
  const shown = session.state === "open" ? session.attendances.filter((a) => a.left_ms === null) : session.attendances;
  const present = shown.some((a) => a.mode === "present");
  return (
    <ul className={css.list}>
      {latestOfEach(shown).map((a) => (
        <li key={a.id}>
          <span>
            {a.name} <em>{term("mode", a.mode, language)}</em>
          </span>
          <small>
            <Time ms={a.joined_ms} clock />
            {a.left_ms !== null && (
              <>
                –<Time ms={a.left_ms} clock />
              </>
            )}
          </small>
        </li>
      ))}
      {!present && session.state === "open" && <li className={css.dim}>{say.nobody}</li>}
    </ul>
  );
}

function latestOfEach(attendances: readonly AttendanceView[]): AttendanceView[] {
  const latest = new Map<string, AttendanceView>();
  for (const a of attendances) latest.set(a.endpoint?.id ?? a.person?.id ?? a.id, a);
  return [...latest.values()];
}
