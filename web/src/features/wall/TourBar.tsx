// The tour's own bar: which group of how many, when the next one comes, how long each stays, and the hands on it.

import { CaretRightOutlined, LeftOutlined, PauseOutlined, RetweetOutlined, RightOutlined } from "@ant-design/icons";
import { Button, InputNumber, Tooltip } from "antd";
import { memo, useState, type ReactNode } from "react";
import type { OrgTree } from "@/api/types";
import { useWords } from "@/lib/language";
import { useNow } from "@/lib/now";
import { DWELL_LEAST_S, DWELL_MOST_S, groupCount, isDwell, leftOf, type Tour } from "./tour";
import type { Touring } from "./touring";
import css from "./wall.module.css";
import { wallWords } from "./words";

export const TourBar = memo(function TourBar({ tour, tours, tree }: { tour: Tour; tours: Touring; tree: OrgTree }) {
  const say = useWords(wallWords);
  const paused = tour.clock.is === "paused";
  const count = groupCount(tour);
  const { source } = tour;
  const over =
    source.is === "unit"
      ? (tree.units.find((unit) => unit.id === source.unit)?.name ?? say.tourUnit)
      : source.is === "marked"
        ? say.tourMarked(tour.sites.length)
        : say.tourOnAir(tour.sites.length);
  return (
    <section className={css.tour} aria-label={say.tour} data-tour-group={tour.group + 1} data-tour-groups={count} data-tour-state={paused ? "paused" : "running"} data-tour-warm={tour.next !== null || undefined}>
      <Dwelt key={tour.turn} tour={tour} />
      <span className={css.tourName} title={over}>
        <RetweetOutlined aria-hidden /> {say.tour} · {over}
      </span>
      <div className={css.steps}>
        <Step label={say.previousGroup} act={() => tours.back()} icon={<LeftOutlined aria-hidden />} />
        <span className={`${css.group} num`} aria-live="off">
          {say.group(tour.group + 1, count)}
        </span>
        <Step label={say.nextGroup} act={() => tours.forward()} icon={<RightOutlined aria-hidden />} />
        <Step label={paused ? say.resumeTour : say.pauseTour} act={() => tours.turnPause()} icon={paused ? <CaretRightOutlined aria-hidden /> : <PauseOutlined aria-hidden />} />
      </div>
      <Countdown tour={tour} />
      <Dwell key={tour.dwell_ms} seconds={tour.dwell_ms / 1_000} change={(seconds) => tours.setDwell(seconds)} />
      <Button size="small" onClick={() => tours.stop()}>
        {say.stopTour}
      </Button>
    </section>
  );
});

function Step({ label, act, icon }: { label: string; act: () => void; icon: ReactNode }) {
  return (
    <Tooltip title={label}>
      <Button type="text" size="small" aria-label={label} icon={icon} onClick={act} />
    </Tooltip>
  );
}

/** The line over the bar that grows through the dwell. */
function Dwelt({ tour }: { tour: Tour }) {
  const now = useNow();
  const share = Math.min(1, Math.max(0, 1 - leftOf(tour, now) / tour.dwell_ms));
  return <span className={css.dwelt} style={{ transform: `scaleX(${share.toFixed(3)})` }} aria-hidden />;
}

function Countdown({ tour }: { tour: Tour }) {
  const say = useWords(wallWords);
  const now = useNow();
  if (tour.clock.is === "paused") return <span className={css.countdown}>{say.tourPaused}</span>;
  const seconds = Math.ceil(leftOf(tour, now) / 1_000);
  return <span className={`${css.countdown} num`}>{tour.next ? say.warming(seconds) : say.turnsIn(seconds)}</span>;
}

/** What is typed counts when it is done and within the bounds; what is not says so, and the tour goes on as before. */
function Dwell({ seconds, change }: { seconds: number; change: (seconds: number) => void }) {
  const say = useWords(wallWords);
  const [typed, setTyped] = useState<number | null>(seconds);
  const right = isDwell(typed);
  const done = () => {
    if (right && typed !== seconds) change(typed);
  };
  return (
    <label className={css.dwell}>
      {say.dwell}
      <InputNumber<number> size="small" value={typed} onChange={setTyped} onBlur={done} onPressEnter={done} status={right ? undefined : "error"} aria-label={say.dwell} />
      {say.seconds}
      {!right && (
        <span className={css.wrong} role="alert">
          {say.dwellWrong(DWELL_LEAST_S, DWELL_MOST_S)}
        </span>
      )}
    </label>
  );
}
