// The strip of a session drawn: one lane for each who or what, along Beijing time.

import { term } from "@/api/terms";
import type { SessionDetail } from "@/api/types";
import { useLanguage } from "@/lib/language";
import { useNow } from "@/lib/now";
import { clockText, durationText } from "@/lib/time";
import css from "./records.module.css";
import { strip, type Interval } from "./strip";

export function StripChart({ session }: { session: SessionDetail }) {
  const language = useLanguage();
  const now = useNow();
  const endMs = Math.max(session.ended_ms ?? now, session.started_ms + 1_000);
  const intervals: Interval[] = [
    ...session.attendances.map((a) => ({ key: a.id, lane: `${a.name} · ${term("mode", a.mode, language)}`, label: term("mode", a.mode, language), fromMs: a.joined_ms, toMs: a.left_ms })),
    ...session.tracks.map((t) => ({
      key: t.id,
      lane: `${t.publisher.name} · ${term("trackKind", t.kind, language)}`,
      label: term("trackKind", t.kind, language),
      fromMs: t.started_ms,
      toMs: t.ended_ms,
    })),
  ];
  const { lanes, ticks } = strip(intervals, session.started_ms, endMs);
  const isTrack = new Set(session.tracks.map((t) => t.id));
  return (
    <div className={css.strip}>
      <div className={css.ticks} aria-hidden>
        {ticks.map((tick) => (
          <span key={tick.atMs} style={{ left: `${tick.left}%` }} data-edge={tick.left > 92 ? "right" : tick.left < 4 ? "left" : undefined}>
            {clockText(tick.atMs)}
          </span>
        ))}
      </div>
      {lanes.map(({ lane, bars }) => (
        <div key={lane} className={css.lane}>
          <span title={lane}>{lane}</span>
          <div>
            {ticks.map((tick) => (
              <i key={tick.atMs} style={{ left: `${tick.left}%` }} />
            ))}
            {bars.map((bar) => {
              const text = `${clockText(bar.fromMs)} – ${bar.toMs === null ? "…" : clockText(bar.toMs)} (${durationText((bar.toMs ?? now) - bar.fromMs)})`;
              return (
                <b
                  key={bar.key}
                  role="img"
                  aria-label={`${lane} ${text}`}
                  title={text}
                  data-open={bar.open}
                  data-track={isTrack.has(bar.key)}
                  style={{ left: `${bar.left}%`, width: `${bar.width}%` }}
                />
              );
            })}
          </div>
        </div>
      ))}
    </div>
  );
}
