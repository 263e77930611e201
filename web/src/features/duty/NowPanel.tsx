// Who is on now, who is missing, who comes next; red when no operator is on.

import { AlertOutlined, PhoneOutlined, SafetyCertificateOutlined } from "@ant-design/icons";
import { useQuery } from "@tanstack/react-query";
import { Spin } from "antd";
import { useState } from "react";
import { holdsAny, useMe } from "@/api/me";
import { queries } from "@/api/queries";
import { term } from "@/api/terms";
import type { ShiftView, Standing } from "@/api/types";
import { useLanguage, useWords } from "@/lib/language";
import { timeText } from "@/lib/time";
import { ErrorNote } from "@/ui/ErrorNote";
import { StateTag, type Tone } from "@/ui/StateTag";
import css from "./duty.module.css";
import { ShiftDialog } from "./ShiftDialog";
import { clockOf, DAY_MS } from "./week";
import { dutyWords } from "./words";

const TONES: { [standing in Standing]: Tone } = { ahead: "asleep", on: "live", missing: "off", held: "weak", left: "asleep", over: "asleep" };

export function StandingTag({ standing }: { standing: Standing }) {
  const language = useLanguage();
  return <StateTag tone={TONES[standing]}>{term("standing", standing, language)}</StateTag>;
}

export function NowPanel({ unit }: { unit: string | null }) {
  const say = useWords(dutyWords);
  const manage = holdsAny(useMe(), ["duty.manage"]);
  const now = useQuery(queries.dutyNow(unit));
  const [open, setOpen] = useState<string | null>(null);
  if (now.isError) return <ErrorNote error={now.error} retry={() => void now.refetch()} />;
  if (!now.data) return <Spin style={{ display: "block", margin: "6vh 0", textAlign: "center" }} />;
  const { on, missing, next, alarm, at_ms } = now.data;
  const picked = [...on, ...missing, ...next].find((shift) => shift.id === open);
  return (
    <section className={css.now} aria-label={say.onNow}>
      {alarm && (
        <div className={css.alarm} role="alert" data-alarm>
          <AlertOutlined aria-hidden />
          <div>
            <strong>{say.alarm}</strong>
            <p>{manage ? say.alarmNext : say.alarmRead}</p>
          </div>
        </div>
      )}
      {(on.length > 0 || missing.length > 0) && (
        <ul className={css.people} data-on>
          {[...on, ...missing].map((shift) => (
            <Card key={shift.id} shift={shift} at={at_ms} open={() => setOpen(shift.id)} />
          ))}
        </ul>
      )}
      <p className={css.next}>
        <b>{say.nextUp}</b>
        {next.length === 0 && <span>{say.noNext}</span>}
        {next.slice(0, 5).map((shift) => (
          <Following key={shift.id} shift={shift} at={at_ms} open={() => setOpen(shift.id)} />
        ))}
      </p>
      {picked && <ShiftDialog key={picked.id} shift={picked} unit={picked.unit.id} manage={manage} among={[...on, ...missing, ...next]} close={() => setOpen(null)} />}
    </section>
  );
}

function Card({ shift, at, open }: { shift: ShiftView; at: number; open: () => void }) {
  const say = useWords(dutyWords);
  const language = useLanguage();
  const skills = shift.skills.map((skill) => term("skill", skill, language)).join(" · ");
  return (
    <li>
      <button type="button" className={css.person} onClick={open} data-standing={shift.standing} data-shift={shift.id}>
        <span className={css.cardHead}>
          <small>{term("dutyRole", shift.role, language)}</small>
          <StandingTag standing={shift.standing} />
        </span>
        <strong>{shift.person.name}</strong>
        <span className={css.dim}>
          {shift.mode === "phone" && <PhoneOutlined aria-hidden />} {term("dutyMode", shift.mode, language)}
          {shift.phone && <span className="num"> {shift.phone}</span>}
          {skills && ` · ${skills}`}
        </span>
        <span className={css.dim}>
          <span className="num">{say.until(near(shift.ends_ms, at, true))}</span>
          {" · "}
          {shift.arrived_ms ? say.arrivedAt(clockOf(shift.arrived_ms)) : say.notArrived}
        </span>
        <CheckLine shift={shift} />
        {!shift.reachable && <span className={css.bad}>{say.noAccount}</span>}
      </button>
    </li>
  );
}

/** What the last pre-shift check of the person's computer found. */
export function CheckLine({ shift }: { shift: ShiftView }) {
  const say = useWords(dutyWords);
  const language = useLanguage();
  const { check } = shift;
  const tone = { good: css.good, skipped: css.dim, weak: css.weak, bad: css.bad }[check?.verdict ?? "skipped"];
  return (
    <span className={check ? tone : css.dim} data-check={check?.verdict ?? "none"}>
      <SafetyCertificateOutlined aria-hidden /> {check ? say.check(term("checkVerdict", check.verdict, language), timeText(check.at_ms).slice(0, -3)) : say.noCheck}
    </span>
  );
}

function Following({ shift, at, open }: { shift: ShiftView; at: number; open: () => void }) {
  const language = useLanguage();
  return (
    <button type="button" className={css.following} onClick={open}>
      <span className="num">{near(shift.starts_ms, at)}</span> {term("dutyRole", shift.role, language)} {shift.person.name}
    </button>
  );
}

/** The clock within a day, the date with it beyond. */
function near(ms: number, at: number, ending = false): string {
  return Math.abs(ms - at) < DAY_MS ? clockOf(ms, ending) : timeText(ms).slice(0, -3);
}
