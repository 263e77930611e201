// One column of the desk and its cards.

import { Button, Checkbox } from "antd";
import { memo, useEffect, useRef, useState } from "react";
import { useMe } from "@/api/me";
import { term } from "@/api/terms";
import type { RequestView } from "@/api/types";
import { useLanguage, useWords } from "@/lib/language";
import { useNow } from "@/lib/now";
import { agoText } from "@/lib/time";
import { StateTag } from "@/ui/StateTag";
import { actsOf, counting, sameRequests, type ColumnName } from "./desk";
import css from "./desk.module.css";
import { deskWords } from "./words";

/** Cards that a column shows at once: more than anybody reads, few enough to be drawn at every step. */
const SHOWN = 20;

interface Choosing {
  choose: (request: string) => void;
  /** Null: not choosing several. */
  marked: ReadonlySet<string> | null;
  mark: (request: string) => void;
  /** The card is dragged, to be given to somebody; null: it was let go. */
  drag: (request: RequestView | null) => void;
}

/** Drawn anew only when one of its own requests changed, or what is chosen and marked. */
export const Column = memo(
  function Column({ name, requests, chosen, ...choosing }: Choosing & { name: ColumnName; requests: RequestView[]; chosen: string | undefined }) {
    const say = useWords(deskWords);
    const [shown, show] = useState(SHOWN);
    const rest = requests.length - shown;
    return (
      <section className={css.column} aria-label={say.columns[name]} data-column={name}>
        <h2>
          {say.columns[name]} <small className="num">{requests.length}</small>
        </h2>
        {requests.length === 0 && <p className={css.none}>{say.none[name]}</p>}
        <ol>
          {requests.slice(0, shown).map((request) => (
            <Card
              key={request.id}
              request={request}
              chosen={request.id === chosen}
              choose={choosing.choose}
              mark={choosing.mark}
              drag={choosing.drag}
              marked={choosing.marked === null ? null : choosing.marked.has(request.id)}
            />
          ))}
        </ol>
        {rest > 0 && <Button onClick={() => show(shown + SHOWN)}>{say.more(Math.min(rest, SHOWN))}</Button>}
      </section>
    );
  },
  (a, b) => sameRequests(a.requests, b.requests) && a.chosen === b.chosen && a.marked === b.marked && a.choose === b.choose,
);

interface CardProps {
  request: RequestView;
  chosen: boolean;
  marked: boolean | null;
  choose: (request: string) => void;
  mark: (request: string) => void;
  drag: (request: RequestView | null) => void;
}

const Card = memo(
  function Card({ request, chosen, marked, choose, mark, drag }: CardProps) {
    const me = useMe();
    const say = useWords(deskWords);
    const language = useLanguage();
    const place = useRef<HTMLLIElement>(null);
    // Chosen by a key, or from elsewhere, it may lie in a column that is out of sight.
    useEffect(() => {
      if (chosen) place.current?.scrollIntoView({ block: "nearest", inline: "nearest" });
    }, [chosen]);
    return (
      <li
        ref={place}
        className={css.card}
        data-request={request.id}
        data-chosen={chosen || undefined}
        data-urgency={request.urgency}
        draggable={actsOf(request, me).includes("dispatch")}
        onDragStart={(event) => {
          event.dataTransfer.effectAllowed = "move";
          event.dataTransfer.setData("text/plain", request.number);
          drag(request);
        }}
        onDragEnd={() => drag(null)}
      >
        {marked !== null && <Checkbox checked={marked} aria-label={request.number} onChange={() => mark(request.id)} />}
        <button
          type="button"
          onClick={() => (marked === null ? choose(request.id) : mark(request.id))}
        >
          <span className={css.line}>
            <strong>{request.site?.name}</strong>
            <ClockTag request={request} />
          </span>
          <span className={css.said}>{request.sentence || say.noSentence}</span>
          <span className={css.tags}>
            {request.urgency !== "ordinary" && <StateTag tone={request.urgency === "life" ? "off" : "weak"}>{term("urgency", request.urgency, language)}</StateTag>}
            {request.ring && <StateTag tone="info">{say.rings}</StateTag>}
            {request.plea && <StateTag tone="weak">{say.plea}</StateTag>}
            {["dispatched", "taken", "connected"].includes(request.state) && (
              <StateTag tone={request.state === "connected" ? "live" : "asleep"}>{term("requestState", request.state, language)}</StateTag>
            )}
            <small>{term("skill", request.need, language)}</small>
            <small className={css.who}>{request.assignee?.name ?? request.asker}</small>
          </span>
        </button>
      </li>
    );
  },
  (a, b) => a.request === b.request && a.chosen === b.chosen && a.marked === b.marked && a.choose === b.choose,
);

const TONE = { calm: "asleep", soon: "weak", overdue: "off", paused: "asleep" } as const;

/** The clock that counts: its name, and how much is left or how late it is. */
export function ClockTag({ request }: { request: RequestView }) {
  const say = useWords(deskWords);
  const language = useLanguage();
  const clock = counting(request, useNow());
  if (!clock) return null;
  const time = agoText(Math.abs(clock.left), language);
  const word = clock.state === "paused" ? say.paused : clock.left < 0 ? say.late(time) : say.left(time);
  return (
    <span className={css.clock} data-tone={TONE[clock.state]}>
      {say.clocks[clock.name]} {word}
    </span>
  );
}
