// A directive's state, and how much of its time is left.

import { term } from "@/api/terms";
import type { DirectiveView } from "@/api/types";
import { useLanguage, useWords } from "@/lib/language";
import { useNow } from "@/lib/now";
import { agoText, timeText } from "@/lib/time";
import { StateTag, type Tone } from "@/ui/StateTag";
import css from "./directives.module.css";
import { directiveWords } from "./words";

const TONES: Record<DirectiveView["state"], Tone> = { issued: "info", signed: "live", reported: "weak", returned: "weak", closed: "asleep" };

export function State({ directive }: { directive: DirectiveView }) {
  const language = useLanguage();
  return <StateTag tone={TONES[directive.state]}>{term("directiveState", directive.state, language)}</StateTag>;
}

/** The office's time; once it has reported, the time to judge that. */
export function Due({ directive }: { directive: DirectiveView }) {
  const say = useWords(directiveWords);
  const language = useLanguage();
  const now = useNow();
  if (directive.state === "closed") return null;
  const due = directive.review_by_ms ?? directive.due_ms;
  const left = due - now;
  return (
    <div className={css.two}>
      <span className={`num ${left <= 0 ? css.late : ""}`}>{left > 0 ? say.left(agoText(left, language)) : say.late(agoText(-left, language))}</span>
      <small className="num">{timeText(due)}</small>
    </div>
  );
}
