// One request: what it is, who has it, its clocks, what can be done now, and its whole history.

import { CloseOutlined } from "@ant-design/icons";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Button, Dropdown, Spin } from "antd";
import { memo, type ReactNode } from "react";
import { Link } from "react-router";
import { guests, photos } from "@/api/calls";
import { holdsAny, useMe } from "@/api/me";
import { queries } from "@/api/queries";
import { term } from "@/api/terms";
import type { NewGuestLink, RequestState, RequestStepView, RequestView } from "@/api/types";
import { issuing } from "@/lib/issuing";
import { useLanguage, useWords, type Language } from "@/lib/language";
import { paths } from "@/lib/paths";
import { timeText } from "@/lib/time";
import { CaseNumber } from "@/ui/CaseNumber";
import { ErrorNote } from "@/ui/ErrorNote";
import { Guests } from "@/ui/Guests";
import { Pictures } from "@/ui/Pictures";
import { guestWords } from "@/ui/guestWords";
import { StateTag, type Tone } from "@/ui/StateTag";
import { Time } from "@/ui/Time";
import { ClockTag } from "./Column";
import { actsOf, type Act } from "./desk";
import css from "./desk.module.css";
import { deskWords } from "./words";

const TONES: Partial<Record<RequestView["state"], Tone>> = { waiting: "info", connected: "live", suspended: "asleep", confirming: "weak", withdrawn: "asleep", merged: "asleep" };
/** A citizen may come by a link: to be helped, and afterwards to judge. */
const GUESTS: readonly RequestState[] = ["waiting", "accepted", "dispatched", "taken", "connected", "handling", "suspended", "confirming", "closed", "reviewed"];
/** Buttons of their own; the rest is behind "…". */
const PLAIN = 3;

interface Props {
  id: string;
  /** As the desk's list has it, at once; the history follows. */
  known: RequestView | undefined;
  close: () => void;
  begin: (request: RequestView, act: Act) => void;
}

export const RequestPanel = memo(function RequestPanel({ id, known, close, begin }: Props) {
  const say = useWords(deskWords);
  const detail = useQuery(queries.request(id));
  const request = known ?? detail.data;
  return (
    <aside className={css.panel} aria-label={request?.number ?? say.title}>
      <header>
        <span className="num">{request?.number}</span>
        <Button type="text" aria-label={say.close} icon={<CloseOutlined aria-hidden />} onClick={close} />
      </header>
      {!request && (detail.error ? <ErrorNote error={detail.error} retry={() => void detail.refetch()} /> : <Spin />)}
      {request && <Facts request={request} begin={begin} />}
      {request && GUESTS.includes(request.state) && <RequestGuests request={request.id} />}
      {request && <Steps steps={detail.data?.steps ?? []} />}
    </aside>
  );
});

/** Links, guests and what they agreed to. */
function RequestGuests({ request }: { request: string }) {
  const me = useMe();
  const say = useWords(guestWords);
  const board = useQuery(queries.guests("account", request));
  const client = useQueryClient();
  const own = guests("account");
  const fresh = async <T,>(told: Promise<T>): Promise<T> => {
    const answer = await told;
    await client.invalidateQueries({ queryKey: ["guests", request] });
    return answer;
  };
  const acts = holdsAny(me, ["requests.answer", "requests.raise"])
    ? {
        make: (link: NewGuestLink) => fresh(own.make(request, link)),
        revoke: (link: string, reason: string) => fresh(own.revoke(link, reason)),
        remove: (guest: string, reason: string) => fresh(own.remove(guest, reason)),
      }
    : null;
  return (
    <section className={css.steps}>
      <h3>{say.title}</h3>
      {board.error && <ErrorNote error={board.error} retry={() => void board.refetch()} />}
      {board.data && <Guests links={board.data.links} guests={board.data.guests} acts={acts} />}
    </section>
  );
}

function Facts({ request, begin }: { request: RequestView; begin: (request: RequestView, act: Act) => void }) {
  const me = useMe();
  const say = useWords(deskWords);
  const language = useLanguage();
  const acts = actsOf(request, me);
  const rest = acts.slice(PLAIN);
  const { evaluation, plea } = request;
  return (
    <>
      <h2>{request.site?.name}</h2>
      <p className={css.tags}>
        <StateTag tone={TONES[request.state] ?? "asleep"}>{term("requestState", request.state, language)}</StateTag>
        {request.urgency !== "ordinary" && <StateTag tone="off">{term("urgency", request.urgency, language)}</StateTag>}
        <ClockTag request={request} />
      </p>
      <blockquote>{request.sentence || say.noSentence}</blockquote>
      <div className={css.acts}>
        {request.session_id && request.state === "connected" && (
          <Link to={paths.assist(request.session_id)}>
            <Button type="primary">{say.session}</Button>
          </Link>
        )}
        {acts.slice(0, PLAIN).map((act, at) => (
          <Button key={act} type={at === 0 && request.state !== "connected" ? "primary" : "default"} danger={act === "withdraw"} onClick={() => begin(request, act)}>
            {say.acts[act]}
          </Button>
        ))}
        {holdsAny(me, ["directives.issue"]) && (
          <Button
            onClick={() =>
              issuing.set({
                place: `${request.site?.name ?? ""} · ${request.number}`,
                request_id: request.id,
                picture: null,
              })
            }
          >
            {say.direct}
          </Button>
        )}
        {rest.length > 0 && (
          <Dropdown trigger={["click"]} menu={{ items: rest.map((act) => ({ key: act, label: say.acts[act], danger: act === "withdraw", onClick: () => begin(request, act) })) }}>
            <Button aria-label="…">…</Button>
          </Dropdown>
        )}
      </div>
      {plea && (
        <p className={css.note}>
          {say.pleaOf(plea.by.name, term("favour", plea.favour, language), timeText(plea.until_ms))}：{plea.reason}
        </p>
      )}
      {request.photos.length > 0 && <Pictures kept={request.photos.map((photo) => ({ id: photo.id, href: photos("account").address(request.id, photo.id), title: `${photo.by} ${timeText(photo.kept_ms)}` }))} />}
      <dl className={css.facts}>
        <Fact name={say.raised}>
          <Time ms={request.raised_ms} /> · {say.from(request.asker, say.channel[request.channel])}
        </Fact>
        <Fact name={term("skill", request.need, language)}>{request.unit?.name}</Fact>
        {request.case && (
          <Fact name={say.case}>
            <CaseNumber number={request.case.raw} /> <small>{term("caseKind", request.case.kind, language)}</small>
          </Fact>
        )}
        <Fact name={say.owner}>{request.owner?.name ?? say.nobody}</Fact>
        <Fact name={say.assignee}>{request.assignee?.name ?? say.nobody}</Fact>
        {request.suspended_until_ms !== null && request.state === "suspended" && <Fact name="">{say.suspendedUntil(timeText(request.suspended_until_ms))}</Fact>}
        {request.result && <Fact name={say.result}>{request.result}</Fact>}
        {request.confirm_by_ms !== null && <Fact name="">{say.confirmBy(timeText(request.confirm_by_ms))}</Fact>}
        {evaluation && (
          <Fact name={say.evaluation}>
            {term("grade", evaluation.grade, language)} {evaluation.text}
            {evaluation.call_back_by_ms !== null && <strong className={css.late}> {say.callBackBy(timeText(evaluation.call_back_by_ms))}</strong>}
          </Fact>
        )}
        {request.merged_into && (
          <Fact name={say.mergedInto}>
            <Into id={request.merged_into} />
          </Fact>
        )}
        {request.session_id && (
          <Fact name="">
            <Link to={paths.session(request.session_id)}>{say.record}</Link>
          </Fact>
        )}
      </dl>
    </>
  );
}

/** The one that goes on, by its number once that is known; it may lie outside one's scope. */
function Into({ id }: { id: string }) {
  const say = useWords(deskWords);
  const into = useQuery(queries.request(id));
  return <Link to={paths.request(id)}>{into.data?.number ?? say.thatRequest}</Link>;
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </>
  );
}

function Steps({ steps }: { steps: RequestStepView[] }) {
  const say = useWords(deskWords);
  const language = useLanguage();
  if (steps.length === 0) return null;
  return (
    <section className={css.steps}>
      <h3>{say.steps}</h3>
      <ol>
        {steps.toReversed().map((step) => (
          <li key={step.seq}>
            <Time ms={step.at_ms} />
            <span>
              <b>{(say.stepNames as Record<string, string>)[step.kind] ?? step.kind}</b> {step.kind !== "ring" && step.actor}
              <small>
                {more(step, say, language)}{" "}
                {typeof step.detail.directive_id === "string" && <Link to={paths.directive(step.detail.directive_id)}>{String(step.detail.directive)}</Link>}
              </small>
            </span>
          </li>
        ))}
      </ol>
    </section>
  );
}

/** What a step says beside its name. */
function more(step: RequestStepView, say: (typeof deskWords)["zh"], language: Language): string {
  const { detail } = step;
  const text = (key: string) => (typeof detail[key] === "string" ? detail[key] : "");
  if (step.kind === "ring") {
    const names = Array.isArray(detail.names) ? detail.names.join("、") : "";
    return names ? say.calling(names) : say.callingNobody;
  }
  if (step.kind === "dispatch") return say.to(text("to"));
  if (step.kind === "evaluate") return [term("grade", text("grade") as never, language), text("text")].filter(Boolean).join("：");
  if (step.kind === "remind" || step.kind === "direct") return (say.clocks as Record<string, string>)[text("clock")] ?? "";
  return text("reason") || text("result") || text("note") || text("sentence");
}
