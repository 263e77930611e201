// The cases: the box to ask for one, and one case's page below it.

import { FolderOpenOutlined } from "@ant-design/icons";
import { Route, Routes } from "react-router";
import { useWords } from "@/lib/language";
import { CaseSearch } from "@/ui/CaseNumber";
import { EmptyState } from "@/ui/EmptyState";
import { PageBody, PageHeader } from "@/ui/PageHeader";
import { CasePage } from "./CasePage";
import { caseWords } from "./words";

export default function CaseRoom() {
  return (
    <Routes>
      <Route index element={<AskPage />} />
      <Route path=":number" element={<CasePage />} />
    </Routes>
  );
}

function AskPage() {
  const say = useWords(caseWords);
  return (
    <PageBody>
      <PageHeader title={say.title} about={say.about} />
      <EmptyState icon={<FolderOpenOutlined aria-hidden />} title={say.ask} next={say.askNext}>
        <CaseSearch />
      </EmptyState>
    </PageBody>
  );
}
