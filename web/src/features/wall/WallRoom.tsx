// The wall: the tree on the left, the tiles in the middle, the selected session on the right, the watch below.

import { useQuery, useQueryClient } from "@tanstack/react-query";
import { App, Button } from "antd";
import { memo, useCallback, useDeferredValue, useEffect, useMemo, useState, useSyncExternalStore } from "react";
import { sessions, watches } from "@/api/calls";
import { holdsAny, useMe } from "@/api/me";
import { queries } from "@/api/queries";
import { useStream } from "@/api/stream";
import type { Me, PresenceView, Site } from "@/api/types";
import { keptForAll, keptHere } from "@/lib/kept";
import { freeze } from "@/lib/freeze";
import { issuing } from "@/lib/issuing";
import { useKeys, type KeyMap } from "@/lib/keys";
import { useWords } from "@/lib/language";
import { serverNow } from "@/lib/now";
import { useStore } from "@/lib/useStore";
import type { Link } from "@/live/link";
import { BarSlot } from "@/ui/BarSlot";
import { ErrorNote } from "@/ui/ErrorNote";
import { KeyHelp } from "@/ui/KeyHelp";
import { StateTag } from "@/ui/StateTag";
import { knowEndpoints, linkOf } from "./console";
import { neighbour, siteRects, takenCount, type Direction } from "./layout";
import { WallModel, type WallState } from "./model";
import { PurposeDialog } from "./PurposeDialog";
import { SessionPanel } from "./SessionPanel";
import { focusSearch, SiteTree } from "./SiteTree";
import { statuses, tourCandidates, type SiteStatus } from "./sites";
import { Stage } from "./Stage";
import type { Tour, TourSource } from "./tour";
import { TourBar } from "./TourBar";
import { TourDialog } from "./TourDialog";
import { useFullScreen } from "./useFullScreen";
import css from "./wall.module.css";
import { WatchBar } from "./WatchBar";
import { wallWords } from "./words";

const NO_PRESENCE: PresenceView[] = [];

export default function WallRoom() {
  const me = useMe();
  const say = useWords(wallWords);
  const { message } = App.useApp();
  const client = useQueryClient();
  const link = linkOf(me.account.id);
  const [model] = useState(() => makeModel(me, link));
  const wall = useStore(model.state);
  const tour = useStore(model.tour.state);
  useWall(model, link);

  const tree = useQuery(queries.org());
  const presence = useQuery(queries.presence());
  const present = presence.data ?? NO_PRESENCE;
  const sites = useMemo(() => new Map((tree.data?.sites ?? []).map((site) => [site.id, site])), [tree.data]);
  const status = useMemo(() => (tree.data ? statuses(tree.data, present) : new Map<string, SiteStatus>()), [tree.data, present]);
  useEffect(() => {
    if (tree.data) knowEndpoints(tree.data);
  }, [tree.data]);
  const candidates = useCallback((source: TourSource) => (tree.data ? tourCandidates(source, tree.data, status) : null), [tree.data, status]);
  useEffect(() => model.tour.know(candidates), [model, candidates]);
  const [marked, mark] = useState<ReadonlySet<string>>(new Set());
  const [asked, askTour] = useState<TourSource | null>(null);

  const mayDirect = holdsAny(me, ["directives.issue"]);
  const [figures, setFigures] = useState(false);
  const [help, setHelp] = useState(false);
  const [full, turnFull] = useFullScreen();

  const pick = useCallback(
    (site: Site, found: SiteStatus, slot?: number) => {
      if (found.state === "bare") return void message.info(say.bare);
      if (found.state === "disabled") return void message.info(say.disabledSite);
      model.pick(site.id, slot);
    },
    [message, model, say],
  );
  const dropped = useCallback(
    (id: string, slot: number) => {
      const site = sites.get(id);
      const found = status.get(id);
      if (site && found) pick(site, found, slot);
    },
    [pick, sites, status],
  );

  const turnFigures = useCallback(() => setFigures((on) => !on), []);
  const askAnyTour = useCallback(() => askTour(marked.size > 0 ? { is: "marked", sites: [...marked] } : { is: "onair" }), [marked]);
  // The picture is taken before the dialog is there: it shows what was seen.
  const direct = useCallback(
    async (id: string) => {
      const site = sites.get(id);
      if (!site || !mayDirect) return;
      const phase = model.state.getSnapshot().phases.get(id);
      const session = phase && "session" in phase && phase.session !== "" ? phase.session : null;
      // Only what is seen now is evidence; and whoever asked for privacy is not shown by an old frame either.
      const picture = link.picture(id);
      const seen = site.privacy.on || picture.state.getSnapshot().flow !== "moving" ? null : await freeze(picture.element);
      issuing.set({ place: site.name, site_id: id, ...(session !== null && { session_id: session }), picture: seen?.image ?? null });
    },
    [link, mayDirect, model, sites],
  );
  const askHelp = useCallback(() => setHelp(true), []);
  useKeys(wallKeys(wall, tour, model, link, { search: focusSearch, turnFull, turnFigures, help: askHelp, direct: (site) => void direct(site) }));

  const shown = useMemo(() => new Set(wall.slots.filter((site) => site !== null)), [wall.slots]);
  // The panel is drawn in the pauses: pictures must not stand still because a site was chosen.
  const selected = useDeferredValue(wall.selected);
  const remove = useCallback(() => {
    if (selected !== null) model.remove(selected);
  }, [model, selected]);
  const answer = useCallback(
    async (purpose: string) => {
      await model.answer(purpose);
      void client.invalidateQueries({ queryKey: ["watches"] });
    },
    [client, model],
  );
  const dontAnswer = useCallback(() => model.dontAnswer(), [model]);
  return (
    <div className={css.room} data-full={full || undefined}>
      <BarSlot>
        <LiveCount sites={shown} link={link} />
        <LinkTag link={link} />
      </BarSlot>
      <aside className={css.left}>
        {tree.data ? (
          <SiteTree tree={tree.data} presence={present} shown={shown} pick={pick} marked={marked} mark={mark} askTour={askTour} />
        ) : (
          tree.error && <ErrorNote error={tree.error} retry={() => void tree.refetch()} />
        )}
      </aside>
      <div className={css.middle}>
        <Taken link={link} />
        {wall.problem && (
          <div className={css.problem}>
            <ErrorNote error={wall.problem} />
            <Button size="small" type="text" onClick={() => model.forgetProblem()}>
              {say.dismiss}
            </Button>
          </div>
        )}
        <Stage wall={wall} model={model} link={link} sites={sites} status={status} figures={figures} pick={dropped} direct={mayDirect ? direct : null} />
        {tour && tree.data && <TourBar tour={tour} tours={model.tour} tree={tree.data} />}
        <WatchBar
          watch={wall.watch}
          layout={wall.layout}
          taken={takenCount(wall.slots)}
          model={model}
          figures={figures}
          turnFigures={turnFigures}
          full={full}
          turnFull={turnFull}
          help={askHelp}
          touring={tour !== null}
          askTour={askAnyTour}
        />
      </div>
      <aside className={css.right}>
        <SessionPanel
          site={selected === null ? undefined : sites.get(selected)}
          phase={selected === null ? undefined : wall.phases.get(selected)}
          picture={selected === null || !wall.phases.has(selected) ? null : link.picture(selected)}
          remove={remove}
        />
      </aside>
      <PurposeDialog open={wall.asking !== null} answer={answer} cancel={dontAnswer} />
      {asked && tree.data && (
        <TourDialog
          source={asked}
          marked={marked}
          tree={tree.data}
          candidates={candidates}
          layout={wall.layout}
          dwell={model.tour.dwell}
          start={(start) => {
            askTour(null);
            model.startTour(start);
          }}
          cancel={() => askTour(null)}
        />
      )}
      <KeyHelp open={help} onClose={() => setHelp(false)} title={say.keys} lines={keyLines(say.key)} />
    </div>
  );
}

/** More sessions than one console can have open at once. */
const MOST_RUNNING = 100;

function makeModel(me: Me, link: Link): WallModel {
  return new WallModel({
    openWatch: watches.open,
    currentWatch: () => watches.current(),
    endWatch: watches.end,
    openSites: watches.openSites,
    endSession: (session) => sessions.end(session),
    runningSessions: async () => (await sessions.list({ open: true, person_id: me.person.id }, { limit: MOST_RUNNING })).items,
    identity: () => link.identity(),
    openPicture: (site) => void link.picture(site),
    closePicture: (site) => link.closePicture(site),
    keptLayout: keptForAll("lianxian.wall.layout"),
    keptWall: keptHere("lianxian.wall"),
    account: me.account.id,
    keptDwell: keptForAll("lianxian.wall.dwell"),
    keptTour: keptHere("lianxian.wall.tour"),
    now: serverNow,
    after(ms, act) {
      const timer = setTimeout(act, ms);
      return () => clearTimeout(timer);
    },
    pause: (ms) => new Promise((done) => setTimeout(done, ms)),
  });
}

/** Keeps the link up and the model told, as long as the wall is on screen. */
function useWall(model: WallModel, link: Link): void {
  const stream = useStream();
  useEffect(() => {
    const undo = [
      link.hold(),
      model.start(),
      stream.listen((event) => model.hear(event)),
      stream.reopened.subscribe(() => model.reopen()),
      link.opened.subscribe(() => model.reopen()),
    ];
    return () => undo.reverse().forEach((each) => each());
  }, [model, link, stream]);
}

const LiveCount = memo(function LiveCount({ sites, link }: { sites: ReadonlySet<string>; link: Link }) {
  const say = useWords(wallWords);
  const pictures = useMemo(() => [...sites].map((site) => link.picture(site).state), [sites, link]);
  const moving = useSyncExternalStore(
    useCallback(
      (listener: () => void) => {
        const undo = pictures.map((state) => state.subscribe(listener));
        return () => undo.forEach((each) => each());
      },
      [pictures],
    ),
    () => pictures.filter((state) => state.getSnapshot().flow === "moving").length,
  );
  if (sites.size === 0) return null;
  return (
    <span className="num">
      <StateTag tone={moving > 0 ? "live" : "asleep"}>
        {say.live} {moving}/{sites.size}
      </StateTag>
    </span>
  );
});

function LinkTag({ link }: { link: Link }) {
  const say = useWords(wallWords);
  const { phase } = useStore(link.state);
  return <StateTag tone={phase === "connected" ? "live" : phase === "idle" ? "asleep" : "weak"}>{say.link[phase]}</StateTag>;
}

function Taken({ link }: { link: Link }) {
  const say = useWords(wallWords);
  const { phase } = useStore(link.state);
  if (phase !== "taken") return null;
  return (
    <div className={css.taken} role="status">
      {say.taken}
      <Button size="small" onClick={() => link.takeBack()}>
        {say.takeBack}
      </Button>
    </div>
  );
}

interface KeyActs {
  search(): void;
  turnFull(): void;
  turnFigures(): void;
  help(): void;
  direct(site: string): void;
}

function wallKeys(wall: WallState, tour: Tour | null, model: WallModel, link: Link, acts: KeyActs): KeyMap {
  const { selected, spotlight, slots } = wall;
  const arrow = (direction: Direction) => () => model.select(neighbour(siteRects(slots, wall.layout, spotlight), selected, direction));
  const map: KeyMap = {
    "/": acts.search,
    "?": acts.help,
    f: acts.turnFull,
    t: acts.turnFigures,
    w: () => model.turnLayout(),
    m() {
      const picture = selected === null ? null : link.picture(selected);
      if (picture && picture.state.getSnapshot().sound !== "none") picture.setSound(!picture.wantsSound);
    },
    ArrowLeft: arrow("left"),
    ArrowRight: arrow("right"),
    ArrowUp: arrow("up"),
    ArrowDown: arrow("down"),
    Escape: () => (spotlight === null ? model.select(null) : model.setSpotlight(null)),
  };
  if (tour) {
    map.PageUp = () => model.tour.back();
    map.PageDown = () => model.tour.forward();
    map.p = () => model.tour.turnPause();
  }
  if (selected !== null) {
    map.Enter = () => model.turnSpotlight(selected);
    map.d = () => acts.direct(selected);
  }
  for (let digit = 1; digit <= 9; digit += 1) {
    const site = slots[digit - 1];
    if (site != null) map[String(digit)] = () => model.turnSpotlight(site);
  }
  return map;
}

function keyLines(say: (typeof wallWords)["zh"]["key"]) {
  return [
    { keys: ["/"], does: say.search },
    { keys: ["1", "…", "9"], does: say.spotlight },
    { keys: ["←", "→", "↑", "↓"], does: say.move },
    { keys: ["Enter"], does: say.turnSpotlight },
    { keys: ["W"], does: say.layout },
    { keys: ["F"], does: say.full },
    { keys: ["M"], does: say.sound },
    { keys: ["T"], does: say.stats },
    { keys: ["D"], does: say.direct },
    { keys: ["PgUp", "PgDn"], does: say.tourGroup },
    { keys: ["P"], does: say.tourPause },
    { keys: ["Esc"], does: say.back },
    { keys: ["?"], does: say.help },
  ];
}
