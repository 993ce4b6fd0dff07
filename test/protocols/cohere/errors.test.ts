/** Errors both ways: whatever the vendor or a proxy says is understood, and every failure is told in the vendor's words. */
import { describe, expect, test } from "bun:test";
import { FAILURES, type Failure, type FailureKind, failure } from "../../../src/ir/failure.ts";
import { readInBandError } from "../../../src/protocols/cohere/error-words.ts";
import { cohere } from "../../../src/protocols/cohere/index.ts";
import { judgedWords } from "../../harness/judged.ts";

const { readError, writeError } = cohere.payload;
const read = (status: number, json: unknown, text = "") => readError({ status, headers: {}, json, text });

describe("in", () => {
  const trial = (period: string) =>
    `You are using a Trial key, which is limited to 1,000 API calls / ${period}. Upgrade.`;
  const rows: [number, unknown, object][] = [
    [400, { message: "too many tokens: size limit exceeded by 280 tokens" }, { meaning: "context-length" }],
    [400, { error_type: "TOO_MANY_TOKENS", message: "x" }, { meaning: "context-length", type: "TOO_MANY_TOKENS" }],
    [400, { message: "too many tokens: max tokens must be less than or equal to 4096" }, { meaning: null }],
    [400, { message: "invalid request: model 'x' is not supported by the chat API" }, { meaning: "model-missing" }],
    [400, { message: "invalid request: tool 'x' says: model 'x' not found" }, { meaning: null }],
    [401, { message: "invalid api token" }, { meaning: null }],
    [402, { message: "Please add or update your payment method at ..." }, { meaning: "billing" }],
    [402, { message: "Maximum billing reached for this API key" }, { meaning: "billing" }],
    [403, { message: "no" }, { meaning: null }],
    [404, { message: "model 'xyz' not found, make sure ..." }, { meaning: "model-missing" }],
    [404, { message: "finetuned model xyz not found" }, { meaning: "model-missing" }],
    [404, { message: "404 page not found" }, { meaning: null }],
    [422, { message: "unprocessable" }, { meaning: null, status: 422 }],
    [429, { message: trial("minute") }, { meaning: null }],
    [429, { message: trial("month") }, { meaning: "billing" }],
    [429, { message: "trial token rate limit exceeded, limit is 100000 tokens per minute" }, { meaning: null }],
    [498, { message: "blocked" }, { meaning: "content-policy" }],
    [499, { message: "request cancelled" }, { meaning: "overloaded" }],
    [500, { message: "" }, { message: null }],
    [500, { error: { message: "inside", code: "c", type: "t" } }, { message: "inside", code: "c", type: "t" }],
    [500, { error: "the sentence itself" }, { message: "the sentence itself" }],
    [500, { detail: "a proxy's" }, { message: "a proxy's" }],
    [500, { detail: [{ msg: "a list's" }] }, { message: "a list's" }],
    [500, {}, { message: null, code: null, type: null, meaning: null, retryAfterMs: null }],
    [500, null, { message: null }],
  ];
  test.each(rows)("%d %j", (status, json, expected) => {
    expect(read(status, json)).toMatchObject({ status, ...expected });
  });

  test("text that is no JSON", () => {
    expect(read(502, null, "  upstream fell over ").message).toBe("upstream fell over");
    expect(read(502, null, "<html><title>Bad gateway</title>").message).toBe("Bad gateway");
    expect(read(502, null, "<html>").message).toBeNull();
  });

  test("words are bounded", () => {
    expect(read(400, { message: "m".repeat(5000), code: "c".repeat(5000) })).toMatchObject({
      message: "m".repeat(2000),
      code: "c".repeat(200),
    });
  });

  const ended = (error: string, finish_reason = "ERROR") => ({ type: "message-end", delta: { error, finish_reason } });
  const inBand: [object, FailureKind, number][] = [
    [ended("internal server error"), "server-error", 500],
    [ended("The model is overloaded"), "overloaded", 503],
    [ended("You are past the per minute request limit, please wait"), "rate-limited", 429],
    [ended("too many tokens: size limit exceeded"), "context-length", 400],
    [ended("invalid api token"), "credential", 401],
    [ended("model 'x' not found, make sure"), "model-missing", 404],
    [ended("", "TIMEOUT"), "timeout", 504],
    [{ finish_reason: "ERROR", message: { role: "assistant" } }, "server-error", 500],
    [{ message: "Maximum billing reached for this API key" }, "billing", 402],
  ];
  test.each(inBand)("inside an answer: %j is %s", (body, kind, status) => {
    const words = readInBandError({ ...body });
    expect(judgedWords(words)).toMatchObject({ kind, upstream: { status, body: null } });
  });
});

describe("out", () => {
  const context = { requestId: "req_1", path: "/v2/chat", details: false };
  const write = (failed: Failure) => writeError(failed, context);

  test("every kind is {id, message}, with a status of the table", () => {
    for (const kind of Object.keys(FAILURES).filter((name): name is FailureKind => Object.hasOwn(FAILURES, name))) {
      const { status, body } = write(failure(kind, "It went wrong."));
      expect([kind, status]).toEqual([kind, FAILURES[kind].status]);
      expect(body).toMatchObject({ id: "req_1", message: expect.stringMatching(/./) });
      expect(Object.keys(body).every((name) => ["id", "message", "error_type"].includes(name))).toBe(true);
    }
  });

  test("the gateway's own refusals keep their stable code", () => {
    expect(write(failure("no-eligible-lane", "x")).body["error_type"]).toBe("no_eligible_lane");
    expect(write(failure("budget-exceeded", "x")).body["error_type"]).toBe("insufficient_quota");
    expect(write(failure("rejected", "x")).body).toEqual({ id: "req_1", message: "x" });
  });

  test("a prompt that is too long is told in the words clients look for, once", () => {
    const written = write(failure("context-length", "The prompt has 9 tokens."));
    expect(written.body).toMatchObject({
      message: "too many tokens: The prompt has 9 tokens.",
      error_type: "TOO_MANY_TOKENS",
    });
    const again = write(failure("context-length", String(written.body["message"])));
    expect(again.body["message"]).toBe(String(written.body["message"]));
  });

  const upstream = (kind: FailureKind, status: number, message: string): Failure => ({
    ...failure(kind, "Ours."),
    upstream: { status, code: null, type: null, message, body: null, headers: {} },
  });
  test.each([
    [upstream("rejected", 422, "theirs"), 422, "theirs"],
    [upstream("overloaded", 529, "theirs"), 503, "theirs"],
    [upstream("credential", 403, "their key"), 403, "Ours."],
    [upstream("billing", 429, "their money"), 429, "Ours."],
    [failure("unauthenticated", "Ours."), 401, "invalid api token"],
  ] as const)("%j", (failed, status, message) => {
    expect(write(failed)).toMatchObject({ status, body: { message } });
  });

  test("a wait is told in whole seconds, at least one", () => {
    expect(write(failure("rate-limited", "x", 1)).headers).toEqual({ "retry-after": "1" });
    expect(write(failure("rate-limited", "x", 1500)).headers).toEqual({ "retry-after": "2" });
    expect(write(failure("rate-limited", "x")).headers).toEqual({});
  });
});
