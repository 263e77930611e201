// A case on paper: what the server gave for this print and has on record as printed. A4, black on white; nothing of the screen.

import { useEffect, useRef } from "react";
import { createPortal } from "react-dom";
import { marks, photos } from "@/api/calls";
import { term } from "@/api/terms";
import type { CasePrint } from "@/api/types";
import { pick, useLanguage, useWords } from "@/lib/language";
import { dayText, clockText } from "@/lib/time";
import { Drawing } from "@/ui/Board";
import css from "./cases.module.css";
import { caseWords } from "./words";

/** The dialog opens when every picture is there, or could not be had; `done` when it is closed. */
export function CasePaper({ print, filtered, done }: { print: CasePrint; filtered: boolean; done: () => void }) {
  const say = useWords(caseWords);
  const language = useLanguage();
  const sheet = useRef<HTMLElement>(null);
  const over = useRef(done);
  useEffect(() => {
    over.current = done;
  });
  useEffect(() => {
    let gone = false;
    const pictures = [...(sheet.current?.querySelectorAll("img") ?? [])];
    const close = () => over.current();
    window.addEventListener("afterprint", close);
    void Promise.allSettled(pictures.map((picture) => picture.decode())).then(() => {
      if (!gone) window.print();
    });
    return () => {
      gone = true;
      window.removeEventListener("afterprint", close);
    };
  }, [print]);
  const { case: found, entries } = print;
  const at = `${dayText(print.printed_ms)} ${clockText(print.printed_ms)}`;
  const number = found.spellings[0] ?? found.number;
  return createPortal(
    <article ref={sheet} className={css.paper} data-paper={found.number}>
      <table>
        <thead>
          {/* A table's head is repeated on every sheet. */}
          <tr>
            <th colSpan={4} className={css.running}>
              <span className="num">{number}</span>
              <span>{say.paper.printed(print.printed_by, at)}</span>
            </th>
          </tr>
          <tr>
            <th>{say.paper.time}</th>
            <th>{say.paper.kind}</th>
            <th>{say.paper.what}</th>
            <th>{say.paper.where}</th>
          </tr>
        </thead>
        <tbody>
          <tr>
            <td colSpan={4} className={css.cover}>
              <h1>
                {say.paper.title} <span className="num">{number}</span>
              </h1>
              <p>
                {found.kinds.map((kind) => term("caseKind", kind, language)).join("、")}
                {found.units.length > 0 && ` · ${found.units.map((unit) => unit.name).join("、")}`} · {say.paper.total(entries.length)}
              </p>
              {found.spellings.length > 1 && (
                <p>
                  {say.spellings}：{found.spellings.join("、")}
                </p>
              )}
              {found.elsewhere && <p>{say.elsewhere}</p>}
              {filtered && <p>{say.paper.filtered}</p>}
              {print.cut && <p>{say.paper.cut(entries.length)}</p>}
            </td>
          </tr>
          {entries.map((entry) => (
            <tr key={entry.id} data-kind={entry.kind}>
              <td className="num">
                {dayText(entry.at_ms)}
                <br />
                {clockText(entry.at_ms)}
              </td>
              <td>{term("caseEntryKind", entry.kind, language)}</td>
              <td>
                {pick(language, entry.text_zh, entry.text_en)}
                {entry.withdrawn && `（${say.withdrawn}）`}
                {entry.file && <small>SHA-256 {entry.file.sha256}</small>}
                {entry.photo && entry.request_id && (
                  <figure>
                    <img src={photos("account").address(entry.request_id, entry.photo.id)} alt={entry.photo.by} />
                    <figcaption>SHA-256 {entry.photo.sha256}</figcaption>
                  </figure>
                )}
                {entry.frame && entry.session_id && (
                  <figure>
                    <Drawing frame={entry.frame} image={marks("account").image(entry.session_id, entry.frame.id)} />
                    <figcaption>SHA-256 {entry.frame.sha256}</figcaption>
                  </figure>
                )}
              </td>
              <td>
                <span className="num">{entry.number}</span>
                {entry.site && (
                  <>
                    <br />
                    {entry.site.name}
                  </>
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </article>,
    document.body,
  );
}
