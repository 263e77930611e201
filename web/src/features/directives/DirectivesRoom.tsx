// The directives' room: what is open, the soonest due first and live; what is closed, page by page; one at the side.

import { QuestionCircleOutlined } from "@ant-design/icons";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Button, Checkbox, Input, Segmented, Select, Table, type InputRef, type TableColumnsType } from "antd";
import { useMemo, useRef, useState } from "react";
import { Route, Routes, useNavigate, useParams, useSearchParams } from "react-router";
import { address } from "@/api/client";
import { queries } from "@/api/queries";
import { choices, term } from "@/api/terms";
import type { DirectiveState, DirectiveView } from "@/api/types";
import { useKeys } from "@/lib/keys";
import { useLanguage, useWords } from "@/lib/language";
import { useNow } from "@/lib/now";
import { paths } from "@/lib/paths";
import { EmptyState } from "@/ui/EmptyState";
import { ErrorNote } from "@/ui/ErrorNote";
import { ExportButton } from "@/ui/ExportButton";
import { KeyHelp } from "@/ui/KeyHelp";
import { PagedTable } from "@/ui/PagedTable";
import { PageBody, PageHeader } from "@/ui/PageHeader";
import { Time } from "@/ui/Time";
import { DirectivePanel } from "./DirectivePanel";
import css from "./directives.module.css";
import { Due, State } from "./State";
import { directiveWords } from "./words";

export default function DirectivesRoom() {
  return (
    <Routes>
      <Route path=":id?" element={<Directives />} />
    </Routes>
  );
}

const NONE: DirectiveView[] = [];
/** How often it is looked at whether something became overdue. */
const LATE_EVERY_MS = 10_000;

function Directives() {
  const say = useWords(directiveWords);
  const language = useLanguage();
  const navigate = useNavigate();
  const { id } = useParams();
  const [search, setSearch] = useSearchParams();
  const [help, setHelp] = useState(false);
  const field = useRef<InputRef>(null);
  const closed = search.get("closed") === "1";
  const state = search.get("state") as DirectiveState | null;
  const late = search.get("overdue") === "1";
  const sought = search.get("q") ?? "";
  const set = (name: string, value: string | null) =>
    setSearch(
      (now) => {
        const next = new URLSearchParams(now);
        if (value) next.set(name, value);
        else next.delete(name);
        return next;
      },
      { replace: true },
    );
  const clear = () => setSearch(closed ? { closed: "1" } : {}, { replace: true });

  const open = useQuery({ ...queries.openDirectives("account"), enabled: !closed });
  const filter = { open: false, ...(sought ? { q: sought } : {}) };
  const past = useInfiniteQuery({ ...queries.directives(filter), enabled: closed });
  const tick = Math.floor(useNow() / LATE_EVERY_MS) * LATE_EVERY_MS;
  const rows = useMemo(
    () => (open.data ?? NONE).filter((one) => (state === null || one.state === state) && (!late || isLate(one, tick)) && matches(one, sought)),
    [open.data, state, late, sought, tick],
  );
  const go = (directive: string | null) => void navigate({ pathname: directive === null ? paths.directives : paths.directive(directive), search: search.toString() });
  const step = (by: number) => () => {
    const at = rows.findIndex((one) => one.id === id);
    const next = rows[at < 0 ? 0 : Math.min(rows.length - 1, Math.max(0, at + by))];
    if (next) go(next.id);
  };
  useKeys({ ...(closed ? {} : { ArrowDown: step(1), ArrowUp: step(-1), j: step(1), k: step(-1) }), "/": () => field.current?.focus(), Escape: () => go(null), "?": () => setHelp(true) });

  const columns: TableColumnsType<DirectiveView> = [
    {
      title: say.columns.number,
      render: (_, d) => (
        <div className={css.two}>
          <span className="num">{d.number}</span>
          <small>{d.issuer}</small>
        </div>
      ),
    },
    {
      title: say.columns.place,
      render: (_, d) => (
        <div className={css.two}>
          {d.site?.name}
          <small>{d.unit?.name}</small>
        </div>
      ),
    },
    { title: say.columns.state, render: (_, d) => <State directive={d} /> },
    closed ? { title: say.columns.closed, render: (_, d) => <Time ms={d.closed_ms} /> } : { title: say.columns.due, render: (_, d) => <Due directive={d} /> },
    { title: say.columns.finding, render: (_, d) => <div className={css.words}>{d.finding}</div> },
    { title: say.columns.rank, render: (_, d) => term("rank", d.rank, language) },
    { title: say.columns.issued, render: (_, d) => <Time ms={d.issued_ms} /> },
  ];
  const onRow = (d: DirectiveView) => ({ className: css.row ?? "", "data-chosen": d.id === id, "data-directive": d.number, onClick: () => go(d.id) });
  const filtered = state !== null || late || sought !== "";
  const exported = { open: !closed, ...(state && !closed ? { state } : {}), ...(late && !closed ? { overdue: true } : {}), ...(sought ? { q: sought } : {}) };
  const empty = filtered ? (
    <EmptyState title={say.filtered}>
      <Button onClick={clear}>{say.clear}</Button>
    </EmptyState>
  ) : closed ? (
    <EmptyState title={say.noneClosed} />
  ) : (
    <EmptyState title={say.none} next={say.noneNext} />
  );
  return (
    <div className={css.room}>
      <div className={css.list}>
        <PageBody>
          <PageHeader title={say.title} about={say.about}>
            <ExportButton href={address("/directives.csv", exported)} />
            <Button type="text" aria-label={say.keys.help} icon={<QuestionCircleOutlined aria-hidden />} onClick={() => setHelp(true)} />
          </PageHeader>
          <div className={css.filters}>
            <Segmented
              value={closed ? "closed" : "open"}
              onChange={(value) => set("closed", value === "closed" ? "1" : null)}
              options={[
                { value: "open", label: say.tabs.open },
                { value: "closed", label: say.tabs.closed },
              ]}
            />
            {!closed && (
              <>
                <Select<string>
                  value={state ?? ""}
                  aria-label={say.columns.state}
                  style={{ width: 120 }}
                  onChange={(value) => set("state", value || null)}
                  options={[{ value: "", label: say.all }, ...choices("directiveState", language).filter((one) => one.value !== "closed")]}
                />
                <Checkbox checked={late} onChange={(event) => set("overdue", event.target.checked ? "1" : null)}>
                  {say.overdueOnly}
                </Checkbox>
              </>
            )}
            <Input ref={field} className={css.search ?? ""} allowClear value={sought} placeholder={say.search} aria-label={say.search} onChange={(event) => set("q", event.target.value)} />
          </div>
          <div className={css.sheet}>
            {closed ? (
              <PagedTable<DirectiveView> query={past} rowKey="id" columns={columns} onRow={onRow} empty={empty} />
            ) : open.error && !open.data ? (
              <ErrorNote error={open.error} retry={() => void open.refetch()} />
            ) : (
              <Table<DirectiveView>
                size="small"
                rowKey="id"
                scroll={{ x: "max-content" }}
                loading={open.isPending}
                dataSource={rows}
                columns={columns}
                onRow={onRow}
                pagination={rows.length > 100 ? { pageSize: 100, showSizeChanger: false } : false}
                locale={{ emptyText: open.isPending ? " " : empty }}
              />
            )}
          </div>
        </PageBody>
      </div>
      {id !== undefined && <DirectivePanel key={id} id={id} close={() => go(null)} />}
      <KeyHelp
        open={help}
        onClose={() => setHelp(false)}
        title={say.keys.title}
        lines={[
          { keys: ["↑", "↓"], does: say.keys.move },
          { keys: ["/"], does: say.keys.search },
          { keys: ["Esc"], does: say.keys.back },
        ]}
      />
    </div>
  );
}

function isLate(directive: DirectiveView, now: number): boolean {
  return ["issued", "signed", "returned"].includes(directive.state) && directive.due_ms <= now;
}

function matches(directive: DirectiveView, sought: string): boolean {
  const text = sought.trim().toLowerCase();
  const said = [directive.number, directive.finding, directive.demand, directive.site?.name, directive.unit?.name, directive.issuer, directive.case?.raw];
  return !text || said.some((part) => part?.toLowerCase().includes(text));
}
