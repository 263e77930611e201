// What is said in writing and sent as files, by everyone in the session.

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Button, Input, Select } from "antd";
import { useEffect, useRef, useState } from "react";
import { marks as markCalls } from "@/api/calls";
import { spoken, withMark } from "@/api/marks";
import { queries } from "@/api/queries";
import { useWords } from "@/lib/language";
import { ErrorNote } from "@/ui/ErrorNote";
import { FileLink, FileSend } from "@/ui/Files";
import { Time } from "@/ui/Time";
import css from "./session.module.css";
import { sessionWords } from "./words";

const LINE_MAX_CHARS = 500;

export function Chat({ session, mayWrite }: { session: string; mayWrite: boolean }) {
  const say = useWords(sessionWords);
  const client = useQueryClient();
  const query = queries.marks("account", session);
  const marks = useQuery(query).data;
  const said = spoken(marks);
  const board = useQuery({ ...queries.cards(null), enabled: mayWrite }).data?.cards.filter((card) => !card.withdrawn) ?? [];
  const phrases = board.filter((card) => card.kind === "phrase");
  const laws = board.filter((card) => card.kind === "law");
  const [text, setText] = useState("");
  const list = useRef<HTMLUListElement>(null);
  useEffect(() => {
    // In braces: some browsers answer a scroll with a promise, and that is no way to end an effect.
    void list.current?.scrollTo({ top: list.current.scrollHeight });
  }, [said.length]);
  const write = useMutation({
    mutationFn: (said: string) => markCalls("account").say(session, said),
    onSuccess: (line, said) => {
      client.setQueryData(query.queryKey, (old) => old && withMark(old, { line }));
      setText((now) => (now.trim() === said ? "" : now));
    },
  });
  const send = () => {
    if (text.trim()) write.mutate(text.trim());
  };
  return (
    <section className={css.chat}>
      <ul className={css.lines} ref={list} aria-live="polite">
        {said.map((one) => (
          <li key={one.key}>
            <small>
              {one.author} <Time ms={one.at_ms} clock />
            </small>
            {one.file ? <FileLink name={one.file.name} bytes={one.file.bytes} sha256={one.file.sha256} href={markCalls("account").file(session, one.file.id)} /> : one.text}
          </li>
        ))}
      </ul>
      {write.error && <ErrorNote error={write.error} />}
      {mayWrite && (
        <>
          {phrases.length > 0 && (
            <div className={css.phrases} aria-label={say.phrases}>
              {phrases.map((card) => (
                <button key={card.id} type="button" onClick={() => write.mutate(card.text)}>
                  {card.text}
                </button>
              ))}
            </div>
          )}
          {laws.length > 0 && (
            <Select<string>
              showSearch={{ optionFilterProp: "search" }}
              className={css.template ?? ""}
              popupMatchSelectWidth={false}
              aria-label={say.laws}
              placeholder={say.laws}
              value={null}
              options={laws.map((card) => ({ value: card.id, search: `${card.title}${card.text}`, label: <LawCard title={card.title} text={card.text} /> }))}
              onChange={(id) => {
                const law = laws.find((card) => card.id === id);
                if (law) write.mutate(`${law.title}：${law.text}`);
              }}
            />
          )}
          <div className={css.writing}>
            <Input value={text} maxLength={LINE_MAX_CHARS} placeholder={say.chatHint} aria-label={say.chat} onChange={(event) => setText(event.target.value)} onPressEnter={send} />
            <Button onClick={send} loading={write.isPending}>
              {say.send}
            </Button>
          </div>
          <div className={css.sendFile}>
            <FileSend
              size="small"
              send={async (file, how) => {
                const kept = await markCalls("account").send(session, file, how);
                client.setQueryData(query.queryKey, (old) => old && withMark(old, { file: kept }));
              }}
            />
          </div>
        </>
      )}
    </section>
  );
}

function LawCard({ title, text }: { title: string; text: string }) {
  return (
    <span className={css.law}>
      <b>{title}</b>
      <small>{text}</small>
    </span>
  );
}
