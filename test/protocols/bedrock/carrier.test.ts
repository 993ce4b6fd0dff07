// Paths, members and headers of the three carriers: Converse, InvokeModel and Vertex AI.
import { describe, expect, test } from "bun:test";
import { PROTOCOLS } from "../../../src/protocols/index.ts";
import type { Protocol } from "../../../src/protocols/protocol.ts";
import { Secret } from "../../../src/std/secret.ts";
import { editsInput, pathInput } from "../../harness/carriers.ts";

const CONVERSE: Protocol = PROTOCOLS.bedrock;
const INVOKE: Protocol = PROTOCOLS["bedrock-invoke"];
const VERTEX: Protocol = PROTOCOLS.vertex;
const ARN = "arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.anthropic.claude-x-v1:0";

describe("paths", () => {
  test.each<[Protocol, Parameters<typeof pathInput>[0], string | null]>([
    [CONVERSE, { upstreamModel: "anthropic.claude-x-v1:0" }, "/model/anthropic.claude-x-v1%3A0/converse"],
    [
      CONVERSE,
      { upstreamModel: "eu.amazon.nova-lite-v1:0", stream: true },
      "/model/eu.amazon.nova-lite-v1%3A0/converse-stream",
    ],
    [
      CONVERSE,
      { upstreamModel: ARN },
      "/model/arn%3Aaws%3Abedrock%3Aus-east-1%3A123456789012%3Ainference-profile%2Fus.anthropic.claude-x-v1%3A0/converse",
    ],
    [CONVERSE, { upstreamModel: "odd!'()*" }, "/model/odd%21%27%28%29%2A/converse"],
    [CONVERSE, { operation: "count", upstreamModel: "m" }, "/model/m/count-tokens"],
    [
      CONVERSE,
      { upstreamModel: "a/b", stream: true, template: "/x/{model}/y/{action}?z=1" },
      "/x/a%2Fb/y/converse-stream?z=1",
    ],
    [CONVERSE, { operation: "count", upstreamModel: "m", template: "/x/{model}" }, null],
    [INVOKE, { upstreamModel: ARN, stream: true }, `/model/${encodeURIComponent(ARN)}/invoke-with-response-stream`],
    [INVOKE, { upstreamModel: "m" }, "/model/m/invoke"],
    [
      VERTEX,
      { upstreamModel: "claude-3-7-sonnet@20250219", stream: true },
      "/claude-3-7-sonnet@20250219:streamRawPredict",
    ],
    [VERTEX, { upstreamModel: "claude-x" }, "/claude-x:rawPredict"],
    [VERTEX, { upstreamModel: "a/b", template: "/{model}:{action}" }, "/a%2Fb:rawPredict"],
  ])("%#", ({ carrier }, input, wanted) => expect(carrier.upstreamPath(pathInput(input))).toBe(wanted));

  test.each([
    ["/model/m/converse", CONVERSE],
    ["/model/a%2Fb/converse-stream", CONVERSE],
    ["/model/m/count-tokens", CONVERSE],
    ["/inference-profiles", CONVERSE],
    ["/foundation-models/x", CONVERSE],
    ["/model/m/invoke", INVOKE],
    ["/model/m/invoke-with-response-stream", INVOKE],
    ["/v1/projects/p/locations/l/publishers/anthropic/models/m:rawPredict", VERTEX],
    ["/model/m/unknown", null],
    ["/models", null],
  ])("%s has one owner, or none", (path, owner) => {
    const owners = Object.values<Protocol>(PROTOCOLS).filter(({ carrier }) => carrier.ownsPath(path));
    expect(owners.map(({ id }) => id)).toEqual(owner === null ? [] : [owner.id]);
  });
});

describe("members", () => {
  test("the path says what the body need not", () => {
    expect(CONVERSE.carrier.memberEdits(editsInput())).toEqual({ model: null, stream: null });
  });

  test.each<[string, object, Record<string, string>, Record<string, string | null>]>([
    ["a plain body", {}, {}, { anthropic_version: '"bedrock-2023-05-31"' }],
    [
      "the service's own client",
      { anthropic_version: "bedrock-2023-05-31", anthropic_beta: ["x"] },
      { "anthropic-beta": "context-1m-2025-08-07" },
      {},
    ],
    [
      "betas the service knows",
      {},
      { "anthropic-beta": "claude-code-20250219, context-1m-2025-08-07,effort-2025-11-24" },
      { anthropic_version: '"bedrock-2023-05-31"', anthropic_beta: '["context-1m-2025-08-07","effort-2025-11-24"]' },
    ],
    ["none it knows", {}, { "anthropic-beta": "oauth-2025-04-20" }, { anthropic_version: '"bedrock-2023-05-31"' }],
    [
      "another platform's version",
      { anthropic_version: "vertex-2023-10-16" },
      {},
      { anthropic_version: '"bedrock-2023-05-31"' },
    ],
  ])("InvokeModel: %s", (_name, body, headers, wanted) => {
    const edits = INVOKE.carrier.memberEdits(editsInput({ body: { ...body }, headers }));
    expect(edits).toEqual({ model: null, stream: null, ...wanted });
  });

  test("betas of a body are a header elsewhere", () => {
    const { bodyHeaders } = INVOKE.carrier;
    expect(bodyHeaders?.({ anthropic_beta: ["a-1", "b-2", 3, "bad,one", "line\nbreak"] })).toEqual({
      "anthropic-beta": "a-1,b-2",
    });
    expect(bodyHeaders?.({})).toEqual({});
  });

  test("Vertex AI has its own version, and streams by the body too", () => {
    expect(VERTEX.carrier.memberEdits(editsInput({ stream: true }))).toEqual({
      model: null,
      anthropic_beta: null,
      anthropic_version: '"vertex-2023-10-16"',
      stream: "true",
    });
    expect(
      VERTEX.carrier.memberEdits(editsInput({ body: { anthropic_version: "vertex-2023-10-16" } }))["anthropic_version"],
    ).toBeUndefined();
  });

  test("what belongs to the carrier is no loss of the conversation", () => {
    const body = { model: "m", max_tokens: 9, messages: [{ role: "user", content: "Hi." }] };
    const plain = PROTOCOLS.anthropic.payload.readRequest(body);
    for (const [protocol, version] of [
      [INVOKE, "bedrock-2023-05-31"],
      [VERTEX, "vertex-2023-10-16"],
    ] as const) {
      expect(protocol.payload.readRequest({ ...body, anthropic_version: version })).toEqual(plain);
    }
    expect(INVOKE.payload.readRequest({ ...body, anthropic_beta: ["x"] })).toEqual(plain);
  });
});

describe("Vertex AI", () => {
  test("takes an OAuth token as a bearer", async () => {
    const input = {
      method: "POST",
      url: "https://x.invalid",
      contentType: "application/json",
      body: [],
      passthrough: false,
      wallMs: 0,
    };
    expect(await VERTEX.carrier.auth.sign({ ...input, secret: new Secret("ya29.x"), style: "native" })).toEqual({
      authorization: "Bearer ya29.x",
    });
  });

  test.each<[unknown, object]>([
    [
      { error: { code: 429, message: "Quota exceeded.", status: "RESOURCE_EXHAUSTED" } },
      { type: "RESOURCE_EXHAUSTED", meaning: "rate-limited", message: "Quota exceeded." },
    ],
    [
      [{ error: { code: 403, message: "No.", status: "PERMISSION_DENIED" } }],
      { type: "PERMISSION_DENIED", meaning: "credential", message: "No." },
    ],
    [
      { type: "error", error: { type: "overloaded_error", message: "Overloaded" } },
      { type: "overloaded_error", meaning: "overloaded" },
    ],
  ])("errors in either envelope: %j", (json, wanted) => {
    expect(VERTEX.payload.readError({ status: 400, headers: {}, json, text: "" })).toMatchObject(wanted);
  });
});

describe("errors of the service", () => {
  test.each<[object, Record<string, string>, object]>([
    [
      { message: "Slow." },
      { "x-amzn-errortype": "ThrottlingException:http://internal.amazon.com/coral/" },
      { type: "ThrottlingException", meaning: "rate-limited", message: "Slow." },
    ],
    [
      { __type: "com.amazon.coral.service#ExpiredTokenException", Message: "Old." },
      {},
      { type: "ExpiredTokenException", meaning: "credential", message: "Old." },
    ],
    [
      { message: "You don't have access to the model with the specified model ID." },
      { "x-amzn-errortype": "AccessDeniedException" },
      { meaning: "model-missing" },
    ],
    [
      { message: "Invocation of model ID m with on-demand throughput isn’t supported." },
      { "x-amzn-errortype": "ValidationException" },
      { meaning: "model-missing" },
    ],
    [
      { message: "The model returned the following errors: prompt is too long: 9 tokens > 8 maximum" },
      { "x-amzn-errortype": "ValidationException" },
      { meaning: "context-length" },
    ],
    [
      {
        message:
          "1 validation error detected: Value at 'body' failed to satisfy constraint: Member must have length less than or equal to 25000000",
      },
      {},
      { meaning: "too-large" },
    ],
    [
      { message: "Malformed input request" },
      { "x-amzn-errortype": "ValidationException" },
      { meaning: null, type: "ValidationException" },
    ],
    [{ message: "Try again." }, { "x-amzn-errortype": "ModelNotReadyException" }, { meaning: "overloaded" }],
  ])("%#", (json, headers, wanted) => {
    for (const protocol of [CONVERSE, INVOKE]) {
      expect(protocol.payload.readError({ status: 400, headers, json, text: "" })).toMatchObject(wanted);
    }
  });

  test("a page in front of the service", () => {
    expect(
      CONVERSE.payload.readError({ status: 502, headers: {}, json: null, text: "<html>Bad gateway</html>" }),
    ).toMatchObject({
      type: null,
      message: expect.stringContaining("Bad gateway"),
    });
  });
});
