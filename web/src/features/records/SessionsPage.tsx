// The list of sessions.

import { useInfiniteQuery } from "@tanstack/react-query";
import { Button, type TableColumnsType } from "antd";
import { Link, useLocation, useNavigate } from "react-router";
import { address } from "@/api/client";
import { queries } from "@/api/queries";
import { term } from "@/api/terms";
import type { SessionView } from "@/api/types";
import { useLanguage, useWords } from "@/lib/language";
import { paths } from "@/lib/paths";
import { CaseNumbers, CaseSearch } from "@/ui/CaseNumber";
import { EmptyState } from "@/ui/EmptyState";
import { ExportButton } from "@/ui/ExportButton";
import { PagedTable } from "@/ui/PagedTable";
import { PageBody, PageHeader } from "@/ui/PageHeader";
import { Duration, Time } from "@/ui/Time";
import { useFilters } from "./address-filters";
import { FilterBar } from "./FilterBar";
import { isFiltered, sessionFilter } from "./filters";
import { useKeptScroll } from "./kept-scroll";
import css from "./records.module.css";
import { SessionState } from "./SessionState";
import { recordsWords } from "./words";

export function SessionsPage() {
  const say = useWords(recordsWords);
  const language = useLanguage();
  const navigate = useNavigate();
  const { pathname, search } = useLocation();
  const [filters, change, clear] = useFilters();
  const filter = sessionFilter(filters);
  const sessions = useInfiniteQuery(queries.sessions(filter));
  const rows = sessions.data?.pages.flatMap((page) => page.items) ?? [];
  useKeptScroll(pathname + search, rows.length > 0);

  const columns: TableColumnsType<SessionView> = [
    {
      title: say.columns.number,
      render: (_, s) => (
        <Link className="num" to={paths.session(s.id)}>
          {s.number}
        </Link>
      ),
    },
    { title: say.columns.kind, render: (_, s) => term("sessionKind", s.kind, language) },
    { title: say.columns.site, render: (_, s) => <Two main={s.site?.name ?? s.room ?? "—"} small={s.unit?.name} /> },
    {
      title: say.columns.observer,
      render: (_, { observer }) =>
        observer && (
          <Two
            main={
              <button
                type="button"
                className={css.plain}
                title={say.filter.only(observer.name)}
                onClick={(e) => {
                  e.stopPropagation();
                  change({ person: observer.id });
                }}
              >
                {observer.name}
              </button>
            }
            small={observer.unit?.name}
          />
        ),
    },
    {
      title: say.columns.purpose,
      className: css.purpose ?? "",
      render: (_, s) => {
        const cases = s.cases.filter((c) => c.withdrawn_ms === null).map((c) => c.raw);
        return <Two main={s.purpose} small={cases.length > 0 ? <CaseNumbers numbers={cases} /> : null} />;
      },
    },
    { title: say.columns.started, render: (_, s) => <Time ms={s.started_ms} /> },
    { title: say.columns.duration, align: "right", render: (_, s) => <Duration from={s.started_ms} to={s.ended_ms} /> },
    { title: say.columns.state, render: (_, s) => <SessionState state={s.state} /> },
  ];

  return (
    <PageBody>
      <PageHeader title={say.title} about={say.about}>
        <CaseSearch />
        <ExportButton href={address("/sessions.csv", filter)} disabled={rows.length === 0} />
      </PageHeader>
      <FilterBar filters={filters} change={change} clear={clear} sessions person={rows.find((r) => r.observer?.id === filters.person)?.observer?.name} />
      <div className={css.sheet}>
        <PagedTable<SessionView>
          query={sessions}
          rowKey="id"
          columns={columns}
          onRow={(s) => ({
            className: css.row ?? "",
            onClick: (e) => {
              if (!(e.target as Element).closest("a,button") && window.getSelection()?.isCollapsed) void navigate(paths.session(s.id));
            },
          })}
          empty={
            isFiltered(filters) ? (
              <EmptyState title={say.empty.filtered} next={say.empty.filteredNext}>
                <Button onClick={clear}>{say.filter.clear}</Button>
              </EmptyState>
            ) : (
              <EmptyState title={say.empty.none} next={say.empty.noneNext} />
            )
          }
        />
      </div>
    </PageBody>
  );
}

/** Two lines in a cell. */
function Two({ main, small }: { main: React.ReactNode; small: React.ReactNode }) {
  return (
    <div className={css.two}>
      {main}
      {small && <small>{small}</small>}
    </div>
  );
}
