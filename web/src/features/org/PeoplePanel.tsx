// People, their accounts and role grants: the system administrator opens accounts, the security administrator gives roles.

import { useQuery } from "@tanstack/react-query";
import { Button, Input, Table, type TableColumnsType } from "antd";
import { useMemo, useState } from "react";
import { holdsAny, useMe } from "@/api/me";
import { queries } from "@/api/queries";
import { term } from "@/api/terms";
import type { AccountView, OrgTree, Person } from "@/api/types";
import { useLanguage, useWords } from "@/lib/language";
import { useNow } from "@/lib/now";
import { timeText } from "@/lib/time";
import { EmptyState } from "@/ui/EmptyState";
import { ErrorNote } from "@/ui/ErrorNote";
import { StateTag } from "@/ui/StateTag";
import { PersonForm } from "./forms";
import css from "./org.module.css";
import { PersonDrawer } from "./PersonDrawer";
import { pathOf } from "./tree";
import { orgWords } from "./words";

export interface Row {
  person: Person;
  account: AccountView | null;
  unit: string;
}

export function PeoplePanel({ tree }: { tree: OrgTree }) {
  const say = useWords(orgWords);
  const language = useLanguage();
  const may = holdsAny(useMe(), ["accounts.manage"]);
  const persons = useQuery(queries.persons());
  const accounts = useQuery(queries.accounts());
  const [typed, setTyped] = useState("");
  const [adding, setAdding] = useState(false);
  const [picked, setPicked] = useState<string | null>(null);

  const rows = useMemo<Row[]>(() => {
    const of = new Map(accounts.data?.map((account) => [account.person_id, account]));
    return (persons.data ?? []).map((person) => ({ person, account: of.get(person.id) ?? null, unit: pathOf(tree.units, person.unit_id).join(" / ") }));
  }, [persons.data, accounts.data, tree]);
  const wanted = typed.trim().toLowerCase();
  const shown = rows.filter(({ person, account, unit }) => !wanted || [person.name, account?.name ?? "", unit].some((text) => text.toLowerCase().includes(wanted)));
  const open = rows.find((row) => row.person.id === picked) ?? null;
  const again = () => void Promise.all([persons.refetch(), accounts.refetch()]);

  const columns: TableColumnsType<Row> = [
    { title: say.person, render: (_, row) => row.person.name },
    { title: say.post, render: (_, row) => row.person.post },
    { title: say.unit, render: (_, row) => row.unit },
    { title: say.account, render: (_, row) => row.account?.name ?? <span className={css.dim}>{say.noAccount}</span> },
    { title: say.roles, render: (_, row) => row.account?.grants.map((grant) => term("role", grant.role, language)).join(" · ") },
    { title: say.state, render: (_, row) => <AccountState row={row} /> },
  ];

  const error = persons.error ?? accounts.error;
  if (error) return <ErrorNote error={error} retry={again} />;
  return (
    <>
      <div className={css.bar}>
        <Input.Search className={css.find ?? ""} aria-label={say.searchPeople} placeholder={say.searchPeople} allowClear value={typed} onChange={(e) => setTyped(e.target.value)} />
        {may && (
          <Button type="primary" onClick={() => setAdding(true)}>
            {say.newPerson}
          </Button>
        )}
      </div>
      <Table<Row>
        size="small"
        rowKey={(row) => row.person.id}
        columns={columns}
        dataSource={shown}
        loading={persons.isPending || accounts.isPending}
        pagination={shown.length > 50 ? { pageSize: 50 } : false}
        scroll={{ x: "max-content" }}
        onRow={(row) => ({
          className: css.row ?? "",
          tabIndex: 0,
          onClick: () => setPicked(row.person.id),
          onKeyDown: (e) => {
            if (e.key === "Enter") setPicked(row.person.id);
          },
        })}
        locale={{ emptyText: <EmptyState title={say.noPeople} next={say.noPeopleNext} /> }}
      />
      {adding && <PersonForm tree={tree} close={() => setAdding(false)} saved={again} />}
      {open && <PersonDrawer key={open.person.id} row={open} tree={tree} close={() => setPicked(null)} saved={again} />}
    </>
  );
}

export function AccountState({ row: { person, account } }: { row: Row }) {
  const say = useWords(orgWords);
  const now = useNow();
  if (person.disabled || account?.disabled) return <StateTag tone="asleep">{say.disabled}</StateTag>;
  if (!account) return null;
  if (account.locked) return <StateTag tone="off">{say.locked}</StateTag>;
  if (account.locked_until_ms !== null && account.locked_until_ms > now) return <StateTag tone="weak">{say.lockedUntil(timeText(account.locked_until_ms))}</StateTag>;
  return <StateTag tone="live">{say.normal}</StateTag>;
}
