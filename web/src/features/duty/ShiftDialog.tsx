// One shift: planned or changed by whoever plans the roster; reported for, left, noted as missed, swapped by those concerned.

import { App, Button, Form, Input, Modal, Popconfirm, Select } from "antd";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { duty } from "@/api/calls";
import { useMe } from "@/api/me";
import { queries } from "@/api/queries";
import { choices, term } from "@/api/terms";
import type { DutyMode, DutyPerson, DutyRole, ShiftView, Skill } from "@/api/types";
import { useLanguage, useWords } from "@/lib/language";
import { timeText } from "@/lib/time";
import { ErrorNote } from "@/ui/ErrorNote";
import css from "./duty.module.css";
import { CheckLine, StandingTag } from "./NowPanel";
import { clockOf, dayAndClock, HOUR_MS, momentOf, SHIFT_MAX_MS, type Times } from "./week";
import { dutyWords } from "./words";

interface Typed {
  person_id: string;
  role: DutyRole;
  mode: DutyMode;
  skills: Skill[];
  start_day: string;
  start_clock: string;
  end_day: string;
  end_clock: string;
}

interface Props {
  unit: string;
  shift?: ShiftView;
  /** Of a new shift. */
  times?: Times;
  manage: boolean;
  /** The shifts on screen: one's own tell what one may say of this one, and what may be had in exchange. */
  among: readonly ShiftView[];
  close: () => void;
}

export function ShiftDialog({ unit, shift, times, manage, among, close }: Props) {
  const say = useWords(dutyWords);
  const plans = manage && (!shift || shift.standing === "ahead" || shift.standing === "on" || shift.standing === "missing");
  const [swapping, setSwapping] = useState(false);
  return (
    <Modal open title={shift ? `${say.shift} · ${shift.person.name}` : say.newShift} onCancel={close} footer={null} width={520} destroyOnHidden>
      {shift && <Facts shift={shift} among={among} manage={manage} close={close} swap={() => setSwapping(true)} />}
      {swapping && shift ? (
        <SwapForm shift={shift} among={among} close={close} />
      ) : (
        plans && <PlanForm unit={shift?.unit.id ?? unit} {...(shift ? { shift } : {})} {...(times ? { times } : {})} close={close} />
      )}
    </Modal>
  );
}

function Facts({ shift, among, manage, close, swap }: { shift: ShiftView; among: readonly ShiftView[]; manage: boolean; close: () => void; swap: () => void }) {
  const say = useWords(dutyWords);
  const language = useLanguage();
  const me = useMe();
  const client = useQueryClient();
  const [error, setError] = useState<unknown>(null);
  const [busy, setBusy] = useState(false);
  const mine = shift.person.id === me.person.id;
  const relievesMe = among.some((other) => other.person.id === me.person.id && other.role === shift.role && other.unit.id === shift.unit.id && Math.abs(other.ends_ms - shift.starts_ms) <= HOUR_MS && !mine);
  const { standing } = shift;
  const act = async (call: () => Promise<unknown>) => {
    setBusy(true);
    setError(null);
    try {
      await call();
      await client.invalidateQueries({ queryKey: ["duty"] });
      close();
    } catch (failed) {
      setError(failed);
      setBusy(false);
    }
  };
  const mayArrive = (mine || manage) && !(shift.arrived_ms && standing !== "missing") && (standing === "on" || standing === "missing" || standing === "ahead");
  const facts = [
    `${timeText(shift.starts_ms).slice(0, -3)} – ${timeText(shift.ends_ms).slice(0, -3)}`,
    term("dutyMode", shift.mode, language),
    shift.skills.map((skill) => term("skill", skill, language)).join(" · "),
    shift.phone,
    shift.unit.name,
  ].filter(Boolean);
  return (
    <div className={css.facts}>
      <p>
        <b>{term("dutyRole", shift.role, language)}</b> <StandingTag standing={standing} />
      </p>
      <p className={css.dim}>{facts.join(" · ")}</p>
      <p className={css.dim}>
        {shift.arrived_ms ? say.arrivedAt(timeText(shift.arrived_ms).slice(0, -3)) : say.notArrived} · <CheckLine shift={shift} />
      </p>
      <div className={css.acts}>
        {mayArrive && (
          <Button type={mine ? "primary" : "default"} disabled={busy} onClick={() => void act(() => duty.arrive(shift.id))}>
            {say.arrive}
          </Button>
        )}
        {(mine || manage) && (standing === "on" || standing === "held") && (
          <Popconfirm title={say.leaveAsk} description={say.leaveAbout} okText={say.leave} cancelText={say.cancel} onConfirm={() => void act(() => duty.leave(shift.id))}>
            <Button disabled={busy}>{say.leave}</Button>
          </Popconfirm>
        )}
        {(manage || relievesMe) && !mine && standing === "on" && !shift.arrived_ms && (
          <Popconfirm title={say.noShowAsk} description={say.noShowAbout} okText={say.noShow} cancelText={say.cancel} onConfirm={() => void act(() => duty.noShow(shift.id))}>
            <Button disabled={busy}>{say.noShow}</Button>
          </Popconfirm>
        )}
        {mine && standing === "ahead" && <Button onClick={swap}>{say.askSwap}</Button>}
        {manage && standing === "ahead" && (
          <Popconfirm title={say.removeAsk} description={say.removeAbout} okText={say.remove} cancelText={say.cancel} onConfirm={() => void act(() => duty.remove(shift.id))}>
            <Button danger disabled={busy}>
              {say.remove}
            </Button>
          </Popconfirm>
        )}
      </div>
      {error !== null && <ErrorNote error={error} />}
    </div>
  );
}

function PlanForm({ unit, shift, times, close }: { unit: string; shift?: ShiftView; times?: Times; close: () => void }) {
  const say = useWords(dutyWords);
  const language = useLanguage();
  const client = useQueryClient();
  const people = useQuery(queries.dutyPeople(unit));
  const [form] = Form.useForm<Typed>();
  const [error, setError] = useState<unknown>(null);
  const [busy, setBusy] = useState(false);
  const begun = shift !== undefined && shift.standing !== "ahead";
  // Of what the form began with: saved over what somebody else changed meanwhile, the server has to say so.
  const [version] = useState(shift?.version ?? 0);
  const span = shift ?? times;
  const [start, end] = [span && dayAndClock(span.starts_ms), span && dayAndClock(span.ends_ms)];
  const initial: Partial<Typed> = {
    role: shift?.role ?? "operator",
    mode: shift?.mode ?? "office",
    skills: shift?.skills ?? ["general"],
    ...(shift ? { person_id: shift.person.id } : {}),
    ...(start && end ? { start_day: start.day, start_clock: start.clock, end_day: end.day, end_clock: end.clock } : {}),
  };

  const submit = async (typed: Typed) => {
    const [starts_ms, ends_ms] = [momentOf(typed.start_day, typed.start_clock), momentOf(typed.end_day, typed.end_clock)];
    if (starts_ms === null || ends_ms === null || ends_ms <= starts_ms || ends_ms - starts_ms > SHIFT_MAX_MS) {
      form.setFields([{ name: "end_clock", errors: [say.timeWrong] }]);
      return;
    }
    setBusy(true);
    setError(null);
    const { person_id, role, mode, skills } = typed;
    try {
      if (shift) await duty.change(shift.id, { version, person_id, role, mode, skills, ...(begun ? {} : { starts_ms }), ends_ms });
      else await duty.plan({ unit_id: unit, person_id, role, mode, skills, starts_ms, ends_ms });
      await client.invalidateQueries({ queryKey: ["duty"] });
      close();
    } catch (failed) {
      setError(failed);
      setBusy(false);
    }
  };

  return (
    <Form form={form} layout="vertical" requiredMark={false} initialValues={initial} onFinish={(typed) => void submit(typed)}>
      <Form.Item name="person_id" label={say.person} rules={[{ required: true, message: say.need }]} extra={begun ? say.handedNow : null}>
        <Select aria-label={say.person} showSearch={{ optionFilterProp: "label" }} loading={people.isPending} options={personOptions(people.data ?? [], shift, say.noAccount)} />
      </Form.Item>
      {people.isError && <ErrorNote error={people.error} retry={() => void people.refetch()} />}
      <div className={css.pair}>
        <Form.Item name="role" label={say.role}>
          <Select options={choices("dutyRole", language)} />
        </Form.Item>
        <Form.Item name="mode" label={say.mode}>
          <Select options={choices("dutyMode", language)} />
        </Form.Item>
      </div>
      <Form.Item name="skills" label={say.skills} extra={say.skillsHelp}>
        <Select mode="multiple" options={choices("skill", language)} />
      </Form.Item>
      <When what={say.starts} name="start" disabled={begun} />
      <When what={say.ends} name="end" />
      {error !== null && <ErrorNote error={error} />}
      <div className={css.foot}>
        <Button onClick={close}>{say.cancel}</Button>
        <Button type="primary" htmlType="submit" loading={busy}>
          {say.save}
        </Button>
      </div>
    </Form>
  );
}

function When({ what, name, disabled = false }: { what: string; name: "start" | "end"; disabled?: boolean }) {
  const say = useWords(dutyWords);
  return (
    <div className={css.when}>
      <Form.Item name={`${name}_day`} label={what} rules={[{ required: true, message: say.need }]}>
        <Input type="date" aria-label={say.day(what)} disabled={disabled} />
      </Form.Item>
      <Form.Item name={`${name}_clock`} label=" " rules={[{ required: true, message: say.need }]}>
        <Input type="time" aria-label={say.clock(what)} disabled={disabled} />
      </Form.Item>
    </div>
  );
}

function personOptions(people: readonly DutyPerson[], shift: ShiftView | undefined, noAccount: string) {
  const options = people.map((person) => ({
    value: person.id,
    label: [person.name, person.post, person.unit.name, person.accounts.length === 0 ? noAccount : ""].filter(Boolean).join(" · "),
  }));
  // Whoever has it now stays choosable, in scope or not.
  return shift && !people.some((person) => person.id === shift.person.id) ? [{ value: shift.person.id, label: shift.person.name }, ...options] : options;
}

interface SwapTyped {
  to_person_id: string;
  other_shift_id?: string;
  reason: string;
}

/** People to swap with: whoever is on the roster around it. A person without the right to plan does not read all people. */
function SwapForm({ shift, among, close }: { shift: ShiftView; among: readonly ShiftView[]; close: () => void }) {
  const say = useWords(dutyWords);
  const client = useQueryClient();
  const { message } = App.useApp();
  const [form] = Form.useForm<SwapTyped>();
  const to = Form.useWatch("to_person_id", form) as string | undefined;
  const [error, setError] = useState<unknown>(null);
  const [busy, setBusy] = useState(false);
  const others = new Map(among.filter((other) => other.person.id !== shift.person.id).map((other) => [other.person.id, other.person.name]));
  const theirs = among.filter((other) => other.person.id === to && other.standing === "ahead" && other.unit.id === shift.unit.id);
  const submit = async (typed: SwapTyped) => {
    setBusy(true);
    setError(null);
    try {
      await duty.askSwap({ shift_id: shift.id, to_person_id: typed.to_person_id, reason: typed.reason, ...(typed.other_shift_id ? { other_shift_id: typed.other_shift_id } : {}) });
      await client.invalidateQueries({ queryKey: ["duty"] });
      void message.success(say.swapAsked);
      close();
    } catch (failed) {
      setError(failed);
      setBusy(false);
    }
  };
  return (
    <Form form={form} layout="vertical" requiredMark={false} onFinish={(typed) => void submit(typed)}>
      <Form.Item name="to_person_id" label={say.swapTo} rules={[{ required: true, message: say.need }]}>
        <Select options={[...others].map(([value, label]) => ({ value, label }))} onChange={() => form.setFieldValue("other_shift_id", undefined)} />
      </Form.Item>
      <Form.Item name="other_shift_id" label={say.swapOther}>
        <Select allowClear disabled={!to} options={theirs.map((other) => ({ value: other.id, label: `${timeText(other.starts_ms).slice(0, -3)} – ${clockOf(other.ends_ms, true)}` }))} />
      </Form.Item>
      <Form.Item name="reason" label={say.swapReason} rules={[{ required: true, whitespace: true, message: say.need }]}>
        <Input.TextArea maxLength={200} showCount autoSize={{ minRows: 2, maxRows: 5 }} />
      </Form.Item>
      {error !== null && <ErrorNote error={error} />}
      <div className={css.foot}>
        <Button onClick={close}>{say.cancel}</Button>
        <Button type="primary" htmlType="submit" loading={busy}>
          {say.swapAsk}
        </Button>
      </div>
    </Form>
  );
}
