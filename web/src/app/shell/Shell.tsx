// The frame of the rooms: the bar with the rooms that this person may enter, the clock, the connection; below it the room itself.

import { DisconnectOutlined } from "@ant-design/icons";
import { NavLink, Outlet } from "react-router";
import { holdsAny, useMe } from "@/api/me";
import { IssueDialog } from "@/features/directives/IssueDialog";
import { Notices } from "@/features/ringing/Notices";
import { Ringing } from "@/features/ringing/Ringing";
import { Invitations } from "@/features/session/Invitations";
import { useWords } from "@/lib/language";
import { paths } from "@/lib/paths";
import { rooms } from "../rooms";
import { appWords } from "../words";
import { Clock } from "./Clock";
import { DutyAlarm } from "./DutyAlarm";
import { IdleNotice } from "./IdleNotice";
import { LoginGate } from "./LoginGate";
import { PersonMenu } from "./PersonMenu";
import css from "./shell.module.css";
import { StreamProvider, useStreamState } from "./Stream";

export function Shell() {
  return (
    <LoginGate>
      <StreamProvider>
        <Frame />
      </StreamProvider>
    </LoginGate>
  );
}

function Frame() {
  const me = useMe();
  const say = useWords(appWords);
  const stream = useStreamState();
  return (
    <div className={css.frame}>
      <header className={css.bar}>
        <NavLink to={paths.home} className={css.brand} aria-label={say.product}>
          <img src="/icon.svg" alt="" width={24} height={24} />
          <span>{say.product}</span>
        </NavLink>
        <nav className={css.rooms} aria-label={say.nav}>
          {rooms
            .filter((room) => !room.aside && holdsAny(me, room.rights))
            .map((room) => (
              <NavLink key={room.name} to={room.path.replace(/\/\*$/, "")} className={({ isActive }) => (isActive ? `${css.room} ${css.here}` : css.room)}>
                {say.rooms[room.name]}
              </NavLink>
            ))}
        </nav>
        <div id="bar-slot" className={css.slot} />
        {holdsAny(me, ["duty.read"]) && <DutyAlarm />}
        <Clock />
        <PersonMenu />
      </header>
      {stream === "lost" && (
        <div className={css.lost} role="status">
          <DisconnectOutlined aria-hidden /> {say.lost}
        </div>
      )}
      <IdleNotice />
      <Ringing />
      <Notices />
      {holdsAny(me, ["requests.answer"]) && <Invitations />}
      {holdsAny(me, ["directives.issue"]) && <IssueDialog />}
      <main className={css.main}>
        <Outlet />
      </main>
    </div>
  );
}
