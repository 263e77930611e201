// Tells whoever is asked to join an assistance, wherever they are in the console, also after the page was loaded anew; nothing rings twice.

import { useQueryClient } from "@tanstack/react-query";
import { App, Button } from "antd";
import { useEffect, useRef } from "react";
import { useLocation, useNavigate } from "react-router";
import { assists } from "@/api/calls";
import { useMe } from "@/api/me";
import { queries } from "@/api/queries";
import { useStream } from "@/api/stream";
import type { AssistView } from "@/api/types";
import { useWords } from "@/lib/language";
import { paths } from "@/lib/paths";
import { sessionWords } from "./words";

export function Invitations() {
  const me = useMe();
  const say = useWords(sessionWords);
  const stream = useStream();
  const client = useQueryClient();
  const navigate = useNavigate();
  const here = useLocation().pathname;
  const { notification } = App.useApp();
  const shown = useRef(new Set<string>());
  useEffect(() => {
    for (const id of shown.current) if (here === paths.assist(id)) notification.destroy(id);
  }, [here, notification]);
  const told = useRef<(assist: AssistView) => void>(() => undefined);
  useEffect(() => {
    told.current = (assist) => {
      const { id } = assist.session;
      const asked = assist.invited.find((one) => one.account_id === me.account.id);
      if (!asked || assist.session.state !== "open" || here === paths.assist(id)) return notification.destroy(id);
      shown.current.add(id);
      notification.info({
        key: id,
        title: say.invitation,
        description: say.invitationBy(asked.by, assist.session.site?.name ?? ""),
        duration: 0,
        placement: "topRight",
        actions: (
          <Button
            type="primary"
            onClick={() => {
              notification.destroy(id);
              void navigate(paths.assist(id));
            }}
          >
            {say.open}
          </Button>
        ),
      });
    };
  });
  useEffect(() => {
    const away = new AbortController();
    assists
      .invitations({ signal: away.signal })
      .then((waiting) => waiting.forEach((assist) => told.current(assist)))
      .catch(() => undefined);
    const deaf = stream.listen((event) => {
      const id = event.session_id;
      if (!id || !event.kind.startsWith("session.")) return;
      const news = event.payload as { kind?: string; account_ids?: string[] };
      if (event.kind === "session.ended") return notification.destroy(id);
      if (event.kind !== "session.updated" || news.kind !== "assist" || !news.account_ids?.includes(me.account.id)) return;
      void client
        .fetchQuery({ ...queries.assist(id), staleTime: 0 })
        .then((assist) => told.current(assist))
        .catch(() => undefined);
    });
    return () => {
      away.abort();
      deaf();
    };
  }, [stream, client, me, notification]);
  return null;
}
