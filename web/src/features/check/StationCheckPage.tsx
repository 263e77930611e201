// The check of a workstation: a page of its own beside the one that stands by, without a login.

import { useQuery } from "@tanstack/react-query";
import { Button, Spin } from "antd";
import { useEffect, useState } from "react";
import { queries } from "@/api/queries";
import { keptChoices, parseChoices } from "@/lib/devices";
import { useWords } from "@/lib/language";
import { paths } from "@/lib/paths";
import { problemOf } from "@/lib/problem";
import { EmptyState } from "@/ui/EmptyState";
import { ErrorNote } from "@/ui/ErrorNote";
import { PageBody, PageHeader } from "@/ui/PageHeader";
import { CheckPanel } from "./CheckPanel";
import { checkWords } from "./words";

export default function StationCheckPage() {
  const say = useWords(checkWords);
  const view = useQuery(queries.station());
  const [choices] = useState(() => parseChoices(keptChoices.get()));
  useEffect(() => {
    document.title = say.product;
  }, [say.product]);

  // Opened from the workstation's page, this one closes; opened by its address, it goes there.
  const back = () => {
    if (window.opener) window.close();
    else window.location.assign(paths.station);
  };

  if (view.error && problemOf(view.error).status === 401) {
    return (
      <EmptyState title={say.notStation}>
        <a href={paths.station}>{say.toStation}</a> · <a href={paths.check}>{say.toConsole}</a>
      </EmptyState>
    );
  }
  return (
    <PageBody>
      <PageHeader title={say.title} about={say.about}>
        <Button onClick={back}>{say.back}</Button>
      </PageHeader>
      {view.data ? (
        <CheckPanel seat="station" who={`${view.data.site.name} · ${view.data.endpoint.name}`} choices={choices} silent={view.data.privacy.on} />
      ) : view.error ? (
        <ErrorNote error={view.error} retry={() => void view.refetch()} />
      ) : (
        <Spin style={{ display: "block", margin: "20vh auto" }} />
      )}
    </PageBody>
  );
}
