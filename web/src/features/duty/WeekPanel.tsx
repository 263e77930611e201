// The week: gaps, every shift, and what a planner does with them.

import { LeftOutlined, RightOutlined } from "@ant-design/icons";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Button, Modal, Spin } from "antd";
import { useState } from "react";
import { useSearchParams } from "react-router";
import { duty } from "@/api/calls";
import { address } from "@/api/client";
import { queries } from "@/api/queries";
import type { CopyReport, DutyWeek, ShiftView } from "@/api/types";
import { pick, useLanguage, useWords } from "@/lib/language";
import { serverNow, useNow } from "@/lib/now";
import { dayText, startOfDay, timeText } from "@/lib/time";
import { EmptyState } from "@/ui/EmptyState";
import { ErrorNote } from "@/ui/ErrorNote";
import { ExportButton } from "@/ui/ExportButton";
import css from "./duty.module.css";
import { ImportDialog } from "./ImportDialog";
import { ShiftDialog } from "./ShiftDialog";
import { clockOf, DAY_MS, filling, HOUR_MS, WEEK_MS, weekStart, type Times } from "./week";
import { WeekGrid } from "./WeekGrid";
import { WeekList } from "./WeekList";
import { dutyWords } from "./words";

type Opened = { is: "shift"; id: string } | { is: "new"; times: Times } | { is: "copy" } | { is: "import" };

export function WeekPanel({ unit }: { unit: string | null }) {
  const say = useWords(dutyWords);
  const client = useQueryClient();
  const [search, setSearch] = useSearchParams();
  const now = useNow();
  const asked = search.get("week");
  const from = weekStart((asked ? startOfDay(asked) : null) ?? now);
  const week = useQuery({ ...queries.dutyWeek(unit, from, from + WEEK_MS), placeholderData: (last) => last });
  const [opened, setOpened] = useState<Opened | null>(null);
  const [failed, setFailed] = useState<unknown>(null);
  const [undo, setUndo] = useState<{ shift: ShiftView; text: string } | null>(null);
  const go = (start: number) =>
    setSearch(
      (now) => {
        const next = new URLSearchParams(now);
        if (start === weekStart(serverNow())) next.delete("week");
        else next.set("week", dayText(start));
        return next;
      },
      { replace: true },
    );

  const change = async (shift: ShiftView, times: Times, back = false) => {
    setFailed(null);
    setUndo(null);
    try {
      // Of a shift that has begun the start stays.
      const starts = shift.standing === "ahead" ? { starts_ms: times.starts_ms } : {};
      const changed = await duty.change(shift.id, { version: shift.version, ends_ms: times.ends_ms, ...starts });
      const text = `${timeText(times.starts_ms).slice(0, -3)}–${clockOf(times.ends_ms, true)}`;
      if (!back) setUndo({ shift: { ...shift, version: changed.version }, text: say.moved(shift.person.name, text) });
    } catch (error) {
      setFailed(error);
    }
    await client.invalidateQueries({ queryKey: ["duty"] });
  };

  const { data } = week;
  const manage = data?.manage ?? false;
  const next = nextTimes(data, from, now);
  /** What is past cannot be filled any more. */
  const ahead = data?.gaps.filter((gap) => gap.to_ms > now).length ?? 0;
  return (
    <section className={css.week} aria-label={say.tabs.roster}>
      <div className={css.tools}>
        <Button icon={<LeftOutlined aria-hidden />} aria-label={say.lastWeek} title={say.lastWeek} onClick={() => go(from - WEEK_MS)} />
        <Button onClick={() => go(weekStart(now))} disabled={from === weekStart(now)}>
          {say.thisWeek}
        </Button>
        <Button icon={<RightOutlined aria-hidden />} aria-label={say.nextWeek} title={say.nextWeek} onClick={() => go(from + WEEK_MS)} />
        <b className="num" data-week={dayText(from)}>
          {dayText(from)} – {dayText(from + WEEK_MS - DAY_MS).slice(5)}
        </b>
        {data && <span className={ahead ? css.bad : css.dim}>{ahead ? `${say.gaps} ${ahead}` : say.noGaps}</span>}
        <span className={css.push} />
        {manage && data && (
          <>
            <Button type="primary" onClick={() => setOpened({ is: "new", times: next })}>
              {say.plan}
            </Button>
            <Button onClick={() => setOpened({ is: "copy" })}>{say.copy}</Button>
            <Button onClick={() => setOpened({ is: "import" })}>{say.import}</Button>
          </>
        )}
        {data && <ExportButton href={address("/duty/roster.csv", { unit_id: data.unit.id, from_ms: from, to_ms: from + WEEK_MS })} />}
      </div>
      {week.isError && <ErrorNote error={week.error} retry={() => void week.refetch()} />}
      {failed !== null && <ErrorNote error={failed} />}
      {undo && (
        <p className={css.undo} role="status">
          {undo.text}
          <Button size="small" type="link" onClick={() => void change(undo.shift, undo.shift, true)}>
            {say.undo}
          </Button>
          <Button size="small" type="text" onClick={() => setUndo(null)}>
            {say.dismiss}
          </Button>
        </p>
      )}
      {week.isPending && <Spin style={{ display: "block", margin: "10vh 0", textAlign: "center" }} />}
      {data && data.shifts.length === 0 && <EmptyState title={say.noShifts} next={manage ? say.noShiftsNext : say.noShiftsRead} />}
      {data && data.shifts.length > 0 && (
        <>
          <WeekGrid week={data} open={(id) => setOpened({ is: "shift", id })} fill={(times) => setOpened({ is: "new", times })} change={change} />
          <WeekList week={data} open={(id) => setOpened({ is: "shift", id })} fill={(times) => setOpened({ is: "new", times })} />
          {manage && <p className={css.help}>{say.dragHelp}</p>}
        </>
      )}
      {data && opened?.is === "new" && <ShiftDialog unit={data.unit.id} times={opened.times} manage={manage} among={data.shifts} close={() => setOpened(null)} />}
      {data && opened?.is === "shift" && <OpenedShift week={data} id={opened.id} close={() => setOpened(null)} />}
      {data && opened?.is === "copy" && <CopyDialog unit={data.unit.id} to={from} close={() => setOpened(null)} />}
      {data && opened?.is === "import" && <ImportDialog unit={data.unit.id} close={() => setOpened(null)} />}
    </section>
  );
}

function OpenedShift({ week, id, close }: { week: DutyWeek; id: string; close: () => void }) {
  const shift = week.shifts.find((shift) => shift.id === id);
  if (!shift) return null;
  return <ShiftDialog key={shift.id} unit={week.unit.id} shift={shift} manage={week.manage && shift.unit.id === week.unit.id} among={week.shifts} close={close} />;
}

/** What a new shift begins with: the first gap still to come, else the coming day. */
function nextTimes(week: DutyWeek | undefined, from: number, now: number): Times {
  const gap = week?.gaps.find((gap) => gap.to_ms > now);
  if (gap) return filling(gap, now);
  const hour = Math.ceil(Math.max(now, from) / HOUR_MS) * HOUR_MS;
  return { starts_ms: hour, ends_ms: hour + 12 * HOUR_MS };
}

/** The week before into this one; what could not be copied is listed. */
function CopyDialog({ unit, to, close }: { unit: string; to: number; close: () => void }) {
  const say = useWords(dutyWords);
  const language = useLanguage();
  const client = useQueryClient();
  const [report, setReport] = useState<CopyReport | null>(null);
  const [error, setError] = useState<unknown>(null);
  const [busy, setBusy] = useState(false);
  const copy = async () => {
    setBusy(true);
    setError(null);
    try {
      setReport(await duty.copyWeek(unit, to - WEEK_MS, to));
      await client.invalidateQueries({ queryKey: ["duty"] });
    } catch (failed) {
      setError(failed);
    }
    setBusy(false);
  };
  return (
    <Modal
      open
      title={say.copy}
      onCancel={close}
      okText={report ? say.close : say.copy}
      cancelText={say.cancel}
      {...(report ? { cancelButtonProps: { style: { display: "none" } } } : {})}
      confirmLoading={busy}
      onOk={() => (report ? close() : void copy())}
    >
      <p>{say.copyAsk(dayText(to - WEEK_MS), dayText(to))}</p>
      <p className={css.dim}>{say.copyAbout}</p>
      {error !== null && <ErrorNote error={error} />}
      {report && (
        <div role="status">
          <p>{say.copied(report.copied)}</p>
          {report.skipped.length > 0 && <p>{say.skipped(report.skipped.length)}</p>}
          <ul className={css.list}>
            {report.skipped.map((skipped) => (
              <li key={`${skipped.person} ${skipped.starts_ms}`}>
                {skipped.person} <span className="num">{timeText(skipped.starts_ms).slice(0, -3)}</span>：{pick(language, skipped.cause_zh, skipped.cause_en)}
              </li>
            ))}
          </ul>
        </div>
      )}
    </Modal>
  );
}
