// A form in a dialog: it saves, keeps its text when that fails, and says why.

import { Form, Modal } from "antd";
import { useState, type ReactNode } from "react";
import { useWords } from "@/lib/language";
import { ErrorNote } from "@/ui/ErrorNote";
import { orgWords } from "./words";

interface Props<T> {
  title: string;
  initial: Partial<T>;
  save: (typed: T) => Promise<unknown>;
  close: () => void;
  children: ReactNode;
}

export function FormDialog<T extends object>({ title, initial, save, close, children }: Props<T>) {
  const say = useWords(orgWords);
  const [form] = Form.useForm<T>();
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);

  const submit = async (typed: T) => {
    setBusy(true);
    setError(null);
    try {
      await save(typed);
      close();
    } catch (failed) {
      setError(failed);
      setBusy(false);
    }
  };

  return (
    <Modal open title={title} onCancel={close} onOk={() => form.submit()} okText={say.save} cancelText={say.cancel} confirmLoading={busy}>
      <Form form={form} layout="vertical" requiredMark={false} initialValues={initial} onFinish={(typed) => void submit(typed)}>
        {children}
        {error !== null && <ErrorNote error={error} />}
      </Form>
    </Modal>
  );
}
