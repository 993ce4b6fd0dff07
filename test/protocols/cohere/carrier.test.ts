/** How bodies travel: paths, headers, credentials, model lists; and what routing is told of them. */
import { describe, expect, test } from "bun:test";
import { NO_NEEDS } from "../../../src/ir/capability.ts";
import { cohere } from "../../../src/protocols/cohere/index.ts";
import { Secret } from "../../../src/std/secret.ts";
import { editsInput, pathInput } from "../../harness/carriers.ts";

const { carrier, payload, operations } = cohere;

test("routes, all of which name the model in the body", () => {
  expect(carrier.routes.map(({ operation, method, path, stream }) => [operation, method, path, stream.from])).toEqual([
    ["chat", "POST", "/v2/chat", "body"],
    ["embed", "POST", "/v2/embed", "fixed"],
    ["embed", "POST", "/v1/embed", "fixed"],
    ["rerank", "POST", "/v2/rerank", "fixed"],
    ["rerank", "POST", "/v1/rerank", "fixed"],
  ]);
  expect(carrier.routes.every(({ target }) => target.from === "body" && target.member === "model")).toBe(true);
  expect(carrier.memberEdits(editsInput({ upstreamModel: 'a"b' }))).toEqual({ model: '"a\\"b"' });
});

test.each([
  ["chat", "/v1/messages", "/v2/chat"],
  ["embed", "/v1/embeddings", "/v2/embed"],
  ["embed", "/v2/embed", "/v2/embed"],
  ["embed", "/v1/embed", "/v1/embed"],
  ["rerank", "/v2/rerank", "/v2/rerank"],
  ["rerank", "/v1/rerank", "/v1/rerank"],
] as const)("%s asked at %s goes to %s", (operation, clientPath, path) => {
  expect(carrier.upstreamPath(pathInput({ operation, clientPath }))).toBe(path);
});

test("beside a configured path an operation is found where it ends as the chat's own", () => {
  expect(carrier.upstreamPath(pathInput({ template: "/cohere/{model}/chat", upstreamModel: "a/b" }))).toBe(
    "/cohere/a%2Fb/chat",
  );
  expect(carrier.upstreamPath(pathInput({ operation: "embed", template: "/proxy/v2/chat?k=1" }))).toBe(
    "/proxy/v2/embed?k=1",
  );
  expect(carrier.upstreamPath(pathInput({ operation: "embed", template: "/x" }))).toBeNull();
  expect(carrier.upstreamPath(pathInput({ operation: "count" }))).toBeNull();
});

test.each([
  ["/v2/chat", true],
  ["/v1/chat", true],
  ["/v1/rerank", true],
  ["/v1/embed", true],
  ["/v1/embeddings", false],
  ["/v1/chat/completions", false],
  ["/v2/chat/x", false],
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
    url: "https://api.invalid/v2/chat",
    body: [],
    passthrough: false,
    wallMs: 0,
  };
  expect(await carrier.auth.sign({ ...request, secret: new Secret("test-key-1"), style })).toEqual(headers);
});

test("what is left of a key's calls is the operator's own business", () => {
  const passes = (name: string) =>
    carrier.headers.response.some((rule) => (rule.endsWith("*") ? name.startsWith(rule.slice(0, -1)) : rule === name));
  expect(["x-debug-trace-id", "x-api-warning", "retry-after"].map(passes)).toEqual([true, true, true]);
  expect(["x-trial-endpoint-call-remaining", "x-endpoint-monthly-call-limit"].map(passes)).toEqual([false, false]);
});

describe("facts", () => {
  const image = { type: "image_url", image_url: { url: "https://x.invalid/a.png" } };
  const rows: [object, object][] = [
    [{}, { maxOutputTokens: null, usageAsked: true, needs: { input: [], tools: false } }],
    [{ max_tokens: 5 }, { maxOutputTokens: 5 }],
    [{ messages: [{ role: "user", content: [image] }] }, { needs: { input: ["image"] } }],
    [{ messages: [{ role: "user", content: "hi" }, null, 5] }, { needs: { input: [] } }],
    [{ tools: [{}] }, { needs: { tools: true } }],
    [{ response_format: { type: "json_object" } }, { needs: { structuredOutput: false } }],
    [{ response_format: { type: "json_object", json_schema: {} } }, { needs: { structuredOutput: true } }],
    [{ thinking: { type: "enabled" } }, { needs: NO_NEEDS }],
    [{ thinking: { type: "disabled" } }, { needs: NO_NEEDS }],
    [{ messages: 5, tools: "x", thinking: [], max_tokens: "9" }, { maxOutputTokens: null }],
  ];
  test.each(rows)("%j", (body, facts) => {
    expect(payload.readFacts({ ...body })).toMatchObject(facts);
  });
});

describe("model lists", () => {
  const models = operations.models;
  const listed = (id: string, contextWindow: number | null = null) => {
    return { id, createdMs: 0, ownedBy: "x", contextWindow, maxOutputTokens: null };
  };
  const parts = (headers: Record<string, string>) => ({
    method: "GET",
    path: "/v1/models",
    query: "",
    headers,
    params: {},
  });

  test.each([
    [{ "x-fern-sdk-name": "cohere-ai" }, true],
    [{ "x-fern-sdk-name": "cohere" }, true],
    [{ "user-agent": "cohere-ai/8.1.0" }, true],
    [{ "x-client-name": "my-app" }, true],
    [{ "x-fern-sdk-name": "elevenlabs" }, false],
    [{ "user-agent": "OpenAI/JS 6" }, false],
    [{}, false],
  ])("a client with %j is one of this vendor's: %p", (headers, speaks) => {
    expect(models?.recognises(parts(headers))).toBe(speaks);
  });

  test("pages, with a token for the next", () => {
    const list = [listed("a", 128_000), listed("b"), listed("c")];
    expect(models?.writeList(list, "page_size=2")).toEqual({
      models: [
        { name: "a", is_deprecated: false, finetuned: false, context_length: 128_000 },
        { name: "b", is_deprecated: false, finetuned: false },
      ],
      next_page_token: "2",
    });
    expect(models?.writeList(list, "page_size=2&page_token=2")).toEqual({
      models: [{ name: "c", is_deprecated: false, finetuned: false }],
    });
    expect(models?.writeList(list, "page_size=x&page_token=-1&endpoint=chat")).toMatchObject({
      models: [{ name: "a" }, { name: "b" }, { name: "c" }],
    });
    expect(models?.writeList(list, "page_token=99")).toEqual({ models: [] });
  });
});
