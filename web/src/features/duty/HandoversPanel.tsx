// Hand-overs: what is to be handed over, the cards with both signatures, and what is open meanwhile.

import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Button, Input, Spin } from "antd";
import { useState } from "react";
import { Link } from "react-router";
import { duty } from "@/api/calls";
import { queries } from "@/api/queries";
import { term } from "@/api/terms";
import type { Handovers, HandoverView, OpenItem, OpenItemKind } from "@/api/types";
import { useLanguage, useWords } from "@/lib/language";
import { useNow } from "@/lib/now";
import { paths } from "@/lib/paths";
import { timeText } from "@/lib/time";
import { EmptyState } from "@/ui/EmptyState";
import { ErrorNote } from "@/ui/ErrorNote";
import { StateTag } from "@/ui/StateTag";
import css from "./duty.module.css";
import { dutyWords } from "./words";

const NOTE_MAX = 500;
const minute = (ms: number) => timeText(ms).slice(0, -3);

export function HandoversPanel({ unit }: { unit: string | null }) {
  const say = useWords(dutyWords);
  const handovers = useQuery(queries.handovers(unit));
  if (handovers.isError) return <ErrorNote error={handovers.error} retry={() => void handovers.refetch()} />;
  if (!handovers.data) return <Spin style={{ display: "block", margin: "10vh 0", textAlign: "center" }} />;
  const { due, cards, open } = handovers.data;
  return (
    <div className={css.over}>
      <section>
        <h2>{say.due}</h2>
        {due.length === 0 && <p className={css.dim}>{say.dueNone}</p>}
        <ul className={css.cards}>
          {due.map((due) => (
            <Due key={`${due.from_shift_id} ${due.to_shift_id}`} due={due} open={open} />
          ))}
        </ul>
        <h2>{say.openItems}</h2>
        <Items items={open} more={0} />
      </section>
      <section>
        <h2>{say.cards}</h2>
        {cards.length === 0 && <EmptyState title={say.cardsNone} next={say.cardsNoneNext} />}
        <ul className={css.cards}>
          {cards.map((card) => (
            <Card key={card.id} card={card} />
          ))}
        </ul>
      </section>
    </div>
  );
}

/** Signing, with a text that stays when it fails. */
function useSigning(): { busy: boolean; error: unknown; sign: (call: () => Promise<unknown>) => void } {
  const client = useQueryClient();
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const sign = (call: () => Promise<unknown>) => {
    setBusy(true);
    setError(null);
    call()
      .then(() => client.invalidateQueries({ queryKey: ["duty"] }))
      .catch(setError)
      .finally(() => setBusy(false));
  };
  return { busy, error, sign };
}

function Due({ due, open }: { due: Handovers["due"][number]; open: readonly OpenItem[] }) {
  const say = useWords(dutyWords);
  const language = useLanguage();
  const now = useNow();
  const [writing, setWriting] = useState(false);
  const [note, setNote] = useState("");
  const { busy, error, sign } = useSigning();
  return (
    <li data-due>
      <p className={css.cardHead}>
        <strong>{say.dueLine(due.from.name, due.to.name)}</strong>
        <small>{term("dutyRole", due.role, language)}</small>
      </p>
      <p className={due.ends_ms < now ? css.bad : css.dim}>
        <span className="num">{say.dueEnds(minute(due.ends_ms))}</span>
        {due.ends_ms < now && <> · {say.dueLate}</>}
      </p>
      {due.mine && !writing && (
        <div className={css.acts}>
          <Button type="primary" onClick={() => setWriting(true)}>
            {say.dueMine}
          </Button>
        </div>
      )}
      {writing && (
        <div className={css.sign}>
          <Items items={open} more={0} />
          <Input.TextArea aria-label={say.note} placeholder={say.noteHelp} maxLength={NOTE_MAX} showCount autoFocus autoSize={{ minRows: 2, maxRows: 6 }} value={note} onChange={(event) => setNote(event.target.value)} />
          <div className={css.acts}>
            <Button type="primary" loading={busy} onClick={() => sign(() => duty.handOver(due.from_shift_id, due.to_shift_id, note))}>
              {say.outSign}
            </Button>
            <Button onClick={() => setWriting(false)}>{say.cancel}</Button>
          </div>
        </div>
      )}
      {error !== null && <ErrorNote error={error} />}
    </li>
  );
}

function Card({ card }: { card: HandoverView }) {
  const say = useWords(dutyWords);
  const language = useLanguage();
  const [answer, setAnswer] = useState("");
  const { busy, error, sign } = useSigning();
  const signed = card.in_signed_ms !== null;
  return (
    <li data-card={signed ? "signed" : "waits"}>
      <p className={css.cardHead}>
        <strong>{say.dueLine(card.from.name, card.to.name)}</strong>
        <small>{term("dutyRole", card.role, language)}</small>
        <StateTag tone={signed ? "live" : "off"}>{signed ? say.done : say.waits}</StateTag>
      </p>
      <Items items={card.items} more={card.more_items} />
      {card.note && <blockquote>{card.note}</blockquote>}
      {card.answer && <blockquote>{card.answer}</blockquote>}
      <p className={css.dim}>
        {say.outSigned(card.from.name, minute(card.out_signed_ms))} · {card.in_signed_ms !== null ? say.inSigned(card.to.name, minute(card.in_signed_ms)) : say.inWaits(card.to.name)}
      </p>
      {card.may_sign && (
        <div className={css.acts}>
          <Input aria-label={say.answer} placeholder={say.answer} maxLength={NOTE_MAX} value={answer} onChange={(event) => setAnswer(event.target.value)} />
          <Button type="primary" loading={busy} onClick={() => sign(() => duty.takeOver(card.id, answer))}>
            {say.inSign}
          </Button>
        </div>
      )}
      {error !== null && <ErrorNote error={error} />}
    </li>
  );
}

const ITEM_PATHS: Record<OpenItemKind, (id: string) => string> = { session: paths.session, request: paths.request, directive: paths.directive };

function Items({ items, more }: { items: readonly OpenItem[]; more: number }) {
  const say = useWords(dutyWords);
  const language = useLanguage();
  if (items.length === 0) return <p className={css.dim}>{say.openNone}</p>;
  return (
    <ul className={css.items}>
      {items.map((item) => (
        <li key={`${item.kind} ${item.id}`}>
          <small>{term("openItemKind", item.kind, language)}</small> <Link className="num" to={ITEM_PATHS[item.kind](item.id)}>{item.number}</Link> {item.title}{" "}
          <small className="num">{say.from(minute(item.since_ms))}</small>
        </li>
      ))}
      {more > 0 && <li>{say.more(more)}</li>}
    </ul>
  );
}
