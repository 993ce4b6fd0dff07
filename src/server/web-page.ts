/**
 * Which web pages may call. A browser sends a page's requests from the user's own machine, some of them without asking
 * for leave, and a gateway that asks for no credential would pay for them.
 */
import type { Arrival, Outgoing } from "./arrival.ts";
import { EMPTY } from "./respond.ts";

/** A browser's request says where its page comes from in `Origin` and `Sec-Fetch-Site`; a program sends neither. */
export type PageRule =
  /** No credential is asked for: no page may call but one that this very listener served. */
  | { readonly kind: "own-pages" }
  /** Every caller needs a credential, and pages of these origins may read answers. */
  | { readonly kind: "listed"; readonly origins: readonly string[] };

type PageVerdict =
  | { readonly kind: "no-page" | "refused" }
  /** A page of this origin may read the answer. */
  | { readonly kind: "listed"; readonly origin: string };

/** From the head alone. */
export function judgePage(rule: PageRule, { method, headers }: Pick<Arrival, "method" | "headers">): PageVerdict {
  const origin = headers["origin"] ?? null;
  if (rule.kind === "own-pages") {
    const site = headers["sec-fetch-site"] ?? null;
    const isOwn =
      (site === null || site === "same-origin" || site === "none") &&
      (origin === null || isOwnOrigin(origin, headers["host"] ?? null));
    return isOwn && method !== "OPTIONS" ? NO_PAGE : REFUSED;
  }
  if (origin !== null && rule.origins.some((listed) => fitsOrigin(listed, origin))) return { kind: "listed", origin };
  const asksForLeave =
    method === "OPTIONS" && (origin !== null || headers["access-control-request-method"] !== undefined);
  return asksForLeave ? REFUSED : NO_PAGE;
}

const NO_PAGE: PageVerdict = { kind: "no-page" };
const REFUSED: PageVerdict = { kind: "refused" };

/** A page can make a name of its own point here, so only addresses and `localhost` are this listener. */
function isOwnOrigin(origin: string, host: string | null): boolean {
  return host !== null && origin === `http://${host}` && OWN_HOST.test(host);
}

const OWN_HOST = /^(?:localhost|\d{1,3}(?:\.\d{1,3}){3}|\[[\da-f:.]+\])(?::\d{1,5})?$/;

/** `scheme://*` is every origin of that scheme: an editor gives each of its views a name of its own. */
function fitsOrigin(listed: string, origin: string): boolean {
  return listed.endsWith("://*") ? origin.startsWith(listed.slice(0, -1)) : origin === listed;
}

/** The answer to a page that asks what it may send. */
export function grantLeave(origin: string, { headers }: Pick<Arrival, "headers">): Outgoing {
  const asked = headers["access-control-request-headers"] ?? "";
  const granted: Record<string, string> = {
    ...readable(origin),
    "access-control-allow-methods": "GET, HEAD, POST, PATCH, DELETE",
    "access-control-max-age": LEAVE_SECONDS,
    "cache-control": "no-store",
  };
  // Named one by one, because the star does not cover `authorization`.
  if (HEADER_NAMES.test(asked)) granted["access-control-allow-headers"] = asked;
  if (headers["access-control-request-private-network"] === "true") {
    granted["access-control-allow-private-network"] = "true";
  }
  return { status: 204, headers: granted, body: EMPTY, close: false };
}

const LEAVE_SECONDS = "600";
const HEADER_NAMES = /^[\w-]+(?:, ?[\w-]+)*$/;

/** The same answer, which the page may read. */
export function readableBy(origin: string, answer: Outgoing): Outgoing {
  return { ...answer, headers: { ...answer.headers, ...readable(origin) } };
}

function readable(origin: string): Record<string, string> {
  return { "access-control-allow-origin": origin, "access-control-expose-headers": "*", vary: "origin" };
}
