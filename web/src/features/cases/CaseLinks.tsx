// The sessions that are or were linked to the case; a wrong link is withdrawn with a reason and stays in sight.

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Button, Form, Input, Modal } from "antd";
import { useState } from "react";
import { Link } from "react-router";
import { sessions } from "@/api/calls";
import type { CaseLinkRow } from "@/api/types";
import { useWords } from "@/lib/language";
import { paths } from "@/lib/paths";
import { timeText } from "@/lib/time";
import { ErrorNote } from "@/ui/ErrorNote";
import css from "./cases.module.css";
import { caseWords } from "./words";

const REASON_MAX_CHARS = 200;

export function CaseLinks({ links }: { links: CaseLinkRow[] }) {
  const say = useWords(caseWords);
  const [asked, setAsked] = useState<CaseLinkRow | null>(null);
  if (links.length === 0) return <p className={css.dim}>{say.noLinks}</p>;
  return (
    <ul className={css.links}>
      {links.map((link) => (
        <li key={link.id} data-withdrawn={link.withdrawn_ms !== null || undefined}>
          <span>
            <Link className="num" to={paths.session(link.session_id)}>
              {link.session_number}
            </Link>
            {link.may_withdraw && (
              <Button type="text" size="small" onClick={() => setAsked(link)}>
                {say.withdraw}
              </Button>
            )}
          </span>
          <small>
            {link.unit?.name} · {say.by(link.linked_by, timeText(link.linked_ms))}
          </small>
          {link.withdrawn_ms !== null && (
            <small>
              {say.withdrawnAt(timeText(link.withdrawn_ms))}：{link.withdraw_reason}
            </small>
          )}
        </li>
      ))}
      {asked && <Withdrawal link={asked} close={() => setAsked(null)} />}
    </ul>
  );
}

function Withdrawal({ link, close }: { link: CaseLinkRow; close: () => void }) {
  const say = useWords(caseWords);
  const client = useQueryClient();
  const [form] = Form.useForm<{ reason: string }>();
  const withdraw = useMutation({
    mutationFn: ({ reason }: { reason: string }) => sessions.withdrawCase(link.session_id, link.id, reason.trim()),
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: ["cases", "one"] });
      void client.invalidateQueries({ queryKey: ["sessions"] });
      close();
    },
  });
  return (
    <Modal open title={say.withdrawTitle(link.session_number)} okText={say.confirm} cancelText={say.cancel} onOk={form.submit} onCancel={close} confirmLoading={withdraw.isPending} okButtonProps={{ danger: true }} width={460}>
      <p className={css.dim}>{say.withdrawLead}</p>
      {withdraw.error && <ErrorNote error={withdraw.error} />}
      <Form form={form} layout="vertical" requiredMark={false} onFinish={(typed) => withdraw.mutate(typed)}>
        <Form.Item name="reason" label={say.reason} rules={[{ required: true, whitespace: true, message: say.reasonNeed }]}>
          <Input.TextArea autoFocus maxLength={REASON_MAX_CHARS} showCount rows={2} />
        </Form.Item>
      </Form>
    </Modal>
  );
}
