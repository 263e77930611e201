// How good a session was: of each track a curve of rate, loss and round trip over time, with freezes and pauses said in words.

import { useQuery } from "@tanstack/react-query";
import { Spin } from "antd";
import { useId, useState, type PointerEvent } from "react";
import { address } from "@/api/client";
import { queries } from "@/api/queries";
import { term } from "@/api/terms";
import type { QualityPoint, SessionDetail, TrackQuality } from "@/api/types";
import { useLanguage, useWords } from "@/lib/language";
import { useNow } from "@/lib/now";
import { clockText } from "@/lib/time";
import { EmptyState } from "@/ui/EmptyState";
import { ErrorNote } from "@/ui/ErrorNote";
import { ExportButton } from "@/ui/ExportButton";
import { across, curve, HEIGHT, marks, niceTop, pointAt, totals, WIDTH, type Mark, type Span } from "./curve";
import { formatBps, formatShare } from "./quality";
import css from "./quality.module.css";
import { strip } from "./strip";
import { recordsWords } from "./words";

/** Marks that are spelled out beneath a curve; further ones are counted. */
const SPELLED = 6;

export function QualityPanel({ session }: { session: SessionDetail }) {
  const say = useWords(recordsWords).curve;
  const now = useNow();
  const quality = useQuery(queries.sessionQuality(session.id, session.state === "open"));
  if (quality.isPending) return <Spin />;
  if (quality.isError && !quality.data) return <ErrorNote error={quality.error} retry={() => void quality.refetch()} />;
  const { tracks, cut } = quality.data;
  if (tracks.length === 0) return <EmptyState title={say.none} next={session.state === "open" ? say.noneYet : say.noneNext} />;
  const latest = Math.max(...tracks.flatMap((track) => track.points.map((point) => point.to_ms)));
  const span = { fromMs: session.started_ms, toMs: Math.max(session.ended_ms ?? Math.min(now, latest + 10_000), session.started_ms + 10_000) };
  return (
    <div className={css.quality}>
      {cut && <p className={css.note}>{say.cut}</p>}
      {tracks.map((track, index) => (
        <TrackCurve key={track.track} track={track} span={span} hint={index === 0} />
      ))}
      <footer>
        <ul className={css.legend}>
          <li data-is="sent">{say.sent}</li>
          <li data-is="received">{say.received}</li>
          <li data-is="loss">{say.lossUp}</li>
          <li data-is="worst">{say.lossWorst}</li>
          <li data-is="rtt">{say.rtt}</li>
          <li data-is="pause">{say.pauseIs}</li>
          <li data-is="freeze">{say.freezeIs}</li>
        </ul>
        <ExportButton href={address(`/sessions/${encodeURIComponent(session.id)}/quality.csv`)} />
      </footer>
    </div>
  );
}

function TrackCurve({ track, span, hint }: { track: TrackQuality; span: Span; hint: boolean }) {
  const words = useWords(recordsWords);
  const say = words.curve;
  const language = useLanguage();
  const title = useId();
  const [shown, setShown] = useState<QualityPoint | null>(null);
  const { points } = track;
  const all = totals(points);
  const found = marks(points);
  const rate = niceTop(points.flatMap((p) => [p.bitrate_bps, p.viewers?.bitrate_bps ?? null]), 10_000);
  const loss = niceTop(points.flatMap((p) => [p.loss, p.viewers?.loss_worst ?? null]), 0.01);
  const trip = niceTop(points.flatMap((p) => [p.rtt_ms, p.viewers?.rtt_worst_ms ?? null]), 50);
  const sent = curve(points, span, rate, (p) => p.bitrate_bps);
  const received = curve(points, span, rate, (p) => p.viewers?.bitrate_bps ?? null);
  const up = curve(points, span, loss, (p) => p.loss);
  const worst = curve(points, span, loss, (p) => p.viewers?.loss_worst ?? null);
  const trips = curve(points, span, trip, (p) => p.viewers?.rtt_worst_ms ?? p.rtt_ms);
  const { ticks } = strip([], span.fromMs, span.toMs);
  const point = (event: PointerEvent<HTMLDivElement>) => {
    const box = event.currentTarget.getBoundingClientRect();
    setShown(pointAt(points, span, ((event.clientX - box.left) / Math.max(1, box.width)) * WIDTH));
  };
  const summary = [
    say.mean(formatBps(all.bitrate)),
    all.loss === null ? null : say.meanLoss(formatShare(all.loss)),
    all.worstLoss === null ? null : say.worstLoss(formatShare(all.worstLoss)),
    all.rtt === null ? null : say.worstRtt(all.rtt),
    track.kind === "video" ? (all.freezes > 0 ? say.freezes(all.freezes, seconds(all.frozenMs)) : say.noFreeze) : null,
    all.pauses > 0 ? say.pauses(all.pauses, seconds(all.pausedMs)) : null,
  ].filter((text) => text !== null);
  return (
    <figure className={css.track} aria-labelledby={title} data-quality-track={track.kind}>
      <figcaption id={title}>
        <strong>
          {track.publisher.name} · {term("trackKind", track.kind, language)} · {term("trackSource", track.source, language)}
        </strong>
        <span className="num">{summary.join(language === "zh" ? "，" : ", ")}</span>
      </figcaption>
      <div className={css.plots} onPointerMove={point} onPointerDown={point} onPointerLeave={(event) => event.pointerType === "mouse" && setShown(null)}>
        <Plot label={say.rateAxis} tops={[formatBps(rate)]} found={found} span={span} ticks={ticks} shown={shown} tall>
          <path className={css.sentArea} d={sent.area} />
          <path className={css.sent} d={sent.line} />
          <path className={css.received} d={received.line} />
        </Plot>
        <Plot label={say.lossAxis} tops={[formatShare(loss), `${trip} ms`]} found={found} span={span} ticks={ticks} shown={shown}>
          <path className={css.lossArea} d={up.area} />
          <path className={css.loss} d={up.line} />
          <path className={css.worst} d={worst.line} />
          <path className={css.rtt} d={trips.line} />
        </Plot>
      </div>
      <div className={css.ticks} aria-hidden>
        {ticks.map((tick) => (
          <span key={tick.atMs} style={{ left: `${tick.left}%` }} data-edge={tick.left > 92 ? "right" : tick.left < 4 ? "left" : undefined}>
            {clockText(tick.atMs)}
          </span>
        ))}
      </div>
      <p className={`${css.readout} num`}>{shown ? figures(shown, say) : hint ? say.point : null}</p>
      {found.length > 0 && (
        <ul className={css.marks}>
          {found.slice(0, SPELLED).map((mark) => (
            <li key={`${mark.kind}${mark.fromMs}`} data-is={mark.kind}>
              <span className="num">
                {clockText(mark.fromMs)}–{clockText(mark.toMs)}
              </span>{" "}
              {mark.kind === "freeze" ? say.freezes(mark.times, seconds(mark.ms)) : mark.times > 0 ? say.pauses(mark.times, seconds(mark.ms)) : say.pausedFor(seconds(mark.ms))}
            </li>
          ))}
          {found.length > SPELLED && <li className={css.more}>{say.more(found.length - SPELLED)}</li>}
        </ul>
      )}
    </figure>
  );
}

interface PlotProps {
  label: string;
  /** What the upper edge stands for; the second belongs to the broken line. */
  tops: string[];
  found: Mark[];
  span: Span;
  ticks: { atMs: number; left: number }[];
  shown: QualityPoint | null;
  tall?: boolean;
  children: React.ReactNode;
}

function Plot({ label, tops, found, span, ticks, shown, tall, children }: PlotProps) {
  return (
    <div className={css.plot} data-tall={tall}>
      <span className={css.axis}>
        {label} <b className="num">{tops[0]}</b>
      </span>
      {tops[1] && <span className={`${css.axis} ${css.right} num`}>{tops[1]}</span>}
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" role="img" aria-label={label}>
        {found.map((mark) => {
          const x = across(mark.fromMs, span);
          return <rect key={`${mark.kind}${mark.fromMs}`} className={css.mark} data-is={mark.kind} x={x} y={0} width={Math.max(3, across(mark.toMs, span) - x)} height={HEIGHT} />;
        })}
        {ticks.map((tick) => (
          <line key={tick.atMs} className={css.grid} x1={tick.left * 10} x2={tick.left * 10} y1={0} y2={HEIGHT} />
        ))}
        <line className={css.grid} x1={0} x2={WIDTH} y1={HEIGHT / 2} y2={HEIGHT / 2} />
        {children}
        {shown && <rect className={css.shown} x={across(shown.from_ms, span)} y={0} width={Math.max(2, across(shown.to_ms, span) - across(shown.from_ms, span))} height={HEIGHT} />}
      </svg>
    </div>
  );
}

type Say = (typeof recordsWords)["zh"]["curve"];

function figures(p: QualityPoint, say: Say): string {
  const parts = [`${clockText(p.from_ms)}–${clockText(p.to_ms)}`, `${say.sent} ${formatBps(p.bitrate_bps)}`];
  if (p.height > 0) parts.push(`${p.width}×${p.height}`);
  if (p.loss !== null) parts.push(`${say.lossUp} ${formatShare(p.loss)}`);
  parts.push(say.jitter(p.jitter_ms));
  if (p.rtt_ms !== null) parts.push(say.rttUp(p.rtt_ms));
  if (p.viewers) {
    const v = p.viewers;
    parts.push(say.viewers(v.viewers), `${say.received} ${formatBps(v.bitrate_bps)}`);
    if (v.loss_worst !== null) parts.push(`${say.lossWorst} ${formatShare(v.loss_worst)}`);
    if (v.rtt_worst_ms !== null) parts.push(say.rttDown(v.rtt_worst_ms));
    if (v.estimate_lowest_bps !== null) parts.push(say.estimate(formatBps(v.estimate_lowest_bps)));
    if (v.freezes > 0) parts.push(say.freezes(v.freezes, seconds(v.frozen_ms)));
    if (v.paused_ms > 0) parts.push(say.pausedFor(seconds(v.paused_ms)));
  }
  return parts.join(" · ");
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(1);
}
