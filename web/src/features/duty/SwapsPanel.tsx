// Swaps: what was asked for and what came of it; decided by whoever plans the roster.

import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Button, Input, Spin } from "antd";
import { useState } from "react";
import { duty } from "@/api/calls";
import { queries } from "@/api/queries";
import { term } from "@/api/terms";
import type { SwapSpan, SwapState, SwapView } from "@/api/types";
import { useLanguage, useWords } from "@/lib/language";
import { timeText } from "@/lib/time";
import { EmptyState } from "@/ui/EmptyState";
import { ErrorNote } from "@/ui/ErrorNote";
import { StateTag, type Tone } from "@/ui/StateTag";
import css from "./duty.module.css";
import { clockOf } from "./week";
import { dutyWords } from "./words";

const TONES: { [state in SwapState]: Tone } = { asked: "weak", approved: "live", refused: "off", withdrawn: "asleep" };
const minute = (ms: number) => timeText(ms).slice(0, -3);

export function SwapsPanel({ unit }: { unit: string | null }) {
  const say = useWords(dutyWords);
  const swaps = useQuery(queries.dutySwaps(unit));
  if (swaps.isError) return <ErrorNote error={swaps.error} retry={() => void swaps.refetch()} />;
  if (!swaps.data) return <Spin style={{ display: "block", margin: "10vh 0", textAlign: "center" }} />;
  if (swaps.data.length === 0) return <EmptyState title={say.noSwaps} next={say.noSwapsNext} />;
  return (
    <ul className={css.cards} aria-label={say.tabs.swaps}>
      {swaps.data.map((swap) => (
        <Swap key={swap.id} swap={swap} />
      ))}
    </ul>
  );
}

function Swap({ swap }: { swap: SwapView }) {
  const say = useWords(dutyWords);
  const language = useLanguage();
  const client = useQueryClient();
  const [note, setNote] = useState("");
  const [error, setError] = useState<unknown>(null);
  const [busy, setBusy] = useState(false);
  const act = async (call: () => Promise<unknown>) => {
    setBusy(true);
    setError(null);
    try {
      await call();
      await client.invalidateQueries({ queryKey: ["duty"] });
    } catch (failed) {
      setError(failed);
    }
    setBusy(false);
  };
  const span = (at: SwapSpan | null) => (at ? `${minute(at.starts_ms)} – ${clockOf(at.ends_ms, true)}` : say.swapGone);
  return (
    <li data-swap={swap.state}>
      <p className={css.cardHead}>
        <strong>{say.swapLine(swap.from.name, swap.to.name)}</strong>
        <StateTag tone={TONES[swap.state]}>{term("swapState", swap.state, language)}</StateTag>
      </p>
      <p>
        {say.swapGives(span(swap.shift))}
        {swap.other && <> · {say.swapTakes(span(swap.other))}</>}
      </p>
      <p>{swap.reason}</p>
      <p className={css.dim}>
        {say.askedBy(swap.asked_by.name, minute(swap.asked_ms))}
        {swap.decided_by && swap.decided_ms && <> · {say.decidedBy(swap.decided_by.name, minute(swap.decided_ms))}</>}
        {swap.note && <> · {swap.note}</>}
      </p>
      {swap.may_decide && (
        <div className={css.acts}>
          <Input aria-label={say.decisionNote} placeholder={say.decisionNote} maxLength={200} value={note} onChange={(event) => setNote(event.target.value)} />
          <Button type="primary" disabled={busy} onClick={() => void act(() => duty.decideSwap(swap.id, true, note))}>
            {say.approve}
          </Button>
          <Button disabled={busy} onClick={() => void act(() => duty.decideSwap(swap.id, false, note))}>
            {say.refuse}
          </Button>
        </div>
      )}
      {swap.may_withdraw && (
        <div className={css.acts}>
          <Button disabled={busy} onClick={() => void act(() => duty.withdrawSwap(swap.id))}>
            {say.withdraw}
          </Button>
        </div>
      )}
      {error !== null && <ErrorNote error={error} />}
    </li>
  );
}
