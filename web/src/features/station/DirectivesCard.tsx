// 督办: what this office has to answer, quietly: how many, what is overdue in red; signing and reporting with pictures in place.

import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Button, Input } from "antd";
import { useState } from "react";
import { directives } from "@/api/calls";
import { queries } from "@/api/queries";
import { term } from "@/api/terms";
import type { DirectiveDetail, DirectiveStep, DirectiveView } from "@/api/types";
import { useLanguage, useWords } from "@/lib/language";
import { useNow } from "@/lib/now";
import { pictureOf } from "@/lib/picture-file";
import { agoText, timeText } from "@/lib/time";
import { ErrorNote } from "@/ui/ErrorNote";
import { PictureField, Pictures } from "@/ui/Pictures";
import { StateTag } from "@/ui/StateTag";
import css from "./station.module.css";
import { stationWords } from "./words";

const calls = directives("station");
const TEXT_MAX = 1_000;
const NAME_MAX = 50;
const PICTURES_A_ROUND = 12;
const LATE_EVERY_MS = 10_000;

const isWithOffice = (one: DirectiveView) => ["issued", "signed", "returned"].includes(one.state);

export function DirectivesCard() {
  const say = useWords(stationWords).directives;
  const language = useLanguage();
  const all = useQuery(queries.openDirectives("station"));
  const now = Math.floor(useNow() / LATE_EVERY_MS) * LATE_EVERY_MS;
  const [chosen, choose] = useState<string | null>(null);
  const open = (all.data ?? []).filter((one) => one.state !== "closed").sort((a, b) => a.due_ms - b.due_ms);
  if (open.length === 0) return null;
  const late = open.filter((one) => isWithOffice(one) && one.due_ms <= now).length;
  return (
    <section className={css.directives} aria-label={say.title} data-late={late > 0}>
      <header>
        <strong>
          {say.title} {open.length}
        </strong>
        {late > 0 && <StateTag tone="off">{say.late(late)}</StateTag>}
      </header>
      <ul>
        {open.map((one) => {
          const left = one.due_ms - now;
          return (
            <li key={one.id} data-directive={one.number} data-late={isWithOffice(one) && left <= 0}>
              <button type="button" aria-expanded={chosen === one.id} onClick={() => choose(chosen === one.id ? null : one.id)}>
                <span>{one.finding}</span>
                <small>
                  {term("directiveState", one.state, language)}
                  {isWithOffice(one) && ` · ${left > 0 ? say.left(agoText(left, language)) : say.over(agoText(-left, language))}`}
                </small>
              </button>
              {chosen === one.id && <One id={one.id} />}
            </li>
          );
        })}
      </ul>
    </section>
  );
}

function One({ id }: { id: string }) {
  const detail = useQuery(queries.directive("station", id));
  if (detail.error && !detail.data) return <ErrorNote error={detail.error} retry={() => void detail.refetch()} />;
  return detail.data ? <Open directive={detail.data} /> : null;
}

function Open({ directive }: { directive: DirectiveDetail }) {
  const say = useWords(stationWords).directives;
  const client = useQueryClient();
  const [name, setName] = useState("");
  const [text, setText] = useState("");
  const [pictures, setPictures] = useState<Blob[]>([]);
  /** Chosen pictures are being read: a report that went now would leave them behind. */
  const [reading, setReading] = useState(false);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<unknown>(null);
  const signs = directive.allowed.includes("sign");
  const reports = directive.allowed.includes("report");
  const returned = directive.steps.findLast((step) => step.kind === "return");
  const act = async (step: DirectiveStep) => {
    setBusy(true);
    setProblem(null);
    try {
      // What is kept already is not sent again when a later one fails.
      for (const picture of pictures) {
        await calls.keep(directive.id, picture);
        setPictures((all) => all.filter((one) => one !== picture));
      }
      await calls.act(directive.id, step);
      setText("");
    } catch (error) {
      setProblem(error);
    }
    setBusy(false);
    void client.invalidateQueries({ queryKey: ["directives"] });
  };
  const add = (files: File[]) => {
    setProblem(null);
    setReading(true);
    void Promise.all(files.map(pictureOf))
      .then((fresh) => setPictures((all) => [...all, ...fresh].slice(0, PICTURES_A_ROUND)))
      .catch(() => setProblem(new Error(say.unreadable)))
      .finally(() => setReading(false));
  };
  const shown = (round: number) =>
    directive.pictures
      .filter((picture) => picture.round === round)
      .map((picture) => ({ id: picture.id, href: calls.picture(directive.id, picture.id), title: `${picture.by} ${timeText(picture.kept_ms)}` }));
  return (
    <div className={css.directive}>
      <small className="num">
        {directive.number} · {directive.issuer} · {say.due(timeText(directive.due_ms))}
      </small>
      <p>{directive.demand}</p>
      <Pictures kept={shown(0)} />
      {directive.state === "returned" && returned && typeof returned.detail.reason === "string" && <p className={css.warn}>{say.returned(returned.detail.reason)}</p>}
      {directive.state === "reported" && <p>{say.waits}</p>}
      {(signs || reports) && <Input value={name} onChange={(event) => setName(event.target.value)} maxLength={NAME_MAX} placeholder={say.name} aria-label={say.name} />}
      {signs && (
        <Button type="primary" size="large" loading={busy} onClick={() => void act({ action: "sign", name })}>
          {say.sign}
        </Button>
      )}
      {reports && (
        <>
          <Input.TextArea value={text} onChange={(event) => setText(event.target.value)} maxLength={TEXT_MAX} rows={3} placeholder={say.text} aria-label={say.text} />
          <Pictures kept={shown(directive.rounds + 1)} />
          <PictureField
            chosen={pictures}
            most={PICTURES_A_ROUND}
            label={say.add}
            remove={say.remove}
            add={add}
            drop={(picture) => setPictures((all) => all.filter((one) => one !== picture))}
          />
          <Button type="primary" size="large" loading={busy} disabled={!text.trim() || reading} onClick={() => void act({ action: "report", text, name })}>
            {say.report}
          </Button>
        </>
      )}
      {problem !== null && <ErrorNote error={problem} />}
    </div>
  );
}
