// The library 词条: quick phrases, law cards and templates of notes; read by all, edited in place by whoever leads the desk. Nothing is
// deleted: what is withdrawn can be put back.

import { PlusOutlined } from "@ant-design/icons";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Button, Input, Segmented, Select, Spin } from "antd";
import { useState } from "react";
import { useNavigate } from "react-router";
import { cards as calls } from "@/api/calls";
import { queries } from "@/api/queries";
import { choices, term } from "@/api/terms";
import type { CardKind, CardView, CaseKind } from "@/api/types";
import { useLanguage, useWords } from "@/lib/language";
import { paths } from "@/lib/paths";
import { timeText } from "@/lib/time";
import { EmptyState } from "@/ui/EmptyState";
import { ErrorNote } from "@/ui/ErrorNote";
import { PageBody, PageHeader } from "@/ui/PageHeader";
import { StateTag } from "@/ui/StateTag";
import css from "./cards.module.css";
import { deskWords } from "./words";

/** As the server says. */
const TITLE_MAX_CHARS = 60;
const TEXT_MAX_CHARS: Record<CardKind, number> = { phrase: 200, law: 400, note: 4_000 };
const KINDS: readonly CardKind[] = ["phrase", "law", "note"];

interface Typed {
  title: string;
  text: string;
  case_kind: CaseKind | null;
}

export function CardsPage() {
  const say = useWords(deskWords).cards;
  const language = useLanguage();
  const navigate = useNavigate();
  const client = useQueryClient();
  const board = useQuery(queries.cards(null));
  const [kind, setKind] = useState<CardKind>("phrase");
  const [sought, seek] = useState("");
  // As it was when editing began: saved over what somebody else changed meanwhile, the server has to say so.
  const [editing, edit] = useState<CardView | "new" | null>(null);
  const fresh = () => client.invalidateQueries({ queryKey: ["cards"] });
  const data = board.data;
  const shown = (data?.cards ?? []).filter((card) => card.kind === kind && `${card.title}${card.text}`.includes(sought.trim()));
  const may = (card: CardView) => data?.may_edit === true && card.unit_id === data.unit_id;
  return (
    <PageBody>
      <PageHeader title={say.title} about={say.about}>
        <Input.Search className={css.search ?? ""} allowClear placeholder={say.search} aria-label={say.search} value={sought} onChange={(event) => seek(event.target.value)} />
        <Button onClick={() => void navigate(paths.desk)}>{say.back}</Button>
      </PageHeader>
      <div className={css.bar}>
        <Segmented<CardKind> value={kind} options={KINDS.map((value) => ({ value, label: term("cardKind", value, language) }))} onChange={(next) => (setKind(next), edit(null))} />
        {data?.may_edit && (
          <Button type="primary" icon={<PlusOutlined aria-hidden />} onClick={() => edit("new")}>
            {say.add}
          </Button>
        )}
      </div>
      {board.error && <ErrorNote error={board.error} retry={() => void board.refetch()} />}
      {board.isPending && <Spin style={{ display: "block", margin: "12vh 0", textAlign: "center" }} />}
      {data && editing === "new" && (
        <Editor
          kind={kind}
          known={{ title: "", text: "", case_kind: null }}
          save={async (typed) => {
            await calls.make({ unit_id: data.unit_id, kind, ...typed });
            await fresh();
            edit(null);
          }}
          close={() => edit(null)}
        />
      )}
      {data && shown.length === 0 && editing !== "new" && <EmptyState title={sought ? say.noneFound : say.none} next={data.may_edit ? say.noneNext : ""} />}
      <ul className={css.cards}>
        {shown.map((card) => (
          <li key={card.id} data-card={card.kind} data-withdrawn={card.withdrawn || undefined}>
            {editing !== null && editing !== "new" && editing.id === card.id ? (
              <Editor
                kind={kind}
                known={editing}
                save={async (typed) => {
                  await calls.change(editing.id, { version: editing.version, withdrawn: editing.withdrawn, ...typed });
                  await fresh();
                  edit(null);
                }}
                close={() => edit(null)}
              />
            ) : (
              <Card card={card} acts={may(card) ? { edit: () => edit(card), fresh } : null} />
            )}
          </li>
        ))}
      </ul>
    </PageBody>
  );
}

function Card({ card, acts }: { card: CardView; acts: { edit: () => void; fresh: () => Promise<unknown> } | null }) {
  const say = useWords(deskWords).cards;
  const language = useLanguage();
  const [error, setError] = useState<unknown>(null);
  const turn = async () => {
    setError(null);
    const { version, title, text, case_kind, withdrawn } = card;
    try {
      await calls.change(card.id, { version, title, text, case_kind, withdrawn: !withdrawn });
    } catch (failed) {
      setError(failed);
    }
    await acts?.fresh();
  };
  return (
    <>
      <p className={css.head}>
        {card.title && <strong>{card.title}</strong>}
        {card.case_kind && <StateTag tone="info">{term("caseKind", card.case_kind, language)}</StateTag>}
        {card.withdrawn && <StateTag tone="asleep">{say.withdrawn}</StateTag>}
        <small>
          {card.changed_by} · <span className="num">{timeText(card.changed_ms)}</span>
        </small>
      </p>
      <p className={css.text}>{card.text}</p>
      {error !== null && <ErrorNote error={error} />}
      {acts && (
        <span className={css.acts}>
          <Button size="small" onClick={acts.edit}>
            {say.edit}
          </Button>
          <Button size="small" type="text" danger={!card.withdrawn} onClick={() => void turn()}>
            {card.withdrawn ? say.putBack : say.withdraw}
          </Button>
        </span>
      )}
    </>
  );
}

/** What was typed stays when it is refused. */
function Editor({ kind, known, save, close }: { kind: CardKind; known: Typed; save: (typed: Typed) => Promise<void>; close: () => void }) {
  const say = useWords(deskWords).cards;
  const language = useLanguage();
  const [title, setTitle] = useState(known.title);
  const [text, setText] = useState(known.text);
  const [caseKind, setCaseKind] = useState<CaseKind | null>(known.case_kind);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const submit = async () => {
    setBusy(true);
    setError(null);
    try {
      await save({ title, text, case_kind: caseKind });
    } catch (failed) {
      setError(failed);
      setBusy(false);
    }
  };
  return (
    <form
      className={css.editor}
      onSubmit={(event) => {
        event.preventDefault();
        void submit();
      }}
    >
      {kind !== "phrase" && <Input autoFocus value={title} maxLength={TITLE_MAX_CHARS} placeholder={say.titleHint[kind]} aria-label={say.titleHint[kind]} onChange={(event) => setTitle(event.target.value)} />}
      {kind === "note" && (
        <Select<CaseKind>
          allowClear
          aria-label={say.caseKind}
          placeholder={say.caseKind}
          {...(caseKind !== null && { value: caseKind })}
          options={choices("caseKind", language)}
          onChange={(chosen?: CaseKind) => setCaseKind(chosen ?? null)}
        />
      )}
      <Input.TextArea
        autoFocus={kind === "phrase"}
        value={text}
        maxLength={TEXT_MAX_CHARS[kind]}
        showCount
        autoSize={{ minRows: kind === "note" ? 6 : 2, maxRows: 18 }}
        placeholder={say.textHint}
        aria-label={say.textHint}
        onChange={(event) => setText(event.target.value)}
      />
      {error !== null && <ErrorNote error={error} />}
      <span className={css.acts}>
        <Button type="primary" htmlType="submit" loading={busy} disabled={!text.trim()}>
          {say.save}
        </Button>
        <Button onClick={close}>{say.cancel}</Button>
      </span>
    </form>
  );
}
