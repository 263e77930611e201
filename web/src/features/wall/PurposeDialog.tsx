// Asks once, for each watch, why.

import { useQuery } from "@tanstack/react-query";
import { Button, Form, Input, Modal, type InputRef } from "antd";
import { memo, useRef, useState } from "react";
import { queries } from "@/api/queries";
import { useWords } from "@/lib/language";
import { ErrorNote } from "@/ui/ErrorNote";
import css from "./wall.module.css";
import { wallWords } from "./words";

const PURPOSE_MAX_CHARS = 200;

interface Props {
  open: boolean;
  answer(purpose: string): Promise<void>;
  cancel(): void;
}

export const PurposeDialog = memo(function PurposeDialog({ open, answer, cancel }: Props) {
  const say = useWords(wallWords);
  const [form] = Form.useForm<{ purpose: string }>();
  const field = useRef<InputRef>(null);
  const [error, setError] = useState<unknown>(null);
  const [busy, setBusy] = useState(false);
  const recent = useQuery({ ...queries.purposes(), enabled: open });
  const current = useQuery({ ...queries.currentWatch(), enabled: open });
  const running = current.data?.purpose;
  const offered = [...new Set([...(running === undefined ? [] : [running]), ...(recent.data ?? [])])].slice(0, 8);

  const send = async ({ purpose }: { purpose: string }) => {
    setBusy(true);
    setError(null);
    try {
      await answer(purpose);
      form.resetFields();
    } catch (failed) {
      setError(failed);
    } finally {
      setBusy(false);
    }
  };

  return (
    <Modal
      open={open}
      title={say.ask}
      okText={say.start}
      cancelText={say.cancel}
      confirmLoading={busy}
      onOk={form.submit}
      onCancel={cancel}
      afterOpenChange={(shown) => shown && field.current?.focus()}
      width={480}
    >
      <p className={css.about}>{say.askAbout}</p>
      {running !== undefined && <p className={css.other}>{say.otherPurpose(running)}</p>}
      {error !== null && <ErrorNote error={error} />}
      <Form form={form} layout="vertical" requiredMark={false} onFinish={(typed) => void send(typed)}>
        <Form.Item name="purpose" label={say.purpose} rules={[{ required: true, whitespace: true, message: say.purposeNeeded }]}>
          <Input ref={field} maxLength={PURPOSE_MAX_CHARS} placeholder={say.purposeHint} autoComplete="off" />
        </Form.Item>
      </Form>
      {offered.length > 0 && (
        <div className={css.recent}>
          <small>{say.recent}</small>
          {offered.map((purpose) => (
            <Button key={purpose} size="small" onClick={() => form.setFieldValue("purpose", purpose)}>
              {purpose}
              {purpose === running && ` · ${say.running}`}
            </Button>
          ))}
        </div>
      )}
    </Modal>
  );
});
