// The tree of units and sites: who is there, a search, and a click or a drag to watch.

import { CaretDownOutlined, CaretRightOutlined, LockOutlined, RetweetOutlined, SearchOutlined } from "@ant-design/icons";
import { Button, Checkbox, Input } from "antd";
import { memo, useDeferredValue, useMemo, useState, type DragEvent, type KeyboardEvent } from "react";
import type { OrgTree, PresenceView, Site } from "@/api/types";
import { useWords } from "@/lib/language";
import { EmptyState } from "@/ui/EmptyState";
import { answers, isOnline, statuses, unitTree, type SiteStatus, type UnitNode } from "./sites";
import type { TourSource } from "./tour";
import css from "./tree.module.css";
import { wallWords } from "./words";

export const SITE_DRAG = "application/x-lianxian-site";

const SEARCH_ID = "site-search";

export function focusSearch(): void {
  document.getElementById(SEARCH_ID)?.focus();
}

interface Props {
  tree: OrgTree;
  presence: readonly PresenceView[];
  /** Sites that stand on the wall. */
  shown: ReadonlySet<string>;
  pick(site: Site, status: SiteStatus): void;
  /** Sites that are ticked for a tour. */
  marked: ReadonlySet<string>;
  mark(sites: ReadonlySet<string>): void;
  askTour(source: TourSource): void;
}

export const SiteTree = memo(function SiteTree({ tree, presence, shown, pick, marked, mark, askTour }: Props) {
  const say = useWords(wallWords);
  const [typed, setTyped] = useState("");
  const [onlyOnline, setOnlyOnline] = useState(false);
  const [folded, setFolded] = useState<ReadonlySet<string>>(new Set());
  const wanted = useDeferredValue(typed.trim());
  const status = useMemo(() => statuses(tree, presence), [tree, presence]);
  const nodes = useMemo(
    () => unitTree(tree, status, (site, path) => (!onlyOnline || isOnline(status.get(site.id))) && (wanted === "" || answers(site, path, wanted))),
    [tree, status, wanted, onlyOnline],
  );
  const searching = wanted !== "";

  const fold = (unit: string) =>
    setFolded((before) => {
      const after = new Set(before);
      if (!after.delete(unit)) after.add(unit);
      return after;
    });

  const chosen = (site: Site) => {
    const found = status.get(site.id);
    if (found) pick(site, found);
  };

  const turnMark = (site: string) => {
    const after = new Set(marked);
    if (!after.delete(site)) after.add(site);
    mark(after);
  };

  const typedKey = (event: KeyboardEvent<HTMLInputElement>) => {
    if (event.key === "Enter" && !event.nativeEvent.isComposing && searching) {
      const first = firstSite(nodes);
      if (first) chosen(first);
    }
    if (event.key === "Escape") {
      setTyped("");
      event.currentTarget.blur();
    }
  };

  const draw = (node: UnitNode, depth: number) => {
    const open = searching || !folded.has(node.unit.id);
    return (
      <li key={node.unit.id} role="treeitem" aria-expanded={open} aria-selected={false}>
        <div className={css.row}>
          <button type="button" className={css.unit} style={{ paddingLeft: 8 + depth * 14 }} onClick={() => fold(node.unit.id)} title={open ? say.collapse : say.expand}>
            {open ? <CaretDownOutlined aria-hidden /> : <CaretRightOutlined aria-hidden />}
            <span className={css.name}>{node.unit.name}</span>
            <span className={css.count} data-some={node.online > 0}>
              {node.online}/{node.all}
            </span>
          </button>
          <button
            type="button"
            className={css.aside}
            aria-label={say.tourOf(node.unit.name)}
            title={say.tourOf(node.unit.name)}
            onClick={() => askTour({ is: "unit", unit: node.unit.id })}
          >
            <RetweetOutlined aria-hidden />
          </button>
        </div>
        {open && (
          <ul role="group">
            {node.sites.map((site) => {
              const found = status.get(site.id);
              return (
                found && (
                  <SiteRow
                    key={site.id}
                    site={site}
                    status={found}
                    depth={depth + 1}
                    shown={shown.has(site.id)}
                    choose={chosen}
                    marked={marked.has(site.id)}
                    mark={() => turnMark(site.id)}
                  />
                )
              );
            })}
            {node.units.map((below) => draw(below, depth + 1))}
          </ul>
        )}
      </li>
    );
  };

  return (
    <section className={css.panel} aria-label={say.sites}>
      <div className={css.search}>
        <Input
          id={SEARCH_ID}
          value={typed}
          onChange={(event) => setTyped(event.target.value)}
          onKeyDown={typedKey}
          prefix={<SearchOutlined aria-hidden />}
          placeholder={say.search}
          aria-label={say.search}
          allowClear
        />
        <Checkbox checked={onlyOnline} onChange={(event) => setOnlyOnline(event.target.checked)}>
          {say.onlyOnline}
        </Checkbox>
        {marked.size > 0 && (
          <div className={css.marks}>
            <span>{say.markedCount(marked.size)}</span>
            <Button size="small" icon={<RetweetOutlined aria-hidden />} onClick={() => askTour({ is: "marked", sites: [...marked] })}>
              {say.tour}
            </Button>
            <Button size="small" type="text" onClick={() => mark(new Set())}>
              {say.unmark}
            </Button>
          </div>
        )}
      </div>
      <div className={css.scroll}>
        {nodes.length > 0 ? (
          <ul role="tree" aria-label={say.sites} className={css.tree}>
            {nodes.map((node) => draw(node, 0))}
          </ul>
        ) : tree.sites.length === 0 ? (
          <EmptyState title={say.noSites} next={say.noSitesNext} />
        ) : (
          <EmptyState icon={<SearchOutlined aria-hidden />} title={say.nothingFound} next={say.nothingFoundNext} />
        )}
      </div>
    </section>
  );
});

function firstSite(nodes: readonly UnitNode[]): Site | undefined {
  for (const node of nodes) {
    const found = node.sites[0] ?? firstSite(node.units);
    if (found) return found;
  }
  return undefined;
}

interface RowProps {
  site: Site;
  status: SiteStatus;
  depth: number;
  shown: boolean;
  choose(site: Site): void;
  marked: boolean;
  mark(): void;
}

function SiteRow({ site, status, depth, shown, choose, marked, mark }: RowProps) {
  const say = useWords(wallWords);
  const drag = (event: DragEvent) => {
    event.dataTransfer.setData(SITE_DRAG, site.id);
    event.dataTransfer.effectAllowed = "copyMove";
  };
  return (
    <li role="treeitem" aria-selected={shown} className={css.row}>
      <button
        type="button"
        className={css.site}
        style={{ paddingLeft: 12 + depth * 14 }}
        data-site-id={site.id}
        data-state={status.state}
        data-shown={shown || undefined}
        draggable
        onDragStart={drag}
        onClick={() => choose(site)}
      >
        <span className={css.dot} aria-hidden />
        <span className={css.name}>{site.name}</span>
        {site.privacy_class === "private" && <LockOutlined className={css.lock} aria-label={say.privateSite} title={say.privateSite} />}
        <span className={css.word}>{say.site[status.state]}</span>
      </button>
      <input type="checkbox" className={css.aside} checked={marked} onChange={mark} aria-label={say.markSite(site.name)} title={say.markSite(site.name)} />
    </li>
  );
}
