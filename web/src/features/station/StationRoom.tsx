// The workstation's page: enrolled once, it stands by for days. It has no login and no shell.

import { DownOutlined } from "@ant-design/icons";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { App, Button, Dropdown, Spin } from "antd";
import { useEffect, useState } from "react";
import { station } from "@/api/calls";
import { queries } from "@/api/queries";
import type { StationView } from "@/api/types";
import { setLanguage, useLanguage, useWords } from "@/lib/language";
import { serverNow, useNow } from "@/lib/now";
import { paths } from "@/lib/paths";
import { problemOf } from "@/lib/problem";
import { setTheme, useTheme } from "@/lib/theme";
import { timeText } from "@/lib/time";
import { ErrorNote } from "@/ui/ErrorNote";
import { StateTag, type Tone } from "@/ui/StateTag";
import { AssistPanel, CallBand } from "./AssistPanel";
import { CalmBand, Watchers, type Calm } from "./Banner";
import type { BroadcastView } from "./broadcast";
import type { Choices } from "@/lib/devices";
import { DirectivesCard } from "./DirectivesCard";
import { EnrolPage } from "./EnrolPage";
import { HelpCard } from "./HelpCard";
import { useAwake, useBroadcast, useChoices, useLastResort, useOnAir, usePrivacy, useStationEvents, useTurn } from "./hooks";
import { Ledger } from "./Ledger";
import { broadcast } from "./machine";
import { LevelMeter, Preview } from "./Preview";
import { PrivacyCard } from "./PrivacyCard";
import { SetupPage } from "./SetupPage";
import css from "./station.module.css";
import { stationWords } from "./words";

/** Beside the events: tells a half-dead line from a quiet one, and that the server answers. */
const HEARTBEAT_MS = 60_000;

export default function StationRoom() {
  const say = useWords(stationWords);
  const view = useQuery({ ...queries.station(), refetchInterval: HEARTBEAT_MS, refetchIntervalInBackground: true });
  const refused = view.error && problemOf(view.error).status === 401 ? problemOf(view.error) : null;
  const [known, setKnown] = useState(false);
  if (view.data && !known) setKnown(true);

  if (refused) {
    const why = refused.code === "device_disabled" ? "disabled" : known ? "unknown" : "new";
    return (
      <Alone>
        <EnrolPage why={why} />
      </Alone>
    );
  }
  if (view.data) return <Turn view={view.data} heard={view.dataUpdatedAt} unheard={view.isError} />;
  return (
    <Alone>
      <main className={css.card}>
        <h1>
          <Spin size="small" /> {say.asking}
        </h1>
        {(view.error ?? view.failureReason) && <ErrorNote error={view.error ?? view.failureReason} retry={() => void view.refetch()} />}
      </main>
    </Alone>
  );
}

/** The frame of a page that is not standing by yet. */
function Alone({ children }: { children: React.ReactNode }) {
  const say = useWords(stationWords);
  return (
    <div className={css.page} data-on-air="false">
      <header className={css.bar}>
        <img src="/icon.svg" alt="" width={28} height={28} />
        <div className={css.place}>
          <strong>
            {say.product} · {say.page}
          </strong>
        </div>
        <span className={css.spring} />
        <Preferences />
      </header>
      {children}
    </div>
  );
}

function Preferences() {
  const say = useWords(stationWords);
  const language = useLanguage();
  const theme = useTheme();
  return (
    <span>
      <Button type="text" onClick={() => setTheme(theme === "dark" ? "light" : "dark")}>
        {theme === "dark" ? say.light : say.dark}
      </Button>
      <Button type="text" onClick={() => setLanguage(language === "zh" ? "en" : "zh")}>
        {say.other}
      </Button>
    </span>
  );
}

interface Known {
  view: StationView;
  /** When the server last answered, and whether its last answer failed to come. */
  heard: number;
  unheard: boolean;
}

function Turn(known: Known) {
  const say = useWords(stationWords).calm;
  const turn = useTurn();
  if (turn) return <Desk {...known} />;
  return (
    <Alone>
      <main className={css.card}>
        <h1>{say.otherTab}</h1>
        <p>{say.otherTabLead}</p>
      </main>
    </Alone>
  );
}

function Desk({ view, heard, unheard }: Known) {
  const say = useWords(stationWords);
  const [choices, choose] = useChoices();
  const [setting, setSetting] = useState(false);
  const settingUp = setting || choices === null;
  const privacy = usePrivacy(view);
  const lost = useStationEvents();
  const awake = useAwake();
  const state = useBroadcast();
  useOnAir(settingUp ? null : choices, view);
  useLastResort(heard);

  const client = useQueryClient();
  const asked = () => client.invalidateQueries({ queryKey: queries.station().queryKey });
  const { assist } = view;
  const helped = assist !== null && assist.answered_ms !== null;
  // A camera only shows: nobody is at it to ask or to answer.
  const staffed = view.endpoint.kind !== "camera";
  const watched = view.watchers.length;
  // In an assistance the band has nothing to say, unless the line is down.
  const calm = helped ? state.link.state !== "up" : watched === 0 || privacy.on || !state.onAir;
  const [tone, word] = stateOf(state, watched, helped, privacy.on, settingUp, say.state);
  useEffect(() => {
    document.title = `${watched > 0 || assist ? "● " : ""}${word} · ${view.site.name}`;
  }, [watched, assist, word, view.site.name]);

  return (
    <div className={css.page} data-on-air={state.onAir} data-watched={watched > 0}>
      <header className={css.bar}>
        <img src="/icon.svg" alt="" width={28} height={28} />
        <div className={css.place}>
          <strong>{view.site.name}</strong>
          <small>
            {view.unit.name} · {view.endpoint.name}
          </small>
        </div>
        <span className={css.spring} />
        <span className={css.state}>
          <StateTag tone={tone}>{word}</StateTag>
        </span>
        <BigClock />
        <More change={() => setSetting(true)} forgotten={() => choose(null)} />
      </header>
      <div className={css.band} aria-live="assertive">
        {assist && !helped && <CallBand key={assist.session.id} assist={assist} done={asked} />}
        {watched > 0 && <Watchers watchers={view.watchers} />}
        {calm && !settingUp && <Quietly state={state} watched={watched} reason={privacy.on && !helped ? (privacy.reason ?? "") : null} />}
      </div>
      {settingUp ? (
        <SetupPage
          chosen={choices}
          silent={privacy.on}
          soundless={view.site.privacy_class === "private"}
          start={(chosen) => {
            choose(chosen);
            setSetting(false);
          }}
          cancel={choices ? () => setSetting(false) : null}
        />
      ) : helped ? (
        <AssistPanel key={assist.session.id} assist={assist} track={state.capture?.video ?? null} done={asked} />
      ) : (
        <main className={css.desk}>
          <Self state={state} view={view} choices={choices} silent={privacy.on} change={() => setSetting(true)} />
          <div className={css.side}>
            {staffed && <HelpCard />}
            {staffed && <DirectivesCard />}
            <PrivacyCard privacy={privacy} />
            <Ledger />
          </div>
        </main>
      )}
      <footer className={css.foot}>
        <span>{lost || unheard ? say.quiet.noServer : state.link.state === "up" ? <Since /> : say.state.recovering}</span>
        {awake !== null && <span>{awake ? say.quiet.awake : say.quiet.asleep}</span>}
      </footer>
    </div>
  );
}

/** Since when the link has been up this time. Mounted with the link. */
function Since() {
  const say = useWords(stationWords).quiet;
  const [at] = useState(serverNow);
  return <>{say.up(timeText(at))}</>;
}

function stateOf(state: BroadcastView, watched: number, helped: boolean, silent: boolean, settingUp: boolean, say: (typeof stationWords)["zh"]["state"]): [Tone, string] {
  if (helped && state.onAir) return ["live", say.helped];
  if (silent) return ["asleep", say.private];
  if (settingUp) return ["asleep", say.off];
  if (state.link.end === "elsewhere" && state.link.state === "down") return ["asleep", say.elsewhere];
  if (!state.onAir) return state.fault ? ["off", say.off] : ["weak", state.link.state === "recovering" ? say.recovering : say.connecting];
  return watched > 0 ? ["live", say.watched(watched)] : ["info", say.standby];
}

function Quietly({ state, watched, reason }: { state: BroadcastView; watched: number; reason: string | null }) {
  const say = useWords(stationWords).calm;
  if (reason !== null) return <CalmBand calm="private" more={<p>{say.privateBy(reason)}</p>} />;
  if (state.link.state === "down" && state.link.end === "elsewhere") {
    return <CalmBand calm="elsewhere" more={<Button onClick={() => broadcast.retry()}>{say.here}</Button>} />;
  }
  const calm: Calm | null = state.link.state === "up" ? (watched > 0 ? null : "nobody") : state.link.end === "lost" || state.link.state === "recovering" ? "lost" : "connecting";
  return calm && <CalmBand calm={calm} />;
}

function Self({ state, view, choices, silent, change }: { state: BroadcastView; view: StationView; choices: Choices | null; silent: boolean; change: () => void }) {
  const say = useWords(stationWords);
  const { capture, fault } = state;
  const sending = state.onAir && view.watchers.length > 0;
  return (
    <section className={css.self} aria-label={say.self.title}>
      <div className={css.screen}>
        <Preview track={capture?.video ?? null} label={say.self.title} />
        {silent && <p className={css.overlay}>{say.calm.privateLead}</p>}
        {!silent && !capture && !fault && <p className={css.overlay}>{say.setup.opening}</p>}
        {!silent && fault && !capture && (
          <div role="alert" className={css.overlay}>
            <strong>{fault === "missing" && choices?.camera.label ? say.fault.named(say.fault[fault].what, choices.camera.label) : say.fault[fault].what}</strong>
            <p>{say.fault[fault].now}</p>
            <span className={css.buttons}>
              <Button type="primary" onClick={() => broadcast.retry()}>
                {say.fault.again}
              </Button>
              <Button onClick={change}>{say.fault.change}</Button>
            </span>
          </div>
        )}
        {capture && <span className={css.corner}>{<StateTag tone={sending ? "live" : "asleep"}>{sending ? say.self.sending : say.self.local}</StateTag>}</span>}
      </div>
      {capture?.audio && <LevelMeter track={capture.audio} label={say.setup.level} />}
      {capture && !capture.audio && <small className={capture.deaf ? css.warn : css.dim}>{capture.deaf ? say.self.soundless : say.self.noMicrophone}</small>}
    </section>
  );
}

function BigClock() {
  const now = useNow();
  const [day, clock] = timeText(now, now).split(" ");
  return (
    <time className={css.clock} dateTime={new Date(now).toISOString()}>
      <small>{day}</small>
      {clock}
    </time>
  );
}

function More({ change, forgotten }: { change: () => void; forgotten: () => void }) {
  const say = useWords(stationWords);
  const language = useLanguage();
  const theme = useTheme();
  const client = useQueryClient();
  const { modal, message } = App.useApp();

  const forget = () =>
    void modal.confirm({
      title: say.menu.forgetTitle,
      content: say.menu.forgetLead,
      okText: say.menu.forgetYes,
      cancelText: say.menu.forgetNo,
      okButtonProps: { danger: true },
      autoFocusButton: "cancel",
      async onOk() {
        try {
          await station.forget();
          forgotten();
          await client.resetQueries({ queryKey: queries.station().queryKey });
        } catch (error) {
          void message.error(say.menu.failed(problemOf(error).text(language)));
        }
      },
    });

  return (
    <Dropdown
      trigger={["click"]}
      placement="bottomRight"
      menu={{
        items: [
          { key: "devices", label: say.menu.devices, onClick: change },
          // In a page of its own: this one goes on standing by.
          { key: "check", label: say.menu.check, onClick: () => void window.open(paths.stationCheck, "lianxian-check") },
          { key: "theme", label: theme === "dark" ? say.light : say.dark, onClick: () => setTheme(theme === "dark" ? "light" : "dark") },
          { key: "language", label: say.other, onClick: () => setLanguage(language === "zh" ? "en" : "zh") },
          { type: "divider" },
          { key: "forget", danger: true, label: say.menu.forget, onClick: forget },
        ],
      }}
    >
      <Button type="text" aria-label={say.menu.name} icon={<DownOutlined aria-hidden />} />
    </Dropdown>
  );
}
