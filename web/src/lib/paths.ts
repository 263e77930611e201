// Every address of the console, in one place. Rooms link to each other by these, never by importing each other.

export const paths = {
  home: "/",
  wall: "/wall",
  desk: "/desk",
  pastRequests: "/desk/past",
  cards: "/desk/cards",
  request: (id: string) => `/desk/${encodeURIComponent(id)}`,
  records: "/records",
  directives: "/directives",
  directive: (id: string) => `/directives/${encodeURIComponent(id)}`,
  session: (id: string) => `/records/${encodeURIComponent(id)}`,
  /** An assistance while it goes on. */
  assist: (id: string) => `/session/${encodeURIComponent(id)}`,
  cases: "/cases",
  /** A case by its number, in whatever spelling. */
  case: (number: string) => `/cases/${encodeURIComponent(number)}`,
  register: "/register",
  duty: "/duty",
  org: "/org",
  audit: "/audit",
  account: "/account",
  check: "/check",
  /** A citizen's page; what follows is the secret of a link. */
  guest: "/g/:token",
  station: "/station",
  stationCheck: "/station/check",
} as const;
