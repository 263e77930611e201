// The view register 调用登记; for those who may only read their own sites' rows it is the watched-ledger 被看账本.

import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Button } from "antd";
import { useLocation } from "react-router";
import { address } from "@/api/client";
import { holdsAny, useMe } from "@/api/me";
import { queries } from "@/api/queries";
import type { RegisterView } from "@/api/types";
import { useLanguage, useWords } from "@/lib/language";
import { EmptyState } from "@/ui/EmptyState";
import { ExportButton } from "@/ui/ExportButton";
import { PagedTable } from "@/ui/PagedTable";
import { PageBody, PageHeader } from "@/ui/PageHeader";
import { useFilters } from "./address-filters";
import { FilterBar } from "./FilterBar";
import { isFiltered, registerFilter } from "./filters";
import { useKeptScroll } from "./kept-scroll";
import css from "./records.module.css";
import { registerColumns } from "./RegisterTable";
import { recordsWords } from "./words";

export default function RegisterRoom() {
  const say = useWords(recordsWords);
  const language = useLanguage();
  const me = useMe();
  const { pathname, search } = useLocation();
  const [filters, change, clear] = useFilters();
  const { data: org } = useQuery(queries.org());
  const filter = registerFilter(filters);
  const register = useInfiniteQuery(queries.register(filter));
  const rows = register.data?.pages.flatMap((page) => page.items) ?? [];
  useKeptScroll(pathname + search, rows.length > 0);

  const ledger = !holdsAny(me, ["register.read"]);
  const site = org?.sites.find((s) => s.id === filters.site);
  const title = site ? say.ledgerOf(site.name) : ledger ? say.ledgerTitle : say.registerTitle;
  return (
    <PageBody>
      <PageHeader title={title} about={site || ledger ? say.ledgerAbout : say.registerAbout}>
        <ExportButton href={address("/register.csv", filter)} disabled={rows.length === 0} />
      </PageHeader>
      <FilterBar filters={filters} change={change} clear={clear} sessions={false} person={rows.find((r) => r.person.id === filters.person)?.person.name} />
      <div className={css.sheet}>
        <PagedTable<RegisterView>
          query={register}
          rowKey="id"
          columns={registerColumns(say, language, { open: holdsAny(me, ["sessions.read"]), pick: (person) => change({ person }) })}
          empty={
            isFiltered(filters) ? (
              <EmptyState title={say.empty.filtered} next={say.empty.filteredNext}>
                <Button onClick={clear}>{say.filter.clear}</Button>
              </EmptyState>
            ) : (
              <EmptyState title={ledger ? say.empty.ledger : say.empty.register} next={ledger ? say.empty.ledgerNext : say.empty.registerNext} />
            )
          }
        />
      </div>
    </PageBody>
  );
}
