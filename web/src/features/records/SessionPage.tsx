// One session's whole story: facts, strip, timeline, who was there, picture and sound and how good they were, register, cases.

import { ArrowLeftOutlined, StopOutlined } from "@ant-design/icons";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { App, Button, Form, Input, Modal, Spin, Table, type TableColumnsType } from "antd";
import { useState, type ReactNode } from "react";
import { Link, useParams } from "react-router";
import { sessions } from "@/api/calls";
import { holdsAny, useMe } from "@/api/me";
import { queries } from "@/api/queries";
import { term } from "@/api/terms";
import type { AttendanceView, RegisterView, SessionDetail, TrackView } from "@/api/types";
import { issuing } from "@/lib/issuing";
import { pick, useLanguage, useWords } from "@/lib/language";
import { paths } from "@/lib/paths";
import { EmptyState } from "@/ui/EmptyState";
import { ErrorNote } from "@/ui/ErrorNote";
import { PageBody, PageHeader } from "@/ui/PageHeader";
import { StateTag } from "@/ui/StateTag";
import { Duration, Time } from "@/ui/Time";
import { CasesPanel } from "./CasesPanel";
import { DirectivesPanel } from "./DirectivesPanel";
import { DrawingsPanel } from "./DrawingsPanel";
import { averageBps, formatBps, formatShare, grade, lossShare } from "./quality";
import { QualityPanel } from "./QualityPanel";
import css from "./records.module.css";
import { registerColumns } from "./RegisterTable";
import { SessionState } from "./SessionState";
import { StripChart } from "./StripChart";
import { recordsWords } from "./words";

export function SessionPage() {
  const { id = "" } = useParams();
  const say = useWords(recordsWords);
  const session = useQuery(queries.session(id));
  return (
    <PageBody>
      <Link to={paths.records} className={css.back}>
        <ArrowLeftOutlined aria-hidden /> {say.session.back}
      </Link>
      {session.isPending && <Spin className={css.wait ?? ""} />}
      {session.isError && !session.data && <ErrorNote error={session.error} retry={() => void session.refetch()} />}
      {session.data && <Story session={session.data} />}
    </PageBody>
  );
}

function Story({ session }: { session: SessionDetail }) {
  const say = useWords(recordsWords);
  const language = useLanguage();
  const me = useMe();
  const mayEnd = session.state === "open" && (holdsAny(me, ["wall.watch"]) || session.observer?.id === me.person.id);
  return (
    <>
      <PageHeader
        title={
          <span className={css.title}>
            <span className="num">{session.number}</span>
            <span>{term("sessionKind", session.kind, language)}</span>
            <SessionState state={session.state} />
          </span>
        }
        about={session.purpose}
      >
        {session.site && holdsAny(me, ["directives.issue"]) && (
          <Button onClick={() => issuing.set({ place: `${session.site?.name ?? ""} · ${session.number}`, session_id: session.id, picture: null })}>{say.directives.issue}</Button>
        )}
        {mayEnd && <EndButton session={session} />}
      </PageHeader>
      <Facts session={session} />
      <div className={css.columns}>
        <div>
          <Panel title={say.session.strip} about={say.session.stripAbout}>
            <StripChart session={session} />
          </Panel>
          <Panel title={say.session.attendances}>
            <Attendances rows={session.attendances} />
          </Panel>
          {session.kind === "assist" && (
            <Panel title={say.drawings.title} about={say.drawings.about}>
              <DrawingsPanel session={session.id} />
            </Panel>
          )}
          <Panel title={say.session.tracks} about={say.session.tracksAbout}>
            <Tracks rows={session.tracks} />
          </Panel>
          <Panel title={say.curve.title} about={say.curve.about}>
            <QualityPanel session={session} />
          </Panel>
          <Panel title={say.session.register}>
            {session.register.length === 0 ? (
              <EmptyState title={say.session.noRegister} />
            ) : (
              <Table<RegisterView> size="small" rowKey="id" pagination={false} scroll={{ x: "max-content" }} dataSource={session.register} columns={registerColumns(say, language, { open: false })} />
            )}
          </Panel>
        </div>
        <div>
          <Panel title={say.cases.title}>
            <CasesPanel session={session} />
          </Panel>
          {holdsAny(me, ["directives.read"]) && <DirectivesPanel session={session.id} />}
          <Panel title={say.session.timeline}>
            {session.timeline.length === 0 && <EmptyState title={say.session.noTimeline} />}
            <ol className={css.timeline}>
              {session.timeline.map((entry) => (
                <li key={entry.seq} data-kind={entry.kind.split(".")[0]}>
                  <Time ms={entry.at_ms} clock />
                  <span>{pick(language, entry.text_zh, entry.text_en)}</span>
                </li>
              ))}
            </ol>
          </Panel>
        </div>
      </div>
    </>
  );
}

function Panel({ title, about, children }: { title: string; about?: string; children: ReactNode }) {
  return (
    <section className={css.panel}>
      <h2>
        {title} {about && <small>{about}</small>}
      </h2>
      {children}
    </section>
  );
}

function Facts({ session }: { session: SessionDetail }) {
  const say = useWords(recordsWords).session;
  const language = useLanguage();
  const facts: [string, ReactNode][] = [
    session.room === null ? [say.site, <Two key="" main={session.site?.name} small={session.unit?.name} />] : [say.room, session.room],
    [say.observer, session.observer && <Two key="" main={session.observer.name} small={session.observer.unit?.name} />],
    [say.started, <Time key="" ms={session.started_ms} />],
    [say.ended, session.ended_ms === null ? say.still : <Time key="" ms={session.ended_ms} />],
    [say.duration, <Duration key="" from={session.started_ms} to={session.ended_ms} />],
  ];
  if (session.end_cause) facts.push([say.cause, <Two key="" main={term("sessionEnd", session.end_cause, language)} small={session.end_note} />]);
  return (
    <dl className={css.facts}>
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value ?? "—"}</dd>
        </div>
      ))}
    </dl>
  );
}

function Two({ main, small }: { main: ReactNode; small: ReactNode }) {
  return (
    <span className={css.two}>
      {main}
      {small && <small>{small}</small>}
    </span>
  );
}

function Attendances({ rows }: { rows: AttendanceView[] }) {
  const say = useWords(recordsWords).session;
  const language = useLanguage();
  if (rows.length === 0) return <EmptyState title={say.noAttendances} />;
  const columns: TableColumnsType<AttendanceView> = [
    { title: say.name, render: (_, a) => a.name },
    { title: say.mode, render: (_, a) => term("mode", a.mode, language) },
    { title: say.joined, render: (_, a) => <Time ms={a.joined_ms} clock /> },
    { title: say.left, render: (_, a) => (a.left_ms === null ? <StateTag tone="live">{say.present}</StateTag> : <Time ms={a.left_ms} clock />) },
    { title: say.duration, align: "right", render: (_, a) => <Duration from={a.joined_ms} to={a.left_ms} /> },
    { title: say.leaveReason, render: (_, a) => term("leaveReason", a.leave_reason, language) },
  ];
  return <Table<AttendanceView> size="small" rowKey="id" pagination={false} scroll={{ x: "max-content" }} dataSource={rows} columns={columns} />;
}

const GRADES = { good: "live", fair: "weak", poor: "off", none: "asleep" } as const;

function Tracks({ rows }: { rows: TrackView[] }) {
  const say = useWords(recordsWords);
  const language = useLanguage();
  if (rows.length === 0) return <EmptyState title={say.session.noTracks} next={say.session.noTracksNext} />;
  const columns: TableColumnsType<TrackView> = [
    {
      title: say.session.track,
      render: (_, t) => <Two main={`${term("trackKind", t.kind, language)} · ${term("trackSource", t.source, language)}`} small={t.publisher.name} />,
    },
    {
      title: say.columns.started,
      render: (_, t) => (
        <Two
          main={<Time ms={t.started_ms} clock />}
          small={t.ended_ms === null ? say.session.still : <Duration from={t.started_ms} to={t.ended_ms} />}
        />
      ),
    },
    {
      title: say.session.quality,
      render: (_, t) => {
        const word = grade(t.summary);
        return <StateTag tone={GRADES[word]}>{say.grade[word]}</StateTag>;
      },
    },
    {
      title: say.session.size,
      render: (_, t) => <Two main={t.summary && t.summary.max_width > 0 ? `${t.summary.max_width}×${t.summary.max_height}` : "—"} small={t.codec.toUpperCase()} />,
    },
    {
      title: say.session.rate,
      align: "right",
      render: (_, t) => {
        const bps = t.summary && averageBps(t.summary, t.started_ms, t.ended_ms);
        return bps === null ? "—" : formatBps(bps);
      },
    },
    {
      title: say.session.loss,
      align: "right",
      render: (_, t) => {
        const share = t.summary && lossShare(t.summary);
        return share === null ? "—" : <Two main={formatShare(share)} small={t.summary && t.summary.repaired > 0 ? `${say.session.repaired} ${t.summary.repaired}` : null} />;
      },
    },
    { title: say.session.jitter, align: "right", render: (_, t) => (t.summary ? `${t.summary.jitter_ms} ms` : "—") },
    { title: say.session.rtt, align: "right", render: (_, t) => (t.summary && t.summary.rtt_ms > 0 ? `${t.summary.rtt_ms} ms` : "—") },
  ];
  return <Table<TrackView> size="small" className="num" rowKey="id" pagination={false} scroll={{ x: "max-content" }} dataSource={rows} columns={columns} />;
}

const NOTE_MAX = 200;

function EndButton({ session }: { session: SessionDetail }) {
  const say = useWords(recordsWords).end;
  const client = useQueryClient();
  const { message } = App.useApp();
  const [open, setOpen] = useState(false);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);

  const end = async ({ note }: { note: string }) => {
    setBusy(true);
    setError(null);
    try {
      await sessions.end(session.id, note.trim());
      setOpen(false);
      void message.success(say.done);
    } catch (failed) {
      setError(failed);
    }
    setBusy(false);
    void client.invalidateQueries({ queryKey: ["sessions"] });
  };

  return (
    <>
      <Button danger icon={<StopOutlined aria-hidden />} onClick={() => setOpen(true)}>
        {say.button}
      </Button>
      <Modal open={open} title={say.title} footer={null} onCancel={() => setOpen(false)} destroyOnHidden width={480}>
        <p className={css.dim}>{say.lead}</p>
        <Form layout="vertical" requiredMark={false} onFinish={(typed) => void end(typed)}>
          <Form.Item name="note" label={say.note} rules={[{ required: true, whitespace: true, message: say.noteNeed }]}>
            <Input.TextArea autoFocus autoSize={{ minRows: 2, maxRows: 5 }} maxLength={NOTE_MAX} showCount placeholder={say.noteHint} />
          </Form.Item>
          {error !== null && <ErrorNote error={error} />}
          <div className={css.buttons}>
            <Button danger type="primary" htmlType="submit" loading={busy}>
              {say.confirm}
            </Button>
            <Button onClick={() => setOpen(false)}>{say.cancel}</Button>
          </div>
        </Form>
      </Modal>
    </>
  );
}
