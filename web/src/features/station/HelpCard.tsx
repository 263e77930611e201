// 求助: one tap asks; who answers and until when is on the screen from then on; the asker confirms and judges.

import { CameraOutlined, PhoneFilled } from "@ant-design/icons";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { App, Button, Input, Radio, Rate, Select } from "antd";
import { useEffect, useState } from "react";
import { photos, station } from "@/api/calls";
import { afterRequest } from "@/api/open-requests";
import { queries } from "@/api/queries";
import { choices, term } from "@/api/terms";
import type { Grade, NewRequest, RequestStep, RequestView, Skill, Urgency } from "@/api/types";
import { useKeys } from "@/lib/keys";
import { useLanguage, useWords } from "@/lib/language";
import { clockText, timeText } from "@/lib/time";
import { useStore } from "@/lib/useStore";
import { ErrorNote } from "@/ui/ErrorNote";
import { Pictures } from "@/ui/Pictures";
import { Duration } from "@/ui/Time";
import { desk, type Refused } from "./asking";
import { PhotoFirst } from "./PhotoFirst";
import { StationGuests } from "./StationGuests";
import css from "./station.module.css";
import { stationWords } from "./words";

const SENTENCE_MAX = 1_000;
const GRADES: Grade[] = ["very_dissatisfied", "dissatisfied", "fair", "satisfied", "very_satisfied"];
const OVER = ["reviewed", "archived", "withdrawn", "merged"];

/** Those that the asker still has something to do with, the newest first. */
function unfinishedOf(requests: RequestView[] | undefined): RequestView[] {
  return (requests ?? []).filter((request) => !OVER.includes(request.state) && !(request.state === "closed" && request.evaluation));
}

export function HelpCard() {
  const client = useQueryClient();
  const requests = useQuery(queries.stationRequests());
  const { waiting, refused, photoRefused, photoUnkept } = useStore(desk.state);
  const take = (request: RequestView) =>
    client.setQueryData<RequestView[]>(queries.stationRequests().queryKey, (all) => afterRequest(all ?? [], request, true));
  useEffect(() => desk.open((request) => client.setQueryData<RequestView[]>(queries.stationRequests().queryKey, (all) => afterRequest(all ?? [], request, true))), [client]);
  const [chosen, choose] = useState<string | null>(null);
  const unfinished = unfinishedOf(requests.data);
  const current = unfinished.find((request) => request.id === chosen) ?? unfinished[0];
  const say = useWords(stationWords).help;
  return (
    <section className={css.help} data-state={waiting ? "unsent" : (current?.state ?? "idle")}>
      {waiting && <Unsent />}
      {photoUnkept && <p role="status">{say.photoUnkept}</p>}
      {photoRefused !== null && (
        <>
          <p>{say.photoRefused}</p>
          <ErrorNote error={photoRefused} />
        </>
      )}
      {unfinished.map((request) => (
        <Entry key={request.id} request={request} open={request === current} choose={() => choose(request.id)} took={take} />
      ))}
      {!waiting && <Ask refused={refused} open={unfinished} asked={() => choose(null)} />}
    </section>
  );
}

interface EntryProps {
  request: RequestView;
  open: boolean;
  choose: () => void;
  took: (request: RequestView) => void;
}

/** Whatever is typed or chosen belongs to this request alone: it stays open while someone is at it, and keeps it while another is open. */
function Entry({ request, open, choose, took }: EntryProps) {
  const [opened, setOpened] = useState(open);
  if (open && !opened) setOpened(true);
  return (
    <article className={css.request} data-request={request.id}>
      {!open && <Brief request={request} open={choose} />}
      {opened && (
        <div className={css.progress} hidden={!open} onFocus={choose}>
          <Progress request={request} took={took} />
        </div>
      )}
    </article>
  );
}

/** One that is not looked at just now: who has it and how far it is. */
function Brief({ request, open }: { request: RequestView; open: () => void }) {
  const say = useWords(stationWords).help;
  const language = useLanguage();
  const { owner, assignee } = request;
  return (
    <button type="button" className={css.brief} onClick={open}>
      <span className="num">{clockText(request.raised_ms)}</span>
      <strong>{owner ? say.answered(assignee?.name ?? owner.name) : say.waiting}</strong>
      <span>{term("requestState", request.state, language)}</span>
    </button>
  );
}

/** Kept here until the server has it. */
function Unsent() {
  const say = useWords(stationWords).help;
  const { waiting } = useStore(desk.state);
  if (!waiting) return null;
  return (
    <div role="status">
      <h2>{say.unsent}</h2>
      <p>{say.unsentLead(clockText(waiting.at))}</p>
      <span className={css.buttons}>
        <Button onClick={() => desk.again()}>{say.again}</Button>
        <Button type="text" onClick={() => desk.forget()}>
          {say.takeBack}
        </Button>
      </span>
    </div>
  );
}

/** `open`: what this site has asked for already. The next need may come while the last one is in hand: the tap is always there. */
function Ask({ refused, open, asked }: { refused: Refused | null; open: RequestView[]; asked: () => void }) {
  const say = useWords(stationWords).help;
  const language = useLanguage();
  const { modal } = App.useApp();
  const [need, setNeed] = useState<Skill>(refused?.request.need ?? "general");
  const [urgency, setUrgency] = useState<Urgency>(refused?.request.urgency ?? "ordinary");
  // What was refused is still here: only what is wrong needs to be changed.
  const [sentence, setSentence] = useState(refused?.request.sentence ?? "");
  const [number, setNumber] = useState(refused?.request.case_number ?? "");
  const [more, setMore] = useState(refused !== null);
  const [photographing, photograph] = useState(false);
  // Of what is done only a judgement is asked for: that does not make the tap small.
  const again = open.some((request) => request.state !== "closed");
  const send = (photo?: string) => {
    const request: NewRequest = { need, urgency, sentence };
    if (number.trim()) request.case_number = number.trim();
    asked();
    desk.ask(request, photo);
  };
  const ask = (photo?: string) => {
    const unanswered = open.find((request) => request.owner === null);
    if (!unanswered) return send(photo);
    // A second tap out of impatience would ring everybody twice for one matter.
    void modal.confirm({
      title: say.doubleTitle,
      content: say.doubleLead(clockText(unanswered.raised_ms)),
      okText: say.doubleYes,
      cancelText: say.doubleNo,
      autoFocusButton: "cancel",
      onOk: () => send(photo),
    });
  };
  const press = (event: KeyboardEvent) => void (event.repeat || ask());
  useKeys({ h: press, F1: press }, !photographing);
  const photo = (
    <Button size="large" block={!again} icon={<CameraOutlined aria-hidden />} onClick={() => photograph(true)}>
      {say.photo}
    </Button>
  );
  return (
    <div className={css.ask} data-again={again}>
      {again ? (
        <span className={css.again}>
          <Button size="large" icon={<PhoneFilled aria-hidden />} title={say.askLead} onClick={() => ask()}>
            {say.askAgain}
          </Button>
          {photo}
        </span>
      ) : (
        <>
          <button type="button" className={css.tap} onClick={() => ask()}>
            <PhoneFilled aria-hidden />
            <strong>{say.ask}</strong>
            <span>{say.askLead}</span>
          </button>
          {photo}
        </>
      )}
      {photographing && <PhotoFirst send={ask} close={() => photograph(false)} />}
      {(!again || more) && (
        <Radio.Group
          value={urgency}
          onChange={(event) => setUrgency(event.target.value as Urgency)}
          optionType="button"
          options={choices("urgency", language)}
          aria-label={say.urgency}
        />
      )}
      {more ? (
        <>
          <Select<Skill> value={need} onChange={setNeed} options={choices("skill", language)} aria-label={say.need} />
          <Input.TextArea value={sentence} onChange={(event) => setSentence(event.target.value)} maxLength={SENTENCE_MAX} rows={3} placeholder={say.sentence} aria-label={say.sentence} />
          <Input value={number} onChange={(event) => setNumber(event.target.value)} placeholder={say.number} aria-label={say.number} maxLength={64} />
        </>
      ) : (
        <Button type="text" onClick={() => setMore(true)}>
          {again ? say.moreAgain : say.more}
        </Button>
      )}
      {refused !== null && <ErrorNote error={refused.problem} />}
    </div>
  );
}

function Progress({ request, took }: { request: RequestView; took: (request: RequestView) => void }) {
  const say = useWords(stationWords).help;
  const language = useLanguage();
  const [problem, setProblem] = useState<unknown>(null);
  const [busy, setBusy] = useState(false);
  const [asking, setAsking] = useState<"withdraw" | "object" | null>(null);
  const [reason, setReason] = useState("");
  const act = async (step: RequestStep) => {
    setBusy(true);
    setProblem(null);
    try {
      took(await station.act(request.id, step));
      setAsking(null);
      setReason("");
    } catch (error) {
      setProblem(error);
    }
    setBusy(false);
  };
  const { state } = request;
  const answered = request.owner !== null;
  return (
    <>
      <header>
        <strong>{answered ? say.answered(request.assignee?.name ?? request.owner?.name ?? "") : say.waiting}</strong>
        <span>{term("requestState", state, language)}</span>
      </header>
      <small className="num">
        {request.number} · {clockText(request.raised_ms)}
      </small>
      {!answered && (
        <p className={css.promise}>
          {say.waited} <Duration from={request.raised_ms} />
          {request.response.due_ms !== null && <small>{say.promised(timeText(request.response.due_ms))}</small>}
        </p>
      )}
      {answered && ["accepted", "dispatched", "taken", "handling", "suspended"].includes(state) && request.closing.due_ms !== null && (
        <p className={css.promise}>{say.doneBy(timeText(request.closing.due_ms))}</p>
      )}
      {state === "connected" && <p className={css.promise}>{say.connected}</p>}
      {state === "confirming" && (
        <>
          <p>
            {say.finished} {request.result}
          </p>
          <span className={css.buttons}>
            <Button type="primary" size="large" loading={busy} onClick={() => void act({ action: "confirm" })}>
              {say.confirm}
            </Button>
            <Button size="large" onClick={() => setAsking("object")}>
              {say.object}
            </Button>
          </span>
        </>
      )}
      {request.photos.length > 0 && <Pictures kept={request.photos.map((photo) => ({ id: photo.id, href: photos("station").address(request.id, photo.id), title: `${photo.by} ${timeText(photo.kept_ms)}` }))} />}
      <StationGuests request={request.id} />
      {state === "closed" && <Judge busy={busy} judge={(grade, text) => void act({ action: "evaluate", grade, text })} />}
      {asking ? (
        <div className={css.saying}>
          <Input autoFocus value={reason} onChange={(event) => setReason(event.target.value)} maxLength={SENTENCE_MAX} placeholder={say.why} aria-label={say.why} />
          <span className={css.buttons}>
            <Button type="primary" loading={busy} disabled={!reason.trim()} onClick={() => void act({ action: asking, reason })}>
              {say.send}
            </Button>
            <Button onClick={() => setAsking(null)}>{say.cancel}</Button>
          </span>
        </div>
      ) : (
        !["confirming", "closed", "connected"].includes(state) && (
          <Button type="text" onClick={() => setAsking("withdraw")}>
            {say.withdraw}
          </Button>
        )
      )}
      {problem !== null && <ErrorNote error={problem} />}
    </>
  );
}

/** 好差评: five grades, and a word if one likes. */
function Judge({ busy, judge }: { busy: boolean; judge: (grade: Grade, text: string) => void }) {
  const say = useWords(stationWords).help;
  const language = useLanguage();
  const [grade, setGrade] = useState<Grade | null>(null);
  const [text, setText] = useState("");
  const names = GRADES.map((one) => term("grade", one, language));
  return (
    <div className={css.saying}>
      <strong>{say.judge}</strong>
      <span>
        <Rate value={grade === null ? 0 : GRADES.indexOf(grade) + 1} onChange={(stars) => setGrade(GRADES[stars - 1] ?? null)} tooltips={names} style={{ fontSize: 30 }} />{" "}
        {grade && term("grade", grade, language)}
      </span>
      <Input value={text} onChange={(event) => setText(event.target.value)} maxLength={SENTENCE_MAX} placeholder={say.judgeText} aria-label={say.judgeText} />
      <Button type="primary" size="large" loading={busy} disabled={grade === null} onClick={() => grade && judge(grade, text)}>
        {say.send}
      </Button>
    </div>
  );
}
