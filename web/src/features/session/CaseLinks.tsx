// The cases that the session is linked to, and the way to link another.

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Button, Input, Select } from "antd";
import { useState } from "react";
import { sessions } from "@/api/calls";
import { holdsAny, useMe } from "@/api/me";
import { queries } from "@/api/queries";
import { choices, term } from "@/api/terms";
import type { CaseKind } from "@/api/types";
import { useLanguage, useWords } from "@/lib/language";
import { CaseLookup, CaseNumber } from "@/ui/CaseNumber";
import { ErrorNote } from "@/ui/ErrorNote";
import css from "./session.module.css";
import { sessionWords } from "./words";

export function CaseLinks({ session }: { session: string }) {
  const say = useWords(sessionWords);
  const language = useLanguage();
  const me = useMe();
  const client = useQueryClient();
  const cases = useQuery(queries.session(session)).data?.cases.filter((link) => link.withdrawn_ms === null) ?? [];
  const [kind, setKind] = useState<CaseKind>("mediation");
  const [number, setNumber] = useState("");
  const link = useMutation({
    mutationFn: () => sessions.linkCase(session, { number: number.trim(), kind }),
    onSuccess: () => {
      setNumber("");
      void client.invalidateQueries({ queryKey: ["sessions"] });
    },
  });
  return (
    <section>
      {cases.length === 0 && <p className={css.dim}>{say.noCases}</p>}
      <ul className={css.people}>
        {cases.map((one) => (
          <li key={one.id}>
            <span className="num">
              <CaseNumber number={one.raw} apart />
              <small>{term("caseKind", one.kind, language)}</small>
            </span>
          </li>
        ))}
      </ul>
      {holdsAny(me, ["cases.link"]) && (
        <>
          {link.error && <ErrorNote error={link.error} />}
          <div className={css.writing}>
            <Select value={kind} aria-label={say.caseKind} options={choices("caseKind", language)} popupMatchSelectWidth={150} onChange={setKind} />
            <Input value={number} maxLength={64} placeholder={say.caseNumber} aria-label={say.caseNumber} onChange={(event) => setNumber(event.target.value)} onPressEnter={() => number.trim() && link.mutate()} />
            <Button loading={link.isPending} disabled={!number.trim()} onClick={() => link.mutate()}>
              {say.linkCase}
            </Button>
          </div>
          <CaseLookup number={number} />
        </>
      )}
    </section>
  );
}
