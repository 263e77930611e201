// Nobody passes without a login. The address stays, so that whoever logs in again is where they were.

import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useState, type ReactNode } from "react";
import { onLoginOver } from "@/api/client";
import { MeContext } from "@/api/me";
import { queries } from "@/api/queries";
import type { Me } from "@/api/types";
import { LoginPage } from "@/features/login/LoginPage";
import { keptForAll } from "@/lib/kept";
import { Problem } from "@/lib/problem";
import { ErrorNote } from "@/ui/ErrorNote";
import { PageBody } from "@/ui/PageHeader";

/** Whether this browser has (perhaps) a login; the cookie itself is out of a page's sight. */
const mark = keptForAll("lianxian.login");

export function LoginGate({ children }: { children: ReactNode }) {
  const client = useQueryClient();
  const [wanted, setWanted] = useState(mark.get() !== null);
  const [ended, setEnded] = useState(false);
  const me = useQuery({ ...queries.me(), enabled: wanted });

  useEffect(
    () =>
      onLoginOver(() => {
        setEnded(mark.get() !== null);
        mark.set(null);
        setWanted(false);
        client.clear();
      }),
    [client],
  );

  const entered = (fresh: Me) => {
    client.clear();
    client.setQueryData(queries.me().queryKey, fresh);
    mark.set("1");
    setEnded(false);
    setWanted(true);
  };

  if (wanted && me.data) return <MeContext value={me.data}>{children}</MeContext>;
  if (wanted && me.error && !(me.error instanceof Problem && me.error.status === 401)) {
    return (
      <PageBody>
        <ErrorNote error={me.error} retry={() => void me.refetch()} />
      </PageBody>
    );
  }
  if (wanted && me.isPending) return null;
  return <LoginPage ended={ended} entered={entered} />;
}
