// The duty room: who is on now and whether nobody is, the week, swaps, hand-overs, the rules of help requests; of one unit at a time.

import { useQuery } from "@tanstack/react-query";
import { Segmented, Select } from "antd";
import { useMemo } from "react";
import { useSearchParams } from "react-router";
import { useMe } from "@/api/me";
import { queries } from "@/api/queries";
import type { Me, OrgTree } from "@/api/types";
import { useWords } from "@/lib/language";
import { PageBody, PageHeader } from "@/ui/PageHeader";
import css from "./duty.module.css";
import { HandoversPanel } from "./HandoversPanel";
import { NowPanel } from "./NowPanel";
import { RulesPanel } from "./RulesPanel";
import { SwapsPanel } from "./SwapsPanel";
import { WeekPanel } from "./WeekPanel";
import { dutyWords } from "./words";

const TABS = ["roster", "swaps", "handovers", "rules"] as const;
type Tab = (typeof TABS)[number];

export default function DutyRoom() {
  const say = useWords(dutyWords);
  const me = useMe();
  const [search, setSearch] = useSearchParams();
  const org = useQuery(queries.org());
  const options = useMemo(() => unitOptions(org.data, me), [org.data, me]);
  const unit = search.get("unit");
  const tab = TABS.find((tab) => tab === search.get("tab")) ?? "roster";
  const set = (name: string, value: string) =>
    setSearch(
      (now) => {
        const next = new URLSearchParams(now);
        next.set(name, value);
        return next;
      },
      { replace: true },
    );
  return (
    <PageBody>
      <PageHeader title={say.title} about={say.about}>
        {options.length > 1 && (
          <Select
            className={css.unit ?? ""}
            aria-label={say.unit}
            showSearch={{ optionFilterProp: "label" }}
            popupMatchSelectWidth={false}
            value={unit ?? options[0]?.value ?? null}
            options={options}
            onChange={(chosen: string) => set("unit", chosen)}
          />
        )}
        <Segmented<Tab> options={TABS.map((value) => ({ value, label: say.tabs[value] }))} value={tab} onChange={(value) => set("tab", value)} />
      </PageHeader>
      <NowPanel unit={unit} />
      {tab === "roster" && <WeekPanel unit={unit} />}
      {tab === "swaps" && <SwapsPanel unit={unit} />}
      {tab === "handovers" && <HandoversPanel unit={unit} />}
      {tab === "rules" && <RulesPanel unit={unit} />}
    </PageBody>
  );
}

/** The units under those that a role was given over, in the order of the tree, moved in by their depth. */
function unitOptions(org: OrgTree | undefined, me: Me): { value: string; label: string }[] {
  const units = org?.units ?? [];
  const given = new Set(me.roles.map((role) => role.unit_id));
  const under = (parent: string, depth: number): { value: string; label: string }[] =>
    depth > 20
      ? []
      : units
          .filter((unit) => unit.parent_id === parent)
          .sort((a, b) => a.sort - b.sort || a.code.localeCompare(b.code))
          .flatMap((unit) => [{ value: unit.id, label: `${"\u3000".repeat(depth)}${unit.name}` }, ...under(unit.id, depth + 1)]);
  const isUnder = (id: string | null): boolean => {
    for (let at = id, steps = 0; at && steps < 20; at = units.find((unit) => unit.id === at)?.parent_id ?? null, steps++) if (given.has(at)) return true;
    return false;
  };
  return units.filter((unit) => given.has(unit.id) && !isUnder(unit.parent_id)).flatMap((unit) => [{ value: unit.id, label: unit.name }, ...under(unit.id, 1)]);
}
