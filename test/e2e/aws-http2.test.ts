// The AWS SDK as its users have it: HTTP/2 without TLS to an http:// endpoint, signed over :authority, chat and embeddings.
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import {
  BedrockRuntimeClient,
  ConverseCommand,
  ConverseStreamCommand,
  CountTokensCommand,
  InvokeModelCommand,
} from "@aws-sdk/client-bedrock-runtime";
import { type Gateway, startGateway } from "../harness/binary.ts";
import {
  type FakeUpstream,
  jsonStep,
  type ReceivedRequest,
  type Step,
  startFakeUpstream,
  streamSteps,
} from "../harness/fake-upstream.ts";
import { CANARY } from "../harness/gateway-config.ts";

const START_MS_MAX = 300_000;
const KEY_ID = "AKIATEST000000000001";
const SECRET = `aws-secret-${CANARY}`;

let upstream: FakeUpstream;
let gateway: Gateway;

function answer({ path, body }: ReceivedRequest): Step[] {
  if (path === "/v1/embeddings") {
    const asked: { input: string | string[] } = JSON.parse(body.toString());
    const inputs = typeof asked.input === "string" ? [asked.input] : asked.input;
    const data = inputs.map((_, index) => ({ object: "embedding", index, embedding: [index, 0.5] }));
    return [jsonStep(200, { object: "list", model: "m", data, usage: { prompt_tokens: 2, total_tokens: 2 } })];
  }
  if (path !== "/v1/chat/completions") return [jsonStep(404, { error: { message: "nothing here" } })];
  const usage = { prompt_tokens: 3, completion_tokens: 1, total_tokens: 4 };
  if (body.includes('"stream":true')) {
    const chunk = (rest: object): string =>
      `data: ${JSON.stringify({ id: "c", object: "chat.completion.chunk", created: 1, model: "m", ...rest })}\n\n`;
    return streamSteps([
      chunk({ choices: [{ index: 0, delta: { role: "assistant", content: "Hel" } }] }),
      chunk({ choices: [{ index: 0, delta: { content: "lo" } }] }),
      chunk({ choices: [{ index: 0, delta: {}, finish_reason: "stop" }] }),
      chunk({ choices: [], usage }),
      "data: [DONE]\n\n",
    ]);
  }
  const choices = [{ index: 0, message: { role: "assistant", content: "Hello" }, finish_reason: "stop" }];
  return [jsonStep(200, { id: "c", object: "chat.completion", created: 1, model: "m", choices, usage })];
}

function client(over: { readonly secret?: string; readonly id?: string } = {}): BedrockRuntimeClient {
  return new BedrockRuntimeClient({
    region: "eu-west-1",
    endpoint: gateway.url,
    credentials: { accessKeyId: over.id ?? KEY_ID, secretAccessKey: over.secret ?? SECRET },
    maxAttempts: 1,
  });
}

beforeAll(async () => {
  upstream = await startFakeUpstream(answer);
  const config = [
    'listen: "127.0.0.1:0"',
    `auth: { mode: token, client_tokens: [other-token-1], aws_keys: [ { access_key_id: ${KEY_ID}, secret_access_key_env: CLIENT_AWS_SECRET } ] }`,
    "providers:",
    `  openai: { protocol: openai, base_url: "${upstream.url}", api_key_env: OPENAI_TEST_KEY, allow_private: true }`,
    "models:",
    "  fine: { provider: openai, upstream_model: upstream-fine }",
    '  "amazon.titan-embed-text-v2:0": { provider: openai, upstream_model: upstream-embed }',
    "",
  ].join("\n");
  const env = { OPENAI_TEST_KEY: `test-key-openai-${CANARY}`, CLIENT_AWS_SECRET: SECRET };
  gateway = await startGateway({ config, env });
}, START_MS_MAX);

afterAll(async () => {
  await gateway.stop();
  await upstream.close();
}, 60_000);

const messages = [{ role: "user", content: [{ text: "hi" }] }] as const;
const ask = { modelId: "fine", messages: messages.map(({ role, content }) => ({ role, content: [...content] })) };

test("the SDK's own transport is HTTP/2", () => {
  expect(client().config.requestHandler.metadata?.handlerProtocol).toBe("h2");
});

test("a whole answer, and a stream", async () => {
  const sdk = client();
  const whole = await sdk.send(new ConverseCommand(ask));
  expect(whole.output?.message?.content).toEqual([{ text: "Hello" }]);
  const streamed = await sdk.send(new ConverseStreamCommand(ask));
  let text = "";
  for await (const event of streamed.stream ?? []) text += event.contentBlockDelta?.delta?.text ?? "";
  expect(text).toBe("Hello");
  sdk.destroy();
});

test("many at once on one connection", async () => {
  const sdk = client();
  const all = await Promise.all(Array.from({ length: 40 }, () => sdk.send(new ConverseCommand(ask))));
  expect(all.map(({ stopReason }) => stopReason)).toEqual(all.map(() => "end_turn"));
  sdk.destroy();
});

test("an embedding by InvokeModel, whose id holds a colon", async () => {
  const sdk = client();
  const got = await sdk.send(
    new InvokeModelCommand({
      modelId: "amazon.titan-embed-text-v2:0",
      contentType: "application/json",
      body: JSON.stringify({ inputText: "hi" }),
    }),
  );
  expect(JSON.parse(new TextDecoder().decode(got.body))).toEqual({
    embedding: [0, 0.5],
    embeddingsByType: { float: [0, 0.5] },
    inputTextTokenCount: 2,
  });
  sdk.destroy();
});

test("a count where no lane counts is an estimate", async () => {
  const sdk = client();
  const got = await sdk.send(
    new CountTokensCommand({ modelId: "fine", input: { converse: { messages: ask.messages } } }),
  );
  expect(got.inputTokens).toBeGreaterThan(0);
  sdk.destroy();
});

describe("a signature that is not the key's", () => {
  test.each([
    ["another secret", { secret: "wrong" }],
    ["an unknown key", { id: "AKIATEST000000000009" }],
  ])("%s is refused as AWS does", async (_name, over) => {
    const sdk = client(over);
    const seen = upstream.requests.length;
    const refused = await sdk.send(new ConverseCommand(ask)).then(
      () => null,
      (error: { $metadata?: { httpStatusCode?: number } }) => error.$metadata?.httpStatusCode,
    );
    expect(refused).toBe(403);
    expect(upstream.requests.length).toBe(seen);
    sdk.destroy();
  });
});

test("no secret reaches the log", () => {
  expect(gateway.stdout() + gateway.stderr()).not.toContain(CANARY);
});
