// The stage, or a frozen frame with the live picture as an inset. A frame that anyone freezes comes up for everyone.

import { AuditOutlined, LeftOutlined, RightOutlined } from "@ant-design/icons";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Button } from "antd";
import { useCallback, useEffect, useRef, type ReactNode } from "react";
import { marks as calls } from "@/api/calls";
import { holdsAny, useMe } from "@/api/me";
import { withMark } from "@/api/marks";
import { queries } from "@/api/queries";
import type { AssistView, FrameView, MarkNews } from "@/api/types";
import { painted, type Point } from "@/lib/drawing";
import { issuing } from "@/lib/issuing";
import { useWords } from "@/lib/language";
import { clockText } from "@/lib/time";
import type { Call } from "@/live/call";
import { Board } from "@/ui/Board";
import css from "./session.module.css";
import { sessionWords } from "./words";

interface Props {
  assist: AssistView;
  call: Call;
  mayDraw: boolean;
  shown: string | null;
  show(frame: string | null): void;
  children(inset: boolean): ReactNode;
}

const LASER = "laser";

export function Boards({ assist, call, mayDraw, shown, show, children }: Props) {
  const say = useWords(sessionWords);
  const client = useQueryClient();
  const id = assist.session.id;
  const query = queries.marks("account", id);
  const marks = useQuery(query);
  const frames = marks.data?.frames ?? [];
  const at = frames.findIndex((frame) => frame.id === shown);
  const frame = frames[at];
  const own = calls("account");

  const known = useRef<number | null>(null);
  const count = marks.data ? frames.length : null;
  const newest = frames.at(-1)?.id;
  useEffect(() => {
    if (count !== null && known.current !== null && count > known.current && newest) show(newest);
    known.current = count;
  }, [count, newest, show]);

  const put = (news: MarkNews) => client.setQueryData(query.queryKey, (old) => old && withMark(old, news));
  const point = useCallback((place: Point | null) => call.others.pass(LASER, { frame: shown, place }), [call, shown]);
  const onPoint = useCallback(
    (listener: (from: string, place: Point | null) => void) =>
      call.others.onPassing(({ topic, from, data }) => {
        const told = topic === LASER ? laserOf(data) : null;
        if (told && told.frame === shown) listener(from, told.place);
      }),
    [call, shown],
  );

  const directs = holdsAny(useMe(), ["directives.issue"]);
  const direct = async (of: FrameView) => {
    const picture = await painted(own.image(id, of.id), of).catch(() => null);
    issuing.set({ place: `${assist.session.site?.name ?? ""} · ${assist.session.number}`, session_id: id, frame_id: of.id, picture });
  };

  if (!frame) return children(false);
  return (
    <div className={css.frozen}>
      <Board
        key={frame.id}
        frame={frame}
        image={own.image(id, frame.id)}
        mayDraw={mayDraw}
        caption={
          <>
            <Caption frame={frame} at={at} frames={frames} show={show} />
            {directs && (
              <Button size="small" type="text" icon={<AuditOutlined aria-hidden />} onClick={() => void direct(frame)}>
                {say.direct}
              </Button>
            )}
          </>
        }
        draw={async (drawn) => put({ stroke: await own.draw(id, frame.id, drawn) })}
        undo={async () => put({ stroke: await own.undo(id, frame.id) })}
        close={() => show(null)}
        point={point}
        onPoint={onPoint}
      />
      <div className={css.inset} aria-label={say.live}>
        {children(true)}
      </div>
    </div>
  );
}

function Caption({ frame, at, frames, show }: { frame: FrameView; at: number; frames: readonly FrameView[]; show(frame: string | null): void }) {
  const say = useWords(sessionWords);
  const turn = (by: number) => show(frames[at + by]?.id ?? frame.id);
  return (
    <>
      {say.frozenBy(frame.author, clockText(frame.frame_ms))}
      {frames.length > 1 && (
        <span className={css.turn}>
          <Button size="small" type="text" aria-label={say.previous} disabled={at === 0} icon={<LeftOutlined aria-hidden />} onClick={() => turn(-1)} />
          {say.frameOf(at + 1, frames.length)}
          <Button size="small" type="text" aria-label={say.next} disabled={at === frames.length - 1} icon={<RightOutlined aria-hidden />} onClick={() => turn(1)} />
        </span>
      )}
    </>
  );
}

function laserOf(data: unknown): { frame: string; place: Point | null } | null {
  if (typeof data !== "object" || data === null || !("frame" in data) || typeof data.frame !== "string" || !("place" in data)) return null;
  const { frame, place } = data;
  if (place === null) return { frame, place };
  if (!Array.isArray(place) || place.length !== 2 || !place.every((n) => typeof n === "number" && n >= 0 && n <= 10_000)) return null;
  return { frame, place: place as Point };
}
