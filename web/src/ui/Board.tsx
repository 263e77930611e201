// A frozen frame that people draw on together. It shows what is stored, and the stroke that is being drawn; the rest it is told.

import {
  ArrowRightOutlined,
  BorderOutlined,
  CloseOutlined,
  EditOutlined,
  FontSizeOutlined,
  HighlightOutlined,
  UndoOutlined,
} from "@ant-design/icons";
import { Button, Input, Popover } from "antd";
import { useEffect, useRef, useState, type PointerEvent, type ReactNode } from "react";
import { boxOf, COLOURS, pathOf, pointOf, thinned, type Colour, type Drawn, type Point, type Tool } from "@/lib/drawing";
import { useWords } from "@/lib/language";
import css from "./board.module.css";
import { uiWords } from "./words";

type Pick = Tool | "laser";

const PEN_WIDTH = 40;
const TEXT_WIDTH = 260;
const TEXT_MAX_CHARS = 200;
/** How often the laser tells its place. */
const LASER_EVERY_MS = 50;
/** Without news a laser goes out. */
const LASER_LIFE_MS = 1_500;

export interface BoardFrame {
  id: string;
  width: number;
  height: number;
  strokes: readonly { seq: number; author: string; drawn: Drawn | null }[];
}

interface Props {
  frame: BoardFrame;
  /** The address of its image. */
  image: string;
  /** Who froze it and when, and the way to the other frames. */
  caption: ReactNode;
  mayDraw: boolean;
  draw(drawn: Drawn): Promise<unknown>;
  undo(): Promise<unknown>;
  close(): void;
  /** Tells the laser's place; null: it went out. Left out where there is no laser. */
  point?: (at: Point | null) => void;
  /** Hears where others point. */
  onPoint?: (listener: (from: string, at: Point | null) => void) => () => void;
}

const ICONS: Record<Pick, ReactNode> = {
  pen: <EditOutlined aria-hidden />,
  arrow: <ArrowRightOutlined aria-hidden />,
  rectangle: <BorderOutlined aria-hidden />,
  ellipse: <span className={css.ring} aria-hidden />,
  text: <FontSizeOutlined aria-hidden />,
  laser: <HighlightOutlined aria-hidden />,
};

export function Board({ frame, image, caption, mayDraw, draw, undo, close, point, onPoint }: Props) {
  const say = useWords(uiWords).board;
  const [tool, setTool] = useState<Pick>("pen");
  const [colour, setColour] = useState<Colour>("red");
  const [now, setNow] = useState<Point[]>([]);
  /** Sent, and not yet told as stored. */
  const [sent, setSent] = useState<Drawn[]>([]);
  const [writing, setWriting] = useState<Point | null>(null);
  const [failed, setFailed] = useState(false);
  const drawing = useRef(false);
  const told = useRef(0);
  const tools: Pick[] = point ? ["pen", "arrow", "rectangle", "ellipse", "text", "laser"] : ["pen", "arrow", "rectangle", "ellipse", "text"];

  const keep = async (drawn: Drawn) => {
    setSent((all) => [...all, drawn]);
    setFailed(false);
    try {
      await draw(drawn);
    } catch {
      setFailed(true);
    }
    setSent((all) => all.filter((one) => one !== drawn));
  };

  const at = (event: PointerEvent<SVGSVGElement>): Point => pointOf(event.clientX, event.clientY, event.currentTarget.getBoundingClientRect());
  const down = (event: PointerEvent<SVGSVGElement>) => {
    if (!mayDraw || event.button !== 0) return;
    if (tool === "text") {
      event.preventDefault();
      return setWriting(at(event));
    }
    event.currentTarget.setPointerCapture(event.pointerId);
    drawing.current = true;
    setNow([at(event)]);
  };
  const move = (event: PointerEvent<SVGSVGElement>) => {
    if (tool === "laser" && mayDraw) {
      const time = Date.now();
      if (time - told.current < LASER_EVERY_MS) return;
      told.current = time;
      setNow([at(event)]);
      return point?.(at(event));
    }
    if (!drawing.current) return;
    const here = at(event);
    setNow((points) => (tool === "pen" ? [...points, here] : [points[0] ?? here, here]));
  };
  const up = () => {
    if (!drawing.current) return;
    drawing.current = false;
    setNow([]);
    if (tool === "laser" || tool === "text" || now.length === 0) return;
    const points = tool === "pen" ? thinned(now) : now;
    // A click with a shape's tool is no shape.
    if (tool !== "pen" && points.length !== 2) return;
    void keep({ tool, colour, width: PEN_WIDTH, points, text: "" });
  };
  const leave = () => {
    if (tool !== "laser") return;
    setNow([]);
    point?.(null);
  };
  const write = (text: string) => {
    const place = writing;
    setWriting(null);
    if (place && text.trim()) void keep({ tool: "text", colour, width: TEXT_WIDTH, points: [place], text: text.trim() });
  };

  const own: Drawn | null =
    now.length > 0 && tool !== "laser" && tool !== "text" ? { tool, colour, width: PEN_WIDTH, points: now, text: "" } : null;

  return (
    <section className={css.board} aria-label={say.title} data-board={frame.id}>
      <div className={css.tools} role="toolbar" aria-label={say.tools}>
        {mayDraw && (
          <>
            {tools.map((one) => (
              <Button
                key={one}
                size="small"
                type={tool === one ? "primary" : "text"}
                aria-pressed={tool === one}
                title={say[one]}
                aria-label={say[one]}
                icon={ICONS[one]}
                onClick={() => setTool(one)}
              />
            ))}
            <span className={css.colours}>
              {(Object.keys(COLOURS) as Colour[]).map((one) => (
                <button key={one} type="button" aria-label={say.colours[one]} title={say.colours[one]} aria-pressed={colour === one} style={{ background: COLOURS[one] }} onClick={() => setColour(one)} />
              ))}
            </span>
            <Button size="small" type="text" title={say.undo} aria-label={say.undo} icon={<UndoOutlined aria-hidden />} onClick={() => void undo().catch(() => setFailed(false))} />
          </>
        )}
        <span className={css.caption}>{caption}</span>
        <Button size="small" icon={<CloseOutlined aria-hidden />} onClick={close}>
          {say.close}
        </Button>
      </div>
      {failed && (
        <p role="alert" className={css.failed}>
          {say.failed}
        </p>
      )}
      <div className={css.frame}>
        <div className={css.sheet} style={{ aspectRatio: `${frame.width} / ${frame.height}`, maxWidth: `calc(var(--board-height, 70vh) * ${frame.width / frame.height})` }}>
          <img src={image} alt={say.title} draggable={false} />
          <svg
            viewBox={`0 0 ${frame.width} ${frame.height}`}
            data-strokes={frame.strokes.length}
            data-tool={mayDraw ? tool : undefined}
            onPointerDown={down}
            onPointerMove={move}
            onPointerUp={up}
            onPointerCancel={up}
            onPointerLeave={leave}
          >
            {frame.strokes.map((stroke) => stroke.drawn && <Shape key={stroke.seq} drawn={stroke.drawn} frame={frame} title={stroke.author} />)}
            {sent.map((drawn, n) => (
              <Shape key={`sent ${n}`} drawn={drawn} frame={frame} />
            ))}
            {own && <Shape drawn={own} frame={frame} />}
            {tool === "laser" && now[0] && <Dot at={now[0]} frame={frame} />}
            {onPoint && <Lasers frame={frame} onPoint={onPoint} />}
          </svg>
          {writing && (
            <Popover open content={<Input autoFocus maxLength={TEXT_MAX_CHARS} placeholder={say.write} onPressEnter={(e) => write(e.currentTarget.value)} onBlur={(e) => write(e.currentTarget.value)} />}>
              <i className={css.caret} style={{ left: `${writing[0] / 100}%`, top: `${writing[1] / 100}%` }} />
            </Popover>
          )}
        </div>
      </div>
    </section>
  );
}

/** A frame with what stands on it, to look at. */
export function Drawing({ frame, image }: { frame: BoardFrame; image: string }) {
  const say = useWords(uiWords).board;
  return (
    <div className={css.sheet} style={{ aspectRatio: `${frame.width} / ${frame.height}` }}>
      <img src={image} alt={say.title} />
      <svg viewBox={`0 0 ${frame.width} ${frame.height}`} data-strokes={frame.strokes.length}>
        {frame.strokes.map((stroke) => stroke.drawn && <Shape key={stroke.seq} drawn={stroke.drawn} frame={frame} title={stroke.author} />)}
      </svg>
    </div>
  );
}

function Shape({ drawn, frame, title }: { drawn: Drawn; frame: BoardFrame; title?: string }) {
  const stroke = COLOURS[drawn.colour];
  const width = Math.max(2, (drawn.width / 10_000) * frame.width);
  const look = { stroke, strokeWidth: width, fill: "none", strokeLinecap: "round", strokeLinejoin: "round" } as const;
  const named = title && <title>{title}</title>;
  if (drawn.tool === "text") {
    const { x, y } = boxOf(drawn.points, frame);
    return (
      <text x={x} y={y} fill={stroke} fontSize={width} dominantBaseline="hanging" className={css.text}>
        {named}
        {drawn.text}
      </text>
    );
  }
  const box = boxOf(drawn.points, frame);
  if (drawn.tool === "rectangle") return <rect {...box} {...look}>{named}</rect>;
  if (drawn.tool === "ellipse") {
    return (
      <ellipse cx={box.x + box.width / 2} cy={box.y + box.height / 2} rx={box.width / 2} ry={box.height / 2} {...look}>
        {named}
      </ellipse>
    );
  }
  return <path d={pathOf(drawn, frame)} {...look}>{named}</path>;
}

function Dot({ at, frame }: { at: Point; frame: BoardFrame }) {
  const { x, y } = boxOf([at], frame);
  return <circle cx={x} cy={y} r={frame.width / 110} className={css.laser} />;
}

function Lasers({ frame, onPoint }: { frame: BoardFrame; onPoint: NonNullable<Props["onPoint"]> }) {
  const [points, setPoints] = useState<Record<string, Point>>({});
  useEffect(() => {
    const timers = new Map<string, ReturnType<typeof setTimeout>>();
    const out = (from: string) => setPoints((all) => Object.fromEntries(Object.entries(all).filter(([name]) => name !== from)));
    const stop = onPoint((from, at) => {
      clearTimeout(timers.get(from));
      if (!at) return out(from);
      setPoints((all) => ({ ...all, [from]: at }));
      timers.set(from, setTimeout(() => out(from), LASER_LIFE_MS));
    });
    return () => {
      stop();
      for (const timer of timers.values()) clearTimeout(timer);
    };
  }, [onPoint]);
  return Object.entries(points).map(([from, at]) => <Dot key={from} at={at} frame={frame} />);
}
