// The wall: the tree on the left, the tiles in the middle, the selected session on the right, the watch below.

import { useQuery, useQueryClient } from "@tanstack/react-query";
import { App, Button } from "antd";
import { memo, useCallback, useDeferredValue, useEffect, useMemo, useState, useSyncExternalStore } from "react";
import { sessions, watches } from "@/api/calls";
import { useMe } from "@/api/me";
import { queries } from "@/api/queries";
import { useStream } from "@/api/stream";
import type { PresenceView, Site } from "@/api/types";
import { keptForAll, keptHere } from "@/lib/kept";
import { useKeys, type KeyMap } from "@/lib/keys";
import { useWords } from "@/lib/language";
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
import { statuses, type SiteStatus } from "./sites";
import { Stage } from "./Stage";
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
  const [model] = useState(() => makeModel(me.account.id, link));
  const wall = useStore(model.state);
  useWall(model, link);

  const tree = useQuery(queries.org());
  const presence = useQuery(queries.presence());
  const present = presence.data ?? NO_PRESENCE;
  const sites = useMemo(() => new Map((tree.data?.sites ?? []).map((site) => [site.id, site])), [tree.data]);
  const status = useMemo(() => (tree.data ? statuses(tree.data, present) : new Map<string, SiteStatus>()), [tree.data, present]);
  useEffect(() => {
    if (tree.data) knowEndpoints(tree.data);
  }, [tree.data]);

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
  const askHelp = useCallback(() => setHelp(true), []);
  useKeys(wallKeys(wall, model, link, { search: focusSearch, turnFull, turnFigures, help: askHelp }));

  const shown = useMemo(() => new Set(wall.phases.keys()), [wall.phases]);
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
        <LiveCount phases={wall.phases} link={link} />
        <LinkTag link={link} />
      </BarSlot>
      <aside className={css.left}>
        {tree.data ? (
          <SiteTree tree={tree.data} presence={present} shown={shown} pick={pick} />
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
        <Stage wall={wall} model={model} link={link} sites={sites} status={status} figures={figures} pick={dropped} />
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
        />
      </div>
      <aside className={css.right}>
        <SessionPanel
          site={selected === null ? undefined : sites.get(selected)}
          phase={selected === null ? undefined : wall.phases.get(selected)}
          remove={remove}
        />
      </aside>
      <PurposeDialog open={wall.asking !== null} answer={answer} cancel={dontAnswer} />
      <KeyHelp open={help} onClose={() => setHelp(false)} title={say.keys} lines={keyLines(say.key)} />
    </div>
  );
}

function makeModel(account: string, link: Link): WallModel {
  return new WallModel({
    openWatch: watches.open,
    currentWatch: () => watches.current(),
    endWatch: watches.end,
    openSites: watches.openSites,
    endSession: (session) => sessions.end(session),
    identity: () => link.identity(),
    openPicture: (site) => void link.picture(site),
    closePicture: (site) => link.closePicture(site),
    keptLayout: keptForAll("lianxian.wall.layout"),
    keptWall: keptHere("lianxian.wall"),
    account,
    now: Date.now,
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

const LiveCount = memo(function LiveCount({ phases, link }: { phases: WallState["phases"]; link: Link }) {
  const say = useWords(wallWords);
  const pictures = useMemo(() => [...phases.keys()].map((site) => link.picture(site).state), [phases, link]);
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
  if (phases.size === 0) return null;
  return (
    <span className="num">
      <StateTag tone={moving > 0 ? "live" : "asleep"}>
        {say.live} {moving}/{phases.size}
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
}

function wallKeys(wall: WallState, model: WallModel, link: Link, acts: KeyActs): KeyMap {
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
  if (selected !== null) map.Enter = () => model.turnSpotlight(selected);
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
    { keys: ["Esc"], does: say.back },
    { keys: ["?"], does: say.help },
  ];
}
