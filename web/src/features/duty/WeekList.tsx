// The week on a narrow screen: day by day, each shift a line to open.

import { term } from "@/api/terms";
import type { DutyWeek } from "@/api/types";
import { useLanguage, useWords } from "@/lib/language";
import { useNow } from "@/lib/now";
import { dayText } from "@/lib/time";
import css from "./duty.module.css";
import { StandingTag } from "./NowPanel";
import { clockOf, DAY_MS, type Times } from "./week";
import { dutyWords } from "./words";

export function WeekList({ week, open, fill }: { week: DutyWeek; open: (id: string) => void; fill: (times: Times) => void }) {
  const say = useWords(dutyWords);
  const language = useLanguage();
  const now = useNow();
  return (
    <ol className={css.byDay}>
      {Array.from({ length: 7 }, (_, day) => {
        const [from, to] = [week.from_ms + day * DAY_MS, week.from_ms + (day + 1) * DAY_MS];
        // A shift is listed on the day it begins; what runs into the week, on its first day.
        const shifts = week.shifts.filter((shift) => (shift.starts_ms >= from && shift.starts_ms < to) || (day === 0 && shift.starts_ms < from));
        const gaps = week.gaps.filter((gap) => gap.from_ms < to && gap.to_ms > from && Math.min(gap.to_ms, to) > now);
        const today = dayText(from) === dayText(now);
        return (
          <li key={day} data-today={today}>
            <h3>
              {say.weekday(day)} <span className="num">{dayText(from).slice(5)}</span> {today && <small>{say.today}</small>}
            </h3>
            {gaps.map((gap) => {
              const [a, b] = [Math.max(gap.from_ms, from), Math.min(gap.to_ms, to)];
              return (
                <button type="button" key={gap.from_ms} className={css.gapLine} disabled={!week.manage} onClick={() => fill({ starts_ms: Math.max(a, now), ends_ms: Math.min(b, Math.max(a, now) + DAY_MS / 2) })}>
                  <span className="num">
                    {clockOf(a)}–{clockOf(b, true)}
                  </span>
                  <b>{say.gap}</b>
                </button>
              );
            })}
            {shifts.map((shift) => (
              <button type="button" key={shift.id} className={css.dayLine} onClick={() => open(shift.id)}>
                <span className="num">
                  {clockOf(shift.starts_ms)}–{clockOf(shift.ends_ms, true)}
                </span>
                <span>
                  <b>{shift.person.name}</b> <small>{term("dutyRole", shift.role, language)}</small>
                </span>
                <StandingTag standing={shift.standing} />
              </button>
            ))}
          </li>
        );
      })}
    </ol>
  );
}
