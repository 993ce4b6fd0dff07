/** Errors both ways: whatever a vendor or a proxy says is understood, and every failure is told in the vendor's words. */
import { describe, expect, test } from "bun:test";
import { FAILURES, type Failure, type FailureKind, failure } from "../../../src/ir/failure.ts";
import { readInBandError } from "../../../src/protocols/responses/error-words.ts";
import { responses } from "../../../src/protocols/responses/index.ts";
import { at } from "../../../src/std/json.ts";
import { judgedWords } from "../../harness/judged.ts";

const { readError, writeError } = responses.payload;
const read = (status: number, json: unknown, text = "") => readError({ status, headers: {}, json, text });

describe("in", () => {
  const rows: [number, unknown, object][] = [
    [
      429,
      { error: { message: "Please try again in 1.5s.", type: "tokens", code: "rate_limit_exceeded" } },
      { code: "rate_limit_exceeded", type: "tokens", meaning: "rate-limited", retryAfterMs: 1500 },
    ],
    [429, { error: { code: "insufficient_quota" } }, { meaning: "billing", message: null }],
    [400, { error: { code: "context_length_exceeded", message: "x" } }, { meaning: "context-length" }],
    [
      400,
      { error: { message: "Your input exceeds the context window of this model." } },
      { meaning: "context-length" },
    ],
    [404, { error: { message: "The model `m` does not exist" } }, { meaning: "model-missing" }],
    [401, { error: { message: "Incorrect API key provided" } }, { meaning: null, status: 401 }],
    [429, { error: { message: "Request too large for m", code: "rate_limit_exceeded" } }, { meaning: "too-large" }],
    [503, { error: { message: "Our servers are currently overloaded." } }, { meaning: "overloaded" }],
    [400, { error: { code: "invalid_prompt", message: "x" } }, { meaning: "content-policy" }],
    [
      400,
      { detail: "Unsupported parameter: max_output_tokens" },
      { message: "Unsupported parameter: max_output_tokens" },
    ],
    [422, { detail: [{ loc: ["body", "input"], msg: "required" }] }, { message: "body.input: required" }],
    [500, { error: "the sentence itself" }, { message: "the sentence itself", code: null }],
    [500, { error: "kind", message: "the sentence" }, { message: "the sentence" }],
    [500, [{ error: { message: "in a list" } }], { message: "in a list" }],
    [500, { error: { code: 5, message: { message: "nested" } } }, { code: "5", message: "nested" }],
    [500, {}, { code: null, type: null, message: null, meaning: null }],
    [500, null, { code: null, message: null }],
  ];
  test.each(rows)("%d %j", (status, json, expected) => {
    expect(read(status, json)).toMatchObject({ status, ...expected });
  });

  test("text that is no JSON", () => {
    expect(read(502, null, "  upstream fell over ").message).toBe("upstream fell over");
    expect(read(502, null, "<html><title>Bad gateway</title>").message).toBe("Bad gateway");
    expect(read(502, null, "<html>").message).toBeNull();
    expect(read(502, { error: { message: "x".repeat(5000) } }).message).toHaveLength(2000);
  });

  const inBand: [object, number, FailureKind][] = [
    [{ type: "error", code: "rate_limit_exceeded", message: "x", param: null }, 429, "rate-limited"],
    [{ type: "error", error: { type: "insufficient_quota", code: "insufficient_quota" } }, 402, "billing"],
    [{ type: "error", error: { code: "server_is_overloaded" } }, 503, "overloaded"],
    [{ type: "response.failed", response: { error: { code: "server_error", message: "x" } } }, 500, "server-error"],
    [{ type: "response.failed", response: { error: { code: "invalid_image", message: "x" } } }, 400, "rejected"],
    [{ type: "response.failed", response: { error: { code: "bio_policy", message: "x" } } }, 400, "rejected"],
    [{ type: "response.failed", response: { status: "failed", error: null } }, 500, "server-error"],
    [{ error: { code: 529, message: "x" } }, 529, "overloaded"],
    [{ error: { status: 403, message: "x" } }, 403, "credential"],
    [{ status: 504, message: "x" }, 504, "timeout"],
    [{ type: "error", code: "model_not_found" }, 404, "model-missing"],
    [{}, 500, "server-error"],
  ];
  test.each(inBand)("inside an answer: %j", (body, status, kind) => {
    const words = readInBandError({ ...body });
    expect(words.status).toBe(status);
    expect(words.type).not.toBe("error");
    expect(judgedWords(words)).toMatchObject({ kind, upstream: { status, body: null } });
  });
});

describe("out", () => {
  const context = { requestId: "req_1", path: "/v1/responses", details: false };
  const kinds = Object.keys(FAILURES) as FailureKind[];

  test.each(kinds)("%s", (kind) => {
    const { status, body } = writeError(failure(kind, "It went wrong."), context);
    expect(status).toBe(FAILURES[kind].status);
    expect(body).toEqual({
      error: {
        message: "It went wrong.",
        type: expect.stringMatching(/^[a-z_]+$/),
        param: null,
        code: at(body, "error", "code"),
      },
    });
  });

  const rows: [FailureKind, string, string | null][] = [
    ["invalid-request", "invalid_request_error", null],
    ["unauthenticated", "authentication_error", "invalid_api_key"],
    ["forbidden", "permission_error", null],
    ["unknown-model", "not_found_error", "model_not_found"],
    ["budget-exceeded", "insufficient_quota", "insufficient_quota"],
    ["no-eligible-lane", "server_error", "no_eligible_lane"],
    ["internal", "server_error", null],
    ["context-length", "invalid_request_error", "context_length_exceeded"],
  ];
  test.each(rows)("%s is %s, %p", (kind, type, code) => {
    expect(writeError(failure(kind, "x"), context).body).toMatchObject({ error: { type, code } });
  });

  const upstream = { status: 418, code: "c", type: "t", message: "Their words.", body: null, headers: {} };
  test("the vendor's words about the request are the client's, those about our account are not", () => {
    const rejected: Failure = { ...failure("rejected", "Ours."), upstream };
    expect(writeError(rejected, context)).toMatchObject({ status: 418, body: { error: { message: "Their words." } } });
    const credential: Failure = { ...failure("credential", "Ours."), upstream };
    expect(writeError(credential, context)).toMatchObject({ status: 401, body: { error: { message: "Ours." } } });
  });

  test("how long to wait, at least a second", () => {
    expect(writeError(failure("overloaded", "x", 1200), context).headers).toEqual({ "retry-after": "2" });
    expect(writeError(failure("overloaded", "x", 0), context).headers).toEqual({ "retry-after": "1" });
    expect(writeError(failure("overloaded", "x"), context).headers).toEqual({});
  });

  test("the gateway's own details where they are wanted", () => {
    const details = { tried: [], skipped: [], recoversInMs: null, losses: [] };
    const failed: Failure = { ...failure("no-eligible-lane", "x"), details };
    expect(writeError(failed, { ...context, details: true }).body).toMatchObject({ error: { gateway: details } });
    expect(writeError(failed, context).body).not.toHaveProperty("error.gateway");
  });
});
