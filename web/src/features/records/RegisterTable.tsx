// The columns of the view register, the same in the list and on a session's page.

import type { TableColumnsType } from "antd";
import { Link } from "react-router";
import type { RegisterView } from "@/api/types";
import type { Language } from "@/lib/language";
import { paths } from "@/lib/paths";
import { StateTag } from "@/ui/StateTag";
import { Duration, Time } from "@/ui/Time";
import { term } from "@/api/terms";
import css from "./records.module.css";
import type { recordsWords } from "./words";

type Say = (typeof recordsWords)["zh"];

/** `pick`: what a click on an observer's name does; `open`: whether numbers lead to the session. */
export function registerColumns(say: Say, language: Language, how: { open: boolean; pick?: (person: string) => void }): TableColumnsType<RegisterView> {
  const { open, pick } = how;
  return [
    {
      title: say.columns.site,
      render: (_, r) => (
        <div className={css.two}>
          {r.site.name}
          <small className="num">{open ? <Link to={paths.session(r.session_id)}>{r.number}</Link> : r.number}</small>
        </div>
      ),
    },
    {
      title: say.columns.person,
      render: (_, r) => (
        <div className={css.two}>
          {pick ? (
            <button type="button" className={css.plain} title={say.filter.only(r.person.name)} onClick={() => pick(r.person.id)}>
              {r.person.name}
            </button>
          ) : (
            r.person.name
          )}
          <small>{r.unit.name}</small>
        </div>
      ),
    },
    { title: say.columns.purpose, className: css.purpose ?? "", render: (_, r) => r.purpose },
    {
      title: say.columns.content,
      render: (_, r) => (
        <div className={css.two}>
          {r.content}
          <small>{term("viewMode", r.mode, language)}</small>
        </div>
      ),
    },
    { title: say.columns.from, render: (_, r) => <Time ms={r.from_ms} /> },
    { title: say.columns.to, render: (_, r) => (r.to_ms === null ? <StateTag tone="live">{say.session.still}</StateTag> : <Time ms={r.to_ms} />) },
    { title: say.columns.duration, align: "right", render: (_, r) => <Duration from={r.from_ms} to={r.to_ms} /> },
    {
      title: say.columns.picture,
      align: "right",
      render: (_, r) => (r.first_picture_ms === null ? <small className={css.dim}>{say.empty.noPicture}</small> : <span className="num">{Math.max(0, r.first_picture_ms - r.from_ms)} ms</span>),
    },
  ];
}
