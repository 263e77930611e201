// Doing something to requests: what needs words asks for them in a dialog that keeps its text on failure; what concerns several
// waits some seconds in which it can be taken back.

import { useQuery } from "@tanstack/react-query";
import { App, Button, Form, Input, Modal, Select } from "antd";
import { useCallback, useState, type ReactNode } from "react";
import { useNavigate } from "react-router";
import { link, requests } from "@/api/calls";
import { queries } from "@/api/queries";
import type { Answerer, RequestStep, RequestView } from "@/api/types";
import { tabId } from "@/lib/kept";
import { useLanguage, useWords } from "@/lib/language";
import { serverNow } from "@/lib/now";
import { paths } from "@/lib/paths";
import { problemOf } from "@/lib/problem";
import { fieldMs, fieldTime } from "@/lib/time";
import { ErrorNote } from "@/ui/ErrorNote";
import type { Act } from "./desk";
import { deskWords } from "./words";

const TEXT_MAX = 1_000;
const UNDO_MS = 5_000;
const DAY_MS = 86_400_000;

/** What must be asked before an act. */
const ASKS: Partial<Record<Act, "reason" | "result" | "note" | "to" | "until" | "into">> = {
  return: "reason",
  withdraw: "reason",
  finish: "result",
  callBack: "note",
  dispatch: "to",
  suspend: "until",
  extend: "until",
  merge: "into",
};

interface Asked {
  targets: RequestView[];
  act: Act;
  done: () => void;
}

export interface Steps {
  begin(request: RequestView, act: Act): void;
  beginAll(requests: RequestView[], act: Act, done: () => void): void;
  /** Gives them to somebody, after a while in which it can be taken back. */
  give(requests: RequestView[], to: Answerer): void;
  dialog: ReactNode;
}

export function useSteps(): Steps {
  const language = useLanguage();
  const say = useWords(deskWords);
  const navigate = useNavigate();
  const { message, notification } = App.useApp();
  const [asked, ask] = useState<Asked | null>(null);

  const now = useCallback(async (request: RequestView, act: Act) => {
    try {
      switch (act) {
        case "accept":
        case "connect": {
          const { identity } = await link.token(tabId());
          const taken = await requests.act(request.id, { action: act, endpoint_id: identity });
          if (taken.session_id) void navigate(paths.assist(taken.session_id));
          return;
        }
        case "grant":
        case "deny":
          await requests.act(request.id, { action: "decide", granted: act === "grant" });
          return;
        case "take":
        case "resume":
        case "archive":
          await requests.act(request.id, { action: act });
          return;
      }
    } catch (error) {
      void message.error(problemOf(error).text(language));
    }
  }, [language, message, navigate]);

  /** Carried out after a while, unless it is taken back. */
  const later = (targets: RequestView[], what: string, step: RequestStep, done: () => void) => {
    const key = crypto.randomUUID();
    const timer = setTimeout(() => {
      notification.destroy(key);
      void Promise.allSettled(targets.map((request) => requests.act(request.id, step))).then((outcomes) => {
        const failed = outcomes.filter((outcome) => outcome.status === "rejected");
        const first = failed[0];
        if (first) void message.error(`${say.bulkFailed(failed.length)}：${problemOf(first.reason).text(language)}`);
      });
    }, UNDO_MS);
    done();
    notification.info({
      key,
      placement: "bottom",
      duration: UNDO_MS / 1000,
      title: say.undoIn(`${what}（${targets.length}）`, UNDO_MS / 1000),
      actions: (
        <Button
          type="primary"
          onClick={() => {
            clearTimeout(timer);
            notification.destroy(key);
            void message.info(say.undone);
          }}
        >
          {say.undo}
        </Button>
      ),
    });
  };

  const begin = useCallback(
    (request: RequestView, act: Act) => {
      if (ASKS[act]) ask({ targets: [request], act, done: () => undefined });
      else void now(request, act);
    },
    [now],
  );
  const beginAll = (targets: RequestView[], act: Act, done: () => void) => {
    if (ASKS[act]) ask({ targets, act, done });
    else later(targets, say.acts[act], { action: "accept" }, done);
  };
  const give = (targets: RequestView[], to: Answerer) =>
    later(targets, say.handing.given(to.name), { action: "dispatch", to: to.person_id }, () => undefined);

  const dialog = asked && (
    <StepDialog
      asked={asked}
      close={() => ask(null)}
      send={async (step) => {
        const [only] = asked.targets;
        if (asked.targets.length === 1 && only) await requests.act(only.id, step);
        else later(asked.targets, say.acts[asked.act], step, asked.done);
        ask(null);
      }}
    />
  );
  return { begin, beginAll, give, dialog };
}

interface Said {
  text?: string;
  to?: string;
  into?: string;
  /** As the browser's field gives it: `2026-11-30T17:30`. */
  until?: string;
}

function StepDialog({ asked, close, send }: { asked: Asked; close: () => void; send: (step: RequestStep) => Promise<void> }) {
  const say = useWords(deskWords);
  const [form] = Form.useForm<Said>();
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<unknown>(null);
  const [opened] = useState(serverNow);
  const need = ASKS[asked.act];
  const first = asked.targets[0];
  if (!first) return null;

  const submit = async (said: Said) => {
    const step = stepOf(asked.act, said);
    if (!step) return;
    setBusy(true);
    setProblem(null);
    try {
      await send(step);
    } catch (error) {
      setProblem(error);
      setBusy(false);
    }
  };
  const required = [{ required: true, message: say.ask.need }];
  return (
    <Modal open title={`${say.acts[asked.act]} · ${asked.targets.length === 1 ? first.number : say.selected(asked.targets.length)}`} onCancel={close} footer={null} width={520}>
      <Form form={form} layout="vertical" requiredMark={false} onFinish={(said) => void submit(said)}>
        {need === "to" && (
          <Form.Item name="to" label={say.ask.to} rules={required}>
            <Answerers request={first.id} />
          </Form.Item>
        )}
        {need === "into" && (
          <Form.Item name="into" label={say.ask.into} rules={required}>
            <Others request={first} />
          </Form.Item>
        )}
        {need === "until" && (
          <Form.Item name="until" label={say.ask.until} rules={required} initialValue={fieldTime(opened + 3 * DAY_MS)}>
            <Input type="datetime-local" min={fieldTime(opened)} max={fieldTime(opened + 90 * DAY_MS)} />
          </Form.Item>
        )}
        {(need === "reason" || need === "until" || need === "result" || need === "note") && (
          <Form.Item name="text" label={say.ask[need === "until" ? "reason" : need]} rules={need === "result" ? [] : [{ required: true, whitespace: true, message: say.ask.need }]}>
            <Input.TextArea autoFocus rows={4} maxLength={TEXT_MAX} showCount />
          </Form.Item>
        )}
        {problem !== null && <ErrorNote error={problem} />}
        <Form.Item style={{ margin: "16px 0 0" }}>
          <Button type="primary" htmlType="submit" loading={busy} danger={asked.act === "withdraw"}>
            {say.acts[asked.act]}
          </Button>{" "}
          <Button onClick={close}>{say.close}</Button>
        </Form.Item>
      </Form>
    </Modal>
  );
}

/** Who may answer it, those on duty first. */
function Answerers({ request, ...field }: { request: string; value?: string; onChange?: (person: string) => void; id?: string }) {
  const say = useWords(deskWords).ask;
  const answerers = useQuery(queries.answerers(request));
  if (answerers.error) return <ErrorNote error={answerers.error} retry={() => void answerers.refetch()} />;
  return (
    <Select
      {...field}
      autoFocus
      showSearch={{ optionFilterProp: "label" }}
      loading={answerers.isPending}
      placeholder={say.toHint}
      options={(answerers.data ?? []).map((one) => ({ value: one.person_id, label: `${one.name} · ${one.post}${one.on_duty ? ` · ${say.onDuty}` : ""}` }))}
    />
  );
}

/** The other open requests of the same site. */
function Others({ request, ...field }: { request: RequestView; value?: string; onChange?: (request: string) => void; id?: string }) {
  const say = useWords(deskWords);
  const open = useQuery(queries.openRequests());
  const others = (open.data ?? []).filter((other) => other.id !== request.id && other.site?.id === request.site?.id);
  return (
    <Select
      {...field}
      notFoundContent={say.ask.intoNone}
      options={others.map((other) => ({ value: other.id, label: `${other.number} · ${other.sentence || say.noSentence}` }))}
    />
  );
}

function stepOf(act: Act, said: Said): RequestStep | null {
  const text = said.text?.trim() ?? "";
  switch (act) {
    case "return":
    case "withdraw":
      return { action: act, reason: text };
    case "finish":
      return { action: "finish", result: text };
    case "callBack":
      return { action: "call_back", note: text };
    case "dispatch":
      return said.to ? { action: "dispatch", to: said.to } : null;
    case "merge":
      return said.into ? { action: "merge", into: said.into } : null;
    case "suspend":
    case "extend":
      return said.until ? { action: "plead", favour: act, reason: text, until_ms: fieldMs(said.until) } : null;
    default:
      return null;
  }
}
