// Units, sites and endpoints: the tree on the left, what is picked on the right.

import { useQuery, useQueryClient } from "@tanstack/react-query";
import { App, Button, Input, Table, Tree, type TableColumnsType, type TreeDataNode } from "antd";
import { useMemo, useState } from "react";
import { useSearchParams } from "react-router";
import { org } from "@/api/calls";
import { holdsAny, useMe } from "@/api/me";
import { queries } from "@/api/queries";
import { term } from "@/api/terms";
import type { Endpoint, OrgTree, PresenceView, Site, Unit } from "@/api/types";
import { useLanguage, useWords } from "@/lib/language";
import { problemOf } from "@/lib/problem";
import { EmptyState } from "@/ui/EmptyState";
import { StateTag } from "@/ui/StateTag";
import { EnrolmentDialog } from "./EnrolmentDialog";
import { EndpointForm, SiteForm, UnitForm } from "./forms";
import css from "./org.module.css";
import { buildTree, filterTree, pathOf, type UnitNode } from "./tree";
import { orgWords } from "./words";

type Open =
  | { is: "unit"; unit?: Unit; parent?: Unit }
  | { is: "site"; site?: Site; unit: Unit }
  | { is: "endpoint"; endpoint?: Endpoint; site: Site }
  | { is: "code"; endpoint: Endpoint; site: Site };

type Node = UnitNode<Unit, Site, Endpoint>;

export function PlacesPanel({ tree }: { tree: OrgTree }) {
  const say = useWords(orgWords);
  const [search, setSearch] = useSearchParams();
  const [typed, setTyped] = useState("");
  const [open, setOpen] = useState<Open | null>(null);
  const client = useQueryClient();
  const picked = search.get("at");
  const pick = (key: string) => setSearch((now) => ({ ...Object.fromEntries(now), at: key }), { replace: true });

  const data = useMemo(() => filterTree<Unit, Site, Endpoint>(buildTree(tree.units, tree.sites, tree.endpoints), typed).map(nodeOf), [tree, typed]);
  const saved = () => void client.invalidateQueries({ queryKey: ["org"] });
  const close = () => setOpen(null);
  const site = picked?.startsWith("s:") ? tree.sites.find((s) => `s:${s.id}` === picked) : undefined;
  const unit = tree.units.find((u) => `u:${u.id}` === picked);

  return (
    <div className={css.places}>
      <aside className={css.tree}>
        <Input.Search aria-label={say.search} placeholder={say.search} allowClear value={typed} onChange={(e) => setTyped(e.target.value)} />
        {data.length === 0 ? (
          <EmptyState title={say.emptyTree} />
        ) : (
          <Tree key={typed ? "found" : "all"} treeData={data} defaultExpandAll blockNode selectedKeys={picked ? [picked] : []} onSelect={([key]) => key !== undefined && pick(String(key))} />
        )}
      </aside>
      <section className={css.detail}>
        {unit && <UnitDetail unit={unit} tree={tree} pick={pick} open={setOpen} saved={saved} />}
        {site && <SiteDetail site={site} tree={tree} open={setOpen} saved={saved} />}
        {!unit && !site && <EmptyState title={say.pick} next={say.pickNext} />}
      </section>
      {open?.is === "unit" && <UnitForm tree={tree} {...open} close={close} saved={saved} />}
      {open?.is === "site" && <SiteForm tree={tree} {...open} close={close} saved={saved} />}
      {open?.is === "endpoint" && <EndpointForm tree={tree} {...open} close={close} saved={saved} />}
      {open?.is === "code" && <EnrolmentDialog endpoint={open.endpoint} siteName={open.site.name} close={close} />}
    </div>
  );
}

function nodeOf({ unit, units, sites }: Node): TreeDataNode {
  return {
    key: `u:${unit.id}`,
    title: <Name name={unit.name} disabled={unit.disabled} />,
    children: [
      ...sites.map(({ site }) => ({ key: `s:${site.id}`, title: <Name name={site.name} disabled={site.disabled} site />, isLeaf: true })),
      ...units.map(nodeOf),
    ],
  };
}

function Name({ name, disabled, site = false }: { name: string; disabled: boolean; site?: boolean }) {
  const say = useWords(orgWords);
  return (
    <span className={css.name} data-site={site} data-disabled={disabled}>
      {name}
      {disabled && <small>{say.disabled}</small>}
    </span>
  );
}

interface DetailProps {
  tree: OrgTree;
  open: (what: Open) => void;
  saved: () => void;
}

/** Asks before something is disabled; enabling asks nothing. */
function useSwitch(saved: () => void) {
  const say = useWords(orgWords);
  const language = useLanguage();
  const { modal, message } = App.useApp();
  return (name: string, what: string, disabled: boolean, change: (disabled: boolean) => Promise<unknown>) => {
    const act = () =>
      change(!disabled).then(
        () => saved(),
        (error: unknown) => void message.error(problemOf(error).text(language)),
      );
    if (disabled) void act();
    else modal.confirm({ title: say.disableAsk(name), content: what, okText: say.disable, cancelText: say.cancel, okButtonProps: { danger: true }, onOk: act });
  };
}

function UnitDetail({ unit, tree, pick, open, saved }: DetailProps & { unit: Unit; pick: (key: string) => void }) {
  const say = useWords(orgWords);
  const language = useLanguage();
  const turn = useSwitch(saved);
  const may = holdsAny(useMe(), ["org.manage"]);
  const sites = tree.sites.filter((site) => site.unit_id === unit.id);
  const columns: TableColumnsType<Site> = [
    { title: say.name, render: (_, site) => <a onClick={() => pick(`s:${site.id}`)}>{site.name}</a> },
    { title: say.code, dataIndex: "code", className: "num" },
    { title: say.kind, render: (_, site) => term("siteKind", site.kind, language) },
    { title: say.endpoints, align: "right", render: (_, site) => tree.endpoints.filter((e) => e.site_id === site.id).length },
  ];
  return (
    <>
      <header className={css.head}>
        <div>
          <h2>{unit.name}</h2>
          <p>{pathOf(tree.units, unit.id).join(" / ")}</p>
        </div>
        {may && (
          <div className={css.acts}>
            <Button onClick={() => open({ is: "unit", unit })}>{say.edit}</Button>
            <Button danger={!unit.disabled} onClick={() => turn(unit.name, say.disableUnit, unit.disabled, (disabled) => org.changeUnit(unit.id, { disabled }))}>
              {unit.disabled ? say.enable : say.disable}
            </Button>
          </div>
        )}
      </header>
      <Facts rows={[[say.level, term("unitLevel", unit.level, language)], [say.code, unit.code], [say.state, unit.disabled ? say.disabled : say.normal]]} />
      <div className={css.bar}>
        <h3>{say.sites}</h3>
        {may && !unit.disabled && (
          <>
            <Button onClick={() => open({ is: "unit", parent: unit })}>{say.newUnit}</Button>
            <Button type="primary" onClick={() => open({ is: "site", unit })}>
              {say.newSite}
            </Button>
          </>
        )}
      </div>
      <Table<Site> size="small" rowKey="id" columns={columns} dataSource={sites} pagination={false} scroll={{ x: "max-content" }} locale={{ emptyText: <EmptyState title={say.noSites} /> }} />
    </>
  );
}

function SiteDetail({ site, tree, open, saved }: DetailProps & { site: Site }) {
  const say = useWords(orgWords);
  const language = useLanguage();
  const turn = useSwitch(saved);
  const may = holdsAny(useMe(), ["org.manage"]);
  const { data: presences } = useQuery(queries.presence());
  const unit = tree.units.find((u) => u.id === site.unit_id);
  const endpoints = tree.endpoints.filter((e) => e.site_id === site.id);
  const columns: TableColumnsType<Endpoint> = [
    { title: say.name, dataIndex: "name" },
    { title: say.kind, render: (_, e) => term("endpointKind", e.kind, language) },
    { title: say.state, render: (_, e) => <EndpointState endpoint={e} presence={presences?.find((p) => p.endpoint_id === e.id)} /> },
    {
      align: "right",
      render: (_, e) =>
        may && (
          <div className={css.acts}>
            {!e.disabled && (
              <Button size="small" type="primary" ghost onClick={() => open({ is: "code", endpoint: e, site })}>
                {say.enrol}
              </Button>
            )}
            <Button size="small" onClick={() => open({ is: "endpoint", endpoint: e, site })}>
              {say.edit}
            </Button>
            <Button size="small" danger={!e.disabled} onClick={() => turn(e.name, say.disableEndpoint, e.disabled, (disabled) => org.changeEndpoint(e.id, { disabled }))}>
              {e.disabled ? say.enable : say.disable}
            </Button>
          </div>
        ),
    },
  ];
  return (
    <>
      <header className={css.head}>
        <div>
          <h2>{site.name}</h2>
          <p>{pathOf(tree.units, site.unit_id).join(" / ")}</p>
        </div>
        {may && unit && (
          <div className={css.acts}>
            <Button onClick={() => open({ is: "site", site, unit })}>{say.edit}</Button>
            <Button danger={!site.disabled} onClick={() => turn(site.name, say.disableSite, site.disabled, (disabled) => org.changeSite(site.id, { disabled }))}>
              {site.disabled ? say.enable : say.disable}
            </Button>
          </div>
        )}
      </header>
      <Facts
        rows={[
          [say.kind, term("siteKind", site.kind, language)],
          [say.privacy, term("privacyClass", site.privacy_class, language)],
          [say.code, site.code],
          [say.state, site.disabled ? say.disabled : say.normal],
        ]}
      />
      <div className={css.bar}>
        <h3>{say.endpoints}</h3>
        {may && !site.disabled && (
          <Button type="primary" onClick={() => open({ is: "endpoint", site })}>
            {say.newEndpoint}
          </Button>
        )}
      </div>
      <Table<Endpoint>
        size="small"
        rowKey="id"
        columns={columns}
        dataSource={endpoints}
        pagination={false}
        scroll={{ x: "max-content" }}
        locale={{ emptyText: <EmptyState title={say.noEndpoints} /> }}
      />
    </>
  );
}

function EndpointState({ endpoint, presence }: { endpoint: Endpoint; presence: PresenceView | undefined }) {
  const say = useWords(orgWords);
  const language = useLanguage();
  if (endpoint.disabled) return <StateTag tone="asleep">{say.disabled}</StateTag>;
  if (!endpoint.enrolled) return <StateTag tone="asleep">{say.notEnrolled}</StateTag>;
  if (presence?.state !== "online") return <StateTag tone="off">{`${say.offline} · ${term("offlineCause", presence?.cause ?? "never", language)}`}</StateTag>;
  return presence.on_air ? <StateTag tone="live">{say.onAir}</StateTag> : <StateTag tone="info">{say.online}</StateTag>;
}

function Facts({ rows }: { rows: [string, string][] }) {
  return (
    <dl className={css.facts}>
      {rows.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
