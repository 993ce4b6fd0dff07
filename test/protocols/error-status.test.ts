// What a client sees of an upstream's status: the same in every dialect.
import { describe, expect, test } from "bun:test";
import { classify } from "../../src/exchange/answer/classify.ts";
import { type FailureKind, failure } from "../../src/ir/failure.ts";
import { PROTOCOLS } from "../../src/protocols/index.ts";
import { speaking } from "../harness/crossing.ts";

/** Bedrock is none of them: its clients know an error by its type, and every type has one status. */
const DIALECTS = ["anthropic", "openai", "responses", "gemini", "cohere"] as const;

const ROWS: readonly (readonly [upstream: number, kind: FailureKind, seen: number])[] = [
  [408, "timeout", 408],
  [402, "billing", 402],
  [404, "rejected", 404],
  // The credential is ours, but a client told 401 asks its user to log in.
  [401, "credential", 401],
  [403, "credential", 403],
  [413, "upstream-too-large", 413],
  [429, "rate-limited", 429],
  [500, "server-error", 500],
  [503, "overloaded", 503],
  [529, "overloaded", 529],
];

/** Anthropic's own word for an overload, which clients of these vendors do not know. */
const WITHOUT_529: ReadonlySet<string> = new Set(["gemini", "cohere"]);

const context = { requestId: "r", path: "/", details: false };

describe.each(ROWS)("an upstream %d", (status, kind, seen) => {
  test.each(DIALECTS)("for a client of %s", (id) => {
    const words = { status, code: null, type: null, message: null, meaning: null, retryAfterMs: null };
    const judged = classify({
      words,
      errorMap: {},
      retryAfterMs: null,
      passthrough: false,
      asks: () => false,
      body: null,
      headers: {},
    });
    expect(judged.kind).toBe(kind);
    const written = PROTOCOLS[id].payload.writeError(judged, context);
    expect(written.status).toBe(status === 529 && WITHOUT_529.has(id) ? 503 : seen);
  });
});

test("a failure of ours has the table's own status in every dialect", () => {
  for (const id of DIALECTS) {
    expect(PROTOCOLS[id].payload.writeError(failure("timeout", "Late."), context).status).toBe(504);
  }
});

describe("a client of Anthropic's protocol sees the one status of an error's type", () => {
  test.each([
    [400, "billing", 429, "rate_limit_error"],
    [402, "billing", 402, "billing_error"],
    [403, "billing", 402, "billing_error"],
    [429, "billing", 402, "billing_error"],
    [400, "model-missing", 404, "not_found_error"],
    [404, "model-missing", 404, "not_found_error"],
    [422, "model-missing", 404, "not_found_error"],
    [403, "model-missing", 403, "permission_error"],
  ] as const)("an upstream %d that means %s is a %d", (status, meaning, seen, type) => {
    const words = { status, code: null, type: null, message: "No.", meaning, retryAfterMs: null };
    const judged = classify({
      words,
      errorMap: {},
      retryAfterMs: null,
      passthrough: false,
      asks: () => false,
      body: null,
      headers: {},
    });
    for (const id of ["anthropic", "vertex"] as const) {
      const written = PROTOCOLS[id].payload.writeError(judged, context);
      expect([written.status, written.body]).toMatchObject([seen, { error: { type } }]);
    }
  });
});

describe("what our credential may not do is a 403 in every dialect, whoever the vendor is", () => {
  const TYPES = {
    anthropic: { error: { type: "permission_error" } },
    openai: { error: { type: "permission_error" } },
    responses: { error: { type: "permission_error" } },
    gemini: { error: { status: "PERMISSION_DENIED", code: 403 } },
    bedrock: {},
    cohere: {},
  } as const;
  const BODIES = {
    anthropic: { type: "error", error: { type: "permission_error", message: "Your API key may not use it." } },
    openai: { error: { type: "invalid_request_error", message: "You are not allowed.", code: "permission_denied" } },
    gemini: { error: { code: 403, status: "PERMISSION_DENIED", message: "The caller does not have permission" } },
    bedrock: { message: "You don't have access.", __type: "AccessDeniedException" },
    cohere: { message: "not allowed" },
  } as const;
  for (const [vendor, json] of Object.entries(BODIES)) {
    test.each(Object.entries(TYPES))(`${vendor}'s, for a client of %s`, (client, shape) => {
      const words = speaking(vendor).payload.readError({ status: 403, headers: {}, json, text: JSON.stringify(json) });
      const judged = classify({
        words,
        errorMap: {},
        retryAfterMs: null,
        passthrough: false,
        asks: () => false,
        body: null,
        headers: {},
      });
      const written = speaking(client).payload.writeError(judged, context);
      expect(written.status).toBe(403);
      expect(written.body).toMatchObject(shape);
    });
  }
});
