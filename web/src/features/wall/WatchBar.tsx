// Under the wall: what is being watched for, for how long, how it is shown, and the end of it.

import { BarChartOutlined, FullscreenExitOutlined, FullscreenOutlined, QuestionCircleOutlined } from "@ant-design/icons";
import { Button, Popconfirm, Segmented, Tooltip } from "antd";
import { useWords } from "@/lib/language";
import { Duration } from "@/ui/Time";
import { LAYOUTS, takenCount, type Layout } from "./layout";
import type { WallModel, WallState } from "./model";
import css from "./wall.module.css";
import { wallWords } from "./words";

interface Props {
  wall: WallState;
  model: WallModel;
  figures: boolean;
  turnFigures(): void;
  full: boolean;
  turnFull(): void;
  help(): void;
}

export function WatchBar({ wall, model, figures, turnFigures, full, turnFull, help }: Props) {
  const say = useWords(wallWords);
  const taken = takenCount(wall.slots);
  return (
    <footer className={css.bar}>
      <div className={css.watch}>
        {wall.watch ? (
          <>
            <span className={css.purpose} title={wall.watch.purpose}>
              {wall.watch.purpose}
            </span>
            <span className={css.dim}>
              <Duration from={wall.watch.started_ms} /> · {say.sitesCount(taken)}
            </span>
          </>
        ) : (
          <span className={css.dim}>{say.noWatch}</span>
        )}
      </div>
      <Segmented<Layout>
        size="small"
        value={wall.layout}
        onChange={(layout) => model.setLayout(layout)}
        options={LAYOUTS.map((layout) => ({ value: layout, label: layout, title: say.tiles(layout), disabled: layout < taken }))}
        aria-label={say.layout}
      />
      <div className={css.tools}>
        <Tool label={`${say.stats} T`} pressed={figures} act={turnFigures} icon={<BarChartOutlined aria-hidden />} />
        <Tool label={`${say.full} F`} pressed={full} act={turnFull} icon={full ? <FullscreenExitOutlined aria-hidden /> : <FullscreenOutlined aria-hidden />} />
        <Tool label={`${say.keys} ?`} act={help} icon={<QuestionCircleOutlined aria-hidden />} />
      </div>
      {wall.watch && (
        <Popconfirm title={say.endWatch} description={say.endWatchSure(taken)} okText={say.end} cancelText={say.cancel} onConfirm={() => model.endWatch()}>
          <Button size="small" danger>
            {say.endWatch}
          </Button>
        </Popconfirm>
      )}
    </footer>
  );
}

function Tool({ label, pressed, act, icon }: { label: string; pressed?: boolean; act: () => void; icon: React.ReactNode }) {
  return (
    <Tooltip title={label}>
      <Button type="text" size="small" aria-label={label} aria-pressed={pressed} className={pressed ? css.pressed : undefined} icon={icon} onClick={act} />
    </Tooltip>
  );
}
