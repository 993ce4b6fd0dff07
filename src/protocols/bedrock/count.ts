/**
 * Token counting: `POST /model/{id}/count-tokens`, whose body holds a request of one of the service's two APIs, of which
 * Converse's is this protocol's (docs.aws.amazon.com, CountTokens, read 2026-11).
 */
import { tokenCount } from "../../ir/usage.ts";
import { asObject, at, type JsonObject } from "../../std/json.ts";
import { WireError } from "../../std/wire-error.ts";
import type { CountOperation } from "../protocol.ts";

export const count: CountOperation = {
  readRequest(body) {
    const request = asObject(at(body, "input", "converse"));
    if (request === undefined) throw new WireError("input.converse must hold the request whose tokens are counted.");
    return request;
  },
  /** Of a conversation only what is part of the prompt. */
  writeRequest: (body) => ({
    input: { converse: Object.fromEntries(Object.entries(body).filter(([name]) => COUNTED.has(name))) },
  }),
  readCount(body: JsonObject): number {
    const tokens = tokenCount(body["inputTokens"]);
    if (tokens === null) throw new WireError("The answer names no inputTokens.");
    return tokens;
  },
  writeCount: (tokens) => ({ inputTokens: tokens }),
};

const COUNTED: ReadonlySet<string> = new Set(["messages", "system", "toolConfig", "additionalModelRequestFields"]);
