// The live room's call, and who this page is in it.

import { useEffect, useState, useSyncExternalStore } from "react";
import { link } from "@/api/calls";
import { tabId } from "@/lib/kept";
import { problemOf } from "@/lib/problem";
import { Call, type CallView } from "@/live/call";
import type { OthersView } from "@/live/others";

/** This console's call, as long as the room is open; null until the server has said for which console. */
export function useCall(): { call: Call; identity: string } | null {
  const [open, setOpen] = useState<{ call: Call; identity: string } | null>(null);
  useEffect(() => {
    const call: Call = new Call({
      async token() {
        const token = await link.token(tabId());
        setOpen({ call, identity: token.identity });
        return token;
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

export function useOthers(call: Call): OthersView {
  return useSyncExternalStore(call.others.view.subscribe, call.others.view.getSnapshot);
}
