// The records: the list, and one session's page below it.

import { Route, Routes } from "react-router";
import { SessionPage } from "./SessionPage";
import { SessionsPage } from "./SessionsPage";

export default function RecordsRoom() {
  return (
    <Routes>
      <Route index element={<SessionsPage />} />
      <Route path=":id" element={<SessionPage />} />
    </Routes>
  );
}
