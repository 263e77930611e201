// The check as people see it: one button, a bar while it runs, a row for each topic, and what to do about it.

import { CheckCircleFilled, CloseCircleFilled, CopyOutlined, ExclamationCircleFilled, LoadingOutlined, MinusCircleOutlined } from "@ant-design/icons";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { App, Button, Progress } from "antd";
import { useEffect, useRef, useState } from "react";
import { checks } from "@/api/calls";
import { queries } from "@/api/queries";
import { term } from "@/api/terms";
import type { CheckItem, CheckTopic, CheckVerdict } from "@/api/types";
import type { Choices } from "@/lib/devices";
import { useLanguage, useWords } from "@/lib/language";
import { timeText } from "@/lib/time";
import { useStore } from "@/lib/useStore";
import { ErrorNote } from "@/ui/ErrorNote";
import { StateTag, type Tone } from "@/ui/StateTag";
import css from "./check.module.css";
import { worst, type Seat } from "./judge";
import { reportText } from "./report";
import { CheckRun, TOPICS, type RunView } from "./run";
import { checkWords, explain, figureText } from "./words";

const TONE: Record<CheckVerdict, Tone> = { good: "live", skipped: "asleep", weak: "weak", bad: "off" };

export function CheckPanel({ seat, who, choices, silent }: { seat: Exclude<Seat, "guest">; who: string; choices: Choices | null; silent: boolean }) {
  const say = useWords(checkWords);
  const language = useLanguage();
  const client = useQueryClient();
  const [run] = useState(() => new CheckRun());
  const view = useStore(run.view);
  const last = useQuery(queries.lastCheck(seat));
  const [fault, setFault] = useState<unknown>(null);
  const [kept, setKept] = useState(false);
  useEffect(() => () => run.cancel(), [run]);

  const calls = checks(seat);
  const keep = async (items: CheckItem[]) => {
    setFault(null);
    try {
      client.setQueryData(queries.lastCheck(seat).queryKey, await calls.keep({ took_ms: run.view.getSnapshot().tookMs, items }));
      setKept(true);
    } catch (error) {
      setFault(error);
    }
  };
  const start = async () => {
    setFault(null);
    setKept(false);
    try {
      const found = await run.start({ seat, calls, choices, silent });
      if (found) await keep(found);
    } catch (error) {
      setFault(error);
    }
  };

  const { state } = view;
  // Before the first run the last result is shown as it was.
  const shown: RunView["items"] = state === "idle" && last.data ? Object.fromEntries(last.data.items.map((item) => [item.topic, item])) : view.items;
  const verdict = state === "done" ? worst(run.items) : null;

  return (
    <div className={css.panel} data-check-state={state} data-check-kept={kept}>
      <section className={css.head} aria-live="polite">
        <div className={css.lead}>
          {state === "running" ? (
            <strong>{view.asking ? say.answer : say.running}</strong>
          ) : verdict ? (
            <strong>
              <StateTag tone={TONE[verdict]}>{say.whole[verdict]}</StateTag>
            </strong>
          ) : (
            state === "cancelled" && <strong>{say.cancelled}</strong>
          )}
          <small data-check-last>
            {state === "done" && `${say.took((view.tookMs / 1000).toFixed(1))}${kept ? ` · ${say.kept}` : ""}`}
            {state === "running" || state === "done" ? "" : last.data ? say.last(timeText(last.data.at_ms), term("checkVerdict", last.data.verdict, language)) : last.isPending ? "" : say.never}
          </small>
        </div>
        {state === "running" ? (
          <Button size="large" onClick={() => run.cancel()}>
            {say.cancel}
          </Button>
        ) : (
          <Button type="primary" size="large" onClick={() => void start()}>
            {state === "idle" && !last.data ? say.start : say.again}
          </Button>
        )}
      </section>
      {state === "running" && <Progress percent={Math.round((Object.keys(view.items).length / TOPICS.length) * 100)} showInfo={false} size="small" aria-label={say.progress} />}
      {fault !== null && <ErrorNote error={fault} {...(state === "done" ? { retry: () => void keep(run.items) } : {})} />}
      <ul className={css.rows}>
        {TOPICS.map((topic) => (
          <Row key={topic} topic={topic} item={shown[topic]} busy={view.busy.includes(topic)}>
            {topic === "camera" && view.camera && <Picture track={view.camera} label={say.picture} />}
            {topic === "microphone" && view.busy.includes("microphone") && (
              <div className={css.meter} role="meter" aria-label={say.level} aria-valuemin={0} aria-valuemax={100} aria-valuenow={Math.round(view.level * 100)}>
                <i style={{ width: `${Math.round(view.level * 100)}%` }} />
              </div>
            )}
            {topic === "speaker" && view.asking && <Question answer={(heard) => run.answer(heard)} />}
          </Row>
        ))}
      </ul>
      {state === "done" && <Copy text={() => reportText({ items: run.items, at: view.endedMs, who, address: location.origin, browser: navigator.userAgent }, language)} />}
    </div>
  );
}

const MARK: Record<CheckVerdict, typeof CheckCircleFilled> = { good: CheckCircleFilled, skipped: MinusCircleOutlined, weak: ExclamationCircleFilled, bad: CloseCircleFilled };

export function Row({ topic, item, busy, children }: { topic: CheckTopic; item: CheckItem | undefined; busy: boolean; children?: React.ReactNode }) {
  const say = useWords(checkWords);
  const language = useLanguage();
  const told = item && !busy ? explain(item, language) : null;
  const Mark = item && !busy ? MARK[item.verdict] : busy ? LoadingOutlined : MinusCircleOutlined;
  return (
    <li className={css.row} data-check-topic={topic} data-verdict={busy ? "busy" : (item?.verdict ?? "waiting")} data-cause={item?.cause || undefined}>
      <Mark className={css.mark} aria-hidden />
      <div className={css.body}>
        <div className={css.line}>
          <strong>{term("checkTopic", topic, language)}</strong>
          <span className={css.word}>{busy ? say.busy : item ? term("checkVerdict", item.verdict, language) : say.waiting}</span>
          {item && !busy && <span className={css.figure}>{figureText(item, language)}</span>}
        </div>
        {told && (
          <dl className={css.told}>
            <dt>{say.cause}</dt>
            <dd>{told.cause}</dd>
            {told.cure && (
              <>
                <dt>{say.cure}</dt>
                <dd>{told.cure}</dd>
              </>
            )}
          </dl>
        )}
        {children}
      </div>
    </li>
  );
}

export function Question({ answer }: { answer: (heard: "yes" | "no" | "again") => void }) {
  const say = useWords(checkWords);
  return (
    <div className={css.question} role="group" aria-label={say.question}>
      <span>{say.question}</span>
      <Button type="primary" autoFocus onClick={() => answer("yes")}>
        {say.yes}
      </Button>
      <Button onClick={() => answer("no")}>{say.no}</Button>
      <Button type="text" onClick={() => answer("again")}>
        {say.repeat}
      </Button>
    </div>
  );
}

export function Picture({ track, label }: { track: MediaStreamTrack; label: string }) {
  const video = useRef<HTMLVideoElement>(null);
  useEffect(() => {
    const element = video.current;
    if (!element) return;
    element.srcObject = new MediaStream([track]);
    element.play().catch(() => undefined);
    return () => {
      element.srcObject = null;
    };
  }, [track]);
  return <video ref={video} className={css.picture} aria-label={label} muted playsInline autoPlay />;
}

function Copy({ text }: { text: () => string }) {
  const say = useWords(checkWords);
  const { message } = App.useApp();
  const [byHand, setByHand] = useState<string | null>(null);
  const copy = async () => {
    const written = text();
    try {
      await navigator.clipboard.writeText(written);
      void message.success(say.copied);
    } catch {
      // Not allowed, or the page is not secure: whoever reads can still select it.
      setByHand(written);
    }
  };
  return (
    <section className={css.copy}>
      <Button icon={<CopyOutlined aria-hidden />} onClick={() => void copy()}>
        {say.copy}
      </Button>
      {byHand !== null && (
        <label>
          {say.byHand}
          <textarea readOnly rows={10} value={byHand} onFocus={(event) => event.currentTarget.select()} />
        </label>
      )}
    </section>
  );
}
