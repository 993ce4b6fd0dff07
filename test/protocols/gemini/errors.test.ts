// Errors in and out: status words, details that say what ran out and how long to wait, and the words clients know.
import { describe, expect, test } from "bun:test";
import { FAILURES, type FailureKind, failure } from "../../../src/ir/failure.ts";
import { STATUS_WORDS } from "../../../src/protocols/gemini/wire.ts";
import { at, type JsonObject } from "../../../src/std/json.ts";
import { payload, readEvents } from "./builders.ts";

const RPC = "type.googleapis.com/google.rpc";
const quota = (quotaId: string, dimensions: JsonObject = {}): JsonObject => ({
  "@type": `${RPC}.QuotaFailure`,
  violations: [{ quotaId, quotaDimensions: dimensions }],
});
const retry = (retryDelay: unknown): JsonObject => ({ "@type": `${RPC}.RetryInfo`, retryDelay });
const info = (reason: string): JsonObject => ({ "@type": `${RPC}.ErrorInfo`, reason, domain: "googleapis.com" });

function read(status: number, word: string, message: string, details: readonly JsonObject[] = []) {
  return payload.readError({
    status,
    headers: {},
    json: { error: { code: status, message, status: word, details } },
    text: "",
  });
}

const HOUR = 3_600_000;

describe("what the vendor means", () => {
  const cases: readonly [string, ReturnType<typeof read>, string | null, number | null][] = [
    [
      "a quota of the minute",
      read(429, "RESOURCE_EXHAUSTED", "You exceeded your current quota, please check your plan and billing details.", [
        quota("GenerateRequestsPerMinutePerProjectPerModel-FreeTier", { model: "m" }),
        retry("20.04466179s"),
      ]),
      "rate-limited",
      20_045,
    ],
    [
      "a model's quota of the day",
      read(429, "RESOURCE_EXHAUSTED", "Quota.", [
        quota("GenerateRequestsPerDayPerProjectPerModel-FreeTier", { model: "m" }),
        retry("36s"),
      ]),
      "rate-limited",
      HOUR,
    ],
    [
      "the account's quota of the day",
      read(429, "RESOURCE_EXHAUSTED", "Quota.", [quota("RequestsPerDay")]),
      "billing",
      null,
    ],
    [
      "a tier without the model",
      read(429, "RESOURCE_EXHAUSTED", "You exceeded your current quota.\n* limit: 0, model: x"),
      "rate-limited",
      HOUR,
    ],
    [
      "a shared pool that is full",
      read(429, "RESOURCE_EXHAUSTED", "Resource has been exhausted (e.g. check quota)."),
      "rate-limited",
      null,
    ],
    [
      "a hint in the sentence",
      read(429, "RESOURCE_EXHAUSTED", "Quota exceeded. Please retry in 512.4ms."),
      "rate-limited",
      513,
    ],
    [
      "a hint of minutes",
      read(429, "RESOURCE_EXHAUSTED", "Quota exceeded. Please retry in 1m2.5s."),
      "rate-limited",
      62_500,
    ],
    [
      "a hint in fields",
      read(429, "RESOURCE_EXHAUSTED", "Quota.", [retry({ seconds: "7", nanos: 5 })]),
      "rate-limited",
      7_000,
    ],
    [
      "credits that are gone",
      read(429, "RESOURCE_EXHAUSTED", "Your prepayment credits are depleted."),
      "billing",
      null,
    ],
    [
      "a spending cap",
      read(429, "RESOURCE_EXHAUSTED", "Your project has exceeded its monthly spending cap."),
      "billing",
      null,
    ],
    [
      "billing that is off",
      read(403, "PERMISSION_DENIED", "Enable billing.", [info("BILLING_DISABLED")]),
      "billing",
      null,
    ],
    [
      "a wrong key, which is a 400",
      read(400, "INVALID_ARGUMENT", "API key not valid. Please pass a valid API key.", [info("API_KEY_INVALID")]),
      "credential",
      null,
    ],
    [
      "a wrong key without details",
      read(400, "INVALID_ARGUMENT", "API key expired. Please renew the API key."),
      "credential",
      null,
    ],
    [
      "a key where a token is wanted",
      read(401, "UNAUTHENTICATED", "API keys are not supported by this API.", [info("CREDENTIALS_MISSING")]),
      "credential",
      null,
    ],
    [
      "a place that is not served",
      read(400, "FAILED_PRECONDITION", "User location is not supported for the API use."),
      "credential",
      null,
    ],
    [
      "somebody else's file",
      read(403, "PERMISSION_DENIED", "You do not have permission to access the File x or it may not exist."),
      null,
      null,
    ],
    [
      "a model that is gone",
      read(404, "NOT_FOUND", "models/x is not found for API version v1beta, or is not supported for generateContent."),
      "model-missing",
      null,
    ],
    [
      "the cloud's missing model",
      read(404, "NOT_FOUND", "Publisher Model `projects/p/locations/l/publishers/google/models/x` not found."),
      "model-missing",
      null,
    ],
    ["a file that is gone", read(404, "NOT_FOUND", "Requested entity was not found."), null, null],
    [
      "too long a prompt",
      read(
        400,
        "INVALID_ARGUMENT",
        "The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).",
      ),
      "context-length",
      null,
    ],
    [
      "too large a body",
      read(400, "INVALID_ARGUMENT", "Request payload size exceeds the limit: 20971520 bytes."),
      "too-large",
      null,
    ],
    ["an overload", read(503, "UNAVAILABLE", "The model is overloaded. Please try again later."), "overloaded", null],
    ["a plain refusal", read(400, "INVALID_ARGUMENT", "Please use a valid role: user, model."), null, null],
    [
      "a client that quotes billing words",
      read(400, "INVALID_ARGUMENT", "Invalid tool get_billing_account is disabled"),
      null,
      null,
    ],
  ];
  test.each(cases)("%s", (_name, words, meaning, waitMs) => {
    expect([String(words.meaning), words.retryAfterMs]).toEqual([String(meaning), waitMs]);
  });

  test("in a list, as a stream without events begins", () => {
    const json = [{ error: { code: 429, message: "Quota.", status: "RESOURCE_EXHAUSTED" } }];
    expect(payload.readError({ status: 429, headers: {}, json, text: "" })).toMatchObject({
      type: "RESOURCE_EXHAUSTED",
      message: "Quota.",
      code: "429",
      meaning: "rate-limited",
    });
  });

  test("inside a stream its own code is the status", () => {
    const data = JSON.stringify({ error: { code: 503, message: "Busy.", status: "UNAVAILABLE" } });
    const [failed] = readEvents([{ event: null, data }]);
    expect(failed).toMatchObject({
      type: "failed",
      failure: { kind: "overloaded", upstream: { status: 503, type: "UNAVAILABLE", message: "Busy." } },
    });
  });
});

describe("what a client is told", () => {
  const context = { requestId: "r", path: "/v1beta/models/m:generateContent", details: false };
  const kinds = Object.keys(FAILURES).filter((kind): kind is FailureKind => Object.hasOwn(FAILURES, kind));

  test.each(kinds)("%s: the word always belongs to the status", (kind) => {
    for (const status of [0, 400, 404, 409, 413, 429, 500, 503, 504, 529]) {
      const upstream = { status, code: null, type: "RESOURCE_EXHAUSTED", message: null, body: null, headers: {} };
      const written = payload.writeError(
        { ...failure(kind, "No."), upstream: status === 0 ? null : upstream },
        context,
      );
      const word = String(at(written.body, "error", "status"));
      expect(at(written.body, "error", "code")).toBe(written.status);
      const own = Object.entries(STATUS_WORDS).find(([name]) => name === word)?.[1];
      // Statuses nobody has a word for get the general one of their hundred.
      expect([written.status, own === undefined ? 0 : Math.floor(own / 100)]).toEqual([
        written.status,
        Math.floor(written.status / 100),
      ]);
    }
  });

  test("an overloaded vendor of another protocol is what the official SDK tries again", () => {
    const upstream = { status: 529, code: null, type: "overloaded_error", message: null, body: null, headers: {} };
    const written = payload.writeError({ ...failure("overloaded", "No."), upstream }, context);
    expect(written).toMatchObject({ status: 503, body: { error: { code: 503, status: "UNAVAILABLE" } } });
  });

  const cases: readonly [FailureKind, number, string, JsonObject][] = [
    ["unauthenticated", 400, "INVALID_ARGUMENT", { reason: "API_KEY_INVALID", domain: "googleapis.com" }],
    ["rate-limited", 429, "RESOURCE_EXHAUSTED", { retryDelay: "5s" }],
    ["no-eligible-lane", 503, "UNAVAILABLE", { reason: "NO_ELIGIBLE_LANE", domain: "ringmain" }],
    ["budget-exceeded", 429, "RESOURCE_EXHAUSTED", { reason: "INSUFFICIENT_QUOTA" }],
  ];
  test.each(cases)("%s: %i %s", (kind, status, word, detail) => {
    const written = payload.writeError(failure(kind, "No.", 4_200), context);
    expect([written.status, at(written.body, "error", "status")]).toEqual([status, word]);
    expect(at(written.body, "error", "details")).toEqual(expect.arrayContaining([expect.objectContaining(detail)]));
  });

  test("an unknown model names the version that was asked", () => {
    const message = (path: string) =>
      at(payload.writeError(failure("unknown-model", "No such model."), { ...context, path }).body, "error", "message");
    expect(message("/v1beta/models/x:generateContent")).toBe("No such model. (API version v1beta)");
    expect(message("/v1/models/x:generateContent")).toBe("No such model. (API version v1)");
  });

  test("too long a prompt is said in the vendor's words, once", () => {
    const told = (message: string) =>
      at(payload.writeError(failure("context-length", message), context).body, "error", "message");
    expect(told("prompt is too long: 9 > 8")).toBe(
      "The input token count exceeds the maximum number of tokens allowed. prompt is too long: 9 > 8",
    );
    const own = "The input token count (9) exceeds the maximum number of tokens allowed (8).";
    expect(told(own)).toBe(own);
  });
});
