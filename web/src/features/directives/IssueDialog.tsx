// Issuing: a common finding by one click or own words, what is to be done, until when; the picture of the moment is the first evidence.

import { App, Button, Form, Input, Modal } from "antd";
import { useEffect, useMemo, useState } from "react";
import { useNavigate } from "react-router";
import { directives } from "@/api/calls";
import { issuing, type Issuing } from "@/lib/issuing";
import { useLanguage, useWords } from "@/lib/language";
import { serverNow } from "@/lib/now";
import { paths } from "@/lib/paths";
import { fieldMs, fieldTime } from "@/lib/time";
import { useStore } from "@/lib/useStore";
import { ErrorNote } from "@/ui/ErrorNote";
import css from "./directives.module.css";
import { templates } from "./templates";
import { directiveWords } from "./words";

const TEXT_MAX = 1_000;
const HOUR_MS = 3_600_000;
const calls = directives("account");

export function IssueDialog() {
  const asked = useStore(issuing);
  return asked && <Dialog key={asked.place + (asked.request_id ?? asked.session_id ?? asked.site_id ?? "")} asked={asked} />;
}

interface Said {
  finding: string;
  demand: string;
  due: string;
  number?: string;
}

function Dialog({ asked }: { asked: Issuing }) {
  const say = useWords(directiveWords);
  const language = useLanguage();
  const navigate = useNavigate();
  const { notification } = App.useApp();
  const [form] = Form.useForm<Said>();
  const [opened] = useState(serverNow);
  // A retry is the same directive.
  const [key] = useState(() => crypto.randomUUID());
  const [picture, setPicture] = useState(asked.picture);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<unknown>(null);
  /** Issued already; only its picture is missing. */
  const [issued, setIssued] = useState<{ id: string; number: string } | null>(null);
  const shown = useMemo(() => picture && URL.createObjectURL(picture), [picture]);
  useEffect(() => () => void (shown && URL.revokeObjectURL(shown)), [shown]);
  const close = () => issuing.set(null);

  const finish = ({ id, number }: { id: string; number: string }) => {
    const note = `directive-${id}`;
    notification.success({
      key: note,
      placement: "bottom",
      title: say.sent(number),
      actions: (
        <Button
          size="small"
          onClick={() => {
            notification.destroy(note);
            void navigate(paths.directive(id));
          }}
        >
          {say.title}
        </Button>
      ),
    });
    close();
  };
  const keep = async (of: { id: string; number: string }) => {
    setBusy(true);
    setProblem(null);
    try {
      if (picture) await calls.keep(of.id, picture, true);
      finish(of);
    } catch (error) {
      setIssued(of);
      setProblem(error);
      setBusy(false);
    }
  };
  const send = async (said: Said) => {
    setBusy(true);
    setProblem(null);
    const { site_id, request_id, session_id, frame_id } = asked;
    try {
      const fresh = await calls.issue(
        {
          ...(site_id !== undefined && { site_id }),
          ...(request_id !== undefined && { request_id }),
          ...(session_id !== undefined && { session_id }),
          ...(frame_id !== undefined && { frame_id }),
          finding: said.finding,
          demand: said.demand,
          due_ms: fieldMs(said.due),
          ...(said.number?.trim() && { case_number: said.number.trim() }),
        },
        key,
      );
      await keep(fresh);
    } catch (error) {
      setProblem(error);
      setBusy(false);
    }
  };

  const required = [{ required: true, whitespace: true, message: say.need }];
  return (
    <Modal open title={say.issueTo(asked.place)} onCancel={close} footer={null} width={620} mask={{ closable: false }}>
      {issued ? (
        <div className={css.half}>
          <p>{say.pictureFailed(issued.number)}</p>
          {problem !== null && <ErrorNote error={problem} />}
          <span className={css.buttons}>
            <Button type="primary" loading={busy} onClick={() => void keep(issued)}>
              {say.again}
            </Button>
            <Button onClick={() => finish(issued)}>{say.withoutPicture}</Button>
          </span>
        </div>
      ) : (
        <Form
          form={form}
          layout="vertical"
          requiredMark={false}
          initialValues={{ finding: asked.finding ?? "", demand: "", due: fieldTime(opened + 24 * HOUR_MS), number: "" }}
          onFinish={(said) => void send(said)}
        >
          <div className={css.templates} role="group" aria-label={say.templates}>
            {templates[language].map((one) => (
              <Button
                key={one.name}
                size="small"
                onClick={() => form.setFieldsValue({ finding: one.finding, demand: one.demand, due: fieldTime(serverNow() + one.hours * HOUR_MS) })}
              >
                {one.name}
              </Button>
            ))}
          </div>
          {shown ? (
            <figure className={css.evidence}>
              <img src={shown} alt={say.picture} />
              <figcaption>
                {say.pictureHint}
                <Button size="small" type="text" onClick={() => setPicture(null)}>
                  {say.dropPicture}
                </Button>
              </figcaption>
            </figure>
          ) : (
            <p className={css.dim}>{say.noPicture}</p>
          )}
          <Form.Item name="finding" label={say.finding} rules={required}>
            <Input.TextArea autoFocus autoSize={{ minRows: 2, maxRows: 5 }} maxLength={TEXT_MAX} />
          </Form.Item>
          <Form.Item name="demand" label={say.demand} rules={required}>
            <Input.TextArea autoSize={{ minRows: 2, maxRows: 5 }} maxLength={TEXT_MAX} />
          </Form.Item>
          <div className={css.pair}>
            <Form.Item name="due" label={say.due} rules={required}>
              <Input type="datetime-local" min={fieldTime(opened)} max={fieldTime(opened + 90 * 24 * HOUR_MS)} />
            </Form.Item>
            <Form.Item name="number" label={say.case}>
              <Input maxLength={64} />
            </Form.Item>
          </div>
          {problem !== null && <ErrorNote error={problem} />}
          <span className={css.buttons}>
            <Button type="primary" htmlType="submit" loading={busy}>
              {say.send}
            </Button>
            <Button onClick={close}>{say.cancel}</Button>
          </span>
        </Form>
      )}
    </Modal>
  );
}
