// Bedrock through the compiled gateway: the vendor's own client in front (signed, over HTTP/1.1 and HTTP/2), lanes that
// check every signature behind, and Claude Code's InvokeModel in between.
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import {
  BedrockRuntimeClient,
  ConverseCommand,
  ConverseStreamCommand,
  InvokeModelCommand,
  InvokeModelWithResponseStreamCommand,
} from "@aws-sdk/client-bedrock-runtime";
import { NodeHttpHandler } from "@smithy/node-http-handler";
import { isGenuine } from "../../src/protocols/bedrock/sigv4.ts";
import { type Gateway, startGateway } from "../harness/binary.ts";
import {
  chunk,
  type FakeUpstream,
  lastChunk,
  rawStep,
  startFakeUpstream,
  streamHead,
} from "../harness/fake-upstream.ts";
import { bytesSaid, said, WEATHER_PARIS, wordsOf } from "../harness/vendor-words.ts";

const LANE_ID = "AKIDLANE000000000";
const LANE_KEY = "lane/secret+key";
const CLIENT_ID = "AKIDCLIENT0000000";
const CLIENT_KEY = "client-secret-key";

let vendor: FakeUpstream;
let anthropic: FakeUpstream;
let gateway: Gateway;

/** Answers only what is signed with the lane's key, as the service does. */
function bedrockVendor(): Promise<FakeUpstream> {
  const converse = wordsOf("bedrock");
  const invoke = wordsOf("bedrock-invoke");
  return startFakeUpstream((request) => {
    const [path = "", query = ""] = request.path.split("?");
    const parts = { method: request.method, path, query, headers: request.headers, params: {} };
    const body = new Uint8Array(request.body);
    if (!isGenuine({ parts, body, secretAccessKey: LANE_KEY, wallMs: Date.now() })) {
      const { status, body: text, headers } = converse.error("credential");
      return [rawStep(status, text, { "content-type": "application/json", ...headers })];
    }
    const words = path.includes("/invoke") ? invoke : converse;
    const answer = said({ tools: path.includes("tools") ? [WEATHER_PARIS] : [] });
    if (!path.endsWith("-stream")) return [rawStep(200, words.body(answer), { "content-type": "application/json" })];
    const frames = words.frames(answer).map((frame) => chunk(bytesSaid(words, frame)));
    return [streamHead({ "content-type": "application/vnd.amazon.eventstream" }), ...frames, lastChunk];
  });
}

function anthropicVendor(): Promise<FakeUpstream> {
  const words = wordsOf("anthropic");
  return startFakeUpstream((request) => {
    const body: { stream?: boolean } = JSON.parse(request.body.toString());
    if (body.stream !== true) return [rawStep(200, words.body(said()), { "content-type": "application/json" })];
    return [streamHead(), ...words.frames(said()).map((frame) => chunk(frame)), lastChunk];
  });
}

beforeAll(async () => {
  [vendor, anthropic] = await Promise.all([bedrockVendor(), anthropicVendor()]);
  const common = "allow_private: true, region: us-west-2";
  gateway = await startGateway({
    config: `listen: "127.0.0.1:0"
auth: { mode: token, client_tokens: ["rm-token"], aws_keys: [{ access_key_id: ${CLIENT_ID}, secret_access_key_env: CLIENT_KEY, key: team-a }] }
providers:
  aws-keys: { protocol: bedrock, base_url: "${vendor.url}", api_key_env: LANE_PAIR, ${common} }
  aws-env: { protocol: bedrock, base_url: "${vendor.url}", aws: env, ${common} }
  aws-profile: { protocol: bedrock, base_url: "${vendor.url}", aws: { profile: work }, ${common} }
  aws-claude: { protocol: anthropic, carrier: bedrock-invoke, base_url: "${vendor.url}", aws: env, ${common} }
  claude: { protocol: anthropic, base_url: "${anthropic.url}", api_key_env: CLAUDE_KEY, allow_private: true }
models:
  "us.anthropic.claude-x-v1:0": { provider: aws-keys }
  arn: { provider: aws-keys, upstream_model: "arn:aws:bedrock:us-west-2:1:application-inference-profile/ab" }
  tools: { provider: aws-keys, upstream_model: "tools-v1:0" }
  by-env: { provider: aws-env, upstream_model: m }
  by-profile: { provider: aws-profile, upstream_model: m }
  invoked: { provider: aws-claude, upstream_model: "us.anthropic.claude-y-v1:0" }
  straight: { provider: claude, upstream_model: claude-z }
`,
    env: {
      LANE_PAIR: `${LANE_ID}:${LANE_KEY}`,
      AWS_ACCESS_KEY_ID: LANE_ID,
      AWS_SECRET_ACCESS_KEY: LANE_KEY,
      AWS_SHARED_CREDENTIALS_FILE: "credentials",
      CLIENT_KEY,
      CLAUDE_KEY: "test-key",
    },
    files: { credentials: `[work]\naws_access_key_id = ${LANE_ID}\naws_secret_access_key = ${LANE_KEY}\n` },
  });
}, 300_000);

afterAll(async () => {
  await gateway.stop();
  await Promise.all([vendor.close(), anthropic.close()]);
});

interface ClientInput {
  readonly id?: string;
  readonly key?: string;
  readonly http1?: boolean;
}

async function withClient<T>(use: (client: BedrockRuntimeClient) => Promise<T>, input: ClientInput = {}): Promise<T> {
  const client = new BedrockRuntimeClient({
    region: "eu-central-1",
    endpoint: gateway.url,
    credentials: { accessKeyId: input.id ?? CLIENT_ID, secretAccessKey: input.key ?? CLIENT_KEY },
    maxAttempts: 1,
    ...(input.http1 === true ? { requestHandler: new NodeHttpHandler() } : {}),
  });
  try {
    return await use(client);
  } finally {
    client.destroy();
  }
}

const messages = [{ role: "user" as const, content: [{ text: "Hi." }] }];
const HELLO = "Hello, wörld.";

const converse = (modelId: string, input?: ClientInput) =>
  withClient((client) => client.send(new ConverseCommand({ modelId, messages })), input);

async function converseStream(modelId: string, input?: ClientInput): Promise<string> {
  return withClient(async (client) => {
    const { stream } = await client.send(new ConverseStreamCommand({ modelId, messages }));
    let text = "";
    for await (const event of stream ?? []) text += event.contentBlockDelta?.delta?.text ?? "";
    return text;
  }, input);
}

for (const http1 of [true, false]) {
  describe(`the vendor's own client over HTTP/${http1 ? "1.1" : "2"}`, () => {
    test.each(["us.anthropic.claude-x-v1:0", "arn", "by-env", "by-profile", "invoked", "straight"])(
      "%s answers, whole and streamed",
      async (model) => {
        const { output, stopReason } = await converse(model, { http1 });
        expect(output?.message?.content).toEqual([{ text: HELLO }]);
        expect(stopReason).toBe("end_turn");
        expect(await converseStream(model, { http1 })).toBe(HELLO);
      },
    );

    test("a wrong key and an unknown one are refused alike", async () => {
      for (const input of [{ key: "wrong" }, { id: "AKIDNOBODY0000000" }]) {
        const error = await converse("arn", { http1, ...input }).catch((thrown: unknown) => thrown);
        expect(error).toMatchObject({ name: "AccessDeniedException", $metadata: { httpStatusCode: 403 } });
      }
    });
  });
}

test("a call of a tool comes back with its arguments", async () => {
  const { output, stopReason } = await converse("tools", { http1: true });
  expect(stopReason).toBe("tool_use");
  expect(output?.message?.content?.at(-1)?.toolUse).toMatchObject({ name: "get_weather", input: { city: "Paris" } });
});

describe("InvokeModel with Anthropic's body", () => {
  const body = JSON.stringify({
    anthropic_version: "bedrock-2023-05-31",
    anthropic_beta: ["interleaved-thinking-2025-05-14"],
    max_tokens: 100,
    messages: [{ role: "user", content: "Hi." }],
  });

  test.each(["invoked", "straight", "by-env"])("%s answers, whole and streamed", async (modelId) => {
    const { text, told } = await withClient(
      async (client) => {
        const sent = await client.send(new InvokeModelCommand({ modelId, body, contentType: "application/json" }));
        const answer = JSON.parse(new TextDecoder().decode(sent.body));
        const streamed = await client.send(
          new InvokeModelWithResponseStreamCommand({ modelId, body, contentType: "application/json" }),
        );
        const events: { type: string; delta?: { text?: string } }[] = [];
        for await (const { chunk: part } of streamed.body ?? []) {
          events.push(JSON.parse(new TextDecoder().decode(part?.bytes ?? new Uint8Array(0))));
        }
        return { text: answer.content[0].text, told: events };
      },
      { http1: true },
    );
    expect(text).toBe(HELLO);
    expect(told.map((event) => event.delta?.text ?? "").join("")).toBe(HELLO);
    expect(told.at(-1)?.type).toBe("message_stop");
  });

  test("what is the service's own reaches the maker's API in its own way", async () => {
    const before = anthropic.requests.length;
    await withClient(
      (client) => client.send(new InvokeModelCommand({ modelId: "straight", body, contentType: "application/json" })),
      { http1: true },
    );
    const sent = anthropic.requests[before];
    expect(sent?.headers["anthropic-beta"]).toBe("interleaved-thinking-2025-05-14");
    expect(JSON.parse(sent?.body.toString() ?? "")).toEqual({
      max_tokens: 100,
      messages: [{ role: "user", content: "Hi." }],
      model: "claude-z",
    });
  });

  test("and a client of that API reaches the service in the service's", async () => {
    const before = vendor.requests.length;
    const response = await fetch(`${gateway.url}/v1/messages`, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        "x-api-key": "rm-token",
        "anthropic-beta": "context-1m-2025-08-07, claude-code-20250219",
      },
      body: '{"model":"invoked","max_tokens":9,"stream":true,"messages":[{"role":"user","content":"Hi."}]}',
    });
    const text = await response.text();
    expect(response.headers.get("content-type")).toBe("text/event-stream");
    expect(text).toContain("event: message_start\ndata: ");
    expect(text.trimEnd().split("\n").at(-1)).toBe('data: {"type":"message_stop"}');
    const sent = vendor.requests[before];
    expect(sent?.path).toBe("/model/us.anthropic.claude-y-v1%3A0/invoke-with-response-stream");
    expect(JSON.parse(sent?.body.toString() ?? "")).toEqual({
      max_tokens: 9,
      messages: [{ role: "user", content: "Hi." }],
      anthropic_version: "bedrock-2023-05-31",
      anthropic_beta: ["context-1m-2025-08-07"],
    });
    expect(sent?.headers["anthropic-beta"]).toBeUndefined();
    expect(sent?.headers["x-api-key"]).toBeUndefined();
  });
});

test("model lists and token counts", async () => {
  const headers = { authorization: "Bearer rm-token", "content-type": "application/json" };
  const profiles = await fetch(`${gateway.url}/inference-profiles?type=SYSTEM_DEFINED`, { headers });
  const { inferenceProfileSummaries: list } = (await profiles.json()) as {
    inferenceProfileSummaries: { inferenceProfileId: string }[];
  };
  expect(list.map((each) => each.inferenceProfileId)).toContain("us.anthropic.claude-x-v1:0");
  const count = await fetch(`${gateway.url}/model/straight/count-tokens`, {
    method: "POST",
    headers,
    body: JSON.stringify({ input: { converse: { messages } } }),
  });
  expect([count.status, await count.json()]).toMatchObject([200, { inputTokens: expect.any(Number) }]);
});

test("a signature on a path whose clients do not sign is no credential", async () => {
  const response = await fetch(`${gateway.url}/v1/messages`, {
    method: "POST",
    headers: { authorization: "AWS4-HMAC-SHA256 Credential=x/20261127/us-east-1/bedrock/aws4_request" },
    body: "{}",
  });
  expect(response.status).toBe(401);
});
