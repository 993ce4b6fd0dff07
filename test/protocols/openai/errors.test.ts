/** Errors in every shape that vendors use, and every failure in the vendor's own shape. */
import { describe, expect, test } from "bun:test";
import { FAILURES, type Failure, type FailureKind, failure } from "../../../src/ir/failure.ts";
import { openai } from "../../../src/protocols/openai/index.ts";
import { retryHintMs } from "../../../src/protocols/shared/errors/meaning.ts";

function read(status: number, body: unknown) {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return openai.payload.readError({ status, headers: {}, json: typeof body === "string" ? null : body, text });
}

describe("shapes", () => {
  const rows: [string, number, unknown, object][] = [
    [
      "OpenAI",
      401,
      {
        error: {
          message: "Incorrect API key provided.",
          type: "invalid_request_error",
          param: null,
          code: "invalid_api_key",
        },
      },
      {
        code: "invalid_api_key",
        type: "invalid_request_error",
        message: "Incorrect API key provided.",
        meaning: "credential",
      },
    ],
    [
      "a numeric code",
      502,
      { error: { message: "x", code: 502 } },
      { code: "502", type: null, message: "x", meaning: null },
    ],
    ["a sentence", 500, { error: "model overloaded" }, { message: "model overloaded", meaning: "overloaded" }],
    [
      "Mistral",
      429,
      { object: "error", message: "Requests rate limit exceeded", type: "rate_limited", param: null, code: "1300" },
      { code: "1300", type: "rate_limited", message: "Requests rate limit exceeded", meaning: "rate-limited" },
    ],
    ["detail as text", 404, { detail: "Not Found" }, { message: "Not Found", meaning: null }],
    [
      "detail as a list",
      422,
      { detail: [{ loc: ["body", "messages"], msg: "field required", type: "value_error.missing" }] },
      { message: "body.messages: field required" },
    ],
    [
      "a list inside the message",
      422,
      { object: "error", message: { detail: [{ loc: ["body", "n"], msg: "must be 1" }] } },
      { message: "body.n: must be 1" },
    ],
    [
      "a list of errors",
      403,
      { errors: [{ code: 10000, message: "No access" }] },
      { code: "10000", message: "No access" },
    ],
    [
      "Gemini's list around it",
      429,
      [{ error: { code: 429, message: "Please retry in 2.5s.", status: "RESOURCE_EXHAUSTED" } }],
      { code: "429", type: "RESOURCE_EXHAUSTED", meaning: "rate-limited", retryAfterMs: 2500 },
    ],
    [
      "OpenRouter's copy of its vendor's words",
      400,
      {
        error: {
          message: "Provider returned error",
          code: 400,
          metadata: { raw: '{"error":{"message":"prompt is too long: 9 tokens > 8 maximum"}}', provider_name: "X" },
        },
      },
      { message: "Provider returned error", meaning: "context-length" },
    ],
    ["a page", 502, "<html><head><title>502 Bad Gateway</title></head></html>", { message: "502 Bad Gateway" }],
    ["a page without a title", 502, "<html></html>", { message: null }],
    ["plain text", 503, " upstream is at capacity \n", { message: "upstream is at capacity", meaning: "overloaded" }],
    ["nothing", 500, "", { code: null, type: null, message: null, meaning: null, retryAfterMs: null }],
    ["JSON that says nothing", 500, { a: 1 }, { message: '{"a":1}' }],
    ["null", 500, null, { message: "null" }],
  ];
  test.each(rows)("%s", (_, status, body, expected) => {
    expect(read(status, body)).toMatchObject({ status, ...expected });
  });

  test("messages are bounded", () => {
    expect(read(400, { error: { message: "x".repeat(5000) } }).message).toHaveLength(2000);
  });
});

describe("meanings", () => {
  const rows: [number, string, string | null][] = [
    [400, "This model's maximum context length is 8192 tokens. However, you requested 9000 tokens", "context-length"],
    [400, "The input (9000 tokens) is longer than the model's context length (8192 tokens).", "context-length"],
    [400, "Please reduce the length of the messages or completion.", "context-length"],
    [400, "the request exceeds the available context size, try increasing it", "context-length"],
    [400, "The input token count (9) exceeds the maximum number of tokens allowed (8).", "context-length"],
    [400, "Prompt contains 9 tokens ... too large for model with 8 maximum context length", "context-length"],
    [400, "This model's maximum prompt length is 131072 but the request contains 537812 tokens.", "context-length"],
    [400, "Your request exceeded model token limit: 8192", "context-length"],
    [429, "You exceeded your current quota, please check your plan and billing details.", "billing"],
    [402, "Insufficient Balance", "billing"],
    [402, "This request requires more credits, or fewer max_tokens.", "billing"],
    [413, "Request too large for model `x` on tokens per minute (TPM): Limit 6000, Requested 7000", "too-large"],
    [429, "Rate limit reached for gpt-4o in organization org-x on tokens per min (TPM)", "rate-limited"],
    [404, "The model `gpt-9` does not exist or you do not have access to it.", "model-missing"],
    [404, 'model "llama9" not found, try pulling it first', "model-missing"],
    [400, "x is not a valid model ID", "model-missing"],
    [503, "The engine is currently overloaded, please try again later", "overloaded"],
    [400, "Your request was rejected as a result of our safety system.", "content-policy"],
    [400, "temperature must be at most 2", null],
    [401, "You must be a member of an organization to use the model", null],
    [200, "a chat about the context window", null],
  ];
  test.each(rows)("%i %s", (status, message, meaning) => {
    expect(read(status, { error: { message } }).meaning).toBe(meaning as never);
  });

  const codes: [string, string][] = [
    ["context_length_exceeded", "context-length"],
    ["insufficient_quota", "billing"],
    ["model_not_found", "model-missing"],
    ["rate_limit_exceeded", "rate-limited"],
    ["content_filter", "content-policy"],
    ["DeploymentNotFound", "model-missing"],
  ];
  test.each(codes)("code %s", (code, meaning) => {
    expect(read(400, { error: { message: "x", code } }).meaning).toBe(meaning as never);
  });

  test("a request too large for a token limit is not waited for, whatever its code", () => {
    const error = { message: "Request too large for model", type: "tokens", code: "rate_limit_exceeded" };
    expect(read(413, { error }).meaning).toBe("too-large");
  });
});

describe("hints in words", () => {
  const rows: [string, number | null][] = [
    ["Please try again in 1.2s.", 1200],
    ["Please try again in 20ms.", 20],
    ["Please try again in 6m0s.", 360_000],
    ["Please try again in 1h2m3.5s.", 3_723_500],
    ["Please retry after 20 seconds.", 20_000],
    ["try again in 2 minutes", 120_000],
    ["Please retry in 24.5s", 24_500],
    ["try again in 400 days", 86_400_000],
    ["try again later", null],
    ["limit 20 s", null],
  ];
  test.each(rows)("%s", (text, expected) => {
    expect(retryHintMs(text)).toBe(expected);
  });
});

describe("written", () => {
  const context = { requestId: "r", path: "/v1/chat/completions", details: false };
  const write = (failed: Failure, details = false) => openai.payload.writeError(failed, { ...context, details });
  const from = (kind: FailureKind, status: number): Failure => ({
    ...failure(kind, "ours"),
    upstream: { status, code: "theirs", type: "theirs", message: "their words", body: null, headers: {} },
  });

  const rows: [FailureKind, number, string, string | null][] = [
    ["rate-limited", 429, "rate_limit_error", "rate_limit_exceeded"],
    ["quota-words", 429, "rate_limit_error", "rate_limit_exceeded"],
    ["overloaded", 503, "server_error", null],
    ["server-error", 502, "api_error", null],
    ["timeout", 504, "server_error", null],
    ["network", 502, "api_error", null],
    ["malformed", 502, "api_error", null],
    ["redirect", 502, "api_error", null],
    ["billing", 402, "insufficient_quota", "insufficient_quota"],
    ["credential", 401, "authentication_error", "invalid_api_key"],
    ["model-missing", 404, "not_found_error", "model_not_found"],
    ["wrong-model", 502, "server_error", "wrong_model"],
    ["answer-refused", 502, "server_error", "answer_refused"],
    ["low-quality", 503, "server_error", "low_quality"],
    ["upstream-too-large", 413, "invalid_request_error", null],
    ["context-length", 400, "invalid_request_error", "context_length_exceeded"],
    ["rejected", 400, "invalid_request_error", null],
    ["caller-credential", 401, "authentication_error", "invalid_api_key"],
    ["invalid-request", 400, "invalid_request_error", null],
    ["unauthenticated", 401, "authentication_error", "invalid_api_key"],
    ["forbidden", 403, "permission_error", null],
    ["unknown-route", 404, "not_found_error", null],
    ["unknown-model", 404, "not_found_error", "model_not_found"],
    ["method-not-allowed", 405, "invalid_request_error", null],
    ["upgrade-refused", 426, "invalid_request_error", null],
    ["body-timeout", 408, "invalid_request_error", null],
    ["body-too-large", 413, "invalid_request_error", null],
    ["unsupported-body", 415, "invalid_request_error", null],
    ["losses-refused", 400, "invalid_request_error", "losses_refused"],
    ["no-capable-lane", 400, "invalid_request_error", "no_capable_lane"],
    ["constraint-filtered", 400, "invalid_request_error", "constraint_filtered"],
    ["budget-exceeded", 429, "insufficient_quota", "insufficient_quota"],
    ["limit-exceeded", 429, "rate_limit_error", "rate_limit_exceeded"],
    ["idempotency-mismatch", 409, "invalid_request_error", "idempotency_mismatch"],
    ["idempotency-in-progress", 409, "invalid_request_error", "idempotency_in_progress"],
    ["bodies-full", 503, "server_error", "bodies_full"],
    ["ledger-unavailable", 503, "server_error", "ledger_unavailable"],
    ["no-eligible-lane", 503, "server_error", "no_eligible_lane"],
    ["exact-model-unavailable", 503, "server_error", "exact_model_unavailable"],
    ["no-capable-fallback", 503, "server_error", "no_capable_fallback"],
    ["no-suitable-model-available", 503, "server_error", "no_suitable_model_available"],
    ["missing-protocol", 503, "server_error", "missing_protocol"],
    ["deadline-exceeded", 504, "server_error", "deadline_exceeded"],
    ["shutting-down", 503, "server_error", "shutting_down"],
    ["internal", 500, "api_error", null],
    ["client-gone", 499, "invalid_request_error", null],
  ];
  test.each(rows)("%s is %i %s %p", (kind, status, type, code) => {
    const error = { message: "ours", type, param: null, code };
    const headers = kind === "budget-exceeded" ? { "x-should-retry": "false" } : {};
    expect(write(failure(kind, "ours"))).toEqual({ status, headers, body: { error } });
  });
  test("a spent budget is not asked again, unless it is back within the minute the SDK would wait", () => {
    const headersAfter = (ms: number): object => write(failure("budget-exceeded", "x", ms)).headers;
    expect(headersAfter(86_400_000)).toEqual({ "retry-after": "86400", "x-should-retry": "false" });
    expect(headersAfter(20_000)).toEqual({ "retry-after": "20" });
  });
  test("the table above names every kind", () => {
    expect(rows.map(([kind]) => kind).toSorted()).toEqual(Object.keys(FAILURES).toSorted() as FailureKind[]);
  });

  const kept: [FailureKind, number, number, string, string][] = [
    ["rejected", 422, 422, "invalid_request_error", "their words"],
    ["rejected", 403, 403, "permission_error", "their words"],
    ["context-length", 413, 413, "invalid_request_error", "their words"],
    ["overloaded", 529, 529, "server_error", "their words"],
    ["server-error", 500, 500, "api_error", "their words"],
    ["credential", 403, 403, "permission_error", "ours"],
    ["billing", 429, 429, "insufficient_quota", "ours"],
    ["malformed", 200, 502, "api_error", "ours"],
    ["rejected", 200, 400, "invalid_request_error", "their words"],
  ];
  test.each(kept)("%s that was %i is %i %s, in %s", (kind, said, status, type, message) => {
    expect(write(from(kind, said))).toMatchObject({ status, body: { error: { type, message } } });
  });

  test("a wait is at least a second", () => {
    expect(write(failure("rate-limited", "x", 20)).headers).toEqual({ "retry-after": "1" });
    expect(write(failure("no-eligible-lane", "x", 61_001)).headers).toEqual({ "retry-after": "62" });
  });

  test("details stand in the error when they are on", () => {
    const details = {
      tried: [],
      skipped: [{ lane: "a/b/c", because: "open", recoversInMs: 5 }],
      recoversInMs: 5,
      losses: [],
    };
    const failed = { ...failure("no-eligible-lane", "x"), details };
    expect(write(failed, true).body["error"]).toMatchObject({ gateway: details });
    expect(write(failed, false).body["error"]).not.toHaveProperty("gateway");
  });
});
