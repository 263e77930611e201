// The check for a citizen who came by a link: few rows, plain words, nothing kept; whoever cannot mend it may go on all the same.

import { Button } from "antd";
import { useEffect, useState } from "react";
import { checks } from "@/api/calls";
import type { CheckTopic } from "@/api/types";
import { useWords } from "@/lib/language";
import { useStore } from "@/lib/useStore";
import { ErrorNote } from "@/ui/ErrorNote";
import { StateTag } from "@/ui/StateTag";
import { Picture, Question, Row } from "./CheckPanel";
import css from "./check.module.css";
import { worst } from "./judge";
import { CheckRun } from "./run";
import { checkWords } from "./words";

const TOPICS: readonly CheckTopic[] = ["camera", "microphone", "speaker", "link", "udp", "tcp"];
const TONE = { good: "live", skipped: "asleep", weak: "weak", bad: "off" } as const;

export default function GuestCheck({ done }: { done: () => void }) {
  const all = useWords(checkWords);
  const say = all.guest;
  const [run] = useState(() => new CheckRun());
  const view = useStore(run.view);
  const [fault, setFault] = useState<unknown>(null);
  useEffect(() => () => run.cancel(), [run]);
  const start = async () => {
    setFault(null);
    try {
      await run.start({ seat: "guest", calls: checks("guest"), choices: null, silent: false, brief: true });
    } catch (error) {
      setFault(error);
    }
  };
  const { state } = view;
  const verdict = state === "done" ? worst(run.items) : null;
  return (
    <section data-guest-check={state}>
      <h2>{say.title}</h2>
      <p>{say.about}</p>
      {fault !== null && <ErrorNote error={fault} />}
      {verdict && (
        <p role="status">
          <StateTag tone={TONE[verdict]}>{say.whole[verdict]}</StateTag>
        </p>
      )}
      {state !== "idle" && (
        <ul className={css.rows}>
          {TOPICS.map((topic) => (
            <Row key={topic} topic={topic} item={view.items[topic]} busy={view.busy.includes(topic)}>
              {topic === "camera" && view.camera && <Picture track={view.camera} label={all.picture} />}
              {topic === "speaker" && view.asking && <Question answer={(heard) => run.answer(heard)} />}
            </Row>
          ))}
        </ul>
      )}
      <div className={css.guestActs}>
        {state === "running" ? (
          <Button size="large" block onClick={() => run.cancel()}>
            {all.cancel}
          </Button>
        ) : state === "done" ? (
          <>
            <Button size="large" type="primary" block onClick={done}>
              {say.go}
            </Button>
            <Button size="large" block onClick={() => void start()}>
              {say.again}
            </Button>
          </>
        ) : (
          <>
            <Button size="large" type="primary" block onClick={() => void start()}>
              {say.start}
            </Button>
            <Button size="large" type="text" block onClick={done}>
              {say.skip}
            </Button>
          </>
        )}
      </div>
    </section>
  );
}
