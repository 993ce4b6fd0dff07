/** How bodies travel: routes, credentials, headers, framing, model lists. */

import { describe, expect, test } from "bun:test";
import { openai } from "../../../src/protocols/openai/index.ts";
import { Secret } from "../../../src/std/secret.ts";
import { editsInput, pathInput } from "../../harness/carriers.ts";

const { carrier, operations } = openai;

const POSTS = [
  "chat /chat/completions",
  "complete /completions",
  "embed /embeddings",
  "moderate /moderations",
  "image /images/generations",
  "image /images/edits",
  "image /images/variations",
  "audio /audio/speech",
  "audio /audio/transcriptions",
  "audio /audio/translations",
];

test("routes", () => {
  const below = (prefix: string): string[] => POSTS.map((each) => each.replace(" ", ` POST ${prefix}`));
  expect(carrier.routes.map(({ operation, method, path }) => `${operation} ${method} ${path}`)).toEqual([
    ...below("/v1"),
    ...below("/openai/v1"),
    ...below("/openai/deployments/:target"),
    "models GET /v1/models",
    "models GET /v1/models/:id",
    "models GET /openai/v1/models",
    "models GET /openai/v1/models/:id",
  ]);
  expect(carrier.upstreamPath(pathInput({ operation: "chat", upstreamModel: "a/b", stream: true }))).toBe(
    "/v1/chat/completions",
  );
});

const AZURE = "/openai/deployments/{model}/chat/completions?api-version=2024-10-21";
const upstream: [string, Parameters<typeof pathInput>[0], string | null][] = [
  ["a template is chat's own", { template: "/v4/chat/completions" }, "/v4/chat/completions"],
  ["embeddings", { operation: "embed", clientPath: "/v2/embed" }, "/v1/embeddings"],
  ["embeddings beside a template", { operation: "embed", template: "/v4/chat/completions" }, "/v4/embeddings"],
  [
    "embeddings beside Azure's",
    { operation: "embed", template: AZURE },
    "/openai/deployments/m/embeddings?api-version=2024-10-21",
  ],
  ["embeddings where the template ends otherwise", { operation: "embed", template: "/chat" }, null],
  [
    "what is relayed goes where the client went",
    { operation: "audio", clientPath: "/v1/audio/speech" },
    "/v1/audio/speech",
  ],
  ["from Azure's client", { operation: "image", clientPath: "/openai/deployments/x/images/edits" }, "/v1/images/edits"],
  [
    "to Azure",
    { operation: "image", clientPath: "/v1/images/edits", template: AZURE },
    "/openai/deployments/m/images/edits?api-version=2024-10-21",
  ],
  ["a path of nobody's", { operation: "audio", clientPath: "/v2/audio" }, null],
];
test.each(upstream)("upstream path: %s", (_name, input, path) => {
  expect(carrier.upstreamPath(pathInput(input))).toBe(path);
});

const paths: [string, boolean][] = [
  ["/v1/embeddings", true],
  ["/openai/v1/embeddings", true],
  ["/openai/deployments/gpt-5/chat/completions", true],
  ["/openai/deployments/gpt-5/files", false],
  ["/openai/v1/models/gpt-5", true],
  ["/v1/chat/completions", true],
  ["/v1/models", true],
  ["/v1/models/gpt-5", true],
  ["/v1/models/openai%2Fgpt-5", true],
  ["/v1/models/gemini-3:generateContent", false],
  ["/v1/models/gemini-3:countTokens", false],
  ["/v1/messages", false],
  ["/stats", false],
];
test.each(paths)("owns %s: %p", (path, owned) => {
  expect(carrier.ownsPath(path)).toBe(owned);
});

test("the credential is one header", () => {
  const input = {
    method: "POST",
    contentType: "application/json",
    url: "https://api.invalid/",
    body: [],
    secret: new Secret("test-key-1"),
    passthrough: false,
    wallMs: 0,
  };
  expect(carrier.auth.sign({ ...input, style: "native" })).toEqual({ authorization: "Bearer test-key-1" });
  expect(carrier.auth.sign({ ...input, style: "api-key" })).toEqual({ "api-key": "test-key-1" });
});

test("only the model is replaced, and no header names the caller's account", () => {
  expect(carrier.memberEdits(editsInput({ upstreamModel: 'a"b' }))).toEqual({ model: '"a\\"b"' });
  const passed = [...carrier.headers.request, ...carrier.headers.response];
  expect(passed).not.toContain("openai-*");
  expect(passed.filter((name) => /organization|project|authorization|cookie|api-key/.test(name))).toEqual([]);
  expect(carrier.answerHeaders("req_1")).toEqual({ "x-request-id": "req_1" });
});

test("frames are joined, split and cut alike", () => {
  const joiner = carrier.framing.createJoiner();
  const bytes = joiner.write({ event: null, data: '{"a":1}' });
  expect(new TextDecoder().decode(bytes)).toBe('data: {"a":1}\n\n');
  expect(carrier.framing.createSplitter().push(bytes)).toEqual([{ event: null, data: '{"a":1}' }]);
  expect(carrier.framing.createCutter().push(bytes)).toEqual([bytes]);
  expect(joiner.end()).toEqual(new Uint8Array(0));
  expect(carrier.framing.createSplitter().push(carrier.framing.keepAlive ?? bytes)).toEqual([]);
});

describe("models", () => {
  const model = { id: "fast", createdMs: 1_700_000_000_999, ownedBy: "ringmain", contextWindow: 1, maxOutputTokens: 2 };
  const wire = {
    id: "fast",
    object: "model",
    created: 1_700_000_000,
    owned_by: "ringmain",
    context_length: 1,
    max_output_tokens: 2,
  };

  test("listed and alone", () => {
    expect(operations.models?.writeList([model], "")).toEqual({ object: "list", data: [wire] });
    expect(operations.models?.writeOne(model)).toEqual(wire);
    const { context_length: _window, max_output_tokens: _limit, ...bare } = wire;
    expect(operations.models?.writeOne({ ...model, contextWindow: null, maxOutputTokens: null })).toEqual(bare);
  });

  test("everybody speaks it who does not name another version", () => {
    const parts = { method: "GET", path: "/v1/models", query: "", params: {} };
    expect(operations.models?.recognises({ ...parts, headers: {} })).toBe(true);
    expect(operations.models?.recognises({ ...parts, headers: { "anthropic-version": "2023-06-01" } })).toBe(false);
  });
});
