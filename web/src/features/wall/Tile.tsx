// One tile: a place for the picture, its name, its state in a word, and what can be done with it.

import { AuditOutlined, CloseOutlined, EyeInvisibleOutlined, FullscreenExitOutlined, FullscreenOutlined, MutedOutlined, SoundOutlined, SwapOutlined } from "@ant-design/icons";
import { Button } from "antd";
import { memo, useLayoutEffect, useRef, type DragEvent, type MouseEvent, type ReactNode } from "react";
import { term } from "@/api/terms";
import type { Site } from "@/api/types";
import { useLanguage, useWords, type Language } from "@/lib/language";
import { useNow } from "@/lib/now";
import { paths } from "@/lib/paths";
import { agoText, timeText } from "@/lib/time";
import { useStore } from "@/lib/useStore";
import type { Figures } from "@/live/figures";
import type { Picture } from "@/live/picture";
import type { Rect } from "./layout";
import type { SiteStatus } from "./sites";
import { isFull, tileView, type Phase, type TileView } from "./tile";
import css from "./tile.module.css";
import { wallWords } from "./words";

export const TILE_DRAG = "application/x-lianxian-slot";

export interface TileActions {
  select(site: string): void;
  turnSpotlight(site: string): void;
  remove(site: string): void;
  /** Issues a directive; null for those who may not. */
  direct: ((site: string) => void) | null;
  retry(site: string): void;
  drop(event: DragEvent, slot: number): void;
}

interface Props {
  siteId: string;
  site: Site | undefined;
  status: SiteStatus | undefined;
  phase: Phase;
  picture: Picture;
  rect: Rect;
  /** Made ready behind the tiles: its picture runs, and nobody sees or reaches it yet. */
  warm: boolean;
  slot: number;
  linkUp: boolean;
  selected: boolean;
  large: boolean;
  figures: boolean;
  actions: TileActions;
}

export const Tile = memo(function Tile({ siteId, site, status, phase, picture, rect, warm, slot, linkUp, selected, large, figures, actions }: Props) {
  const say = useWords(wallWords);
  const language = useLanguage();
  const state = useStore(picture.state);
  const view = tileView({ phase, privacy: site?.privacy, status, linkUp, flow: state.flow, flowSince: state.since, weak: state.weak, paused: state.paused });
  const hidden = site?.privacy.on === true;
  const name = site?.name ?? siteId;

  useLayoutEffect(() => {
    // Whoever asked for privacy is not shown by an old frame either.
    picture.withhold(hidden);
  }, [hidden, picture]);

  const stop = (act: () => void) => (event: MouseEvent) => {
    event.stopPropagation();
    act();
  };
  const drag = (event: DragEvent) => event.dataTransfer.setData(TILE_DRAG, String(slot));

  return (
    <div
      className={css.cell}
      data-warm={warm || undefined}
      inert={warm}
      style={{ left: `${rect.left}%`, top: `${rect.top}%`, width: `${rect.width}%`, height: `${rect.height}%` }}
      onDragOver={(event) => event.preventDefault()}
      onDrop={(event) => actions.drop(event, slot)}
    >
      <div
        className={css.tile}
        role="group"
        aria-label={`${name}，${say.tile[view.state]}`}
        data-tile-site={warm ? undefined : siteId}
        data-warm-site={warm ? siteId : undefined}
        data-state={view.state}
        data-selected={selected || undefined}
        draggable={!warm}
        onDragStart={drag}
        onClick={() => actions.select(siteId)}
        onDoubleClick={() => actions.turnSpotlight(siteId)}
      >
        <PicturePlace picture={picture} hidden={hidden} />
        {view.state !== "live" && view.state !== "weak" && <Cause view={view} kept={state.kept && !hidden} retry={() => actions.retry(siteId)} />}
        <div className={css.plate}>
          <span className={css.state}>{say.tile[view.state]}</span>
          <span className={css.name}>{name}</span>
          {view.state === "weak" && <span className={css.hint}>{causeText(view, say, language)}</span>}
          {state.sound === "on" && <SoundOutlined className={css.hearing} data-speaking={state.speaking || undefined} aria-hidden />}
        </div>
        {figures && state.figures && <FigureLines figures={state.figures} />}
        <div className={css.actions} onDoubleClick={(event) => event.stopPropagation()}>
          <Action label={large ? say.reduce : say.enlarge} act={stop(() => actions.turnSpotlight(siteId))}>
            {large ? <FullscreenExitOutlined aria-hidden /> : <FullscreenOutlined aria-hidden />}
          </Action>
          {state.sources > 1 && (
            <Action label={say.source} act={stop(() => picture.nextSource())}>
              <SwapOutlined aria-hidden />
            </Action>
          )}
          <Action
            label={say.sound}
            title={state.sound === "none" ? (site?.privacy_class === "private" ? say.privateSite : say.noSound) : say.sound}
            pressed={state.sound === "on"}
            disabled={state.sound === "none"}
            act={stop(() => picture.setSound(state.sound !== "on"))}
          >
            {state.sound === "on" ? <SoundOutlined aria-hidden /> : <MutedOutlined aria-hidden />}
          </Action>
          {actions.direct && (
            <Action label={say.direct} title={`${say.direct} · D`} act={stop(() => actions.direct?.(siteId))}>
              <AuditOutlined aria-hidden />
            </Action>
          )}
          <Action label={say.remove} act={stop(() => actions.remove(siteId))}>
            <CloseOutlined aria-hidden />
          </Action>
        </div>
      </div>
    </div>
  );
});

function Action({ label, title, pressed, disabled, act, children }: { label: string; title?: string; pressed?: boolean; disabled?: boolean; act: (event: MouseEvent) => void; children: ReactNode }) {
  return (
    <button type="button" aria-label={label} title={title ?? label} aria-pressed={pressed} disabled={disabled} onClick={act}>
      {children}
    </button>
  );
}

/** Where the picture's own elements hang. Rendered once: nothing that React does moves or restarts them. */
const PicturePlace = memo(function PicturePlace({ picture, hidden }: { picture: Picture; hidden: boolean }) {
  const place = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    place.current?.replaceChildren(picture.still, picture.element);
  }, [picture]);
  return <div ref={place} className={css.picture} data-hidden={hidden || undefined} />;
});

function Cause({ view, kept, retry }: { view: TileView; kept: boolean; retry: () => void }) {
  const say = useWords(wallWords);
  const language = useLanguage();
  const text = causeText(view, say, language);
  return (
    <div className={css.cause} data-kept={kept || undefined}>
      {view.state === "privacy" && <EyeInvisibleOutlined aria-hidden />}
      <strong>{say.tile[view.state]}</strong>
      {text && <span>{text}</span>}
      {view.since !== null && view.state !== "refused" && view.state !== "connecting" && <Since at={view.since} />}
      {(view.state === "ended" || view.state === "refused") && (
        <Button
          size="small"
          onClick={(event) => {
            event.stopPropagation();
            retry();
          }}
        >
          {say.retry}
        </Button>
      )}
      {(view.state === "ended" || view.state === "refused" || view.state === "connecting") && (
        <a className={css.check} data-state={view.state} href={paths.check} target="_blank" rel="opener" onClick={(event) => event.stopPropagation()}>
          {say.check}
        </a>
      )}
    </div>
  );
}

function Since({ at }: { at: number }) {
  const say = useWords(wallWords);
  const language = useLanguage();
  const now = useNow();
  return <small>{say.since(timeText(at, now), agoText(now - at, language))}</small>;
}

function causeText({ cause, state }: TileView, say: (typeof wallWords)["zh"], language: Language): string {
  switch (cause.is) {
    case "offline":
      return term("offlineCause", cause.cause, language);
    case "privacy":
      return cause.reason;
    case "ended":
      return term("sessionEnd", cause.cause, language);
    case "refused":
      return isFull(cause.problem) ? `${cause.problem.text(language)}${say.triesAgain}` : cause.problem.text(language);
    case "none":
      return state === "connecting" ? say.cause.waiting : "";
    default:
      return say.cause[cause.is];
  }
}

function FigureLines({ figures }: { figures: Figures }) {
  const say = useWords(wallWords);
  return (
    <div className={css.figures}>
      <span>
        {figures.codec} {figures.width}×{figures.height}
      </span>
      <span>{figures.fps.toFixed(0)} fps</span>
      <span>{figures.kbps.toFixed(0)} kbit/s</span>
      <span>{say.loss(figures.loss.toFixed(1))}</span>
      {figures.rtt_ms !== null && <span>{say.rtt(Math.round(figures.rtt_ms))}</span>}
      <span>{say.jitter(Math.round(figures.jitter_ms))}</span>
      <span>{say.freezes(figures.freezes, (figures.frozen_ms / 1000).toFixed(1))}</span>
      {figures.line_kbps !== null && <span>{say.line((figures.line_kbps / 1000).toFixed(1))}</span>}
    </div>
  );
}
