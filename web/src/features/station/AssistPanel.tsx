// An assistance at the workstation: the centre's call to take or not; then the helpers' pictures large, one's own small, the
// frozen picture that is drawn on together, and what is written.

import { AudioMutedOutlined, AudioOutlined, PhoneOutlined } from "@ant-design/icons";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Button, Input } from "antd";
import { useCallback, useEffect, useMemo, useRef, useState, useSyncExternalStore } from "react";
import { marks as markCalls, station } from "@/api/calls";
import { spoken, withMark } from "@/api/marks";
import { queries } from "@/api/queries";
import type { AssistView, MarkNews } from "@/api/types";
import { bell, CALL_RING } from "@/lib/bell";
import type { Point } from "@/lib/drawing";
import { useWords } from "@/lib/language";
import { clockText } from "@/lib/time";
import type { Shown } from "@/live/others";
import { Board } from "@/ui/Board";
import { ErrorNote } from "@/ui/ErrorNote";
import { FileLink, FileSend } from "@/ui/Files";
import { Place } from "@/ui/Place";
import { Duration, Time } from "@/ui/Time";
import css from "./assist.module.css";
import { Earphones, Whispers } from "./Earphones";
import { Freezing } from "./Freezing";
import { useBroadcast } from "./hooks";
import { broadcast, uplink } from "./machine";
import { Preview } from "./Preview";
import { RoomConsent, StationGuests } from "./StationGuests";
import { stationWords } from "./words";

const LINE_MAX_CHARS = 500;

/** The centre calls; nothing flows before someone takes it. */
export function CallBand({ assist, done }: { assist: AssistView; done: () => Promise<unknown> }) {
  const say = useWords(stationWords).assist;
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  useEffect(() => bell.ring(CALL_RING), []);
  const act = (what: () => Promise<unknown>) => async () => {
    setBusy(true);
    setError(null);
    // A click lets the helper's voice out.
    void uplink.others.arm();
    try {
      await what();
    } catch (failed) {
      setError(failed);
    }
    await done();
    setBusy(false);
  };
  const { observer, purpose, id } = assist.session;
  return (
    <div className={css.call} role="alertdialog" aria-label={say.calls} data-call={id}>
      <PhoneOutlined aria-hidden className={css.phone ?? ""} />
      <div>
        <strong>{say.callsFrom(observer?.name ?? "", observer?.unit?.name ?? "")}</strong>
        <p>{purpose}</p>
        {error !== null && <ErrorNote error={error} />}
      </div>
      <span className={css.buttons}>
        <Button type="primary" size="large" loading={busy} onClick={() => void act(() => station.answer(id))()}>
          {say.answer}
        </Button>
        <Button size="large" danger onClick={() => void act(() => station.hangUp(id))()}>
          {say.decline}
        </Button>
      </span>
    </div>
  );
}

export function AssistPanel({ assist, track, done }: { assist: AssistView; track: MediaStreamTrack | null; done: () => Promise<unknown> }) {
  const words = useWords(stationWords);
  const say = words.assist;
  const { link, muted } = useBroadcast();
  const { others, mute } = useSyncExternalStore(uplink.others.view.subscribe, uplink.others.view.getSnapshot);
  const [error, setError] = useState<unknown>(null);
  const [board, setBoard] = useState<string | null>(null);

  // While this line is down nothing is known of the other side: it is not to blame for an empty tile.
  const trouble = link.state === "up" ? null : words.calm.lost;
  const seen = (identity: string) => {
    const other = others.find((one) => one.identity === identity);
    return { shows: other?.picture ?? false, paused: other?.paused.camera ?? false, empty: trouble ?? say.noPicture };
  };
  const leader = assist.parties.find((party) => party.leads);
  const sharing = others.find((other) => other.screen);
  const shown = assist.parties.filter((party) => party !== leader);
  const hangUp = async () => {
    try {
      await station.hangUp(assist.session.id);
    } catch (failed) {
      setError(failed);
    }
    await done();
  };

  return (
    <section className={css.assist} aria-label={say.title} data-assist={assist.session.id}>
      {mute && (
        <button type="button" className={css.arm} onClick={() => void uplink.others.arm()}>
          {say.arm}
        </button>
      )}
      {error !== null && <ErrorNote error={error} />}
      <RoomConsent assist={assist} done={done} />
      <Whispers assist={assist} />
      <Frames session={assist.session.id} shown={board} show={setBoard}>
        <div className={css.pictures}>
          {sharing && <Helper name={say.screen(sharing.name)} identity={sharing.identity} what="screen" big empty="" shows paused={sharing.paused.screen} />}
          {leader ? (
            <Helper name={leader.name} note={leader.unit?.name ?? ""} identity={leader.endpoint_id} big={!sharing} {...seen(leader.endpoint_id)} />
          ) : (
            <p className={css.lost}>{trouble ?? say.leaderLost}</p>
          )}
          <div className={css.strip}>
            {shown.map((party) => (
              <Helper key={party.endpoint_id} name={party.name} note={say.modes[party.mode]} identity={party.endpoint_id} {...seen(party.endpoint_id)} />
            ))}
            {assist.guests
              .filter((guest) => guest.state === "attending")
              .map((guest) => (
                <Helper key={guest.endpoint_id} name={guest.name} note={say.guest} identity={guest.endpoint_id} {...seen(guest.endpoint_id)} />
              ))}
            <figure className={css.tile}>
              <Preview track={track} label={say.me} />
              <figcaption>{say.me}</figcaption>
            </figure>
          </div>
        </div>
      </Frames>
      <Lines session={assist.session.id} />
      <footer className={css.bar}>
        <span>
          {assist.session.number} · <Duration from={assist.answered_ms ?? assist.session.started_ms} />
        </span>
        <span className={css.spring} />
        {assist.request_id !== null && <StationGuests request={assist.request_id} />}
        <Freezing
          session={assist.session.id}
          self={assist.station.id}
          track={track}
          screen={sharing ? { identity: sharing.identity, element: uplink.others.element(sharing.identity, "screen") } : null}
          failed={setError}
        />
        <Earphones assist={assist} done={done} failed={setError} />
        <Button size="large" aria-pressed={!muted} icon={muted ? <AudioMutedOutlined aria-hidden /> : <AudioOutlined aria-hidden />} onClick={() => broadcast.setMuted(!muted)}>
          {muted ? say.unmute : say.mute}
        </Button>
        <Button size="large" danger type="primary" icon={<PhoneOutlined aria-hidden rotate={225} />} onClick={() => void hangUp()}>
          {say.hangUp}
        </Button>
      </footer>
    </section>
  );
}

interface HelperProps {
  name: string;
  note?: string;
  identity: string;
  what?: Shown;
  big?: boolean;
  shows: boolean;
  paused: boolean;
  empty: string;
}

function Helper({ name, note, identity, what = "camera", big, shows, paused, empty }: HelperProps) {
  const say = useWords(stationWords).assist;
  const element = useMemo(() => uplink.others.element(identity, what), [identity, what]);
  return (
    <figure className={css.tile} data-big={big || undefined} data-party={identity} data-shows={shows}>
      <Place element={element} className={css.picture} />
      {(!shows || paused) && (
        <span className={css.empty} data-over={shows || undefined}>
          {shows ? say.paused : empty}
        </span>
      )}
      <figcaption>
        {name}
        {note && <small>{note}</small>}
      </figcaption>
    </figure>
  );
}

function Frames({ session, shown, show, children }: { session: string; shown: string | null; show: (frame: string | null) => void; children: React.ReactNode }) {
  const say = useWords(stationWords).assist;
  const client = useQueryClient();
  const query = queries.marks("station", session);
  const marks = useQuery(query);
  const frames = marks.data?.frames ?? [];
  const frame = frames.find((one) => one.id === shown);
  const own = markCalls("station");
  const known = useRef<number | null>(null);
  const count = marks.data ? frames.length : null;
  const newest = frames.at(-1)?.id;
  useEffect(() => {
    if (count !== null && newest && (known.current === null ? count > 0 : count > known.current)) show(newest);
    known.current = count;
  }, [count, newest, show]);
  const put = (news: MarkNews) => client.setQueryData(query.queryKey, (old) => old && withMark(old, news));
  const onPoint = useCallback(
    (listener: (from: string, place: Point | null) => void) =>
      uplink.others.onPassing(({ topic, from, data }) => {
        const told = topic === "laser" ? (data as { frame?: unknown; place?: unknown } | null) : null;
        if (told?.frame !== shown) return;
        const { place } = told ?? {};
        const fits = Array.isArray(place) && place.length === 2 && place.every((n) => typeof n === "number" && n >= 0 && n <= 10_000);
        if (place === null || fits) listener(from, place as Point | null);
      }),
    [shown],
  );
  return (
    <div className={css.stage} data-frozen={frame !== undefined || undefined}>
      {frame && (
        <div className={css.board}>
          <Board
            key={frame.id}
            frame={frame}
            image={own.image(session, frame.id)}
            mayDraw
            caption={say.frozenBy(frame.author, clockText(frame.frame_ms))}
            draw={async (drawn) => put({ stroke: await own.draw(session, frame.id, drawn) })}
            undo={async () => put({ stroke: await own.undo(session, frame.id) })}
            close={() => show(null)}
            onPoint={onPoint}
          />
        </div>
      )}
      {children}
      {!frame && newest && (
        <Button className={css.reopen ?? ""} onClick={() => show(newest)}>
          {say.boards(frames.length)}
        </Button>
      )}
    </div>
  );
}

function Lines({ session }: { session: string }) {
  const say = useWords(stationWords).assist;
  const client = useQueryClient();
  const query = queries.marks("station", session);
  const said = spoken(useQuery(query).data);
  const [text, setText] = useState("");
  const [error, setError] = useState<unknown>(null);
  const send = async () => {
    const words = text.trim();
    if (!words) return;
    setError(null);
    try {
      const line = await markCalls("station").say(session, words);
      client.setQueryData(query.queryKey, (old) => old && withMark(old, { line }));
      setText("");
    } catch (failed) {
      setError(failed);
    }
  };
  return (
    <div className={css.chat}>
      <ul aria-live="polite" aria-label={say.chat}>
        {said.slice(-4).map((one) => (
          <li key={one.key}>
            <small>
              {one.author} <Time ms={one.at_ms} clock />
            </small>{" "}
            {one.file ? <FileLink name={one.file.name} bytes={one.file.bytes} sha256={one.file.sha256} href={markCalls("station").file(session, one.file.id)} /> : one.text}
          </li>
        ))}
      </ul>
      {error !== null && <ErrorNote error={error} />}
      <span className={css.write}>
        <Input value={text} maxLength={LINE_MAX_CHARS} placeholder={say.chatHint} aria-label={say.chatHint} onChange={(event) => setText(event.target.value)} onPressEnter={() => void send()} />
        <Button onClick={() => void send()}>{say.send}</Button>
        <FileSend
          send={async (file, how) => {
            const kept = await markCalls("station").send(session, file, how);
            client.setQueryData(query.queryKey, (old) => old && withMark(old, { file: kept }));
          }}
        />
      </span>
    </div>
  );
}
