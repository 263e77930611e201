// Under the wall: what is being watched for, for how long, how it is shown, and the end of it.

import { BarChartOutlined, FullscreenExitOutlined, FullscreenOutlined, QuestionCircleOutlined, RetweetOutlined } from "@ant-design/icons";
import { Button, Popconfirm, Segmented, Tooltip } from "antd";
import { memo } from "react";
import { useWords } from "@/lib/language";
import { Duration } from "@/ui/Time";
import { LAYOUTS, type Layout } from "./layout";
import type { WallModel, WallState } from "./model";
import css from "./wall.module.css";
import { wallWords } from "./words";

interface Props {
  watch: WallState["watch"];
  layout: Layout;
  /** How many places are taken. */
  taken: number;
  model: WallModel;
  figures: boolean;
  turnFigures(): void;
  full: boolean;
  turnFull(): void;
  help(): void;
  /** A tour is on: any number of tiles will do. */
  touring: boolean;
  askTour(): void;
}

export const WatchBar = memo(function WatchBar({ watch, layout, taken, model, figures, turnFigures, full, turnFull, help, touring, askTour }: Props) {
  const say = useWords(wallWords);
  return (
    <footer className={css.bar}>
      <div className={css.watch}>
        {watch ? (
          <>
            <span className={css.purpose} title={watch.purpose}>
              {watch.purpose}
            </span>
            <span className={css.dim}>
              <Duration from={watch.started_ms} /> · {say.sitesCount(taken)}
            </span>
          </>
        ) : (
          <span className={css.dim}>{say.noWatch}</span>
        )}
      </div>
      <Segmented<Layout>
        size="small"
        value={layout}
        onChange={(chosen) => model.setLayout(chosen)}
        options={LAYOUTS.map((each) => ({ value: each, label: each, title: say.tiles(each), disabled: !touring && each < taken }))}
        aria-label={say.layout}
      />
      <div className={css.tools}>
        <Tool label={say.tour} pressed={touring} act={askTour} icon={<RetweetOutlined aria-hidden />} />
        <Tool label={`${say.stats} T`} pressed={figures} act={turnFigures} icon={<BarChartOutlined aria-hidden />} />
        <Tool label={`${say.full} F`} pressed={full} act={turnFull} icon={full ? <FullscreenExitOutlined aria-hidden /> : <FullscreenOutlined aria-hidden />} />
        <Tool label={`${say.keys} ?`} act={help} icon={<QuestionCircleOutlined aria-hidden />} />
      </div>
      {watch && (
        <Popconfirm title={say.endWatch} description={say.endWatchSure(taken)} okText={say.end} cancelText={say.cancel} onConfirm={() => model.endWatch()}>
          <Button size="small" danger>
            {say.endWatch}
          </Button>
        </Popconfirm>
      )}
    </footer>
  );
});

function Tool({ label, pressed, act, icon }: { label: string; pressed?: boolean; act: () => void; icon: React.ReactNode }) {
  return (
    <Tooltip title={label}>
      <Button type="text" size="small" aria-label={label} aria-pressed={pressed} className={pressed ? css.pressed : undefined} icon={icon} onClick={act} />
    </Tooltip>
  );
}
