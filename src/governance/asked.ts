/** What a caller says of its request in headers: which project and session it belongs to, and the most it may cost. */
import type { RequestParts } from "../ir/route.ts";
import { sha256Hex } from "../std/digest.ts";
import { readUsd } from "../std/money.ts";
import type { Caller } from "./identify.ts";
import { PROJECT_NAME } from "./key-document.ts";
import type { VirtualKey } from "./keys.ts";

type Headers = RequestParts["headers"];

const SESSION_CHARS_MAX = 512;

/** What clients call the session of a request; the first that is there. */
const SESSION_HEADERS = [
  "x-session-id",
  "x-claude-code-session-id",
  "session_id",
  "session-id",
  "x-session-affinity",
  "x-conversation-id",
  "conversation_id",
] as const;

/** Nano-dollars; null: not said. A sentence where what is said is no amount. */
export function ceilingOf(headers: Headers): number | null | string {
  const text = headers["x-ringmain-max-usd"]?.trim();
  if (text === undefined) return null;
  const ceiling = readUsd(text);
  return ceiling === null || ceiling < 0 ? "x-ringmain-max-usd must be an amount in dollars, such as 0.05." : ceiling;
}

export type Project =
  | { readonly kind: "project"; readonly name: string | null; readonly ignored: boolean }
  | { readonly kind: "bad"; readonly why: string };

/** The key's own word holds; a caller's adds a gate where the key has none, and never takes one away. */
export function projectOf(headers: Headers, key: VirtualKey | null): Project {
  const said = headers["x-ringmain-project"];
  const own = key?.project ?? null;
  if (own !== null) return { kind: "project", name: own, ignored: said !== undefined && said !== own };
  if (said === undefined) return { kind: "project", name: null, ignored: false };
  if (PROJECT_NAME.test(said)) return { kind: "project", name: said, ignored: false };
  return {
    kind: "bad",
    why: "x-ringmain-project must be 1 to 100 letters, digits and . _ : / - and begin with a letter or digit.",
  };
}

/** Hashed, because it may be anything; under the caller, because two callers may choose the same word. */
export function sessionOf(headers: Headers, caller: Caller): string | null {
  for (const name of SESSION_HEADERS) {
    const value = headers[name];
    if (value !== undefined && value !== "" && value.length <= SESSION_CHARS_MAX) {
      return `session:${caller.key?.id ?? caller.label}/${sha256Hex(value).slice(0, 24)}`;
    }
  }
  return null;
}
