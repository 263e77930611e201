// The promise clock: who asked, who has taken it up, and until when the next answer is due, by the server's clock.

import { CheckCircleFilled, ClockCircleOutlined } from "@ant-design/icons";
import { term } from "@/api/terms";
import type { VisitView } from "@/api/types";
import { useLanguage, useWords } from "@/lib/language";
import { useNow } from "@/lib/now";
import { agoText, timeText } from "@/lib/time";
import css from "./guest.module.css";
import { visitWords } from "./words";

/** `brief`: one line, beside a conversation that goes on. */
export function PromiseClock({ view, brief }: { view: VisitView; brief: boolean }) {
  const say = useWords(visitWords).promise;
  const language = useLanguage();
  const now = useNow();
  const { accepted_ms, answer_by_ms, done_ms } = view.promise;
  const left = answer_by_ms === null ? null : answer_by_ms - now;
  const done = done_ms !== null && answer_by_ms === null;
  const accepted = accepted_ms !== null;
  return (
    <section className={css.promise} data-brief={brief || undefined} data-promise={done ? "done" : accepted ? "accepted" : "waiting"} aria-label={say.title}>
      <header>
        {accepted ? <CheckCircleFilled className={css.ok} aria-hidden /> : <ClockCircleOutlined aria-hidden />}
        <div>
          <strong>{done ? say.done : accepted ? say.accepted(view.answerer?.name ?? "") : say.waiting}</strong>
          {view.answerer && (
            <small>
              {view.answerer.unit} · {view.answerer.post}
            </small>
          )}
        </div>
      </header>
      {answer_by_ms !== null && left !== null && (
        <p className={css.due} data-late={left < 0 || undefined}>
          <span>{accepted ? say.doneWithin : say.answerWithin}</span>
          <b className="num">{timeText(answer_by_ms, now)}</b>
          <small>{left < 0 ? say.late(agoText(-left, language)) : say.left(agoText(left, language))}</small>
        </p>
      )}
      {!brief && <Facts view={view} now={now} />}
    </section>
  );
}

function Facts({ view, now }: { view: VisitView; now: number }) {
  const say = useWords(visitWords).promise;
  const language = useLanguage();
  const { asked_ms, accepted_ms } = view.promise;
  const site = view.site?.name ?? "";
  return (
      <dl>
        <dt>{term("skill", view.need, language)}</dt>
        <dd>{say.asked(view.asker.startsWith(site) ? view.asker : `${site} · ${view.asker}`)}</dd>
        <dt>{say.at}</dt>
        <dd className="num">{timeText(asked_ms, now)}</dd>
        {accepted_ms !== null && (
          <>
            <dt>{say.acceptedAt}</dt>
            <dd className="num">{timeText(accepted_ms, now)}</dd>
          </>
        )}
        <dt>{say.number}</dt>
        <dd className="num">{view.request_number}</dd>
      </dl>
  );
}
