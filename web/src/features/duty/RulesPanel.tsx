// The rules of help requests: how soon an unanswered call is passed on, what each clock may take, in versions. Read by all, set by
// whoever plans the roster; what was typed stays when it is refused.

import { useQuery, useQueryClient } from "@tanstack/react-query";
import { App, Button, InputNumber, Select, Spin } from "antd";
import { useState } from "react";
import { requestRules } from "@/api/calls";
import { queries } from "@/api/queries";
import { term } from "@/api/terms";
import type { RequestRules, Rules, Span } from "@/api/types";
import { useLanguage, useWords } from "@/lib/language";
import { problemOf } from "@/lib/problem";
import { timeText } from "@/lib/time";
import { ErrorNote } from "@/ui/ErrorNote";
import css from "./duty.module.css";
import { amountOf, CLOCKS, sameRules, SPANS, spanOf, URGENCIES, type SpanUnit } from "./rules";
import { dutyWords } from "./words";

export function RulesPanel({ unit }: { unit: string | null }) {
  const rules = useQuery(queries.requestRules(unit));
  if (rules.isError) return <ErrorNote error={rules.error} retry={() => void rules.refetch()} />;
  if (!rules.data) return <Spin style={{ display: "block", margin: "10vh 0", textAlign: "center" }} />;
  // A new version from elsewhere begins the form anew only if nothing was typed: the key is the unit's alone.
  return <RulesForm key={rules.data.unit_id} told={rules.data} />;
}

function RulesForm({ told }: { told: RequestRules }) {
  const say = useWords(dutyWords).rules;
  const language = useLanguage();
  const client = useQueryClient();
  const { message } = App.useApp();
  const [typed, setTyped] = useState<Rules | null>(null);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const org = useQuery(queries.org());
  const shown = typed ?? told.rules;
  const owner = org.data?.units.find((one) => one.id === told.set_by)?.name;
  const changed = typed !== null && !sameRules(typed, told.rules);
  const faulty = error === null ? null : problemOf(error).field;
  const save = async () => {
    setBusy(true);
    setError(null);
    try {
      const made = await requestRules.set({ unit_id: told.unit_id, rules: shown });
      await client.invalidateQueries({ queryKey: ["duty", "rules"] });
      setTyped(null);
      void message.success(say.saved(made.version));
    } catch (failed) {
      setError(failed);
    }
    setBusy(false);
  };
  const rung = (name: "chief_ms" | "leader_ms", label: string) => (
    <label className={css.rung}>
      {label}
      <InputNumber<number>
        value={shown.ladder[name] / 1_000}
        min={1}
        precision={0}
        disabled={!told.may_set}
        suffix={say.seconds}
        status={faulty === `ladder.${name}` ? "error" : ""}
        aria-label={label}
        onChange={(seconds) => seconds !== null && setTyped({ ...shown, ladder: { ...shown.ladder, [name]: seconds * 1_000 } })}
      />
      <small className={css.dim}>{say.default(`${told.defaults.ladder[name] / 1_000} ${say.seconds}`)}</small>
    </label>
  );
  return (
    <form
      className={css.rules}
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
    >
      <p className={css.dim}>
        {told.set_by === null ? say.byDefault : told.set_by === told.unit_id ? say.own : say.inherited(owner ?? "")} {say.about}
      </p>
      <h3>{say.ladder}</h3>
      <div className={css.ladder}>
        {rung("chief_ms", say.chief)}
        {rung("leader_ms", say.leader)}
      </div>
      <h3>{say.limits}</h3>
      <table className={css.limits}>
        <thead>
          <tr>
            <th />
            {CLOCKS.map((clock) => (
              <th key={clock} title={say.clockHelp[clock]}>
                {say.clocks[clock]}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {URGENCIES.map((urgency) => (
            <tr key={urgency}>
              <th>{term("urgency", urgency, language)}</th>
              {CLOCKS.map((clock) => (
                <td key={clock} data-label={say.clocks[clock]}>
                  <SpanField
                    label={`${term("urgency", urgency, language)} ${say.clocks[clock]}`}
                    span={shown[urgency][clock]}
                    usual={told.defaults[urgency][clock]}
                    disabled={!told.may_set}
                    faulty={faulty === `${urgency}.${clock}`}
                    change={(span) => setTyped({ ...shown, [urgency]: { ...shown[urgency], [clock]: span } })}
                  />
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      {error !== null && <ErrorNote error={error} />}
      {told.may_set && (
        <div className={css.rulesActs}>
          <Button type="primary" htmlType="submit" loading={busy} disabled={!changed}>
            {say.save}
          </Button>
          <Button disabled={typed === null} onClick={() => (setTyped(null), setError(null))}>
            {say.undo}
          </Button>
          <Button disabled={sameRules(shown, told.defaults)} onClick={() => setTyped(told.defaults)}>
            {say.restore}
          </Button>
        </div>
      )}
      {told.versions.length > 0 && (
        <>
          <h3>{say.versions}</h3>
          <ul className={css.list}>
            {told.versions.map((version) => (
              <li key={version.version} data-rules-version={version.version}>
                <span>
                  {say.version(version.version)} · {version.made_by} · <span className="num">{timeText(version.made_ms)}</span>
                </span>
                {told.may_set && !sameRules(version.rules, shown) && (
                  <Button size="small" type="text" onClick={() => setTyped(version.rules)}>
                    {say.take}
                  </Button>
                )}
              </li>
            ))}
          </ul>
        </>
      )}
    </form>
  );
}

interface FieldProps {
  label: string;
  span: Span;
  usual: Span;
  disabled: boolean;
  faulty: boolean;
  change: (span: Span) => void;
}

function SpanField({ label, span, usual, disabled, faulty, change }: FieldProps) {
  const say = useWords(dutyWords).rules;
  const amount = amountOf(span);
  // While a number is typed its unit stays: 60 minutes must not turn into one hour under the fingers.
  const [unit, setUnit] = useState<SpanUnit | null>(null);
  const shown = unit !== null && unit !== "workingDays" && "ms" in span ? { count: span.ms / (unit === "hours" ? 3_600_000 : 60_000), unit } : amount;
  const standard = amountOf(usual);
  return (
    <>
      <span className={css.span}>
        <InputNumber<number>
          value={shown.count}
          min={0}
          disabled={disabled}
          status={faulty ? "error" : ""}
          aria-label={label}
          onChange={(count) => {
            if (count === null) return;
            setUnit(shown.unit);
            change(spanOf({ count, unit: shown.unit }));
          }}
        />
        <Select<SpanUnit>
          value={shown.unit}
          disabled={disabled}
          aria-label={`${label} ${say.unit}`}
          popupMatchSelectWidth={false}
          options={SPANS.map((value) => ({ value, label: say.units[value] }))}
          onChange={(next) => {
            setUnit(next);
            change(spanOf({ count: shown.count, unit: next }));
          }}
        />
      </span>
      <small className={css.dim}>{say.default(`${standard.count} ${say.units[standard.unit]}`)}</small>
    </>
  );
}
