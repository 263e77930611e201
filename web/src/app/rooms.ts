// The rooms of the console: where each is, which right opens it (any one of those named), and its page.
// A room that has pages below it ends its path with `/*`.

import { lazy, type ComponentType, type LazyExoticComponent } from "react";
import type { Right } from "@/api/types";
import { paths } from "@/lib/paths";
import type { appWords } from "./words";

export interface Room {
  name: keyof (typeof appWords)["zh"]["rooms"];
  path: string;
  rights: readonly Right[];
  /** Reached from elsewhere than the bar of rooms. */
  aside?: boolean;
  Page: LazyExoticComponent<ComponentType>;
}

/** In the order of the bar; the first that a person may enter is where the login leads. */
export const rooms: readonly Room[] = [
  { name: "wall", path: paths.wall, rights: ["wall.watch"], Page: lazy(() => import("@/features/wall/WallRoom")) },
  { name: "desk", path: `${paths.desk}/*`, rights: ["requests.read"], Page: lazy(() => import("@/features/desk/DeskRoom")) },
  { name: "duty", path: paths.duty, rights: ["duty.read"], Page: lazy(() => import("@/features/duty/DutyRoom")) },
  { name: "directives", path: `${paths.directives}/*`, rights: ["directives.read"], Page: lazy(() => import("@/features/directives/DirectivesRoom")) },
  { name: "records", path: `${paths.records}/*`, rights: ["sessions.read"], Page: lazy(() => import("@/features/records/RecordsRoom")) },
  { name: "cases", path: `${paths.cases}/*`, rights: ["sessions.read", "requests.read"], Page: lazy(() => import("@/features/cases/CaseRoom")) },
  { name: "register", path: paths.register, rights: ["register.read", "station.ledger"], Page: lazy(() => import("@/features/records/RegisterRoom")) },
  { name: "org", path: paths.org, rights: ["org.manage", "accounts.manage", "rights.manage"], Page: lazy(() => import("@/features/org/OrgRoom")) },
  { name: "audit", path: paths.audit, rights: ["audit.read"], Page: lazy(() => import("@/features/audit/AuditRoom")) },
  { name: "assist", path: paths.assist(":id").replace("%3A", ":"), rights: ["requests.answer"], aside: true, Page: lazy(() => import("@/features/session/SessionRoom")) },
  { name: "check", path: paths.check, rights: [], aside: true, Page: lazy(() => import("@/features/check/CheckRoom")) },
  { name: "account", path: paths.account, rights: [], aside: true, Page: lazy(() => import("@/features/account/AccountRoom")) },
];
