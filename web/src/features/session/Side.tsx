// What is known of the session: its facts, who is in it, what was written, its cases, what happened.

import { UserAddOutlined } from "@ant-design/icons";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Button, Input, Modal, Segmented, Select } from "antd";
import { useEffect, useRef, useState } from "react";
import { assists, guests, marks as markCalls, sessions } from "@/api/calls";
import { spoken, withMark } from "@/api/marks";
import { holdsAny, useMe } from "@/api/me";
import { queries } from "@/api/queries";
import { choices, term } from "@/api/terms";
import type { AssistView, CaseKind, NewGuestLink, PartyMode, PartyView } from "@/api/types";
import { pick, useLanguage, useWords } from "@/lib/language";
import { EmptyState } from "@/ui/EmptyState";
import { CaseLookup, CaseNumber } from "@/ui/CaseNumber";
import { ErrorNote } from "@/ui/ErrorNote";
import { FileLink, FileSend } from "@/ui/Files";
import { Guests } from "@/ui/Guests";
import { guestWords, scopeOf } from "@/ui/guestWords";
import { StateTag } from "@/ui/StateTag";
import { Duration, Time } from "@/ui/Time";
import { Note } from "./Note";
import css from "./session.module.css";
import { sessionWords } from "./words";

interface Props {
  assist: AssistView;
  own: PartyView | undefined;
  act(what: () => Promise<AssistView>): Promise<void>;
}

const LINE_MAX_CHARS = 500;
const MODES: readonly PartyMode[] = ["join", "whisper", "watch"];

export function Side({ assist, own, act }: Props) {
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
      <Chat session={session.id} mayWrite={own !== undefined && own.mode !== "watch"} />
      <Note session={session.id} mayWrite={own !== undefined && own.mode !== "watch"} />
      <Cases session={session.id} />
      <Events session={session.id} />
    </aside>
  );
}

function People({ assist, own, act }: Props) {
  const say = useWords(sessionWords);
  const me = useMe();
  const [asking, setAsking] = useState(false);
  const runs = own !== undefined || holdsAny(me, ["requests.manage"]);
  return (
    <section>
      <h2>
        {say.people}
        {runs && (
          <Button size="small" type="text" icon={<UserAddOutlined aria-hidden />} onClick={() => setAsking(true)}>
            {say.add}
          </Button>
        )}
      </h2>
      <ul className={css.people}>
        <li>
          <span>
            {assist.session.site?.name}
            <small>{assist.station.name}</small>
          </span>
          <StateTag tone={assist.station_present ? "live" : "weak"}>{assist.station_present ? say.site : say.stationLost}</StateTag>
        </li>
        {assist.parties.map((party) => (
          <li key={party.endpoint_id} data-person={party.account_id}>
            <span>
              {party.name}
              <small>{party.unit?.name}</small>
            </span>
            <StateTag tone={party.mode === "join" ? "live" : "info"}>{party.leads && party.mode === "join" ? say.lead : say.modes[party.mode]}</StateTag>
            {runs && !party.leads && party.account_id !== me.account.id && (
              <Button size="small" type="text" onClick={() => void act(() => assists.remove(assist.session.id, party.account_id))}>
                {say.remove}
              </Button>
            )}
          </li>
        ))}
        {assist.invited.map((one) => (
          <li key={one.account_id} className={css.dim}>
            <span>
              {one.name}
              <small>{say.invitedBy(one.by)}</small>
            </span>
            <small>{say.invited}</small>
          </li>
        ))}
      </ul>
      {asking && <Asking assist={assist} close={() => setAsking(false)} />}
    </section>
  );
}

/** Citizens: those who came, and links for those who are to come. */
function SessionGuests({ assist, request, runs }: { assist: AssistView; request: string; runs: boolean }) {
  const me = useMe();
  const say = useWords(guestWords);
  const client = useQueryClient();
  const mayRead = holdsAny(me, ["requests.read"]);
  const board = useQuery({ ...queries.guests("account", request), enabled: mayRead });
  const own = guests("account");
  const fresh = async <T,>(told: Promise<T>): Promise<T> => {
    const answer = await told;
    await Promise.all([client.invalidateQueries({ queryKey: ["guests", request] }), client.invalidateQueries({ queryKey: ["assists", assist.session.id] })]);
    return answer;
  };
  const acts = runs
    ? {
        make: (link: NewGuestLink) => fresh(own.make(request, link)),
        revoke: (link: string, reason: string) => fresh(own.revoke(link, reason)),
        remove: (guest: string, reason: string) => fresh(own.remove(guest, reason)),
      }
    : null;
  const given = assist.consents.filter((consent) => consent.withdrawn_ms === null);
  return (
    <section>
      <h2>{say.title}</h2>
      {given.map((consent) => (
        <p key={consent.id} className={css.dim}>
          {say.room.given(consent.name, say.scope[scopeOf(consent)])}
        </p>
      ))}
      <Guests links={board.data?.links ?? []} guests={assist.guests} acts={acts} />
    </section>
  );
}

function Asking({ assist, close }: { assist: AssistView; close: () => void }) {
  const say = useWords(sessionWords);
  const client = useQueryClient();
  const id = assist.session.id;
  const language = useLanguage();
  const [mode, setMode] = useState<PartyMode>("join");
  const found = useQuery({ ...queries.candidates(id), staleTime: 0 });
  const ask = useMutation({
    mutationFn: (account: string) => assists.ask(id, account, mode),
    onSuccess: (told) => {
      client.setQueryData(queries.assist(id).queryKey, told);
      close();
    },
  });
  return (
    <Modal open title={say.addTitle} footer={null} onCancel={close} width={460}>
      <p className={css.dim}>{say.addNext}</p>
      <Segmented<PartyMode> block value={mode} className={css.modes ?? ""} aria-label={say.addTitle} options={MODES.map((value) => ({ value, label: say.joinAs[value] }))} onChange={setMode} />
      {ask.error && <ErrorNote error={ask.error} />}
      {found.error && <ErrorNote error={found.error} retry={() => void found.refetch()} />}
      {found.data?.length === 0 && <EmptyState title={say.nobody} next={say.nobodyNext} />}
      <ul className={css.people}>
        {found.data?.map((one) => (
          <li key={one.account_id} data-candidate={one.account_id}>
            <span>
              {one.name}
              <small>
                {one.unit} · {one.roles.map((role) => term("role", role, language)).join("、")}
              </small>
            </span>
            <Button size="small" type="primary" loading={ask.isPending && ask.variables === one.account_id} onClick={() => ask.mutate(one.account_id)}>
              {say.add}
            </Button>
          </li>
        ))}
      </ul>
    </Modal>
  );
}

function Chat({ session, mayWrite }: { session: string; mayWrite: boolean }) {
  const say = useWords(sessionWords);
  const client = useQueryClient();
  const query = queries.marks("account", session);
  const marks = useQuery(query).data;
  const said = spoken(marks);
  const board = useQuery({ ...queries.cards(null), enabled: mayWrite }).data?.cards.filter((card) => !card.withdrawn) ?? [];
  const phrases = board.filter((card) => card.kind === "phrase");
  const laws = board.filter((card) => card.kind === "law");
  const [text, setText] = useState("");
  const list = useRef<HTMLUListElement>(null);
  useEffect(() => {
    // In braces: some browsers answer a scroll with a promise, and that is no way to end an effect.
    void list.current?.scrollTo({ top: list.current.scrollHeight });
  }, [said.length]);
  const write = useMutation({
    mutationFn: (said: string) => markCalls("account").say(session, said),
    onSuccess: (line, said) => {
      client.setQueryData(query.queryKey, (old) => old && withMark(old, { line }));
      setText((now) => (now.trim() === said ? "" : now));
    },
  });
  const send = () => {
    if (text.trim()) write.mutate(text.trim());
  };
  return (
    <section>
      <h2>{say.chat}</h2>
      <ul className={css.lines} ref={list} aria-live="polite">
        {said.map((one) => (
          <li key={one.key}>
            <small>
              {one.author} <Time ms={one.at_ms} clock />
            </small>
            {one.file ? <FileLink name={one.file.name} bytes={one.file.bytes} sha256={one.file.sha256} href={markCalls("account").file(session, one.file.id)} /> : one.text}
          </li>
        ))}
      </ul>
      {write.error && <ErrorNote error={write.error} />}
      {mayWrite && (
        <>
          {phrases.length > 0 && (
            <div className={css.phrases} aria-label={say.phrases}>
              {phrases.map((card) => (
                <button key={card.id} type="button" onClick={() => write.mutate(card.text)}>
                  {card.text}
                </button>
              ))}
            </div>
          )}
          {laws.length > 0 && (
            <Select<string>
              showSearch={{ optionFilterProp: "search" }}
              className={css.template ?? ""}
              popupMatchSelectWidth={false}
              aria-label={say.laws}
              placeholder={say.laws}
              value={null}
              options={laws.map((card) => ({ value: card.id, search: `${card.title}${card.text}`, label: <LawCard title={card.title} text={card.text} /> }))}
              onChange={(id) => {
                const law = laws.find((card) => card.id === id);
                if (law) write.mutate(`${law.title}：${law.text}`);
              }}
            />
          )}
          <div className={css.writing}>
            <Input value={text} maxLength={LINE_MAX_CHARS} placeholder={say.chatHint} aria-label={say.chat} onChange={(event) => setText(event.target.value)} onPressEnter={send} />
            <Button onClick={send} loading={write.isPending}>
              {say.send}
            </Button>
          </div>
          <div className={css.sendFile}>
            <FileSend
              size="small"
              send={async (file, how) => {
                const kept = await markCalls("account").send(session, file, how);
                client.setQueryData(query.queryKey, (old) => old && withMark(old, { file: kept }));
              }}
            />
          </div>
        </>
      )}
    </section>
  );
}

function LawCard({ title, text }: { title: string; text: string }) {
  return (
    <span className={css.law}>
      <b>{title}</b>
      <small>{text}</small>
    </span>
  );
}

function Cases({ session }: { session: string }) {
  const say = useWords(sessionWords);
  const language = useLanguage();
  const me = useMe();
  const client = useQueryClient();
  const cases = useQuery(queries.session(session)).data?.cases.filter((link) => link.withdrawn_ms === null) ?? [];
  const [kind, setKind] = useState<CaseKind>("mediation");
  const [number, setNumber] = useState("");
  const link = useMutation({
    mutationFn: () => sessions.linkCase(session, { number: number.trim(), kind }),
    onSuccess: () => {
      setNumber("");
      void client.invalidateQueries({ queryKey: ["sessions"] });
    },
  });
  return (
    <section>
      <h2>{say.cases}</h2>
      {cases.length === 0 && <p className={css.dim}>{say.noCases}</p>}
      <ul className={css.people}>
        {cases.map((one) => (
          <li key={one.id}>
            <span className="num">
              <CaseNumber number={one.raw} apart />
              <small>{term("caseKind", one.kind, language)}</small>
            </span>
          </li>
        ))}
      </ul>
      {holdsAny(me, ["cases.link"]) && (
        <>
          {link.error && <ErrorNote error={link.error} />}
          <div className={css.writing}>
            <Select value={kind} aria-label={say.caseKind} options={choices("caseKind", language)} popupMatchSelectWidth={150} onChange={setKind} />
            <Input value={number} maxLength={64} placeholder={say.caseNumber} aria-label={say.caseNumber} onChange={(event) => setNumber(event.target.value)} onPressEnter={() => number.trim() && link.mutate()} />
            <Button loading={link.isPending} disabled={!number.trim()} onClick={() => link.mutate()}>
              {say.linkCase}
            </Button>
          </div>
          <CaseLookup number={number} />
        </>
      )}
    </section>
  );
}

function Events({ session }: { session: string }) {
  const say = useWords(sessionWords);
  const language = useLanguage();
  const timeline = useQuery(queries.session(session)).data?.timeline ?? [];
  return (
    <section>
      <h2>{say.events}</h2>
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
