// One person: the account with its lock and password, and the roles it holds.

import { App, Button, Drawer, Form, Input, Popconfirm, Select } from "antd";
import { useState } from "react";
import { accounts } from "@/api/calls";
import { holdsAny, useMe } from "@/api/me";
import { choices, term } from "@/api/terms";
import type { AccountPatch, AccountView, OrgTree, Role } from "@/api/types";
import { useLanguage, useWords } from "@/lib/language";
import { useNow } from "@/lib/now";
import { makePassword, weaknesses } from "@/lib/password";
import { timeText } from "@/lib/time";
import { ErrorNote } from "@/ui/ErrorNote";
import { PasswordRules } from "@/ui/PasswordRules";
import { PersonForm, UnitSelect } from "./forms";
import css from "./org.module.css";
import { AccountState, type Row } from "./PeoplePanel";
import { clash } from "./roles";
import { pathOf } from "./tree";
import { orgWords } from "./words";

interface Props {
  row: Row;
  tree: OrgTree;
  close: () => void;
  saved: () => void;
}

export function PersonDrawer({ row, tree, close, saved }: Props) {
  const say = useWords(orgWords);
  const me = useMe();
  const [editing, setEditing] = useState(false);
  const { person, account } = row;
  const mayManage = holdsAny(me, ["accounts.manage"]);
  return (
    <Drawer
      open
      onClose={close}
      size={460}
      title={person.name}
      extra={mayManage && <Button onClick={() => setEditing(true)}>{say.edit}</Button>}
    >
      <p className={css.lead}>{[row.unit, person.post, person.phone].filter(Boolean).join(" · ")}</p>
      <section className={css.block}>
        <h3>{say.account}</h3>
        {account ? (
          <Account row={row} account={account} may={mayManage} saved={saved} />
        ) : mayManage ? (
          <NewAccount row={row} saved={saved} />
        ) : (
          <p className={css.lead}>{say.noAccount} · {say.onlySystem}</p>
        )}
      </section>
      {account && (
        <section className={css.block}>
          <h3>{say.grants}</h3>
          <Grants account={account} tree={tree} saved={saved} />
        </section>
      )}
      {editing && <PersonForm tree={tree} person={person} close={() => setEditing(false)} saved={saved} />}
    </Drawer>
  );
}

function fresh(): string {
  const draw = (n: number) => (crypto.getRandomValues(new Uint32Array(1))[0] ?? 0) % n;
  return makePassword(draw);
}

function Account({ row, account, may, saved }: { row: Row; account: AccountView; may: boolean; saved: () => void }) {
  const say = useWords(orgWords);
  const { modal } = App.useApp();
  const now = useNow();
  const [error, setError] = useState<unknown>(null);
  const change = async (patch: AccountPatch) => {
    setError(null);
    try {
      await accounts.change(account.id, patch);
      saved();
      return true;
    } catch (failed) {
      setError(failed);
      return false;
    }
  };
  const reset = async () => {
    const password = fresh();
    if (!(await change({ password }))) return;
    modal.info({ title: say.resetDone(account.name), content: <PasswordOnce password={password} />, okText: say.close });
  };
  const locked = account.locked || (account.locked_until_ms !== null && account.locked_until_ms > now);
  return (
    <>
      <p className={css.accountLine}>
        <strong>{account.name}</strong> <AccountState row={row} />
      </p>
      {may && (
        <div className={css.acts}>
          <Button onClick={() => void reset()}>{say.resetPassword}</Button>
          <Button onClick={() => void change({ locked: !locked })}>{locked ? say.unlock : say.lock}</Button>
          {account.disabled ? (
            <Button onClick={() => void change({ disabled: false })}>{say.enable}</Button>
          ) : (
            <Popconfirm title={say.accountDisableAsk(account.name)} description={say.accountDisable} okText={say.disable} cancelText={say.cancel} onConfirm={() => change({ disabled: true })}>
              <Button danger>{say.disable}</Button>
            </Popconfirm>
          )}
        </div>
      )}
      {error !== null && <ErrorNote error={error} />}
    </>
  );
}

function PasswordOnce({ password }: { password: string }) {
  const say = useWords(orgWords);
  return (
    <div className={css.once}>
      <output>{password}</output>
      <p>{say.passwordOnce}</p>
    </div>
  );
}

function NewAccount({ row, saved }: { row: Row; saved: () => void }) {
  const say = useWords(orgWords);
  const [form] = Form.useForm<{ name: string; password: string }>();
  const name = Form.useWatch("name", form) ?? "";
  const password = Form.useWatch("password", form) ?? "";
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const save = async (typed: { name: string; password: string }) => {
    setBusy(true);
    setError(null);
    try {
      await accounts.add({ person_id: row.person.id, ...typed });
      saved();
    } catch (failed) {
      setError(failed);
    }
    setBusy(false);
  };
  return (
    <Form form={form} layout="vertical" requiredMark={false} onFinish={(typed) => void save(typed)}>
      <Form.Item name="name" label={say.accountName} rules={[{ required: true, whitespace: true, message: say.need }]}>
        <Input maxLength={64} autoComplete="off" />
      </Form.Item>
      <Form.Item
        name="password"
        label={say.password}
        extra={say.passwordOnce}
        rules={[{ validator: (_, typed: string | undefined) => (weaknesses(typed ?? "", name).length === 0 ? Promise.resolve() : Promise.reject(new Error(say.weak))) }]}
      >
        <Input maxLength={128} autoComplete="off" addonAfter={<a onClick={() => form.setFieldsValue({ password: fresh() })}>{say.makePassword}</a>} />
      </Form.Item>
      <PasswordRules password={password} account={name} />
      {error !== null && <ErrorNote error={error} />}
      <Button type="primary" htmlType="submit" loading={busy}>
        {say.newAccount}
      </Button>
    </Form>
  );
}

function Grants({ account, tree, saved }: { account: AccountView; tree: OrgTree; saved: () => void }) {
  const say = useWords(orgWords);
  const language = useLanguage();
  const may = holdsAny(useMe(), ["rights.manage"]);
  const [role, setRole] = useState<Role | null>(null);
  const [unit, setUnit] = useState<string | undefined>(undefined);
  const [error, setError] = useState<unknown>(null);
  const held = account.grants.map((grant) => grant.role);
  const inTheWay = role && clash(held, role);
  const act = async (what: () => Promise<unknown>) => {
    setError(null);
    try {
      await what();
      saved();
      setRole(null);
    } catch (failed) {
      setError(failed);
    }
  };
  return (
    <>
      {account.grants.length === 0 && <p className={css.lead}>{say.noGrants}</p>}
      <ul className={css.grants}>
        {account.grants.map((grant) => (
          <li key={grant.id}>
            <div>
              {term("role", grant.role, language)}
              <small>
                {pathOf(tree.units, grant.unit_id).join(" / ")} · {say.since} {timeText(grant.given_ms)}
              </small>
            </div>
            {may && (
              <Popconfirm
                title={say.withdrawAsk(term("role", grant.role, language))}
                description={say.withdrawWhat}
                okText={say.withdraw}
                cancelText={say.cancel}
                onConfirm={() => act(() => accounts.withdraw(account.id, grant.id))}
              >
                <Button size="small" danger>
                  {say.withdraw}
                </Button>
              </Popconfirm>
            )}
          </li>
        ))}
      </ul>
      {may ? (
        <div className={css.give}>
          <Select<Role> aria-label={say.role} placeholder={say.role} options={choices("role", language)} value={role} onChange={setRole} />
          <UnitSelect units={tree.units} placeholder={say.over} {...(unit ? { value: unit } : {})} onChange={setUnit} />
          {inTheWay && <p role="alert">{say.clash(term("role", inTheWay as Role, language))}</p>}
          <Button type="primary" disabled={!role || !unit || !!inTheWay} onClick={() => role && unit && void act(() => accounts.grant(account.id, { role, unit_id: unit }))}>
            {say.give}
          </Button>
        </div>
      ) : (
        <p className={css.lead}>{say.onlySecurity}</p>
      )}
      {error !== null && <ErrorNote error={error} />}
    </>
  );
}
