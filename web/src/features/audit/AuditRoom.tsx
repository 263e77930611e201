// The audit: a list with filters, one row whole, and the chain verified.

import { SafetyCertificateOutlined, WarningOutlined } from "@ant-design/icons";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Button, Drawer, Input, Select, type TableColumnsType } from "antd";
import { useMemo, useState } from "react";
import { useSearchParams } from "react-router";
import { queries } from "@/api/queries";
import { choices, term, terms } from "@/api/terms";
import type { AuditEvent, AuditResult, Role } from "@/api/types";
import { useLanguage, useWords, type Language } from "@/lib/language";
import { timeText } from "@/lib/time";
import { EmptyState } from "@/ui/EmptyState";
import { ErrorNote } from "@/ui/ErrorNote";
import { PagedTable } from "@/ui/PagedTable";
import { PageBody, PageHeader } from "@/ui/PageHeader";
import { StateTag } from "@/ui/StateTag";
import { Time } from "@/ui/Time";
import { actionGroups, actionWord, objectWord } from "./actions";
import css from "./audit.module.css";
import { fieldsOf } from "./detail";
import { auditFilter, readFilters, writeFilters, type Filters } from "./filters";
import { auditWords } from "./words";

const TONES = { success: "live", refused: "weak", failed: "off" } as const;

export default function AuditRoom() {
  const say = useWords(auditWords);
  const language = useLanguage();
  const [search, setSearch] = useSearchParams();
  const filters = useMemo(() => readFilters(search), [search]);
  const change = (changed: Filters) => setSearch((now) => writeFilters({ ...readFilters(now), ...changed }), { replace: true });
  const audit = useInfiniteQuery(queries.audit(auditFilter(filters)));
  const { chain, ask } = useChain();
  const [open, setOpen] = useState<AuditEvent | null>(null);

  const columns: TableColumnsType<AuditEvent> = [
    { title: say.columns.seq, align: "right", className: "num", render: (_, e) => e.seq },
    { title: say.columns.at, render: (_, e) => <Time ms={e.at_ms} /> },
    { title: say.columns.actor, render: (_, e) => <Two main={e.actor} small={rolesOf(e.roles, language)} /> },
    { title: say.columns.action, render: (_, e) => <Two main={actionWord(e.action, language)} small={e.action} /> },
    { title: say.columns.object, render: (_, e) => objectWord(e.object_kind, language) },
    { title: say.columns.result, render: (_, e) => <Result result={e.result} /> },
    { title: say.columns.reason, className: css.reason ?? "", render: (_, e) => e.reason },
    { title: say.columns.ip, className: "num", render: (_, e) => e.ip },
  ];

  return (
    <PageBody>
      <PageHeader title={say.title} about={say.about}>
        <Button icon={<SafetyCertificateOutlined aria-hidden />} loading={chain.isFetching} onClick={ask}>
          {chain.isFetching ? say.verifying : say.verify}
        </Button>
      </PageHeader>
      <ChainNote chain={chain} />
      <FilterRow filters={filters} change={change} clear={() => setSearch({}, { replace: true })} />
      <div className={css.sheet}>
        <PagedTable<AuditEvent>
          query={audit}
          rowKey="id"
          columns={columns}
          onRow={(event) => ({
            className: css.row ?? "",
            tabIndex: 0,
            onClick: () => setOpen(event),
            onKeyDown: (e) => {
              if (e.key === "Enter") setOpen(event);
            },
          })}
          empty={<EmptyState title={say.empty} next={say.emptyNext} />}
        />
      </div>
      <Drawer open={open !== null} onClose={() => setOpen(null)} title={open && say.detail.title(open.seq)} size={480} destroyOnHidden>
        {open && <Whole event={open} />}
      </Drawer>
    </PageBody>
  );
}

function Result({ result }: { result: AuditResult }) {
  return <StateTag tone={TONES[result]}>{term("auditResult", result, useLanguage())}</StateTag>;
}

function Two({ main, small }: { main: string; small: string }) {
  return (
    <span className={css.two}>
      {main}
      {small && <small>{small}</small>}
    </span>
  );
}

function rolesOf(roles: string, language: Language): string {
  const known = (role: string): role is Role => role in terms.role;
  return roles
    .split(",")
    .map((role) => role.trim())
    .filter(Boolean)
    .map((role) => (known(role) ? term("role", role, language) : role))
    .join(" · ");
}

function FilterRow({ filters, change, clear }: { filters: Filters; change: (change: Filters) => void; clear: () => void }) {
  const say = useWords(auditWords).filter;
  const language = useLanguage();
  return (
    <div className={css.filters} role="search">
      <Actor key={filters.actor ?? ""} label={say.actor} value={filters.actor ?? ""} change={(actor) => change({ actor })} />
      <Select
        className={css.action ?? ""}
        aria-label={say.action}
        placeholder={say.action}
        allowClear
        showSearch={{ optionFilterProp: "label" }}
        popupMatchSelectWidth={false}
        value={filters.action ?? null}
        options={actionGroups(language, say.all)}
        onChange={(action: string | null | undefined) => change({ action: action ?? "" })}
      />
      <Select
        className={css.result ?? ""}
        aria-label={say.result}
        placeholder={say.result}
        allowClear
        value={filters.result ?? null}
        options={choices("auditResult", language)}
        onChange={(result: string | null | undefined) => change({ result: result ?? "" })}
      />
      <span className={css.days}>
        <Input type="date" aria-label={say.from} value={filters.from ?? ""} max={filters.to} onChange={(e) => change({ from: e.target.value })} />
        <i aria-hidden>–</i>
        <Input type="date" aria-label={say.to} value={filters.to ?? ""} min={filters.from} onChange={(e) => change({ to: e.target.value })} />
      </span>
      {Object.keys(filters).length > 0 && (
        <Button type="link" size="small" onClick={clear}>
          {say.clear}
        </Button>
      )}
    </div>
  );
}

/** Takes effect on Enter and on leaving it. */
function Actor({ label, value, change }: { label: string; value: string; change: (value: string) => void }) {
  const [typed, setTyped] = useState(value);
  const say = () => {
    if (typed.trim() !== value) change(typed.trim());
  };
  return (
    <Input
      className={css.actor ?? ""}
      aria-label={label}
      placeholder={label}
      allowClear
      maxLength={64}
      value={typed}
      onChange={(e) => {
        setTyped(e.target.value);
        if (e.target.value === "" && value) change("");
      }}
      onPressEnter={say}
      onBlur={say}
    />
  );
}

/** Walks the whole chain when asked, never by itself: it may take a while. */
function useChain() {
  const [asked, setAsked] = useState(false);
  const chain = useQuery({ ...queries.chain(), enabled: asked, gcTime: 0, staleTime: Infinity });
  const ask = () => {
    if (asked) void chain.refetch();
    else setAsked(true);
  };
  return { chain, ask };
}

function ChainNote({ chain }: { chain: ReturnType<typeof useChain>["chain"] }) {
  const say = useWords(auditWords);
  if (chain.isFetching) return null;
  if (chain.isError) return <ErrorNote error={chain.error} retry={() => void chain.refetch()} />;
  if (!chain.data) return null;
  const { rows, broken_at } = chain.data;
  return (
    <div role="status" className={css.chain} data-broken={broken_at !== null}>
      {broken_at === null ? <SafetyCertificateOutlined aria-hidden /> : <WarningOutlined aria-hidden />}
      <div>
        <strong>{broken_at === null ? say.whole(rows, timeText(chain.dataUpdatedAt)) : say.broken(broken_at)}</strong>
        {broken_at !== null && <p>{say.brokenWhat(rows)}</p>}
      </div>
    </div>
  );
}

function Whole({ event }: { event: AuditEvent }) {
  const say = useWords(auditWords);
  const language = useLanguage();
  const fields = fieldsOf(event.detail);
  return (
    <dl className={css.facts}>
      <dt>{say.columns.at}</dt>
      <dd>
        <Time ms={event.at_ms} />
      </dd>
      <dt>{say.columns.actor}</dt>
      <dd>{event.actor}</dd>
      {event.roles && (
        <>
          <dt>{say.detail.roles}</dt>
          <dd>{rolesOf(event.roles, language)}</dd>
        </>
      )}
      <dt>{say.columns.action}</dt>
      <dd>
        {actionWord(event.action, language)} <span className={css.hash}>{event.action}</span>
      </dd>
      <dt>{say.columns.object}</dt>
      <dd>
        {objectWord(event.object_kind, language)} {event.object_id && <span className={css.hash}>{event.object_id}</span>}
      </dd>
      <dt>{say.columns.result}</dt>
      <dd>
        <Result result={event.result} />
      </dd>
      {event.reason && (
        <>
          <dt>{say.columns.reason}</dt>
          <dd>{event.reason}</dd>
        </>
      )}
      {event.ip && (
        <>
          <dt>{say.columns.ip}</dt>
          <dd>{event.ip}</dd>
        </>
      )}
      {event.account_id && (
        <>
          <dt>{say.detail.account}</dt>
          <dd className={css.hash}>{event.account_id}</dd>
        </>
      )}
      {event.endpoint_id && (
        <>
          <dt>{say.detail.endpoint}</dt>
          <dd className={css.hash}>{event.endpoint_id}</dd>
        </>
      )}
      <h3>{say.detail.detail}</h3>
      {fields.length === 0 && <dd>{say.detail.none}</dd>}
      {fields.map(([name, value]) => (
        <div key={name} style={{ display: "contents" }}>
          <dt>{name}</dt>
          <dd>
            <pre>{value}</pre>
          </dd>
        </div>
      ))}
      <h3>SHA-256</h3>
      <dt>{say.detail.previous}</dt>
      <dd className={css.hash}>{event.previous_hash}</dd>
      <dt>{say.detail.hash}</dt>
      <dd className={css.hash}>{event.hash}</dd>
    </dl>
  );
}
