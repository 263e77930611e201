// The live room's call, and who this page is in it.

import { useEffect, useState, useSyncExternalStore } from "react";
import { link } from "@/api/calls";
import { tabId } from "@/lib/kept";
import { useWords } from "@/lib/language";
import { problemOf } from "@/lib/problem";
import { Call, type CallView } from "@/live/call";
import type { OthersView } from "@/live/others";
import { sessionWords } from "./words";

export interface OpenCall {
  call: Call;
  /** For which console it stands; null while the server has not said so. */
  identity: string | null;
}

/** This console's call, as long as the room is open; null until the server was asked for the first time. */
export function useCall(): OpenCall | null {
  const [open, setOpen] = useState<OpenCall | null>(null);
  useEffect(() => {
    let identity: string | null = null;
    const call: Call = new Call({
      async token() {
        try {
          const token = await link.token(tabId());
          identity = token.identity;
          return token;
        } finally {
          setOpen({ call, identity });
        }
      },
      mayRetry(error) {
        const { status } = problemOf(error);
        return status !== 401 && status !== 403;
      },
    });
    return () => call.close();
  }, []);
  return open;
}

export function useCallView(call: Call): CallView {
  return useSyncExternalStore(call.view.subscribe, call.view.getSnapshot);
}

/** What is wrong with this console's own line, in words; null while it is up. A session taken elsewhere has its cover. */
export function useLineTrouble(call: Call): string | null {
  const say = useWords(sessionWords).link;
  const { phase } = useCallView(call);
  return phase === "connected" || phase === "taken" ? null : say[phase];
}

export function useOthers(call: Call): OthersView {
  return useSyncExternalStore(call.others.view.subscribe, call.others.view.getSnapshot);
}
