// Links the session to a case by its number.

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Button, Form, Input, Select } from "antd";
import { sessions } from "@/api/calls";
import { queries } from "@/api/queries";
import { choices } from "@/api/terms";
import type { CaseKind } from "@/api/types";
import { useLanguage, useWords } from "@/lib/language";
import { problemOf } from "@/lib/problem";
import { CaseLookup } from "@/ui/CaseNumber";
import { ErrorNote } from "@/ui/ErrorNote";
import { kindOf } from "./caseKind";
import css from "./session.module.css";
import { wallWords } from "./words";

const NUMBER_MAX_CHARS = 64;

export function CaseForm({ session }: { session: string }) {
  const say = useWords(wallWords);
  const language = useLanguage();
  const client = useQueryClient();
  const [form] = Form.useForm<{ number: string; kind: CaseKind }>();
  const kind = Form.useWatch("kind", form) ?? "mediation";
  const number = Form.useWatch("number", form);
  const patterns = useQuery({ ...queries.casePatterns(), staleTime: 300_000 });
  const example = patterns.data?.find((pattern) => pattern.kind === kind)?.example;

  const link = useMutation({
    mutationFn: (typed: { number: string; kind: CaseKind }) => sessions.linkCase(session, typed),
    onSuccess: () => {
      form.resetFields(["number"]);
      void client.invalidateQueries({ queryKey: ["sessions"] });
    },
  });
  const problem = link.error ? problemOf(link.error) : null;
  const ofNumber = problem?.field === "number" ? problem : null;

  // The form of a number often tells its kind: offer that, unless the person has chosen.
  const guess = (number: string) => {
    link.reset();
    if (form.isFieldTouched("kind")) return;
    const found = kindOf(number);
    if (found) form.setFieldValue("kind", found);
  };

  return (
    <Form form={form} layout="vertical" requiredMark={false} size="small" className={css.form} initialValues={{ kind: "mediation" }} onFinish={(typed) => link.mutate(typed)}>
      {problem && !ofNumber && <ErrorNote error={problem} />}
      <div className={css.row}>
        <Form.Item name="kind" label={say.caseKind} className={css.kind}>
          <Select options={choices("caseKind", language)} popupMatchSelectWidth={150} />
        </Form.Item>
        <Form.Item
          name="number"
          label={say.caseNumber}
          className={css.number}
          rules={[{ required: true, whitespace: true, message: say.caseNeeded }]}
          {...(ofNumber ? { validateStatus: "error" as const, help: ofNumber.text(language) } : {})}
        >
          <Input maxLength={NUMBER_MAX_CHARS} placeholder={example === undefined ? "" : say.caseHint(example)} autoComplete="off" onChange={(event) => guess(event.target.value)} />
        </Form.Item>
      </div>
      <Button htmlType="submit" loading={link.isPending} block>
        {say.linkCase}
      </Button>
      <CaseLookup number={number} />
    </Form>
  );
}
