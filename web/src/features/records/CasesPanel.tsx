// The cases of a session: link one by its number, withdraw a wrong one with a reason.

import { useQuery, useQueryClient } from "@tanstack/react-query";
import { App, Button, Form, Input, Modal, Select } from "antd";
import { useState } from "react";
import { Link } from "react-router";
import { sessions } from "@/api/calls";
import { holdsAny, useMe } from "@/api/me";
import { queries } from "@/api/queries";
import { choices, term } from "@/api/terms";
import type { CaseKind, CaseLinkView, SessionView } from "@/api/types";
import { useLanguage, useWords } from "@/lib/language";
import { paths } from "@/lib/paths";
import { timeText } from "@/lib/time";
import { CaseLookup, CaseNumber } from "@/ui/CaseNumber";
import { EmptyState } from "@/ui/EmptyState";
import { ErrorNote } from "@/ui/ErrorNote";
import { writeFilters } from "./filters";
import css from "./records.module.css";
import { recordsWords } from "./words";

export function CasesPanel({ session }: { session: SessionView }) {
  const say = useWords(recordsWords).cases;
  const may = holdsAny(useMe(), ["cases.link"]);
  const [withdrawn, setWithdrawn] = useState<CaseLinkView | null>(null);
  return (
    <>
      {session.cases.length === 0 && <EmptyState title={say.none} next={may ? say.noneNext : undefined} />}
      <ul className={css.cases}>
        {session.cases.map((link) => (
          <CaseRow key={link.id} link={link} withdraw={may ? () => setWithdrawn(link) : null} />
        ))}
      </ul>
      {may && <LinkForm session={session.id} />}
      {withdrawn && <WithdrawDialog session={session.id} link={withdrawn} close={() => setWithdrawn(null)} />}
    </>
  );
}

function CaseRow({ link, withdraw }: { link: CaseLinkView; withdraw: (() => void) | null }) {
  const say = useWords(recordsWords).cases;
  const language = useLanguage();
  const over = link.withdrawn_ms !== null;
  return (
    <li data-withdrawn={over}>
      <div>
        <b>
          <CaseNumber number={link.raw} />
        </b>
        <small>
          {term("caseKind", link.kind, language)} · {say.by(link.linked_by, timeText(link.linked_ms))}
          {link.normalised !== link.raw && ` · ${say.normalised} ${link.normalised}`}
        </small>
        {link.withdrawn_ms !== null && <small>{say.withdrawn(timeText(link.withdrawn_ms), link.withdraw_reason ?? "")}</small>}
        {!over && (
          <small>
            <Link to={`${paths.records}?${writeFilters({ case: link.raw })}`}>{say.others}</Link>
          </small>
        )}
      </div>
      {!over && withdraw && (
        <Button size="small" type="text" onClick={withdraw}>
          {say.withdraw}
        </Button>
      )}
    </li>
  );
}

function LinkForm({ session }: { session: string }) {
  const say = useWords(recordsWords).cases;
  const language = useLanguage();
  const client = useQueryClient();
  const { message } = App.useApp();
  const patterns = useQuery(queries.casePatterns());
  const [form] = Form.useForm<{ number: string; kind: CaseKind }>();
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const kind = Form.useWatch("kind", form) ?? "mediation";
  const number = Form.useWatch("number", form);
  const example = patterns.data?.find((p) => p.kind === kind)?.example;

  const link = async (typed: { number: string; kind: CaseKind }) => {
    setBusy(true);
    setError(null);
    try {
      await sessions.linkCase(session, { number: typed.number.trim(), kind: typed.kind });
      form.resetFields(["number"]);
      void message.success(say.linked);
      await client.invalidateQueries({ queryKey: ["sessions"] });
    } catch (failed) {
      setError(failed);
    }
    setBusy(false);
  };

  return (
    <Form form={form} layout="vertical" requiredMark={false} initialValues={{ kind: "mediation" }} onFinish={(typed) => void link(typed)} className={css.linkForm ?? ""}>
      <Form.Item name="number" label={say.number} rules={[{ required: true, whitespace: true, message: say.need }]} extra={example ? say.example(example) : null}>
        <Input maxLength={64} autoComplete="off" />
      </Form.Item>
      <div className={css.linkRow}>
        <Form.Item name="kind" label={say.kind}>
          <Select options={choices("caseKind", language)} />
        </Form.Item>
        <Button type="primary" htmlType="submit" loading={busy}>
          {say.link}
        </Button>
      </div>
      <CaseLookup number={number} />
      {error !== null && <ErrorNote error={error} />}
    </Form>
  );
}

const REASON_MAX = 200;

function WithdrawDialog({ session, link, close }: { session: string; link: CaseLinkView; close: () => void }) {
  const say = useWords(recordsWords).cases;
  const client = useQueryClient();
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);

  const withdraw = async ({ reason }: { reason: string }) => {
    setBusy(true);
    setError(null);
    try {
      await sessions.withdrawCase(session, link.id, reason.trim());
      await client.invalidateQueries({ queryKey: ["sessions"] });
      close();
    } catch (failed) {
      setError(failed);
      setBusy(false);
    }
  };

  return (
    <Modal open title={say.withdrawTitle(link.raw)} footer={null} onCancel={close} width={480}>
      <p className={css.dim}>{say.withdrawLead}</p>
      <Form layout="vertical" requiredMark={false} onFinish={(typed) => void withdraw(typed)}>
        <Form.Item name="reason" label={say.reason} rules={[{ required: true, whitespace: true, message: say.reasonNeed }]}>
          <Input.TextArea autoFocus autoSize={{ minRows: 2, maxRows: 5 }} maxLength={REASON_MAX} showCount placeholder={say.reasonHint} />
        </Form.Item>
        {error !== null && <ErrorNote error={error} />}
        <div className={css.buttons}>
          <Button danger type="primary" htmlType="submit" loading={busy}>
            {say.confirm}
          </Button>
          <Button onClick={close}>{say.cancel}</Button>
        </div>
      </Form>
    </Modal>
  );
}
