// The help desk: everything open as live columns, one request at the side, past ones and the library behind.

import { Route, Routes } from "react-router";
import { CardsPage } from "./CardsPage";
import { Desk } from "./Desk";
import { PastPage } from "./PastPage";

export default function DeskRoom() {
  return (
    <Routes>
      <Route path="cards" element={<CardsPage />} />
      <Route path="past" element={<PastPage />} />
      <Route path=":id?" element={<Desk />} />
    </Routes>
  );
}
