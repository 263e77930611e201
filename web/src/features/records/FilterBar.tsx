// The filters above a list.

import { SearchOutlined } from "@ant-design/icons";
import { useQuery } from "@tanstack/react-query";
import { Button, Checkbox, Input, Select, Tag } from "antd";
import { useState } from "react";
import { queries } from "@/api/queries";
import { choices } from "@/api/terms";
import type { OrgTree } from "@/api/types";
import { useLanguage, useWords } from "@/lib/language";
import { SPANS, spanDays } from "@/lib/days";
import { serverNow } from "@/lib/now";
import { isFiltered, type Filters } from "./filters";
import css from "./records.module.css";
import { recordsWords } from "./words";

interface Props {
  filters: Filters;
  change: (change: Filters) => void;
  clear: () => void;
  /** Name of the chosen person, if any row tells it. */
  person: string | undefined;
  /** The register has fewer filters than the sessions. */
  sessions: boolean;
}

export function FilterBar({ filters, change, clear, person, sessions }: Props) {
  const say = useWords(recordsWords).filter;
  const language = useLanguage();
  const { data: org } = useQuery(queries.org());
  const [opened] = useState(serverNow);
  const span = SPANS.find((s) => {
    const days = spanDays(s, opened);
    return days.from === filters.from && days.to === filters.to;
  });
  return (
    <div className={css.filters} role="search">
      {sessions && <Text key={`q${filters.q ?? ""}`} label={say.q} value={filters.q} change={(q) => change({ q })} wide />}
      {sessions && <Text key={`c${filters.case ?? ""}`} label={say.case} hint={say.caseHint} value={filters.case} change={(number) => change({ case: number })} />}
      <Choice label={say.unit} value={filters.unit} options={unitOptions(org)} change={(unit) => change({ unit, site: "" })} />
      <Choice label={say.site} value={filters.site} options={siteOptions(org, filters.unit)} change={(site) => change({ site })} />
      {sessions && <Choice label={say.kind} value={filters.kind} options={choices("sessionKind", language)} change={(kind) => change({ kind })} narrow />}
      <span className={css.days}>
        <Input type="date" aria-label={say.from} value={filters.from ?? ""} max={filters.to} onChange={(e) => change({ from: e.target.value })} />
        <i aria-hidden>–</i>
        <Input type="date" aria-label={say.to} value={filters.to ?? ""} min={filters.from} onChange={(e) => change({ to: e.target.value })} />
      </span>
      <span className={css.spans}>
        {SPANS.map((s) => (
          <Tag.CheckableTag key={s} checked={span === s} onChange={(on) => change(on ? spanDays(s, serverNow()) : { from: "", to: "" })}>
            {say[s]}
          </Tag.CheckableTag>
        ))}
      </span>
      {sessions && (
        <Checkbox checked={filters.open === "1"} onChange={(e) => change({ open: e.target.checked ? "1" : "" })}>
          {say.open}
        </Checkbox>
      )}
      {filters.person && (
        <Tag closable onClose={() => change({ person: "" })} color="processing">
          {person === undefined ? say.personUnknown : say.person(person)}
        </Tag>
      )}
      {isFiltered(filters) && (
        <Button type="link" size="small" onClick={clear}>
          {say.clear}
        </Button>
      )}
    </div>
  );
}

/** Takes effect on Enter and on leaving it: typing asks the server nothing. */
function Text({ label, hint, value, change, wide }: { label: string; hint?: string; value: string | undefined; change: (value: string) => void; wide?: boolean }) {
  const [typed, setTyped] = useState(value ?? "");
  const say = () => {
    if (typed.trim() !== (value ?? "")) change(typed.trim());
  };
  return (
    <Input
      className={(wide ? css.wide : css.text) ?? ""}
      aria-label={label}
      placeholder={hint ?? label}
      prefix={wide ? <SearchOutlined aria-hidden /> : null}
      allowClear
      maxLength={100}
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

interface Option {
  value: string;
  label: string;
}

function Choice({ label, value, options, change, narrow }: { label: string; value: string | undefined; options: Option[]; change: (value: string) => void; narrow?: boolean }) {
  return (
    <Select
      className={(narrow ? css.narrow : css.choice) ?? ""}
      aria-label={label}
      placeholder={label}
      allowClear
      showSearch={{ optionFilterProp: "label" }}
      popupMatchSelectWidth={false}
      value={value ?? null}
      options={options}
      onChange={(chosen: string | null | undefined) => change(chosen ?? "")}
    />
  );
}

/** Units in the order of the tree, moved in by their depth. */
function unitOptions(org: OrgTree | undefined): Option[] {
  const units = org?.units ?? [];
  const known = new Set(units.map((u) => u.id));
  const under = (parent: string | null, depth: number): Option[] =>
    depth > 20
      ? []
      : units
          .filter((u) => (u.parent_id !== null && known.has(u.parent_id) ? u.parent_id : null) === parent)
          .sort((a, b) => a.sort - b.sort || a.code.localeCompare(b.code))
          .flatMap((u) => [{ value: u.id, label: `${"\u3000".repeat(depth)}${u.name}` }, ...under(u.id, depth + 1)]);
  return under(null, 0);
}

function siteOptions(org: OrgTree | undefined, unit: string | undefined): Option[] {
  if (!org) return [];
  const parents = new Map(org.units.map((u) => [u.id, u.parent_id]));
  const within = (id: string) => {
    for (let at: string | null | undefined = id, steps = 0; at && steps < 20; at = parents.get(at), steps++) if (at === unit) return true;
    return false;
  };
  return org.sites.filter((s) => unit === undefined || within(s.unit_id)).map((s) => ({ value: s.id, label: s.name }));
}
