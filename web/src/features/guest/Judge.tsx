// 好差评: five grades in words, a sentence if one likes; given once, and to be corrected.

import { Button, Input } from "antd";
import { useState } from "react";
import { visit } from "@/api/calls";
import { term } from "@/api/terms";
import type { Grade, VisitView } from "@/api/types";
import { useLanguage, useWords } from "@/lib/language";
import { ErrorNote } from "@/ui/ErrorNote";
import css from "./guest.module.css";
import { visitWords } from "./words";

const GRADES: readonly Grade[] = ["very_satisfied", "satisfied", "fair", "dissatisfied", "very_dissatisfied"];
const SORRY: readonly Grade[] = ["dissatisfied", "very_dissatisfied"];
/** As the server says. */
const TEXT_MAX_CHARS = 1_000;

export function Judge({ view, took }: { view: VisitView; took: (view: VisitView) => void }) {
  const say = useWords(visitWords).judge;
  const language = useLanguage();
  const { rating } = view;
  const [correcting, setCorrecting] = useState(false);
  const [grade, setGrade] = useState<Grade | null>(null);
  const [text, setText] = useState("");
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const send = async () => {
    if (grade === null) return;
    setBusy(true);
    setError(null);
    try {
      took(await visit.judge(grade, text.trim()));
      setCorrecting(false);
    } catch (failed) {
      setError(failed);
    }
    setBusy(false);
  };
  if (rating && !correcting) {
    return (
      <section className={css.card} data-rated={rating.grade}>
        <h2>{say.thanks}</h2>
        <p>{say.given(term("grade", rating.grade, language))}</p>
        {rating.text && <blockquote>{rating.text}</blockquote>}
        {SORRY.includes(rating.grade) && <p className={css.note}>{say.sorry}</p>}
        <Button
          block
          onClick={() => {
            setGrade(rating.grade);
            setText(rating.text);
            setCorrecting(true);
          }}
        >
          {say.correct}
        </Button>
      </section>
    );
  }
  return (
    <section className={css.card} data-judging>
      <h2>{say.title}</h2>
      <p className={css.dim}>{say.lead}</p>
      <div role="radiogroup" aria-label={say.title} className={css.grades}>
        {GRADES.map((one) => (
          <button key={one} type="button" role="radio" aria-checked={grade === one} data-grade={one} onClick={() => setGrade(one)}>
            {term("grade", one, language)}
          </button>
        ))}
      </div>
      <Input.TextArea rows={3} value={text} maxLength={TEXT_MAX_CHARS} showCount placeholder={say.text} aria-label={say.text} onChange={(event) => setText(event.target.value)} />
      {error !== null && <ErrorNote error={error} />}
      <Button className={css.send ?? ""} type="primary" size="large" block loading={busy} disabled={grade === null} onClick={() => void send()}>
        {say.send}
      </Button>
    </section>
  );
}
