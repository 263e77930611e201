// What went wrong, why, and what now; with the stable code that a report can name.

import { WarningOutlined } from "@ant-design/icons";
import { Button } from "antd";
import { useLanguage, useWords } from "@/lib/language";
import { problemOf } from "@/lib/problem";
import { timeText } from "@/lib/time";
import css from "./blocks.module.css";
import { uiWords } from "./words";

export function ErrorNote({ error, retry }: { error: unknown; retry?: () => void }) {
  const language = useLanguage();
  const say = useWords(uiWords);
  const problem = problemOf(error);
  const more = [
    problem.code === "account_locked" && typeof problem.body.value === "number" ? say.lockedUntil(timeText(problem.body.value)) : null,
    problem.body.limit != null ? say.limit(problem.body.limit) : null,
    `${say.code} ${problem.code}`,
  ].filter(Boolean);
  return (
    <div role="alert" className={css.error}>
      <WarningOutlined aria-hidden />
      <div>
        {problem.text(language)}
        <small>{more.join(" · ")}</small>
      </div>
      {retry && (
        <Button size="small" onClick={retry}>
          {say.retry}
        </Button>
      )}
    </div>
  );
}
