// How bodies travel: paths in and out, framings, credentials, what is cut out of a body, lists and counts.
import { describe, expect, test } from "bun:test";
import { Secret } from "../../../src/std/secret.ts";
import { editsInput, pathInput } from "../../harness/carriers.ts";
import { carrier, operations } from "./builders.ts";

const parts = (query: string, headers: Readonly<Record<string, string>> = {}) => ({
  method: "POST",
  path: "/v1beta/models/m:streamGenerateContent",
  query,
  headers,
  params: {},
});

describe("framing", () => {
  const cases: readonly [string, string][] = [
    ["alt=sse", "sse"],
    ["key=k&alt=sse", "sse"],
    ["alt=sse&alt=json", "sse"],
    ["", "json-array"],
    ["alt=json", "json-array"],
    ["alt=sse2", "json-array"],
    ["xalt=sse", "json-array"],
    ["alt=SSE", "json-array"],
  ];
  test.each(cases)("%p is %s", (query, id) => {
    expect(carrier.framingFor(parts(query)).id).toBe(id);
  });

  test("a comment keeps events alive; an array has nothing that its clients would skip", () => {
    const { keepAlive } = carrier.framingFor(parts("alt=sse"));
    expect([
      keepAlive === null ? null : new TextDecoder().decode(keepAlive),
      carrier.framingFor(parts("")).keepAlive,
    ]).toEqual([": keep-alive\n\n", null]);
  });
});

describe("upstream path", () => {
  const cases: readonly [Parameters<typeof pathInput>[0], string | null][] = [
    [{ upstreamModel: "gemini-3.5-flash" }, "/v1beta/models/gemini-3.5-flash:generateContent"],
    [{ upstreamModel: "m", stream: true }, "/v1beta/models/m:streamGenerateContent?alt=sse"],
    [{ upstreamModel: "models/m" }, "/v1beta/models/m:generateContent"],
    [{ upstreamModel: "tunedModels/my-1" }, "/v1beta/tunedModels/my-1:generateContent"],
    [{ upstreamModel: "google/gemma:4" }, "/v1beta/models/google%2Fgemma%3A4:generateContent"],
    [{ operation: "count" }, "/v1beta/models/m:countTokens"],
    [{ operation: "embed", clientPath: "/v1/embeddings" }, "/v1beta/models/m:batchEmbedContents"],
    [{ operation: "embed", clientPath: "/v1beta/models/x:embedContent" }, "/v1beta/models/m:embedContent"],
    [{ operation: "embed", clientPath: "/v1beta/models/x:batchEmbedContents" }, "/v1beta/models/m:batchEmbedContents"],
    [{ template: "/models/{model}:{action}" }, "/models/m:generateContent"],
    [{ template: "/models/{model}:{action}", stream: true }, "/models/m:streamGenerateContent?alt=sse"],
    [{ template: "/m/{model}:{action}?x=1", stream: true }, "/m/m:streamGenerateContent?x=1&alt=sse"],
    [{ template: "/m/{model}:{action}?alt=sse", stream: true }, "/m/m:streamGenerateContent?alt=sse"],
    [{ template: "/models/{model}:{action}", operation: "count" }, "/models/m:countTokens"],
    [{ template: "/fixed:generateContent", operation: "count" }, null],
    [{ template: "/models/{model}:{action}", operation: "embed" }, null],
  ];
  test.each(cases)("%j", (input, path) => {
    expect(carrier.upstreamPath(pathInput(input))).toBe(path);
  });
});

describe("routes", () => {
  const paths = carrier.routes.map(({ method, path }) => `${method} ${path}`);
  test.each([
    "POST /v1beta/models/:target:generateContent",
    "POST /v1beta/models/:target:streamGenerateContent",
    "POST /v1beta/models/:target:countTokens",
    "POST /v1beta/models/:target:embedContent",
    "POST /v1beta/models/:target:batchEmbedContents",
    "POST /v1/models/:provider/:model:generateContent",
    "POST /v1alpha/models/:provider/:account/:model:streamGenerateContent",
    "POST /v1beta1/publishers/google/models/:target:generateContent",
    "POST /v1/projects/:project/locations/:location/publishers/google/models/:target:streamGenerateContent",
    "GET /v1beta/models",
    "GET /v1beta/models/:id",
  ])("%s", (path) => {
    expect(paths).toContain(path);
  });

  const owned: readonly [string, boolean][] = [
    ["/v1beta/models", true],
    ["/v1beta/models/m:nobodyKnows", true],
    ["/v1beta1/publishers/google/models/m:generateContent", true],
    ["/v1/models/m:generateContent", true],
    ["/v1/models/m:batchGenerateContent", true],
    ["/v1/models/m:x", false],
    ["/v1/models", false],
    ["/v1/chat/completions", false],
  ];
  test.each(owned)("%s is ours: %p", (path, ours) => {
    expect(carrier.ownsPath(path)).toBe(ours);
  });
});

describe("credentials", () => {
  const cases: readonly [string, string, string][] = [
    ["an API key", "AIzaSyTest-1", "x-goog-api-key"],
    ["a newer API key", "AQ.Ab8test", "x-goog-api-key"],
    ["an access token", "ya29.a0test", "authorization"],
    ["a federated token", "sts.test", "authorization"],
    ["a signed token", "eyJhbGciOi.test.x", "authorization"],
    ["a key of a compatible server", "key-1", "x-goog-api-key"],
  ];
  test.each(cases)("%s goes one way only", async (_name, secret, header) => {
    const signed = await carrier.auth.sign({
      method: "POST",
      url: "https://vendor.invalid",
      contentType: "application/json",
      body: [],
      secret: new Secret(secret),
      style: "native",
      passthrough: false,
      wallMs: 0,
    });
    expect(signed).toEqual({ [header]: header === "authorization" ? `Bearer ${secret}` : secret });
  });

  test("clients may send theirs in the query", () => {
    expect(carrier.auth.queryKey).toBe(true);
  });

  test("nobody else is billed", () => {
    expect(carrier.headers.request.some((name) => "x-goog-user-project".startsWith(name.replace("*", "")))).toBe(false);
  });
});

describe("what a body may not say against its path", () => {
  test("the model and the stream flag go", () => {
    expect(carrier.memberEdits(editsInput({ body: { model: "x" } }))).toEqual({ model: null, stream: null });
  });

  test("a counted request and every text of a batch get the lane's model", () => {
    const counted = carrier.memberEdits(
      editsInput({
        operation: "count",
        upstreamModel: "up",
        body: { generateContentRequest: { model: "models/x", contents: [] } },
      }),
    );
    expect(JSON.parse(counted["generateContentRequest"] ?? "")).toEqual({ model: "models/up", contents: [] });
    const batch = carrier.memberEdits(
      editsInput({
        operation: "embed",
        upstreamModel: "tunedModels/t",
        body: { requests: [{ model: "models/x", content: {} }] },
      }),
    );
    expect(JSON.parse(batch["requests"] ?? "")).toEqual([{ model: "tunedModels/t", content: {} }]);
  });
});

describe("lists", () => {
  const listed = (id: string) => ({ id, createdMs: 0, ownedBy: "o", contextWindow: 1000, maxOutputTokens: null });
  const models = operations.models;

  test("as the vendor pages", () => {
    const list = ["a", "b", "c"].map(listed);
    const first = models?.writeList(list, "pageSize=2");
    expect(first).toMatchObject({
      models: [{ name: "models/a", inputTokenLimit: 1000 }, { name: "models/b" }],
      nextPageToken: "b",
    });
    expect(models?.writeList(list, "pageSize=2&pageToken=b")).toMatchObject({ models: [{ name: "models/c" }] });
    expect(models?.writeList(list, "pageSize=2&pageToken=b")["nextPageToken"]).toBeUndefined();
    expect(models?.writeOne(listed("a"))["supportedGenerationMethods"]).toContain("generateContent");
  });

  test("told from an OpenAI client by the way the key is sent", () => {
    expect(models?.recognises(parts("", { "x-goog-api-key": "k" }))).toBe(true);
    expect(models?.recognises(parts("key=k"))).toBe(true);
    expect(models?.recognises(parts("", { authorization: "Bearer k" }))).toBe(false);
  });
});

describe("counting", () => {
  const { count } = operations;
  test("of contents, or of a whole request", () => {
    const inner = { contents: [], tools: [] };
    expect(count?.readRequest?.({ generateContentRequest: inner })).toBe(inner);
    expect(count?.readRequest?.({ generate_content_request: inner })).toBe(inner);
    expect(count?.readRequest?.(inner)).toBe(inner);
    expect(count?.writeRequest?.(inner, "m")).toEqual({ generateContentRequest: { ...inner, model: "models/m" } });
  });

  test("the answer", () => {
    expect(count?.readCount({ totalTokens: 7 })).toBe(7);
    expect(count?.writeCount(7)).toEqual({ totalTokens: 7 });
    expect(() => count?.readCount({ totalTokens: "7" })).toThrow("totalTokens");
  });
});
