// A roster from a spreadsheet: all of it or nothing, with each wrong line named.

import { useQueryClient } from "@tanstack/react-query";
import { Button, Modal } from "antd";
import { useRef, useState } from "react";
import { duty } from "@/api/calls";
import type { ImportReport } from "@/api/types";
import { pick, useLanguage, useWords } from "@/lib/language";
import { Problem } from "@/lib/problem";
import { ErrorNote } from "@/ui/ErrorNote";
import css from "./duty.module.css";
import { sheetText } from "./week";
import { dutyWords } from "./words";

/** As the server takes. */
const BYTES_MAX = 64 * 1024;

export function ImportDialog({ unit, close }: { unit: string; close: () => void }) {
  const say = useWords(dutyWords);
  const language = useLanguage();
  const client = useQueryClient();
  const file = useRef<HTMLInputElement>(null);
  const [name, setName] = useState("");
  const [report, setReport] = useState<ImportReport | null>(null);
  const [error, setError] = useState<unknown>(null);
  const [busy, setBusy] = useState(false);

  const take = async (chosen: File) => {
    setBusy(true);
    setError(null);
    setReport(null);
    setName(chosen.name);
    try {
      if (chosen.size > BYTES_MAX) {
        const kb = BYTES_MAX / 1024;
        throw new Problem({ status: 0, code: "too_large", detail_zh: dutyWords.zh.tooBig(kb), detail_en: dutyWords.en.tooBig(kb), limit: BYTES_MAX });
      }
      setReport(await duty.importSheet(unit, sheetText(await chosen.arrayBuffer())));
      await client.invalidateQueries({ queryKey: ["duty"] });
    } catch (failed) {
      setError(failed);
    }
    setBusy(false);
  };

  return (
    <Modal open title={say.importTitle} onCancel={close} footer={<Button onClick={close}>{say.close}</Button>} width={720}>
      <p className={css.dim}>{say.importAbout}</p>
      <input
        ref={file}
        type="file"
        accept=".csv,text/csv"
        aria-label={say.importPick}
        className={css.file}
        disabled={busy}
        onChange={(event) => {
          const chosen = event.target.files?.[0];
          // The same file, corrected, can be chosen again.
          event.target.value = "";
          if (chosen) void take(chosen);
        }}
      />
      <p className={css.acts}>
        <Button type="primary" loading={busy} onClick={() => file.current?.click()}>
          {busy ? say.importBusy : say.importPick}
        </Button>
        <span className={css.dim}>{name}</span>
      </p>
      {error !== null && <ErrorNote error={error} />}
      {report && report.bad.length === 0 && (
        <p role="status" className={css.good} data-imported={report.imported}>
          {say.imported(report.imported, report.unchanged)}
        </p>
      )}
      {report && report.bad.length > 0 && (
        <>
          <p role="alert" className={css.bad}>
            {say.importBad(report.bad.length)}
          </p>
          <div className={css.wrong}>
            <table>
              <thead>
                <tr>
                  <th>{say.line}</th>
                  <th>{say.column}</th>
                  <th>{say.value}</th>
                  <th>{say.cause}</th>
                </tr>
              </thead>
              <tbody>
                {report.bad.map((bad) => (
                  <tr key={`${bad.line} ${bad.column}`} data-bad-line={bad.line}>
                    <td className="num">{bad.line}</td>
                    <td>{bad.column}</td>
                    <td>{bad.value}</td>
                    <td>{pick(language, bad.cause_zh, bad.cause_en)}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        </>
      )}
    </Modal>
  );
}
