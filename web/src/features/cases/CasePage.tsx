// One case: what it is, its timeline with filters, its links, and the way to paper.

import { PrinterOutlined } from "@ant-design/icons";
import { keepPreviousData, useInfiniteQuery, useMutation, useQuery } from "@tanstack/react-query";
import { Alert, Button, Input, Select, Spin, Tag } from "antd";
import { Link, useParams, useSearchParams } from "react-router";
import { cases } from "@/api/calls";
import { queries } from "@/api/queries";
import { term } from "@/api/terms";
import type { CaseEntryKind, CaseView } from "@/api/types";
import { useLanguage, useWords } from "@/lib/language";
import { paths } from "@/lib/paths";
import { CaseSearch } from "@/ui/CaseNumber";
import { EmptyState } from "@/ui/EmptyState";
import { ErrorNote } from "@/ui/ErrorNote";
import { PageBody, PageHeader } from "@/ui/PageHeader";
import { Time } from "@/ui/Time";
import { CaseLinks } from "./CaseLinks";
import { CasePaper } from "./CasePaper";
import css from "./cases.module.css";
import { isCaseFiltered, readCaseFilters, timelineFilter, writeCaseFilters, type CaseFilters } from "./filters";
import { Timeline } from "./Timeline";
import { caseWords } from "./words";

export function CasePage() {
  const { number = "" } = useParams();
  const say = useWords(caseWords);
  const found = useQuery(queries.case(number));
  return (
    <>
      <p className={css.printOnly}>{say.printOnly}</p>
      <div className={css.screen}>
        <PageBody>
          {found.isPending && <Spin className={css.wait ?? ""} />}
          {found.isError && !found.data && (
            <>
              <Head number={number} />
              <ErrorNote error={found.error} retry={() => void found.refetch()} />
            </>
          )}
          {found.data && <Case key={found.data.number} asked={number} found={found.data} />}
        </PageBody>
      </div>
    </>
  );
}

function Head({ number, found, children }: { number: string; found?: CaseView; children?: React.ReactNode }) {
  const language = useLanguage();
  return (
    <PageHeader
      title={
        <span className={css.title}>
          <span className="num" data-case-number={found?.number}>
            {found?.spellings[0] ?? number}
          </span>
          {found?.kinds.map((kind) => (
            <Tag key={kind}>{term("caseKind", kind, language)}</Tag>
          ))}
        </span>
      }
    >
      <CaseSearch key={number} value={number} />
      {children}
    </PageHeader>
  );
}

function Case({ asked, found }: { asked: string; found: CaseView }) {
  const say = useWords(caseWords);
  const [search, setSearch] = useSearchParams();
  const filters = readCaseFilters(search);
  const change = (changed: Partial<CaseFilters>) => setSearch(writeCaseFilters({ ...filters, ...changed }), { replace: true });
  const clear = () => setSearch(new URLSearchParams(), { replace: true });
  const timeline = useInfiniteQuery({ ...queries.caseTimeline(asked, timelineFilter(filters)), placeholderData: keepPreviousData });
  const print = useMutation({ mutationFn: () => cases.print(asked, timelineFilter(filters)) });
  if (found.counts.length === 0 && found.links.length === 0) {
    return (
      <>
        <Head number={asked} />
        <EmptyState title={say.none(asked)} next={say.noneNext}>
          <Link to={paths.cases}>{say.ask}</Link>
        </EmptyState>
      </>
    );
  }
  return (
    <>
      <Head number={asked} found={found}>
        <Button icon={<PrinterOutlined aria-hidden />} title={say.printHint} loading={print.isPending} onClick={() => print.mutate()}>
          {say.print}
        </Button>
      </Head>
      {print.error && <ErrorNote error={print.error} retry={() => print.mutate()} />}
      {print.data && <CasePaper print={print.data} filtered={isCaseFiltered(filters)} done={print.reset} />}
      {found.elsewhere && <Alert className={css.elsewhere ?? ""} type="info" showIcon title={say.elsewhere} />}
      <Facts found={found} />
      <div className={css.columns}>
        <section className={css.panel}>
          <h2>{say.timeline}</h2>
          <Filters found={found} filters={filters} change={change} clear={clear} />
          <Timeline
            query={timeline}
            empty={
              <EmptyState title={say.filtered}>
                <Button onClick={clear}>{say.clear}</Button>
              </EmptyState>
            }
          />
        </section>
        <section className={css.panel}>
          <h2>{say.links}</h2>
          <CaseLinks links={found.links} />
        </section>
      </div>
    </>
  );
}

function Facts({ found }: { found: CaseView }) {
  const say = useWords(caseWords);
  return (
    <dl className={css.facts}>
      <div>
        <dt>{say.spellings}</dt>
        <dd className="num">{found.spellings.length > 0 ? found.spellings.join("、") : found.number}</dd>
      </div>
      <div>
        <dt>{say.span}</dt>
        <dd>
          <Time ms={found.first_ms} /> – <Time ms={found.last_ms} />
        </dd>
      </div>
      <div>
        <dt>{say.units}</dt>
        <dd>{found.units.map((unit) => unit.name).join("、") || "—"}</dd>
      </div>
    </dl>
  );
}

function Filters({ found, filters, change, clear }: { found: CaseView; filters: CaseFilters; change: (changed: Partial<CaseFilters>) => void; clear: () => void }) {
  const say = useWords(caseWords);
  const language = useLanguage();
  const toggle = (kind: CaseEntryKind, on: boolean) => change({ kinds: on ? [...filters.kinds, kind] : filters.kinds.filter((one) => one !== kind) });
  return (
    <div className={css.filters} role="search" aria-label={say.timeline}>
      <span className={css.kinds}>
        <Tag.CheckableTag checked={filters.kinds.length === 0} onChange={() => change({ kinds: [] })}>
          {say.all}
        </Tag.CheckableTag>
        {found.counts.map(({ kind, lines }) => (
          <Tag.CheckableTag key={kind} checked={filters.kinds.includes(kind)} onChange={(on) => toggle(kind, on)}>
            {term("caseEntryKind", kind, language)} {lines}
          </Tag.CheckableTag>
        ))}
      </span>
      {found.units.length > 1 && (
        <Select
          aria-label={say.unit}
          placeholder={say.unit}
          allowClear
          popupMatchSelectWidth={false}
          value={filters.unit || null}
          options={found.units.map((unit) => ({ value: unit.id, label: unit.name }))}
          onChange={(unit: string | null | undefined) => change({ unit: unit ?? "" })}
        />
      )}
      <span className={css.days}>
        <Input type="date" aria-label={say.from} value={filters.from} max={filters.to} onChange={(event) => change({ from: event.target.value })} />
        <i aria-hidden>–</i>
        <Input type="date" aria-label={say.to} value={filters.to} min={filters.from} onChange={(event) => change({ to: event.target.value })} />
      </span>
      {isCaseFiltered(filters) && (
        <Button type="link" size="small" onClick={clear}>
          {say.clear}
        </Button>
      )}
    </div>
  );
}
