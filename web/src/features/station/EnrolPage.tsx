// A computer that is no workstation yet: one code, one button.

import { useQueryClient } from "@tanstack/react-query";
import { Button, Form, Input } from "antd";
import { useState } from "react";
import { station } from "@/api/calls";
import { queries } from "@/api/queries";
import { useWords } from "@/lib/language";
import { paths } from "@/lib/paths";
import { ErrorNote } from "@/ui/ErrorNote";
import { formatCode, isWhole } from "./enrolment-code";
import css from "./station.module.css";
import { stationWords } from "./words";

export function EnrolPage({ why }: { why: "new" | "unknown" | "disabled" }) {
  const say = useWords(stationWords).enrol;
  const client = useQueryClient();
  const [form] = Form.useForm<{ code: string }>();
  const [error, setError] = useState<unknown>(null);
  const [busy, setBusy] = useState(false);

  const enrol = async ({ code }: { code: string }) => {
    setBusy(true);
    setError(null);
    try {
      await station.enrol(code);
      await client.resetQueries({ queryKey: queries.station().queryKey });
    } catch (failed) {
      setError(failed);
    }
    setBusy(false);
  };

  return (
    <main className={css.card}>
      <h1>{say.title}</h1>
      <p>{say.lead}</p>
      {error ? <ErrorNote error={error} /> : why !== "new" && <p className={css.warn}>{why === "disabled" ? say.disabled : say.unknown}</p>}
      <Form form={form} layout="vertical" requiredMark={false} size="large" onFinish={(typed) => void enrol(typed)}>
        <Form.Item
          name="code"
          label={say.code}
          normalize={formatCode}
          validateTrigger="onSubmit"
          rules={[{ validator: (_, code: string | undefined) => (isWhole(code ?? "") ? Promise.resolve() : Promise.reject(new Error(say.short))) }]}
        >
          <Input className={css.code ?? ""} inputMode="numeric" autoComplete="off" autoFocus placeholder="1234-5678" maxLength={16} />
        </Form.Item>
        <Button type="primary" htmlType="submit" loading={busy} block>
          {say.go}
        </Button>
      </Form>
      <a className={css.aside} href={paths.home}>
        {say.toConsole}
      </a>
    </main>
  );
}
