// The privacy switch: on with a reason, off without.

import { App, Button, Form, Input, Modal, Switch, Tag } from "antd";
import { useState } from "react";
import { useWords } from "@/lib/language";
import { clockText } from "@/lib/time";
import type { Privacy } from "./hooks";
import css from "./station.module.css";
import { stationWords } from "./words";

const REASON_MAX = 200;

export function PrivacyCard({ privacy }: { privacy: Privacy }) {
  const say = useWords(stationWords).privacy;
  const { message } = App.useApp();
  const [asking, setAsking] = useState(false);
  const [busy, setBusy] = useState(false);

  const turnOff = async () => {
    setBusy(true);
    try {
      await privacy.turnOff();
    } catch {
      void message.error(say.failed);
    }
    setBusy(false);
  };

  return (
    <section className={css.privacy} data-on={privacy.on}>
      <label htmlFor="station-privacy">
        <strong>{say.name}</strong>
        <span>{privacy.on ? say.on : say.off}</span>
      </label>
      <Switch
        id="station-privacy"
        aria-label={say.name}
        checked={privacy.on}
        loading={busy}
        onChange={(on) => {
          if (on) setAsking(true);
          else void turnOff();
        }}
      />
      {privacy.on && (
        <p>
          {privacy.reason} {privacy.since !== null && <small>{say.since(clockText(privacy.since))}</small>}
        </p>
      )}
      {privacy.pending && <p className={css.warn}>{say.pending}</p>}
      <Modal open={asking} title={say.title} footer={null} onCancel={() => setAsking(false)} destroyOnHidden width={520}>
        <ReasonForm
          done={(reason) => {
            setAsking(false);
            privacy.turnOn(reason);
          }}
          cancel={() => setAsking(false)}
        />
      </Modal>
    </section>
  );
}

function ReasonForm({ done, cancel }: { done: (reason: string) => void; cancel: () => void }) {
  const say = useWords(stationWords).privacy;
  const [form] = Form.useForm<{ reason: string }>();
  return (
    <Form form={form} layout="vertical" requiredMark={false} size="large" onFinish={({ reason }) => done(reason.trim())}>
      <p className={css.lead}>{say.lead}</p>
      <Form.Item name="reason" label={say.reason} rules={[{ required: true, whitespace: true, message: say.need }]}>
        <Input autoFocus maxLength={REASON_MAX} placeholder={say.reasonHint} autoComplete="off" />
      </Form.Item>
      <div className={css.usual}>
        {Object.values(say.usual).map((reason) => (
          <Tag.CheckableTag key={reason} checked={false} onChange={() => form.setFieldsValue({ reason })}>
            {reason}
          </Tag.CheckableTag>
        ))}
      </div>
      <div className={css.buttons}>
        <Button type="primary" htmlType="submit">
          {say.confirm}
        </Button>
        <Button onClick={cancel}>{say.cancel}</Button>
      </div>
    </Form>
  );
}
