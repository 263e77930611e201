// The tiles, and the free places between them.

import { AppstoreOutlined } from "@ant-design/icons";
import { useMemo, useState, type DragEvent } from "react";
import type { Site } from "@/api/types";
import { useWords } from "@/lib/language";
import { useStore } from "@/lib/useStore";
import type { Link } from "@/live/link";
import { EmptyState } from "@/ui/EmptyState";
import { siteRects, slotRect, takenCount, WARM_RECT } from "./layout";
import type { WallModel, WallState } from "./model";
import { SITE_DRAG } from "./SiteTree";
import type { SiteStatus } from "./sites";
import { Tile, TILE_DRAG, type TileActions } from "./Tile";
import css from "./wall.module.css";
import { wallWords } from "./words";

interface Props {
  wall: WallState;
  model: WallModel;
  link: Link;
  sites: ReadonlyMap<string, Site>;
  status: ReadonlyMap<string, SiteStatus>;
  figures: boolean;
  /** A site dropped from the tree. */
  pick(site: string, slot: number): void;
  /** Issues a directive about what is seen; null for those who may not. */
  direct: ((site: string) => void) | null;
}

export function Stage({ wall, model, link, sites, status, figures, pick, direct }: Props) {
  const say = useWords(wallWords);
  const { phase } = useStore(link.state);
  const [over, setOver] = useState<number | null>(null);
  const { slots, layout, spotlight } = wall;
  const rects = useMemo(() => siteRects(slots, layout, spotlight), [slots, layout, spotlight]);

  const actions = useMemo<TileActions>(
    () => ({
      select: (site) => model.select(site),
      turnSpotlight: (site) => model.turnSpotlight(site),
      remove: (site) => model.remove(site),
      retry: (site) => model.retry(site),
      direct,
      drop(event, slot) {
        event.preventDefault();
        event.stopPropagation();
        setOver(null);
        const site = event.dataTransfer.getData(SITE_DRAG);
        const from = event.dataTransfer.getData(TILE_DRAG);
        if (site) pick(site, slot);
        else if (from) model.move(Number(from), slot);
      },
    }),
    [model, pick, direct],
  );

  // Drawn in the order of their ids, placed by style: changing places never moves a picture in the document.
  const drawn = [...wall.phases].sort(([a], [b]) => (a < b ? -1 : 1));
  const hover = (event: DragEvent, index: number) => {
    event.preventDefault();
    setOver(index);
  };

  return (
    <div className={css.stage}>
      {spotlight === null &&
        slots.slice(0, layout).map((site, index) => {
          if (site !== null) return null;
          const rect = slotRect(layout, index);
          return (
            <div
              key={index}
              className={css.slot}
              data-over={over === index || undefined}
              style={{ left: `${rect.left}%`, top: `${rect.top}%`, width: `${rect.width}%`, height: `${rect.height}%` }}
              onDragOver={(event) => hover(event, index)}
              onDragLeave={() => setOver(null)}
              onDrop={(event) => actions.drop(event, index)}
              aria-label={say.slot(index + 1)}
            >
              <span>{index + 1}</span>
            </div>
          );
        })}
      {takenCount(slots) === 0 && (
        <div className={css.invite}>
          <EmptyState icon={<AppstoreOutlined aria-hidden />} title={say.emptyTitle} next={say.emptyNext} />
        </div>
      )}
      {drawn.map(([id, tilePhase]) => {
        const rect = rects.get(id);
        return (
          <Tile
            key={id}
            siteId={id}
            site={sites.get(id)}
            status={status.get(id)}
            phase={tilePhase}
            picture={link.picture(id)}
            rect={rect ?? WARM_RECT}
            warm={rect === undefined}
            slot={slots.indexOf(id)}
            linkUp={phase === "connected"}
            selected={wall.selected === id}
            large={spotlight === id}
            figures={figures}
            actions={actions}
          />
        );
      })}
    </div>
  );
}
