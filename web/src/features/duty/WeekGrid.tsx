// The week on a wide screen: one line for each person in each role, shifts to drag, gaps in red.

import { useRef, useState, type KeyboardEvent, type PointerEvent as Pointing } from "react";
import { term } from "@/api/terms";
import type { DutyWeek, ShiftView } from "@/api/types";
import { useLanguage, useWords } from "@/lib/language";
import { useNow } from "@/lib/now";
import { dayText } from "@/lib/time";
import css from "./duty.module.css";
import { clockOf, DAY_MS, dragged, filling, place, rows, STEP_MS, WEEK_MS, type Grip, type Times } from "./week";
import { dutyWords } from "./words";

interface Props {
  week: DutyWeek;
  open: (id: string) => void;
  fill: (times: Times) => void;
  /** Settles when the roster is read anew, however it went. */
  change: (shift: ShiftView, times: Times) => Promise<void>;
}

export function WeekGrid({ week, open, fill, change }: Props) {
  const say = useWords(dutyWords);
  const language = useLanguage();
  const now = useNow();
  const { from_ms: from, to_ms: to } = week;
  const nowAt = place(now, now + 1, from, to);
  return (
    <div className={css.grid} role="group" aria-label={say.tabs.roster}>
      <div className={css.head}>
        <span />
        <div className={css.days}>
          {Array.from({ length: 7 }, (_, day) => {
            const at = from + day * DAY_MS;
            return (
              <span key={day} data-today={dayText(at) === dayText(now)}>
                {say.weekday(day)} <small className="num">{dayText(at).slice(5)}</small>
              </span>
            );
          })}
        </div>
      </div>
      {week.gaps.length > 0 && (
        <div className={css.line}>
          <span className={css.bad}>{say.gap}</span>
          <div className={css.lane}>
            {week.gaps.map((gap) => {
              const at = place(gap.from_ms, gap.to_ms, from, to);
              if (!at) return null;
              const text = say.gapFrom(spanText(gap.from_ms, gap.to_ms));
              const over = gap.to_ms <= now || !week.manage;
              return (
                <button
                  type="button"
                  key={gap.from_ms}
                  className={css.gap}
                  style={across(at)}
                  title={text}
                  aria-label={text}
                  disabled={over}
                  data-gap
                  onClick={() => fill(filling(gap, now))}
                >
                  {at.width > 0.04 && say.gap}
                </button>
              );
            })}
          </div>
        </div>
      )}
      {rows(week.shifts).map((row) => (
        <div className={css.line} key={row.key} data-row={row.person.id}>
          <span>
            <small>{term("dutyRole", row.role, language)}</small>
            <b>{row.person.name}</b>
          </span>
          <div className={css.lane}>
            {nowAt && <i className={css.nowLine} style={{ left: `${nowAt.left * 100}%` }} aria-hidden />}
            {row.shifts.map((shift) => (
              <Bar key={shift.id} shift={shift} week={week} open={() => open(shift.id)} change={(times) => change(shift, times)} />
            ))}
          </div>
        </div>
      ))}
    </div>
  );
}

const across = (at: { left: number; width: number }) => ({ left: `${at.left * 100}%`, width: `${at.width * 100}%` });

const spanText = (starts: number, ends: number) => `${dayText(starts).slice(5)} ${clockOf(starts)}–${dayText(starts) === dayText(ends - 1) ? "" : `${dayText(ends).slice(5)} `}${clockOf(ends, true)}`;

interface Drag {
  grip: Grip;
  x: number;
  /** Milliseconds that the pointer went. */
  by: number;
}

function Bar({ shift, week, open, change }: { shift: ShiftView; week: DutyWeek; open: () => void; change: (times: Times) => Promise<void> }) {
  const language = useLanguage();
  const [drag, setDrag] = useState<Drag | null>(null);
  /** What was dropped stays where it is until the server has answered. */
  const [dropped, setDropped] = useState<Times | null>(null);
  const wasDragged = useRef(false);
  const mine = week.manage && shift.unit.id === week.unit.id;
  const grips: readonly Grip[] = !mine ? [] : shift.standing === "ahead" ? ["move", "start", "end"] : shift.standing === "on" ? ["end"] : [];
  const times = drag ? dragged(shift, drag.grip, drag.by) : (dropped ?? shift);
  const at = place(times.starts_ms, times.ends_ms, week.from_ms, week.to_ms);

  const gripAt = (event: Pointing<HTMLButtonElement>): Grip | null => {
    const box = event.currentTarget.getBoundingClientRect();
    const edge = Math.min(9, box.width / 4);
    if (event.clientX - box.left <= edge && grips.includes("start") && !at?.before) return "start";
    if (box.right - event.clientX <= edge && grips.includes("end") && !at?.after) return "end";
    return grips.includes("move") ? "move" : null;
  };
  const down = (event: Pointing<HTMLButtonElement>) => {
    wasDragged.current = false;
    const grip = event.button === 0 ? gripAt(event) : null;
    if (!grip) return;
    event.currentTarget.setPointerCapture(event.pointerId);
    setDrag({ grip, x: event.clientX, by: 0 });
  };
  const move = (event: Pointing<HTMLButtonElement>) => {
    if (!drag) return;
    const lane = event.currentTarget.parentElement?.getBoundingClientRect().width ?? 1;
    setDrag({ ...drag, by: ((event.clientX - drag.x) / lane) * WEEK_MS });
  };
  const up = () => {
    if (!drag) return;
    const to = dragged(shift, drag.grip, drag.by);
    setDrag(null);
    // A hand that only trembled has clicked.
    if (Math.abs(drag.by) < STEP_MS / 2 || (to.starts_ms === shift.starts_ms && to.ends_ms === shift.ends_ms)) return;
    wasDragged.current = true;
    setDropped(to);
    void change(to).finally(() => setDropped(null));
  };
  const key = (event: KeyboardEvent) => {
    if (event.key === "Escape" && drag) setDrag(null);
  };

  if (!at) return null;
  const text = spanText(times.starts_ms, times.ends_ms);
  return (
    <button
      type="button"
      className={css.bar}
      style={across(at)}
      data-shift={shift.id}
      data-standing={shift.standing}
      data-grips={grips.length > 0}
      data-dragging={drag !== null && drag.by !== 0}
      title={`${shift.person.name} ${text}`}
      aria-label={`${shift.person.name} ${term("dutyRole", shift.role, language)} ${text} ${term("standing", shift.standing, language)}`}
      onPointerDown={down}
      onPointerMove={move}
      onPointerUp={up}
      onPointerCancel={() => setDrag(null)}
      onKeyDown={key}
      onClick={() => {
        if (!wasDragged.current) open();
        wasDragged.current = false;
      }}
    >
      <span className="num">
        {clockOf(times.starts_ms)}–{clockOf(times.ends_ms, true)}
      </span>
    </button>
  );
}
