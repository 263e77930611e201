// The directives that were issued from a session.

import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "react-router";
import { queries } from "@/api/queries";
import { term } from "@/api/terms";
import { useLanguage, useWords } from "@/lib/language";
import { paths } from "@/lib/paths";
import { timeText } from "@/lib/time";
import css from "./records.module.css";
import { recordsWords } from "./words";

/** Nothing where there are none: most sessions have none. */
export function DirectivesPanel({ session }: { session: string }) {
  const say = useWords(recordsWords).directives;
  const language = useLanguage();
  const found = useInfiniteQuery(queries.directives({ session_id: session }));
  const rows = found.data?.pages.flatMap((page) => page.items) ?? [];
  if (rows.length === 0) return null;
  return (
    <section className={css.panel}>
      <h2>{say.title}</h2>
      {rows.map((one) => (
        <p key={one.id} className={css.two}>
          <Link to={paths.directive(one.id)}>
            <span className="num">{one.number}</span> {one.finding}
          </Link>
          <small>
            {term("directiveState", one.state, language)} · {say.due(timeText(one.due_ms))}
          </small>
        </p>
      ))}
    </section>
  );
}
