// This page's link to the net: one, however often the wall is entered and left.

import { link as calls } from "@/api/calls";
import type { OrgTree } from "@/api/types";
import { tabId } from "@/lib/kept";
import { problemOf } from "@/lib/problem";
import { Link } from "@/live/link";

let current: { account: string; link: Link } | null = null;
let sites = new Map<string, string>();

/** For endpoints whose own attributes do not say their site. */
export function knowEndpoints(tree: OrgTree): void {
  sites = new Map(tree.endpoints.flatMap((e) => (e.site_id === null ? [] : [[e.id, e.site_id] as const])));
}

export function linkOf(account: string): Link {
  if (current?.account === account) return current.link;
  const link = new Link({
    token: () => calls.token(tabId()),
    siteOf: (identity) => sites.get(identity),
    mayRetry(error) {
      const { status } = problemOf(error);
      return status !== 401 && status !== 403;
    },
  });
  current = { account, link };
  return link;
}
