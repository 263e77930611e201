// The check of whoever is logged in, of any role.

import { useState } from "react";
import { useMe } from "@/api/me";
import { keptChoices, parseChoices } from "@/lib/devices";
import { useWords } from "@/lib/language";
import { PageBody, PageHeader } from "@/ui/PageHeader";
import { CheckPanel } from "./CheckPanel";
import { checkWords } from "./words";

export default function CheckRoom() {
  const say = useWords(checkWords);
  const me = useMe();
  // Where this computer is a workstation too, the devices chosen for it are the ones in use.
  const [choices] = useState(() => parseChoices(keptChoices.get()));
  return (
    <PageBody>
      <PageHeader title={say.title} about={say.about} />
      <CheckPanel seat="account" who={`${me.person.name}（${me.unit.name}）`} choices={choices} silent={false} />
    </PageBody>
  );
}
