// The live desk: five columns by state, the most pressing first; a click opens a request, several are marked and done together.

import { useQuery } from "@tanstack/react-query";
import { Button, type InputRef } from "antd";
import { useCallback, useDeferredValue, useMemo, useRef, useState } from "react";
import { useNavigate, useParams } from "react-router";
import { useMe } from "@/api/me";
import { queries } from "@/api/queries";
import type { RequestView } from "@/api/types";
import { keptForAll } from "@/lib/kept";
import { useKeys } from "@/lib/keys";
import { useWords } from "@/lib/language";
import { useNow } from "@/lib/now";
import { paths } from "@/lib/paths";
import { EmptyState } from "@/ui/EmptyState";
import { ErrorNote } from "@/ui/ErrorNote";
import { KeyHelp } from "@/ui/KeyHelp";
import { Column } from "./Column";
import { actsOf, COLUMNS, columnsOf, matches, type Act } from "./desk";
import css from "./desk.module.css";
import { DeskBar } from "./DeskBar";
import { Handing } from "./Handing";
import { RequestPanel } from "./RequestPanel";
import { useSteps } from "./steps";
import { deskWords } from "./words";

const keptMine = keptForAll("lianxian.desk.mine");
const NONE: RequestView[] = [];
/** How often the order is looked at anew: a clock turns overdue by itself. */
const ORDER_EVERY_MS = 10_000;

export function Desk() {
  const me = useMe();
  const say = useWords(deskWords);
  const navigate = useNavigate();
  const { id } = useParams();
  const open = useQuery(queries.openRequests());
  const [typed, type] = useState("");
  const [mine, setMine] = useState(() => keptMine.get() === "1");
  const [marking, setMarking] = useState(false);
  const [marked, mark] = useState<ReadonlySet<string>>(new Set());
  const [help, setHelp] = useState(false);
  const [dragged, drag] = useState<RequestView | null>(null);
  const search = useRef<InputRef>(null);
  const steps = useSteps();

  const tick = Math.floor(useNow() / ORDER_EVERY_MS);
  // Fifty steps a second must not hold up a click: the columns follow when the page has time.
  const all = useDeferredValue(open.data ?? NONE);
  const sought = useDeferredValue(typed);
  const columns = useMemo(
    () => columnsOf(all.filter((r) => matches(r, sought) && (!mine || r.assignee?.person_id === me.person.id || r.owner?.person_id === me.person.id)), tick * ORDER_EVERY_MS),
    [all, sought, mine, me.person.id, tick],
  );
  const inOrder = useMemo(() => COLUMNS.flatMap((name) => columns[name]), [columns]);
  const chosen = open.data?.find((r) => r.id === id);

  // Stable, so that a card is drawn anew only when its request changed.
  const choose = useCallback((request: string) => void navigate(paths.request(request)), [navigate]);
  const turnMark = useCallback((request: string) => {
    mark((marked) => {
      const next = new Set(marked);
      if (!next.delete(request)) next.add(request);
      return next;
    });
  }, []);
  const turnMine = useCallback((on: boolean) => {
    keptMine.set(on ? "1" : null);
    setMine(on);
  }, []);
  const turnMarking = useCallback(() => {
    setMarking((on) => !on);
    mark(new Set());
  }, []);
  const askHelp = useCallback(() => setHelp(true), []);
  const close = useCallback(() => void navigate(paths.desk), [navigate]);
  const step = (by: number) => {
    const at = inOrder.findIndex((r) => r.id === id);
    const next = inOrder[at < 0 ? 0 : Math.min(Math.max(at + by, 0), inOrder.length - 1)];
    if (next) choose(next.id);
  };
  const act = (wanted: Act[]) => {
    const target = chosen ?? columns.waiting[0];
    const found = target && wanted.find((one) => actsOf(target, me).includes(one));
    if (target && found) steps.begin(target, found);
  };
  useKeys({
    ArrowDown: () => step(1),
    ArrowUp: () => step(-1),
    j: () => step(1),
    k: () => step(-1),
    a: () => act(["accept", "take", "grant"]),
    d: () => act(["dispatch"]),
    m: () => turnMine(!mine),
    "/": () => search.current?.focus(),
    "?": askHelp,
    Escape: close,
  });
  const picked = (open.data ?? NONE).filter((r) => marked.has(r.id));
  const bulk = (["accept", "dispatch"] as const).filter((one) => picked.length > 0 && picked.every((r) => actsOf(r, me).includes(one)));

  return (
    <div className={css.room} data-open={id !== undefined || undefined}>
      <div className={css.board}>
        <DeskBar search={search} typed={typed} type={type} mine={mine} turnMine={turnMine} marking={marking} turnMarking={turnMarking} help={askHelp} />
        {marking && marked.size > 0 && (
          <div className={css.bulk} role="toolbar">
            <strong>{say.selected(marked.size)}</strong>
            {bulk.map((one) => (
              <Button key={one} type="primary" onClick={() => steps.beginAll(picked, one, () => mark(new Set()))}>
                {say.acts[one]}
              </Button>
            ))}
          </div>
        )}
        {dragged && (
          <Handing
            request={dragged}
            give={(to) => {
              // One of the marked ones takes the others with it, as far as they can be given.
              const together = marked.has(dragged.id) ? picked.filter((r) => actsOf(r, me).includes("dispatch")) : [dragged];
              steps.give(together, to);
              drag(null);
              mark(new Set());
            }}
          />
        )}
        {open.error && <ErrorNote error={open.error} retry={() => void open.refetch()} />}
        {open.data?.length === 0 ? (
          <EmptyState title={say.nothing} next={say.nothingNext} />
        ) : inOrder.length === 0 && open.data ? (
          <EmptyState title={say.notFound} />
        ) : (
          <div className={css.columns}>
            {COLUMNS.filter((name) => name !== "callBack" || columns.callBack.length > 0).map((name) => (
              <Column key={name} name={name} requests={columns[name]} chosen={id} choose={choose} marked={marking ? marked : null} mark={turnMark} drag={drag} />
            ))}
          </div>
        )}
      </div>
      {id !== undefined && <RequestPanel key={id} id={id} known={chosen} close={close} begin={steps.begin} />}
      {steps.dialog}
      <KeyHelp
        open={help}
        onClose={() => setHelp(false)}
        title={say.keys.title}
        lines={[
          { keys: ["↑", "↓", "J", "K"], does: say.keys.move },
          { keys: ["A"], does: say.keys.accept },
          { keys: ["D"], does: say.keys.dispatch },
          { keys: ["M"], does: say.keys.mine },
          { keys: ["/"], does: say.keys.search },
          { keys: ["Esc"], does: say.keys.back },
          { keys: ["?"], does: say.keys.help },
        ]}
      />
    </div>
  );
}
