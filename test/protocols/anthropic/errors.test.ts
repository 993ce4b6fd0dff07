// Errors in and out: every shape a server may answer with, and every failure a client may be told of.
import { describe, expect, test } from "bun:test";
import Anthropic from "@anthropic-ai/sdk";
import { FAILURES, type Failure, type FailureKind, failure } from "../../../src/ir/failure.ts";
import { isErrorType } from "../../../src/protocols/anthropic/wire.ts";
import { asText, at } from "../../../src/std/json.ts";
import { payload } from "./builders.ts";

const CONTEXT = { requestId: "req_1", path: "/v1/messages", details: true };
const error = (type: string, message: string) => ({ type: "error", error: { type, message }, request_id: "req_x" });
const read = (status: number, json: unknown, text = "") => payload.readError({ status, headers: {}, json, text });

describe("reading", () => {
  test.each([
    ["overloaded", 529, error("overloaded_error", "Overloaded"), "overloaded"],
    ["overloaded in a 200", 200, error("overloaded_error", "Overloaded"), "overloaded"],
    ["rate limit", 429, error("rate_limit_error", "This request would exceed your rate limit"), "rate-limited"],
    [
      "no credit, as a bad request",
      400,
      error("invalid_request_error", "Your credit balance is too low to access the API."),
      "billing",
    ],
    [
      "usage limit, as a bad request",
      400,
      error("invalid_request_error", "You have reached your specified API usage limits."),
      "billing",
    ],
    ["billing", 402, error("billing_error", "Pay."), "billing"],
    [
      "spend limit, as a rate limit",
      429,
      {
        type: "error",
        error: { type: "rate_limit_error", message: "m", details: { error_code: "enforced_spend_limit_reached" } },
      },
      "billing",
    ],
    [
      "prompt too long",
      400,
      error("invalid_request_error", "prompt is too long: 210000 tokens > 200000 maximum"),
      "context-length",
    ],
    [
      "prompt and answer too long",
      400,
      error("invalid_request_error", "input length and `max_tokens` exceed context limit: 1 + 2 > 2"),
      "context-length",
    ],
    [
      "too many tokens",
      400,
      error("invalid_request_error", "The request exceeds the maximum number of tokens"),
      "context-length",
    ],
    [
      "answer limit too high",
      400,
      error("invalid_request_error", "max_tokens: 100000 > 8192, which is the maximum allowed number of output tokens"),
      null,
    ],
    ["image too large", 400, error("invalid_request_error", "image exceeds 5 MB maximum: 6 MB > 5 MB"), null],
    ["body too large", 413, error("request_too_large", "Request exceeds the maximum size"), "too-large"],
    ["no such model", 404, error("not_found_error", "model: claude-9"), "model-missing"],
    ["no such path", 404, error("not_found_error", "Not Found"), null],
    ["bad key", 401, error("authentication_error", "invalid x-api-key"), "credential"],
    ["no permission", 403, error("permission_error", "no"), "credential"],
    [
      "content policy",
      400,
      error("invalid_request_error", "Output blocked by content filtering policy"),
      "content-policy",
    ],
    ["some mistake", 400, error("invalid_request_error", "messages.0: Input does not match"), null],
    ["the vendor's fault", 500, error("api_error", "Internal server error"), null],
  ])("%s", (_name, status, json, meaning) => {
    const words = read(status, json);
    expect(words).toMatchObject({ status, meaning, type: json.error.type, message: json.error.message });
  });

  test.each([
    ["text in error", { error: "no such model" }, "no such model"],
    ["a bare message", { message: "gone" }, "gone"],
    ["detail", { detail: "Not Found" }, "Not Found"],
    ["a list", { errors: [{ message: "first" }] }, "first"],
    ["an empty object", {}, null],
    ["a list at the top", [], null],
    ["a number", 7, null],
  ])("another server's shape: %s", (_name, json, message) => {
    expect(read(400, json, "ignored").message).toBe(message);
  });

  test("no JSON: the text, cut", () => {
    expect(read(502, null, `<html>${"x".repeat(5000)}`).message).toHaveLength(2000);
    expect(read(502, null, " ").message).toBeNull();
  });
});

describe("writing", () => {
  const kinds = Object.keys(FAILURES) as FailureKind[];
  test.each(kinds)("%s has a legal type, its status and the request's id", (kind) => {
    const written = payload.writeError(failure(kind, "It failed."), CONTEXT);
    expect(written.status).toBe(FAILURES[kind].status);
    expect(written.headers["request-id"]).toBe("req_1");
    expect(written.body).toMatchObject({ type: "error", request_id: "req_1" });
    expect(isErrorType(asText(at(written.body, "error", "type")) ?? "")).toBe(true);
  });

  const upstream = (kind: FailureKind, status: number, type: string | null): Failure => ({
    ...failure(kind, "no"),
    upstream: { status, code: null, type, message: "no", body: null, headers: {} },
  });
  test.each([
    ["a refusal keeps status and type", upstream("rejected", 403, "permission_error"), 403, "permission_error"],
    ["another vendor's type becomes the status's", upstream("rejected", 404, "NOT_FOUND"), 404, "not_found_error"],
    ["an odd status is a bad request", upstream("rejected", 422, null), 422, "invalid_request_error"],
    ["529 stays 529", upstream("overloaded", 529, null), 529, "overloaded_error"],
    ["503 is overloaded whatever the kind", upstream("server-error", 503, null), 503, "overloaded_error"],
    [
      "what our credential may not do is a 403, at which no client asks its user to log in",
      upstream("credential", 403, "permission_error"),
      403,
      "permission_error",
    ],
    ["a redirect is not passed on", upstream("redirect", 302, null), 502, "api_error"],
  ])("%s", (_name, failed, status, type) => {
    const written = payload.writeError(failed, CONTEXT);
    expect([written.status, at(written.body, "error", "type")]).toEqual([status, type]);
  });

  test("stable codes and details", () => {
    const details = { tried: [], skipped: [], recoversInMs: 1500, losses: [] };
    const failed: Failure = { ...failure("no-eligible-lane", "Try later.", 1500), details };
    const written = payload.writeError(failed, CONTEXT);
    expect(written.body["error"]).toEqual({
      type: "overloaded_error",
      message: "Try later.",
      details: { error_code: "no_eligible_lane" },
      gateway: details,
    });
    expect(at(payload.writeError(failed, { ...CONTEXT, details: false }).body, "error", "gateway")).toBeUndefined();
  });

  test("a spent budget is final: the SDK does not repeat it", () => {
    const written = payload.writeError(failure("budget-exceeded", "The budget is spent."), CONTEXT);
    expect(written.headers["x-should-retry"]).toBe("false");
    expect(at(written.body, "error", "details", "error_code")).toBe("insufficient_quota");
  });

  test("the vendor's SDK makes its own error class of it", () => {
    const written = payload.writeError(failure("unauthenticated", "The key is unknown."), CONTEXT);
    const made = Anthropic.APIError.generate(written.status, written.body, undefined, new Headers(written.headers));
    expect(made).toBeInstanceOf(Anthropic.AuthenticationError);
    expect([made.requestID, made.type, made.apiMessage]).toEqual([
      "req_1",
      "authentication_error",
      "invalid x-api-key",
    ]);
  });
});
