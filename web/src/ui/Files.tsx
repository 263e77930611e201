// Files in a conversation: sent with progress and a way to stop it; a refused one stays named, with the limit and what to do.

import { CloseOutlined, FileOutlined, PaperClipOutlined } from "@ant-design/icons";
import { Button, Progress } from "antd";
import { useEffect, useRef, useState } from "react";
import { sizeText } from "@/lib/size";
import { useWords } from "@/lib/language";
import css from "./blocks.module.css";
import { ErrorNote } from "./ErrorNote";
import { uiWords } from "./words";

/** As the server says. */
const FILE_MAX_BYTES = 20 * 1024 * 1024;
const ACCEPT = ".pdf,.png,.jpg,.jpeg,.webp,.docx,.xlsx,.doc,.xls,.wps,.et,.txt,.csv";

interface Props {
  send(file: File, how: { onProgress: (share: number) => void; signal: AbortSignal }): Promise<unknown>;
  size?: "small" | "middle" | "large";
  disabled?: boolean;
}

type State = { now: "idle" } | { now: "sending"; file: File; share: number } | { now: "refused"; file: File; error: unknown };

export function FileSend({ send, size = "middle", disabled }: Props) {
  const say = useWords(uiWords).files;
  const [state, setState] = useState<State>({ now: "idle" });
  const input = useRef<HTMLInputElement>(null);
  const stop = useRef<AbortController | null>(null);
  // Whoever leaves the page no longer sends.
  useEffect(() => () => stop.current?.abort(), []);

  const begin = async (file: File) => {
    if (file.size > FILE_MAX_BYTES) {
      setState({ now: "refused", file, error: null });
      return;
    }
    const abort = new AbortController();
    stop.current = abort;
    setState({ now: "sending", file, share: 0 });
    try {
      await send(file, { onProgress: (share) => setState((old) => (old.now === "sending" ? { ...old, share } : old)), signal: abort.signal });
      setState({ now: "idle" });
    } catch (error) {
      setState(abort.signal.aborted ? { now: "idle" } : { now: "refused", file, error });
    }
  };

  if (state.now === "sending") {
    const percent = Math.round(state.share * 100);
    return (
      <span className={css.sending} role="status" data-sending={state.file.name}>
        <Progress percent={percent} size="small" showInfo={false} />
        <small>{say.sending(state.file.name, percent)}</small>
        <Button size="small" type="text" icon={<CloseOutlined aria-hidden />} onClick={() => stop.current?.abort()}>
          {say.cancel}
        </Button>
      </span>
    );
  }
  return (
    <>
      {state.now === "refused" && (
        <div className={css.refused} data-refused={state.file.name}>
          {state.error === null ? <p role="alert">{say.tooLarge(state.file.name, sizeText(state.file.size))}</p> : <ErrorNote error={state.error} retry={() => void begin(state.file)} />}
          <Button size="small" type="text" onClick={() => setState({ now: "idle" })}>
            {say.dismiss}
          </Button>
        </div>
      )}
      <input
        ref={input}
        type="file"
        hidden
        accept={ACCEPT}
        aria-label={say.send}
        onChange={(event) => {
          const file = event.target.files?.[0];
          // The same file may be chosen again.
          event.target.value = "";
          if (file) void begin(file);
        }}
      />
      <Button size={size} disabled={disabled ?? false} title={say.hint} icon={<PaperClipOutlined aria-hidden />} onClick={() => input.current?.click()}>
        {say.send}
      </Button>
    </>
  );
}

export function FileLink({ name, bytes, sha256, href }: { name: string; bytes: number; sha256: string; href: string }) {
  const say = useWords(uiWords).files;
  return (
    <a className={css.file} href={href} download={name} title={`${say.save(name)}\nSHA-256 ${sha256}`} data-file={name}>
      <FileOutlined aria-hidden /> {name} <small>{sizeText(bytes)}</small>
    </a>
  );
}
