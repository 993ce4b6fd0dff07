// How bodies travel: credentials, paths, headers, framing; and the operations beside chat.

import { describe, expect, test } from "bun:test";
import { anthropic } from "../../../src/protocols/anthropic/index.ts";
import { Secret } from "../../../src/std/secret.ts";
import { WireError } from "../../../src/std/wire-error.ts";
import { editsInput, pathInput } from "../../harness/carriers.ts";

const { carrier, operations } = anthropic;
const { models, count } = operations;

describe("credentials", () => {
  const sign = (secret: string, over: { passthrough?: boolean; style?: "native" | "api-key" } = {}) =>
    carrier.auth.sign({
      method: "POST",
      contentType: "application/json",
      url: "http://127.0.0.1/v1/messages",
      body: [],
      secret: new Secret(secret),
      style: over.style ?? "native",
      passthrough: over.passthrough ?? false,
      wallMs: 0,
    });
  test.each([
    ["a console key", " sk-ant-api-test", {}, { "x-api-key": "sk-ant-api-test" }],
    ["a console key of the caller", "sk-ant-api-test", { passthrough: true }, { "x-api-key": "sk-ant-api-test" }],
    ["a subscription token", "sk-ant-oat-test", {}, { authorization: "Bearer sk-ant-oat-test" }],
    ["another server's key", "test-key-1", {}, { "x-api-key": "test-key-1" }],
    ["the caller's token", "test-key-1", { passthrough: true }, { authorization: "Bearer test-key-1" }],
    ["a server that wants api-key", "test-key-1", { style: "api-key" }, { "api-key": "test-key-1" }],
    ["characters no header may hold", "bad\nkey", {}, { "x-api-key": "" }],
  ] as const)("%s", (_name, secret, over, expected) => {
    expect(sign(secret, over)).toEqual(expected);
  });
});

describe("paths", () => {
  test.each([
    ["/v1/messages", true],
    ["/fast/v1/messages", true],
    ["/openai/gpt/v1/messages", true],
    ["/v1/messages/count_tokens", true],
    ["/v1/messages/batches", false],
    ["/v1/chat/completions", false],
  ])("%s is ours: %p", (path, owned) => {
    expect(carrier.ownsPath(path)).toBe(owned);
  });

  test("routes name the target's place", () => {
    expect(carrier.routes.map((route) => [route.operation, route.path, route.target.from])).toEqual([
      ["chat", "/v1/messages", "body"],
      ["chat", "/:target/v1/messages", "param"],
      ["chat", "/:provider/:model/v1/messages", "param"],
      ["count", "/v1/messages/count_tokens", "body"],
      ["count", "/:target/v1/messages/count_tokens", "param"],
      ["count", "/:provider/:model/v1/messages/count_tokens", "param"],
    ]);
  });

  test("upstream paths and the one member a relay replaces", () => {
    expect(carrier.upstreamPath(pathInput({ operation: "chat", upstreamModel: "m", stream: true }))).toBe(
      "/v1/messages",
    );
    expect(carrier.upstreamPath(pathInput({ operation: "count", upstreamModel: "m", stream: false }))).toBe(
      "/v1/messages/count_tokens",
    );
    expect(carrier.memberEdits(editsInput({ upstreamModel: 'a"b' }))).toEqual({
      model: '"a\\"b"',
      anthropic_version: null,
      anthropic_beta: null,
    });
    expect(carrier.memberEdits(editsInput({ stream: true }))["stream"]).toBe("true");
    expect(carrier.answerHeaders("req_1")).toEqual({ "request-id": "req_1" });
  });

  test("the operator's account is not named to clients", () => {
    const passes = (name: string) =>
      carrier.headers.response.some((rule) =>
        rule.endsWith("*") ? name.startsWith(rule.slice(0, -1)) : name === rule,
      );
    expect(["anthropic-ratelimit-tokens-remaining", "request-id", "retry-after"].map(passes)).toEqual([
      true,
      true,
      true,
    ]);
    expect(["anthropic-organization-id", "anthropic-workspace-id", "set-cookie", "x-api-key"].map(passes)).toEqual([
      false,
      false,
      false,
      false,
    ]);
  });
});

test("a frame joined and split again is the frame, and a heartbeat is a ping", () => {
  const splitter = carrier.framing.createSplitter();
  const frame = { event: "message_stop", data: '{"type":"message_stop"}' };
  expect(splitter.push(carrier.framing.createJoiner().write(frame))).toEqual([frame]);
  expect(splitter.push(carrier.framing.keepAlive ?? new Uint8Array(0))).toEqual([
    { event: "ping", data: '{"type": "ping"}' },
  ]);
  expect(carrier.framing.createJoiner().end()).toHaveLength(0);
});

describe("models", () => {
  const listed = (id: string) => ({ id, createdMs: 0, ownedBy: "x", contextWindow: 200_000, maxOutputTokens: null });
  const list = ["a", "b", "c", "d"].map(listed);
  const ids = (query: string) => {
    const page = models?.writeList(list, query) ?? {};
    return [
      (page["data"] as { id: string }[]).map((model) => model.id).join(""),
      page["has_more"],
      page["first_id"],
      page["last_id"],
    ];
  };
  test.each([
    ["", ["abcd", false, "a", "d"]],
    ["limit=1000", ["abcd", false, "a", "d"]],
    ["limit=2", ["ab", true, "a", "b"]],
    ["limit=2&after_id=b", ["cd", false, "c", "d"]],
    ["limit=2&before_id=d", ["bc", true, "b", "c"]],
    ["before_id=b", ["a", false, "a", "a"]],
    ["after_id=d", ["", false, null, null]],
    ["limit=zero&after_id=nobody", ["abcd", false, "a", "d"]],
  ])("page %p", (query, expected) => {
    expect(ids(query)).toEqual(expected as unknown[]);
  });

  test("one model, and whose clients ask", () => {
    expect(models?.writeOne(listed("a"))).toMatchObject({
      type: "model",
      id: "a",
      created_at: "1970-01-01T00:00:00.000Z",
      max_input_tokens: 200_000,
    });
    const head = (headers: Record<string, string>) => ({
      method: "GET",
      path: "/v1/models",
      query: "",
      headers,
      params: {},
    });
    expect(models?.recognises(head({ "anthropic-version": "2023-06-01" }))).toBe(true);
    expect(models?.recognises(head({ authorization: "Bearer x" }))).toBe(false);
  });
});

test("token counts", () => {
  expect(count?.readCount({ input_tokens: 12 })).toBe(12);
  expect(count?.writeCount(12)).toEqual({ input_tokens: 12 });
  expect(() => count?.readCount({ input_tokens: "12" })).toThrow(new WireError("The answer names no input_tokens."));
});
