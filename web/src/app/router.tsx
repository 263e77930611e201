// Addresses to pages. A workstation's page stands alone, for a machine without a person's login, and so does a citizen's; everything else is behind the login gate.

import { createBrowserRouter, type RouteObject } from "react-router";
import { paths } from "@/lib/paths";
import { CrashPage, HomePage, NotFoundPage, RoomPage } from "./pages";
import { rooms } from "./rooms";
import { Shell } from "./shell/Shell";

/** Pages outside the shell. */
const alone: RouteObject[] = [
  { path: paths.guest, lazy: async () => ({ Component: (await import("./GuestRoute")).default }) },
  { path: paths.stationCheck, lazy: async () => ({ Component: (await import("@/features/check/StationCheckPage")).default }) },
  { path: paths.station, lazy: async () => ({ Component: (await import("@/features/station/StationRoom")).default }) },
];

export const router = createBrowserRouter([
  ...alone.map((route) => ({ ...route, errorElement: <CrashPage /> })),
  {
    element: <Shell />,
    errorElement: <CrashPage />,
    children: [
      { index: true, element: <HomePage /> },
      ...rooms.map((room) => ({ path: room.path, element: <RoomPage room={room} />, errorElement: <CrashPage /> })),
      { path: "*", element: <NotFoundPage /> },
    ],
  },
]);
