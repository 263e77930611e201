// Past requests: searched, opened, exported.

import { useInfiniteQuery } from "@tanstack/react-query";
import { Button, Input, type TableColumnsType } from "antd";
import { useState } from "react";
import { useNavigate } from "react-router";
import { address } from "@/api/client";
import { queries } from "@/api/queries";
import { term } from "@/api/terms";
import type { RequestView } from "@/api/types";
import { useLanguage, useWords } from "@/lib/language";
import { paths } from "@/lib/paths";
import { EmptyState } from "@/ui/EmptyState";
import { ExportButton } from "@/ui/ExportButton";
import { PagedTable } from "@/ui/PagedTable";
import { PageBody, PageHeader } from "@/ui/PageHeader";
import { StateTag } from "@/ui/StateTag";
import { Time } from "@/ui/Time";
import css from "./desk.module.css";
import { deskWords } from "./words";

export function PastPage() {
  const say = useWords(deskWords);
  const language = useLanguage();
  const navigate = useNavigate();
  const [sought, seek] = useState("");
  const filter = { open: false, ...(sought ? { q: sought } : {}) };
  const past = useInfiniteQuery(queries.requests(filter));
  const columns: TableColumnsType<RequestView> = [
    { title: "", render: (_, r) => <span className="num">{r.number}</span> },
    { title: say.raised, render: (_, r) => <Time ms={r.raised_ms} /> },
    { title: "", render: (_, r) => r.site?.name },
    { title: "", className: css.wide ?? "", render: (_, r) => r.sentence || say.noSentence },
    { title: say.owner, render: (_, r) => r.owner?.name },
    { title: say.assignee, render: (_, r) => r.assignee?.name },
    { title: say.evaluation, render: (_, r) => r.evaluation && term("grade", r.evaluation.grade, language) },
    {
      title: "",
      render: (_, r) => (
        <>
          <StateTag tone="asleep">{term("requestState", r.state, language)}</StateTag>
          {r.evaluation?.call_back_by_ms != null && <StateTag tone="weak">{say.toCallBack}</StateTag>}
        </>
      ),
    },
  ];
  return (
    <PageBody>
      <PageHeader title={say.history} about={say.historyAbout}>
        <Input.Search className={css.search} allowClear placeholder={say.search} aria-label={say.search} onSearch={(text) => seek(text.trim())} />
        <ExportButton href={address("/requests.csv", filter)} />
        <Button onClick={() => void navigate(paths.desk)}>{say.open}</Button>
      </PageHeader>
      <PagedTable<RequestView>
        query={past}
        rowKey="id"
        columns={columns}
        onRow={(r) => ({ className: css.row ?? "", onClick: () => void navigate(paths.request(r.id)) })}
        empty={sought ? <EmptyState title={say.notFound} /> : <EmptyState title={say.historyNone} next={say.historyNoneNext} />}
      />
    </PageBody>
  );
}
