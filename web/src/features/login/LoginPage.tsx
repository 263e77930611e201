// The way in: account, password, and plainly what was wrong.

import { Button, Form, Input } from "antd";
import { useState } from "react";
import { logins } from "@/api/calls";
import type { Me } from "@/api/types";
import { setLanguage, useLanguage, useWords } from "@/lib/language";
import { paths } from "@/lib/paths";
import { setTheme, useTheme } from "@/lib/theme";
import { ErrorNote } from "@/ui/ErrorNote";
import css from "./login.module.css";
import { loginWords } from "./words";

export function LoginPage({ ended, entered }: { ended: boolean; entered: (me: Me) => void }) {
  const say = useWords(loginWords);
  const language = useLanguage();
  const theme = useTheme();
  const [error, setError] = useState<unknown>(null);
  const [busy, setBusy] = useState(false);

  const enter = async ({ account, password }: { account: string; password: string }) => {
    setBusy(true);
    setError(null);
    try {
      entered(await logins.open(account.trim(), password));
    } catch (failed) {
      setError(failed);
      setBusy(false);
    }
  };

  return (
    <div className={css.page}>
      <main className={css.card}>
        <header>
          <img src="/icon.svg" alt="" width={44} height={44} />
          <div>
            <h1>{say.product}</h1>
            <p>{say.subtitle}</p>
          </div>
        </header>
        {error ? <ErrorNote error={error} /> : ended && <p className={css.ended}>{say.ended}</p>}
        <Form layout="vertical" requiredMark={false} onFinish={(typed) => void enter(typed)} size="large">
          <Form.Item name="account" label={say.account} rules={[{ required: true, message: say.needAccount }]}>
            <Input autoFocus autoComplete="username" maxLength={64} />
          </Form.Item>
          <Form.Item name="password" label={say.password} rules={[{ required: true, message: say.needPassword }]}>
            <Input.Password autoComplete="current-password" maxLength={128} visibilityToggle={false} />
          </Form.Item>
          <Button type="primary" htmlType="submit" loading={busy} block>
            {say.enter}
          </Button>
        </Form>
        <footer>
          <a href={paths.station}>{say.station}</a>
          <span>
            <Button type="text" size="small" onClick={() => setTheme(theme === "dark" ? "light" : "dark")}>
              {theme === "dark" ? say.light : say.dark}
            </Button>
            <Button type="text" size="small" onClick={() => setLanguage(language === "zh" ? "en" : "zh")}>
              {say.other}
            </Button>
          </span>
        </footer>
      </main>
    </div>
  );
}
