// The lines of a case, newest first, by day; more come as they are reached.

import type { InfiniteData, UseInfiniteQueryResult } from "@tanstack/react-query";
import { Button, Spin } from "antd";
import type { ReactNode } from "react";
import { Link } from "react-router";
import { marks, photos } from "@/api/calls";
import { term } from "@/api/terms";
import type { CaseEntry, Page } from "@/api/types";
import { pick, useLanguage, useWords } from "@/lib/language";
import { paths } from "@/lib/paths";
import { dayText } from "@/lib/time";
import { Drawing } from "@/ui/Board";
import { ErrorNote } from "@/ui/ErrorNote";
import { FileLink } from "@/ui/Files";
import { Pictures } from "@/ui/Pictures";
import { Time } from "@/ui/Time";
import { uiWords } from "@/ui/words";
import css from "./cases.module.css";
import { caseWords } from "./words";

export function Timeline({ query, empty }: { query: UseInfiniteQueryResult<InfiniteData<Page<CaseEntry>>>; empty: ReactNode }) {
  const ui = useWords(uiWords);
  const entries = query.data?.pages.flatMap((page) => page.items) ?? [];
  if (query.isError && entries.length === 0) return <ErrorNote error={query.error} retry={() => void query.refetch()} />;
  if (query.isPending) return <Spin className={css.wait ?? ""} />;
  if (entries.length === 0) return empty;
  const days = [...new Set(entries.map((entry) => dayText(entry.at_ms)))];
  return (
    <div aria-busy={query.isPlaceholderData} data-timeline>
      {days.map((day) => (
        <section key={day} className={css.day}>
          <h3 className="num">{day}</h3>
          <ol className={css.lines}>
            {entries
              .filter((entry) => dayText(entry.at_ms) === day)
              .map((entry) => (
                <Line key={entry.id} entry={entry} />
              ))}
          </ol>
        </section>
      ))}
      <div className={css.foot}>
        {query.isError && <ErrorNote error={query.error} retry={() => void query.fetchNextPage()} />}
        {query.hasNextPage ? (
          <>
            <span>{ui.shown(entries.length)}</span>
            <Button loading={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
              {ui.more}
            </Button>
          </>
        ) : (
          <span>{ui.end(entries.length)}</span>
        )}
      </div>
    </div>
  );
}

function Line({ entry }: { entry: CaseEntry }) {
  const say = useWords(caseWords);
  const language = useLanguage();
  const owner = entry.session_id
    ? paths.session(entry.session_id)
    : entry.request_id
      ? paths.request(entry.request_id)
      : entry.directive_id
        ? paths.directive(entry.directive_id)
        : null;
  return (
    <li data-kind={entry.kind} data-withdrawn={entry.withdrawn || undefined}>
      <Time ms={entry.at_ms} clock />
      <div>
        <p>
          <b>{term("caseEntryKind", entry.kind, language)}</b> <span>{pick(language, entry.text_zh, entry.text_en)}</span>
        </p>
        {entry.frame && entry.session_id && (
          <a className={css.frame} href={marks("account").image(entry.session_id, entry.frame.id)} target="_blank" rel="noreferrer">
            <Drawing frame={entry.frame} image={marks("account").image(entry.session_id, entry.frame.id)} />
            <small>{say.strokes(entry.frame.strokes.length)}</small>
          </a>
        )}
        {entry.photo && entry.request_id && (
          <Pictures kept={[{ id: entry.photo.id, href: photos("account").address(entry.request_id, entry.photo.id), title: entry.photo.by }]} />
        )}
        {entry.file && entry.session_id && (
          <p>
            <FileLink name={entry.file.name} bytes={entry.file.bytes} sha256={entry.file.sha256} href={marks("account").file(entry.session_id, entry.file.id)} />
          </p>
        )}
        <small>
          {owner ? (
            <Link className="num" to={owner}>
              {entry.number}
            </Link>
          ) : (
            entry.number
          )}
          {entry.site && ` · ${entry.site.name}`}
          {entry.withdrawn && <em> · {say.withdrawn}</em>}
        </small>
      </div>
    </li>
  );
}
