/** How bodies travel: paths, headers, credentials, frames; and what routing is told of them. */

import { describe, expect, test } from "bun:test";
import { responses } from "../../../src/protocols/responses/index.ts";
import { decodeUtf8, encodeUtf8 } from "../../../src/std/bytes.ts";
import { Secret } from "../../../src/std/secret.ts";
import { editsInput, pathInput } from "../../harness/carriers.ts";

const { carrier, payload, operations } = responses;

test("routes, whose model and stream flag stand in the body", () => {
  const target = { from: "body", member: "model" } as const;
  const chat = {
    protocol: "responses",
    operation: "chat",
    method: "POST",
    target,
    stream: { from: "body", member: "stream" },
  } as const;
  const count = { ...chat, operation: "count", stream: { from: "fixed", value: false } } as const;
  const compact = { ...chat, stream: { from: "fixed", value: false }, compacts: true } as const;
  expect(carrier.routes).toEqual(
    ["", "/openai"].flatMap((prefix) => [
      { ...chat, path: `${prefix}/v1/responses` },
      { ...compact, path: `${prefix}/v1/responses/compact` },
      { ...count, path: `${prefix}/v1/responses/input_tokens` },
    ]),
  );
  expect(carrier.upstreamPath(pathInput({ operation: "chat", upstreamModel: "m", stream: true }))).toBe(
    "/v1/responses",
  );
  expect(carrier.memberEdits(editsInput({ upstreamModel: 'a"b' }))).toEqual({ model: '"a\\"b"' });
});

test.each([
  [null, "/v1/responses/input_tokens"],
  ["/openai/v1/responses?api-version=preview", "/openai/v1/responses/input_tokens?api-version=preview"],
  ["/somewhere", null],
])("counting with the path %p", (template, path) => {
  expect(carrier.upstreamPath(pathInput({ operation: "count", template }))).toBe(path);
});

test("a count call holds what decides the number, and nothing else", () => {
  const { count } = operations;
  const body = {
    model: "m",
    input: "hi",
    tools: [],
    max_output_tokens: 9,
    stream: false,
    store: false,
    temperature: 1,
  };
  expect(count?.writeRequest?.(body, "m")).toEqual({ model: "m", input: "hi", tools: [] });
  expect(count?.readCount({ object: "response.input_tokens", input_tokens: 11 })).toBe(11);
  expect(() => count?.readCount({})).toThrow();
  expect(count?.writeCount(11)).toEqual({ object: "response.input_tokens", input_tokens: 11 });
});

test.each([
  ["/v1/responses", true],
  ["/v1/responses/resp_1/cancel", true],
  ["/v1/responses2", false],
  ["/openai/v1/responses", true],
  ["/v1/chat/completions", false],
])("%s is its own: %p", (path, owned) => {
  expect(carrier.ownsPath(path)).toBe(owned);
});

test.each([
  ["native", { authorization: "Bearer test-key-1" }],
  ["api-key", { "api-key": "test-key-1" }],
] as const)("credentials, %s", async (style, headers) => {
  const request = {
    method: "POST",
    contentType: "application/json",
    url: "https://api.invalid/v1/responses",
    body: [],
    passthrough: false,
    wallMs: 0,
  };
  expect(await carrier.auth.sign({ ...request, secret: new Secret("test-key-1"), style })).toEqual(headers);
});

describe("headers", () => {
  const passes = (name: string, rules: readonly string[]) =>
    rules.some((rule) => (rule.endsWith("*") ? name.startsWith(rule.slice(0, -1)) : rule === name));

  test.each(["session-id", "thread-id", "originator", "x-codex-turn-state", "x-client-request-id", "openai-beta"])(
    "%s goes to a lane of the same protocol",
    (name) => {
      expect(passes(name, carrier.headers.request)).toBe(true);
    },
  );

  test.each([
    "openai-organization",
    "openai-project",
    "authorization",
    "cookie",
    "user-agent",
    "x-codex-turn-metadata",
    "x-codex-installation-id",
    "chatgpt-account-id",
  ])("%s goes nowhere", (name) => {
    expect(passes(name, carrier.headers.request)).toBe(false);
    expect(passes(name, carrier.headers.response)).toBe(false);
  });

  test("answers carry the request's id", () => {
    expect(carrier.answerHeaders("req_1")).toEqual({ "x-request-id": "req_1" });
  });
});

test("frames are events with a name", () => {
  const joiner = carrier.framing.createJoiner();
  const bytes = joiner.write({ event: "response.created", data: '{"type":"response.created"}' });
  expect(decodeUtf8(bytes)).toBe('event: response.created\ndata: {"type":"response.created"}\n\n');
  expect(joiner.end()).toHaveLength(0);
  expect(carrier.framing.createSplitter().push(bytes)).toEqual([
    { event: "response.created", data: '{"type":"response.created"}' },
  ]);
  expect(carrier.framing.createCutter().push(encodeUtf8("data: a\n\ndata"))).toEqual([encodeUtf8("data: a\n\n")]);
  expect(decodeUtf8(carrier.framing.keepAlive ?? new Uint8Array())).toBe(": keep-alive\n\n");
});

describe("facts", () => {
  const NOTHING = { input: [], output: [], tools: false, structuredOutput: false };
  const part = (type: string) => ({ input: [{ role: "user", content: [{ type }] }] });
  const rows: [object, object][] = [
    [{}, {}],
    [part("input_image"), { input: ["image"] }],
    [part("input_file"), { input: ["document"] }],
    [part("input_audio"), { input: ["audio"] }],
    [
      { input: [{ type: "function_call_output", output: [{ type: "input_image" }] }] },
      { input: ["image"], tools: true },
    ],
    [{ tools: [{}] }, { tools: true }],
    [{ text: { format: { type: "json_schema" } } }, { structuredOutput: true }],
    [{ text: { format: { type: "json_object" } } }, {}],
    [{ reasoning: { effort: "low" } }, {}],
    [{ reasoning: { effort: "none" } }, {}],
    [{ input: 5, tools: 5, reasoning: 5, text: 5 }, {}],
  ];
  test.each(rows)("%j needs %j", (body, needs) => {
    expect(payload.readFacts({ ...body }).needs).toEqual({ ...NOTHING, ...needs });
  });

  test("the limit, and usage that always comes", () => {
    expect(payload.readFacts({ max_output_tokens: 5, stream: true })).toMatchObject({
      maxOutputTokens: 5,
      usageAsked: true,
    });
    expect(payload.readFacts({ max_output_tokens: "5" }).maxOutputTokens).toBeNull();
    expect(payload.hiddenUsage).toBeNull();
    expect(payload.terminator).toBeNull();
  });
});
