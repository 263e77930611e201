// The session's cases; a link is withdrawn with a reason, and stays in sight.

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Button, Form, Input, Modal } from "antd";
import { useState } from "react";
import { sessions } from "@/api/calls";
import { term } from "@/api/terms";
import type { CaseLinkView, SessionDetail } from "@/api/types";
import { useLanguage, useWords } from "@/lib/language";
import { timeText } from "@/lib/time";
import { CaseNumber } from "@/ui/CaseNumber";
import { ErrorNote } from "@/ui/ErrorNote";
import css from "./session.module.css";
import { wallWords } from "./words";

const REASON_MAX_CHARS = 200;

export function CaseList({ session, mayWithdraw }: { session: SessionDetail; mayWithdraw: boolean }) {
  const say = useWords(wallWords);
  const language = useLanguage();
  const [asked, setAsked] = useState<CaseLinkView | null>(null);
  if (session.cases.length === 0) return <p className={css.dim}>{say.noCases}</p>;
  return (
    <ul className={css.list}>
      {session.cases.map((link) => (
        <li key={link.id} data-withdrawn={link.withdrawn_ms !== null || undefined}>
          <span className={css.line}>
            <span className={css.caseNumber}>
              <CaseNumber number={link.raw} apart />
            </span>
            {mayWithdraw && link.withdrawn_ms === null && (
              <Button type="text" size="small" onClick={() => setAsked(link)}>
                {say.withdraw}
              </Button>
            )}
          </span>
          <small>
            {term("caseKind", link.kind, language)} · {say.by(link.linked_by, timeText(link.linked_ms))}
            {link.withdrawn_ms !== null && ` · ${say.withdrawn(link.withdraw_reason ?? "")}`}
          </small>
        </li>
      ))}
      {asked && <Withdrawal session={session.id} link={asked} close={() => setAsked(null)} />}
    </ul>
  );
}

function Withdrawal({ session, link, close }: { session: string; link: CaseLinkView; close: () => void }) {
  const say = useWords(wallWords);
  const client = useQueryClient();
  const [form] = Form.useForm<{ reason: string }>();
  const withdraw = useMutation({
    mutationFn: ({ reason }: { reason: string }) => sessions.withdrawCase(session, link.id, reason),
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: ["sessions"] });
      close();
    },
  });
  return (
    <Modal open title={say.withdrawTitle} okText={say.withdraw} cancelText={say.cancel} onOk={form.submit} onCancel={close} confirmLoading={withdraw.isPending} width={420}>
      <p className="num">{link.raw}</p>
      {withdraw.error && <ErrorNote error={withdraw.error} />}
      <Form form={form} layout="vertical" requiredMark={false} onFinish={(typed) => withdraw.mutate(typed)}>
        <Form.Item name="reason" label={say.withdrawReason} rules={[{ required: true, whitespace: true, message: say.withdrawNeeded }]}>
          <Input.TextArea autoFocus maxLength={REASON_MAX_CHARS} rows={2} />
        </Form.Item>
      </Form>
    </Modal>
  );
}
