// Beijing time, to the second.

import { useWords } from "@/lib/language";
import { useNow } from "@/lib/now";
import { timeText } from "@/lib/time";
import { appWords } from "../words";
import css from "./shell.module.css";

export function Clock() {
  const say = useWords(appWords);
  const now = useNow();
  return (
    <time className={css.clock} title={say.beijing} dateTime={new Date(now).toISOString()}>
      {timeText(now, now)}
    </time>
  );
}
