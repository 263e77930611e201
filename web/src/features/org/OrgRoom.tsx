// The organisation: places for the system administrator, people for both administrators who manage them.

import { useQuery } from "@tanstack/react-query";
import { Segmented, Spin } from "antd";
import { useSearchParams } from "react-router";
import { holdsAny, useMe } from "@/api/me";
import { queries } from "@/api/queries";
import { useWords } from "@/lib/language";
import { ErrorNote } from "@/ui/ErrorNote";
import { PageBody, PageHeader } from "@/ui/PageHeader";
import { CaseFormatsPanel } from "./CaseFormatsPanel";
import { ConsentTextsPanel } from "./ConsentTextsPanel";
import { PeoplePanel } from "./PeoplePanel";
import { PlacesPanel } from "./PlacesPanel";
import { orgWords } from "./words";

export default function OrgRoom() {
  const say = useWords(orgWords);
  const me = useMe();
  const [search, setSearch] = useSearchParams();
  const tree = useQuery(queries.org());
  const tabs = [
    ...(holdsAny(me, ["org.manage"]) ? [{ value: "places", label: say.places }] : []),
    ...(holdsAny(me, ["accounts.manage", "rights.manage"]) ? [{ value: "people", label: say.people }] : []),
    ...(holdsAny(me, ["org.manage"]) ? [{ value: "consents", label: say.consentTexts }, { value: "formats", label: say.caseFormats }] : []),
  ];
  const asked = search.get("tab");
  const tab = tabs.find(({ value }) => value === asked)?.value ?? tabs[0]?.value;
  return (
    <PageBody>
      <PageHeader title={say.title} about={say.about}>
        {tabs.length > 1 && tab && <Segmented options={tabs} value={tab} onChange={(value) => setSearch({ tab: value }, { replace: true })} />}
      </PageHeader>
      {tree.isPending && <Spin style={{ display: "block", margin: "15vh 0", textAlign: "center" }} />}
      {tree.isError && <ErrorNote error={tree.error} retry={() => void tree.refetch()} />}
      {tree.data && tab === "places" && <PlacesPanel tree={tree.data} />}
      {tree.data && tab === "people" && <PeoplePanel tree={tree.data} />}
      {tree.data && tab === "consents" && <ConsentTextsPanel tree={tree.data} />}
      {tree.data && tab === "formats" && <CaseFormatsPanel tree={tree.data} />}
    </PageBody>
  );
}
