// 被看账本: the site reads who watched it, why and for how long.

import { useInfiniteQuery } from "@tanstack/react-query";
import { Button } from "antd";
import { queries } from "@/api/queries";
import { useWords } from "@/lib/language";
import { EmptyState } from "@/ui/EmptyState";
import { ErrorNote } from "@/ui/ErrorNote";
import { StateTag } from "@/ui/StateTag";
import { Duration, Time } from "@/ui/Time";
import css from "./station.module.css";
import { stationWords } from "./words";

export function Ledger() {
  const say = useWords(stationWords).ledger;
  const ledger = useInfiniteQuery(queries.stationLedger());
  const rows = ledger.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <section className={css.ledger}>
      <h2>{say.title}</h2>
      <p>{say.lead}</p>
      {ledger.isError && rows.length === 0 && <ErrorNote error={ledger.error} retry={() => void ledger.refetch()} />}
      {ledger.isSuccess && rows.length === 0 && <EmptyState title={say.empty} next={say.emptyNext} />}
      <ol>
        {rows.map((row) => (
          <li key={row.id}>
            <div>
              <b>{row.person.name}</b> <span>{row.unit.name}</span>
              <em>{row.to_ms === null ? <StateTag tone="live">{say.now}</StateTag> : <Duration from={row.from_ms} to={row.to_ms} />}</em>
            </div>
            <div>
              {row.purpose}
              <small>
                <Time ms={row.from_ms} /> · {row.content} · {row.number}
              </small>
            </div>
          </li>
        ))}
      </ol>
      {ledger.hasNextPage && (
        <Button block loading={ledger.isFetchingNextPage} onClick={() => void ledger.fetchNextPage()}>
          {say.more}
        </Button>
      )}
    </section>
  );
}
