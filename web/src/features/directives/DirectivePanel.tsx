// One directive: what was found and demanded, the pictures round by round, what can be done now, and its whole history.

import { CloseOutlined } from "@ant-design/icons";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Button, Form, Input, Modal, Spin } from "antd";
import { useState, type ReactNode } from "react";
import { Link } from "react-router";
import { directives } from "@/api/calls";
import { holdsAny, useMe } from "@/api/me";
import { queries } from "@/api/queries";
import { term } from "@/api/terms";
import type { DirectiveAct, DirectiveDetail, DirectiveStep, DirectiveStepView } from "@/api/types";
import { useLanguage, useWords, type Language } from "@/lib/language";
import { serverNow } from "@/lib/now";
import { paths } from "@/lib/paths";
import { pictureOf } from "@/lib/picture-file";
import { fieldMs, fieldTime, timeText } from "@/lib/time";
import { ErrorNote } from "@/ui/ErrorNote";
import { PictureField, Pictures } from "@/ui/Pictures";
import { StateTag } from "@/ui/StateTag";
import { Time } from "@/ui/Time";
import css from "./directives.module.css";
import { Due, State } from "./State";
import { directiveWords } from "./words";

const calls = directives("account");
const TEXT_MAX = 1_000;
const PICTURES_A_ROUND = 12;
const HOUR_MS = 3_600_000;

export function DirectivePanel({ id, close }: { id: string; close: () => void }) {
  const say = useWords(directiveWords);
  const detail = useQuery(queries.directive("account", id));
  const [doing, setDoing] = useState<DirectiveAct | null>(null);
  const directive = detail.data;
  return (
    <aside className={css.panel} aria-label={directive?.number ?? say.title}>
      <header>
        <span className="num">{directive?.number}</span>
        <Button type="text" aria-label={say.close} icon={<CloseOutlined aria-hidden />} onClick={close} />
      </header>
      {!directive && (detail.error ? <ErrorNote error={detail.error} retry={() => void detail.refetch()} /> : <Spin />)}
      {directive && <Facts directive={directive} begin={setDoing} />}
      {directive && doing && <ActDialog directive={directive} act={doing} close={() => setDoing(null)} />}
    </aside>
  );
}

function Facts({ directive, begin }: { directive: DirectiveDetail; begin: (act: DirectiveAct) => void }) {
  const say = useWords(directiveWords);
  const language = useLanguage();
  const me = useMe();
  const { source } = directive;
  const rounds = [...new Set(directive.pictures.map((picture) => picture.round))].sort((a, b) => a - b);
  return (
    <>
      <h2>{directive.site?.name}</h2>
      <div className={css.tags}>
        <State directive={directive} />
        {directive.rank !== "issuer" && <StateTag tone="weak">{say.to(term("rank", directive.rank, language))}</StateTag>}
        <Due directive={directive} />
      </div>
      <blockquote>
        <small>{say.finding}</small>
        {directive.finding}
      </blockquote>
      <blockquote>
        <small>{say.demand}</small>
        {directive.demand}
      </blockquote>
      <div className={css.acts}>
        {directive.allowed.map((act, at) => (
          <Button key={act} type={at === 0 && act !== "escalate" && act !== "evidence" ? "primary" : "default"} onClick={() => begin(act)}>
            {say.acts[act]}
          </Button>
        ))}
      </div>
      <dl className={css.facts}>
        <Fact name={say.office}>{directive.unit?.name}</Fact>
        <Fact name={say.issuer}>{directive.issuer}</Fact>
        <Fact name={say.issued}>
          <Time ms={directive.issued_ms} />
        </Fact>
        {directive.signed_ms !== null && (
          <Fact name={say.signed}>
            {directive.signed_by} <Time ms={directive.signed_ms} />
          </Fact>
        )}
        <Fact name={say.rank}>{term("rank", directive.rank, language)}</Fact>
        {directive.case && <Fact name={term("caseKind", directive.case.kind, language)}>{directive.case.raw}</Fact>}
        {(source.request_id ?? source.session_id) && (
          <Fact name={say.source}>
            {source.request_id && <Link to={paths.request(source.request_id)}>{`${say.request} ${directive.request_number ?? ""}`}</Link>}{" "}
            {source.session_id &&
              (holdsAny(me, ["sessions.read"]) ? <Link to={paths.session(source.session_id)}>{`${say.session} ${directive.session_number ?? ""}`}</Link> : directive.session_number)}
            {source.clock && <small className={css.dim}> {say.byServer}</small>}
          </Fact>
        )}
      </dl>
      {rounds.map((round) => (
        <section key={round}>
          <h3>{round === 0 ? say.basis : say.report(round)}</h3>
          <Pictures
            kept={directive.pictures
              .filter((picture) => picture.round === round)
              .map((picture) => ({
                id: picture.id,
                href: calls.picture(directive.id, picture.id),
                title: `${picture.by} ${timeText(picture.kept_ms)} · ${picture.width}×${picture.height} · SHA-256 ${picture.sha256.slice(0, 16)}…`,
              }))}
          />
        </section>
      ))}
      <h3>{say.steps}</h3>
      <ol className={css.steps}>
        {directive.steps.toReversed().map((step) => (
          <li key={step.seq}>
            <Time ms={step.at_ms} />
            <span>
              <b>{(say.stepNames as Record<string, string>)[step.kind] ?? step.kind}</b> {step.actor}
              <small>{more(step, say, language)}</small>
            </span>
          </li>
        ))}
      </ol>
    </>
  );
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </>
  );
}

/** What a step says beside its name. */
function more(step: DirectiveStepView, say: (typeof directiveWords)["zh"], language: Language): string {
  const { detail } = step;
  const text = (key: string) => (typeof detail[key] === "string" ? detail[key] : "");
  const rank = text("rank") && say.to(term("rank", text("rank") as never, language));
  return [rank, text("text"), text("reason"), text("note"), typeof detail.due_ms === "number" && step.kind !== "overdue" ? `${say.due} ${timeText(detail.due_ms)}` : ""].filter(Boolean).join(" · ");
}

interface Said {
  text?: string;
  due?: string;
}

/** What needs words or pictures asks for them, and keeps them when the server refuses. */
function ActDialog({ directive, act, close }: { directive: DirectiveDetail; act: DirectiveAct; close: () => void }) {
  const say = useWords(directiveWords);
  const client = useQueryClient();
  const [opened] = useState(serverNow);
  const [pictures, setPictures] = useState<Blob[]>([]);
  /** Chosen pictures are being read: what went now would leave them behind. */
  const [reading, setReading] = useState(false);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<unknown>(null);
  const past = directive.due_ms <= opened;
  const takes = act === "report" || act === "evidence";
  const add = (files: File[]) => {
    setProblem(null);
    setReading(true);
    void Promise.all(files.map(pictureOf))
      .then((fresh) => setPictures((all) => [...all, ...fresh].slice(0, PICTURES_A_ROUND)))
      .catch(() => setProblem(new Error(say.ask.unreadable)))
      .finally(() => setReading(false));
  };
  const send = async ({ text = "", due }: Said) => {
    setBusy(true);
    setProblem(null);
    try {
      // One by one: what is kept already is not sent again when a later one fails.
      for (const picture of pictures) {
        await calls.keep(directive.id, picture, act === "evidence");
        setPictures((all) => all.filter((one) => one !== picture));
      }
      const step = stepOf(act, text.trim(), due);
      if (step) await calls.act(directive.id, step);
      close();
    } catch (error) {
      setProblem(error);
      setBusy(false);
    }
    void client.invalidateQueries({ queryKey: ["directives"] });
  };
  const label = { sign: "", report: say.ask.report, close: say.ask.close, return: say.ask.return, escalate: say.ask.escalate, evidence: "" }[act];
  return (
    <Modal open title={`${say.acts[act]} · ${directive.number}`} footer={null} onCancel={close} width={520}>
      <Form<Said> layout="vertical" requiredMark={false} initialValues={{ text: "", due: act === "return" && past ? fieldTime(opened + 24 * HOUR_MS) : "" }} onFinish={(said) => void send(said)}>
        {label && (
          <Form.Item name="text" label={label} rules={act === "close" ? [] : [{ required: true, whitespace: true, message: say.need }]}>
            <Input.TextArea autoFocus rows={4} maxLength={TEXT_MAX} showCount />
          </Form.Item>
        )}
        {act === "return" && (
          <Form.Item name="due" label={say.ask.due} rules={past ? [{ required: true, message: say.need }] : []}>
            <Input type="datetime-local" min={fieldTime(opened)} />
          </Form.Item>
        )}
        {takes && (
          <Form.Item label={say.ask.pictures}>
            <PictureField
              chosen={pictures}
              most={PICTURES_A_ROUND}
              label={say.ask.add}
              remove={say.dropPicture}
              add={add}
              drop={(picture) => setPictures((all) => all.filter((one) => one !== picture))}
            />
          </Form.Item>
        )}
        {problem !== null && <ErrorNote error={problem} />}
        <span className={css.buttons}>
          <Button type="primary" htmlType="submit" loading={busy} autoFocus={!label} disabled={reading || (act === "evidence" && pictures.length === 0)}>
            {say.acts[act]}
          </Button>
          <Button onClick={close}>{say.cancel}</Button>
        </span>
      </Form>
    </Modal>
  );
}

function stepOf(act: DirectiveAct, text: string, due: string | undefined): DirectiveStep | null {
  switch (act) {
    case "sign":
      return { action: "sign" };
    case "report":
      return { action: "report", text };
    case "close":
      return { action: "close", note: text };
    case "return":
      return { action: "return", reason: text, ...(due ? { due_ms: fieldMs(due) } : {}) };
    case "escalate":
      return { action: "escalate", reason: text };
    case "evidence":
      return null;
  }
}
