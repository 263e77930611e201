// The frozen frames of an assistance with what was drawn on them, the files that were sent, and what proves that they are as they were kept.

import { useQuery } from "@tanstack/react-query";
import { marks as calls } from "@/api/calls";
import { queries } from "@/api/queries";
import { useWords } from "@/lib/language";
import { Drawing } from "@/ui/Board";
import { EmptyState } from "@/ui/EmptyState";
import { ErrorNote } from "@/ui/ErrorNote";
import { FileLink } from "@/ui/Files";
import { Time } from "@/ui/Time";
import css from "./records.module.css";
import { recordsWords } from "./words";

export function DrawingsPanel({ session }: { session: string }) {
  const say = useWords(recordsWords).drawings;
  const marks = useQuery(queries.marks("account", session));
  if (marks.error && !marks.data) return <ErrorNote error={marks.error} retry={() => void marks.refetch()} />;
  if (marks.data?.frames.length === 0 && marks.data.files.length === 0) return <EmptyState title={say.none} />;
  return (
    <>
    <ul className={css.drawings}>
      {marks.data?.frames.map((frame) => (
        <li key={frame.id} data-frame={frame.id}>
          <a href={calls("account").image(session, frame.id)} target="_blank" rel="noreferrer">
            <Drawing frame={frame} image={calls("account").image(session, frame.id)} />
          </a>
          <span>
            {say.frozen(frame.author)} <Time ms={frame.frame_ms} /> · {frame.width}×{frame.height} · {say.strokes(frame.strokes.length)}
          </span>
          <small title={frame.sha256}>
            SHA-256 {say.hash} {frame.sha256.slice(0, 16)}…
          </small>
        </li>
      ))}
    </ul>
      {marks.data && marks.data.files.length > 0 && (
        <ul className={css.files}>
          {marks.data.files.map((file) => (
            <li key={file.id}>
              <FileLink name={file.name} bytes={file.bytes} sha256={file.sha256} href={calls("account").file(session, file.id)} />
              <small>
                {file.author} <Time ms={file.kept_ms} /> · SHA-256 {file.sha256.slice(0, 16)}…
              </small>
            </li>
          ))}
        </ul>
      )}
    </>
  );
}
