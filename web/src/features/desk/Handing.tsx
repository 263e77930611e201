// The people to whom the card that is being dragged may be given: a strip over the columns for as long as the drag lasts.

import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { queries } from "@/api/queries";
import type { Answerer, RequestView } from "@/api/types";
import { useWords } from "@/lib/language";
import { ErrorNote } from "@/ui/ErrorNote";
import { StateTag } from "@/ui/StateTag";
import css from "./handing.module.css";
import { deskWords } from "./words";

/** People that the strip shows; whoever is not among them is found in the dialog. */
const SHOWN = 12;

/** `give`: the card was let go over that person. */
export function Handing({ request, give }: { request: RequestView; give: (to: Answerer) => void }) {
  const say = useWords(deskWords).handing;
  const answerers = useQuery(queries.answerers(request.id));
  const [over, setOver] = useState<string | null>(null);
  const people = (answerers.data ?? []).filter((one) => one.person_id !== request.assignee?.person_id).slice(0, SHOWN);
  return (
    <section className={css.strip} aria-label={say.to}>
      <strong>{say.to}</strong>
      {answerers.error && <ErrorNote error={answerers.error} />}
      {answerers.data && people.length === 0 && <span>{say.nobody}</span>}
      <ul>
        {people.map((one) => (
          <li
            key={one.person_id}
            data-person={one.person_id}
            data-over={over === one.person_id || undefined}
            onDragOver={(event) => {
              event.preventDefault();
              event.dataTransfer.dropEffect = "move";
              setOver(one.person_id);
            }}
            onDragLeave={() => setOver(null)}
            onDrop={(event) => {
              event.preventDefault();
              give(one);
            }}
          >
            <span>{one.name}</span>
            <small>{one.post}</small>
            {one.on_duty && <StateTag tone="live">{say.onDuty}</StateTag>}
          </li>
        ))}
      </ul>
    </section>
  );
}
