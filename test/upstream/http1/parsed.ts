/** What the parser says of an answer, however its bytes were cut. */

import type { ResponseHead } from "../../../src/upstream/http1/response-head.ts";
import { createResponseParser, type ResponseFault } from "../../../src/upstream/http1/response-parser.ts";

export interface Parsed {
  readonly heads: readonly ResponseHead[];
  readonly body: string;
  /** null: neither an end nor a fault was told. */
  readonly ending:
    | { readonly kind: "end"; readonly isKept: boolean }
    | { readonly kind: "broken"; readonly fault: ResponseFault }
    | null;
  /** Told after the ending: a mistake. */
  readonly late: number;
}

/** `closes`: the connection ends properly after the last part. */
export function parsed(parts: readonly (string | Uint8Array)[], { closes = false } = {}): Parsed {
  const heads: ResponseHead[] = [];
  let body = "";
  let late = 0;
  let ending: Parsed["ending"] = null;
  const event = (take: () => void): void => {
    if (ending !== null) late += 1;
    take();
  };
  const parser = createResponseParser({
    head: (head) => event(() => heads.push(head)),
    body: (bytes) => event(() => (body += Buffer.from(bytes).toString("latin1"))),
    end: (isKept) => event(() => (ending = { kind: "end", isKept })),
    broken: (fault) => event(() => (ending = { kind: "broken", fault })),
  });
  for (const part of parts) parser.push(typeof part === "string" ? Buffer.from(part, "latin1") : part);
  if (closes) parser.close();
  return { heads, body, ending, late };
}
