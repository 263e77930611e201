// A quiet notice, with one stroke of the bell, to whoever is given a request by somebody else, or reminded of one of theirs. It waits in
// the corner until it is read or settled, and takes neither the focus nor the screen.

import { useQuery, useQueryClient } from "@tanstack/react-query";
import { App, Button } from "antd";
import { useCallback, useEffect, useRef } from "react";
import { useNavigate } from "react-router";
import { holdsAny, useMe } from "@/api/me";
import { queries } from "@/api/queries";
import type { RequestView } from "@/api/types";
import { bell, NOTICE_RING } from "@/lib/bell";
import { useWords } from "@/lib/language";
import { paths } from "@/lib/paths";
import { holds, newsKey, newsOf, type News } from "./news";
import { ringWords } from "./words";

export function Notices() {
  const me = useMe();
  return holdsAny(me, ["requests.answer"]) ? <Told person={me.person.id} name={me.person.name} /> : null;
}

function Told({ person, name }: { person: string; name: string }) {
  const say = useWords(ringWords);
  const client = useQueryClient();
  const navigate = useNavigate();
  const { notification } = App.useApp();
  const open = useQuery(queries.openRequests()).data;
  const known = useRef<readonly RequestView[] | null>(null);
  const shown = useRef(new Map<string, News>());

  const tell = useCallback(
    async (news: News) => {
      const { kind, request } = news;
      const key = newsKey(kind, request.id);
      let by = "";
      if (kind === "given") {
        // Who gave it stands in its history alone; without it the notice is still worth more than none.
        const detail = await client.fetchQuery({ ...queries.request(request.id), staleTime: 0 }).catch(() => null);
        by = detail?.steps.findLast((step) => step.kind === "dispatch")?.actor ?? "";
        if (by === name || (detail && !holds(kind, detail, person))) return;
      }
      shown.current.set(key, news);
      const close = () => {
        shown.current.delete(key);
        notification.destroy(key);
      };
      const text = kind === "given" ? say.given(by) : say.reminded;
      notification[kind === "given" ? "info" : "warning"]({
        key,
        title: text,
        description: `${request.site?.name ?? ""} · ${request.number}${request.sentence && `：${request.sentence}`}`,
        duration: 0,
        placement: "topRight",
        onClose: () => void shown.current.delete(key),
        actions: (
          <Button
            type="primary"
            onClick={() => {
              close();
              void navigate(paths.request(request.id));
            }}
          >
            {say.look}
          </Button>
        ),
      });
      bell.chime(NOTICE_RING);
      if ("Notification" in window && Notification.permission === "granted" && document.visibilityState === "hidden") {
        const notice = new Notification(`${text} · ${request.site?.name ?? ""}`, { tag: key });
        notice.onclick = () => window.focus();
      }
    },
    [client, name, navigate, notification, person, say],
  );

  useEffect(() => {
    if (!open) return;
    const before = known.current;
    known.current = open;
    for (const [key, { kind, request }] of shown.current) {
      if (holds(kind, open.find((one) => one.id === request.id), person)) continue;
      shown.current.delete(key);
      notification.destroy(key);
    }
    // What was there when the page came is on the desk already.
    if (before) for (const news of newsOf(before, open, person)) void tell(news);
  }, [open, person, notification, tell]);
  return null;
}
