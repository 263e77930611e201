// A table over keyset pages: what is loaded stays, the next page is fetched when its button comes into view or is pressed.

import type { InfiniteData, UseInfiniteQueryResult } from "@tanstack/react-query";
import { Button, Table } from "antd";
import type { TableProps } from "antd";
import { useEffect, useMemo, useRef, type ReactNode } from "react";
import { useWords } from "@/lib/language";
import css from "./blocks.module.css";
import { EmptyState } from "./EmptyState";
import { ErrorNote } from "./ErrorNote";
import { uiWords } from "./words";

interface Paged<T> {
  items: T[];
  next: string | null;
}

interface Props<T> extends Omit<TableProps<T>, "dataSource" | "pagination" | "loading"> {
  query: UseInfiniteQueryResult<InfiniteData<Paged<T>>>;
  empty?: ReactNode;
}

export function PagedTable<T extends object>({ query, empty, ...table }: Props<T>) {
  const say = useWords(uiWords);
  const rows = useMemo(() => query.data?.pages.flatMap((page) => page.items) ?? [], [query.data]);
  if (query.isError && rows.length === 0) return <ErrorNote error={query.error} retry={() => void query.refetch()} />;
  return (
    <>
      <Table<T>
        size="small"
        scroll={{ x: "max-content" }}
        {...table}
        dataSource={rows}
        loading={query.isPending}
        pagination={false}
        locale={{ emptyText: query.isPending ? " " : (empty ?? <EmptyState title="—" />) }}
      />
      {rows.length > 0 && (
        <div className={css.foot}>
          {query.isError && <ErrorNote error={query.error} retry={() => void query.fetchNextPage()} />}
          {query.hasNextPage ? (
            <>
              <span>{say.shown(rows.length)}</span>
              <More onMore={() => void query.fetchNextPage()} busy={query.isFetchingNextPage} />
            </>
          ) : (
            <span>{say.end(rows.length)}</span>
          )}
        </div>
      )}
    </>
  );
}

function More({ onMore, busy }: { onMore: () => void; busy: boolean }) {
  const say = useWords(uiWords);
  const button = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    if (!button.current || busy) return;
    const seen = new IntersectionObserver((entries) => entries.some((entry) => entry.isIntersecting) && onMore(), { rootMargin: "200px" });
    seen.observe(button.current);
    return () => seen.disconnect();
  }, [busy, onMore]);
  return (
    <Button ref={button} onClick={onMore} loading={busy}>
      {say.more}
    </Button>
  );
}
