// One's own account: who one is here, the password, the way out.

import { useQuery } from "@tanstack/react-query";
import { App, Button, Form, Input } from "antd";
import { useState } from "react";
import { useNavigate } from "react-router";
import { logins } from "@/api/calls";
import { tellLoginOver } from "@/api/client";
import { holdsAny, useMe } from "@/api/me";
import { queries } from "@/api/queries";
import { term } from "@/api/terms";
import { listText, useLanguage, useWords } from "@/lib/language";
import { weaknesses } from "@/lib/password";
import { paths } from "@/lib/paths";
import { ErrorNote } from "@/ui/ErrorNote";
import { PageBody, PageHeader } from "@/ui/PageHeader";
import { PasswordRules } from "@/ui/PasswordRules";
import css from "./account.module.css";
import { accountWords } from "./words";

export default function AccountRoom() {
  const say = useWords(accountWords);
  return (
    <PageBody>
      <PageHeader title={say.title} about={say.about} />
      <div className={css.grid}>
        <Who />
        <ChangePassword />
      </div>
    </PageBody>
  );
}

function Who() {
  const say = useWords(accountWords);
  const language = useLanguage();
  const me = useMe();
  const navigate = useNavigate();
  const { data: org } = useQuery({ ...queries.org(), enabled: holdsAny(me, ["org.read"]) });
  const [error, setError] = useState<unknown>(null);
  const unitName = (id: string) => org?.units.find((u) => u.id === id)?.name;

  const leave = async () => {
    try {
      await logins.close();
      tellLoginOver();
      void navigate(paths.home);
    } catch (failed) {
      setError(failed);
    }
  };

  return (
    <section className={css.panel}>
      <h2>{me.person.name}</h2>
      <p>{me.unit.name}</p>
      <dl className={css.facts}>
        <dt>{say.account}</dt>
        <dd>{me.account.name}</dd>
        <dt>{say.roles}</dt>
        <dd>
          {me.roles.length === 0 && say.noRole}
          {me.roles.map((held) => {
            const over = unitName(held.unit_id);
            return (
              <div key={held.role + held.unit_id}>
                {term("role", held.role, language)} {over && <small>{say.over(over)}</small>}
              </div>
            );
          })}
        </dd>
        <dt>{say.rights}</dt>
        <dd>{listText(language, me.rights.map((right) => term("right", right, language))) || "—"}</dd>
        <dt>{say.idle}</dt>
        <dd>{say.minutes(Math.round(me.idle_logout_ms / 60_000))}</dd>
      </dl>
      {error !== null && <ErrorNote error={error} />}
      <div className={css.leave}>
        <Button onClick={() => void leave()}>{say.leave}</Button>
        {holdsAny(me, ["wall.watch"]) && <span>{say.leaveLead}</span>}
      </div>
    </section>
  );
}

interface Typed {
  old: string;
  fresh: string;
  again: string;
}

function ChangePassword() {
  const say = useWords(accountWords);
  const me = useMe();
  const { message } = App.useApp();
  const [form] = Form.useForm<Typed>();
  const fresh = Form.useWatch("fresh", form) ?? "";
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);

  const save = async (typed: Typed) => {
    setBusy(true);
    setError(null);
    try {
      await logins.changePassword(typed.old, typed.fresh);
      form.resetFields();
      void message.success(say.saved);
    } catch (failed) {
      setError(failed);
    }
    setBusy(false);
  };

  return (
    <section className={css.panel}>
      <h2>{say.password}</h2>
      <p>{say.passwordLead}</p>
      <Form form={form} layout="vertical" requiredMark={false} onFinish={(typed) => void save(typed)}>
        <input type="text" name="username" autoComplete="username" value={me.account.name} readOnly hidden />
        <Form.Item name="old" label={say.old} rules={[{ required: true, message: say.need }]}>
          <Input.Password autoComplete="current-password" maxLength={128} />
        </Form.Item>
        <Form.Item
          name="fresh"
          label={say.fresh}
          validateTrigger="onBlur"
          rules={[{ validator: (_, typed: string | undefined) => (weaknesses(typed ?? "", me.account.name).length === 0 ? Promise.resolve() : Promise.reject(new Error(say.weak))) }]}
        >
          <Input.Password autoComplete="new-password" maxLength={200} />
        </Form.Item>
        <PasswordRules password={fresh} account={me.account.name} />
        <Form.Item
          name="again"
          label={say.again}
          dependencies={["fresh"]}
          validateTrigger="onBlur"
          rules={[
            { required: true, message: say.need },
            { validator: (_, typed: string | undefined) => (!typed || typed === form.getFieldValue("fresh") ? Promise.resolve() : Promise.reject(new Error(say.differ))) },
          ]}
        >
          <Input.Password autoComplete="new-password" maxLength={200} />
        </Form.Item>
        {error !== null && (
          <Form.Item>
            <ErrorNote error={error} />
          </Form.Item>
        )}
        <Button type="primary" htmlType="submit" loading={busy}>
          {say.save}
        </Button>
      </Form>
    </section>
  );
}
