/** What a caller says of its request in headers: which project and session it belongs to, and the most it may cost. */
import { failed, failure, ok, type Result } from "../ir/failure.ts";
import type { RequestParts } from "../ir/route.ts";
import { sha256Hex } from "../std/digest.ts";
import { readUsd } from "../std/money.ts";
import { redact } from "../std/redact.ts";
import type { Caller } from "./identify.ts";
import { PROJECT_NAME } from "./key-document.ts";
import type { VirtualKey } from "./keys.ts";
import { type LedgerScope, scopeOf } from "./limit.ts";

type Headers = RequestParts["headers"];

const SESSION_CHARS_MAX = 512;

/** What clients call the session of a request; the first that is there. */
const SESSION_HEADERS = [
  "x-session-id",
  "x-claude-code-session-id",
  "session_id",
  "session-id",
  "thread-id",
  "x-session-affinity",
  "x-conversation-id",
  "conversation_id",
] as const;

/** Nano-dollars; null: not said. */
export function ceilingOf(headers: Headers): Result<number | null> {
  const text = headers["x-ringmain-max-usd"]?.trim();
  if (text === undefined) return ok(null);
  const ceiling = readUsd(text);
  if (ceiling !== null && ceiling >= 0) return ok(ceiling);
  return failed(failure("invalid-request", "x-ringmain-max-usd must be an amount in dollars, such as 0.05."));
}

interface RequestProject {
  /** null: the request belongs to none. */
  readonly name: string | null;
  /** The caller named another one. */
  readonly ignored: boolean;
}

/** The key's own word holds; a caller's adds a gate where the key has none, and never takes one away. */
export function projectOf(
  headers: Headers,
  key: VirtualKey | null,
  masked: (text: string) => string = redact,
): Result<RequestProject> {
  const said = headers["x-ringmain-project"];
  const own = key?.project ?? null;
  if (own !== null) return ok({ name: own, ignored: said !== undefined && said !== own });
  if (said === undefined) return ok({ name: null, ignored: false });
  // It would stand in the ledger.
  if (redact(said) !== said || masked(said) !== said) {
    return failed(failure("invalid-request", "x-ringmain-project looks like a secret; name the project."));
  }
  if (PROJECT_NAME.test(said)) return ok({ name: said, ignored: false });
  return failed(
    failure(
      "invalid-request",
      "x-ringmain-project must be 1 to 100 letters, digits and . _ : / - and begin with a letter or digit.",
    ),
  );
}

/** The client's own name for its session; null: it does not say. */
export function sessionNameOf(headers: Headers): string | null {
  for (const name of SESSION_HEADERS) {
    const value = headers[name];
    if (value !== undefined && value !== "" && value.length <= SESSION_CHARS_MAX) return value;
  }
  return null;
}

/** Hashed, because it may be anything; under the caller, because two callers may choose the same word. */
export function sessionOf(headers: Headers, caller: Caller): LedgerScope | null {
  const name = sessionNameOf(headers);
  return name === null ? null : scopeOf("session", `${caller.key?.id ?? caller.label}/${sha256Hex(name).slice(0, 24)}`);
}
