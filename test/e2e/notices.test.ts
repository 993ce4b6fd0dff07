// Notices of a switch and of an alias, as the vendors' own clients hand them to a program: whole and streamed, against the
// compiled gateway.
import { afterAll, beforeAll, expect, test } from "bun:test";
import Anthropic from "@anthropic-ai/sdk";
import { BedrockRuntimeClient, ConverseCommand, ConverseStreamCommand } from "@aws-sdk/client-bedrock-runtime";
import { GoogleGenAI } from "@google/genai";
import { NodeHttpHandler } from "@smithy/node-http-handler";
import { CohereClientV2 } from "cohere-ai";
import OpenAI from "openai";
import { at, atPath } from "../../src/std/json.ts";
import { type Gateway, startGateway } from "../harness/binary.ts";
import { startVendor, type Vendor } from "../harness/vendors.ts";

let vendor: Vendor;
let gateway: Gateway;

beforeAll(async () => {
  vendor = await startVendor("openai");
  gateway = await startGateway({
    config: `
auth: { mode: none }
providers:
  work: { protocol: openai, base_url: "${vendor.url}", allow_private: true, api_key_env: KEY }
  home: { protocol: openai, base_url: "${vendor.url}", allow_private: true, api_key_env: KEY }
models:
  first: { provider: work, upstream_model: broken }
  second: { provider: home, upstream_model: text }
pools:
  both: { select: ordered, breaker: { trip: { mode: consecutive, n: 1000 } }, members: [{ target: first }, { target: second }] }
aliases: { nick: both }
`,
    env: { KEY: "sk-test" },
  });
}, 300_000);

afterAll(async () => {
  await gateway.stop();
  await vendor.close();
});

const ON = { "x-ringmain-notices": "on" };
const MODEL = "nick";
const HI = "Say hello.";
const TURN = [{ role: "user" as const, content: HI }];

const openai = (): OpenAI =>
  new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: "any", maxRetries: 0, defaultHeaders: ON });
const anthropic = (): Anthropic =>
  new Anthropic({ baseURL: gateway.url, apiKey: "any", maxRetries: 0, defaultHeaders: ON });
const google = (enterprise: boolean): GoogleGenAI =>
  new GoogleGenAI({ apiKey: "any", enterprise, httpOptions: { baseUrl: gateway.url, headers: ON } });
const cohere = (): CohereClientV2 => new CohereClientV2({ token: "any", environment: gateway.url, maxRetries: 0 });

function bedrock(): BedrockRuntimeClient {
  const client = new BedrockRuntimeClient({
    region: "us-east-1",
    endpoint: gateway.url,
    credentials: { accessKeyId: "AKIDEXAMPLE0000000", secretAccessKey: "secret" },
    requestHandler: new NodeHttpHandler(),
    maxAttempts: 1,
  });
  client.middlewareStack.add(
    (next) => (given) => {
      const headers: unknown = at(given.request, "headers");
      if (typeof headers === "object" && headers !== null) Object.assign(headers, ON);
      return next(given);
    },
    { step: "build" },
  );
  return client;
}

async function all<T>(stream: AsyncIterable<T>): Promise<T[]> {
  const parts: T[] = [];
  for await (const part of stream) parts.push(part);
  return parts;
}

/** What the client hands over, and where in it the notices are. */
type Read = () => Promise<readonly [unknown, readonly (string | number)[]]>;

const CONVERSE = { modelId: MODEL, messages: [{ role: "user" as const, content: [{ text: HI }] }] };

const CLIENTS: readonly (readonly [string, Read])[] = [
  ["chat, whole", async () => [await openai().chat.completions.create({ model: MODEL, messages: TURN }), []]],
  [
    "chat, streamed",
    async () => [
      await all(await openai().chat.completions.create({ model: MODEL, messages: TURN, stream: true })),
      [0],
    ],
  ],
  [
    "chat, put together from a stream",
    async () => [await openai().chat.completions.stream({ model: MODEL, messages: TURN }).finalChatCompletion(), []],
  ],
  ["responses, whole", async () => [await openai().responses.create({ model: MODEL, input: HI }), []]],
  [
    "responses, streamed",
    async () => [
      await all(await openai().responses.create({ model: MODEL, input: HI, stream: true })),
      [0, "response"],
    ],
  ],
  [
    "responses, put together from a stream",
    async () => [await openai().responses.stream({ model: MODEL, input: HI }).finalResponse(), []],
  ],
  [
    "messages, whole",
    async () => [await anthropic().messages.create({ model: MODEL, max_tokens: 100, messages: TURN }), []],
  ],
  [
    "messages, streamed",
    async () => [
      await all(await anthropic().messages.create({ model: MODEL, max_tokens: 100, messages: TURN, stream: true })),
      [0, "message"],
    ],
  ],
  [
    "messages, put together from a stream",
    async () => [
      await anthropic().messages.stream({ model: MODEL, max_tokens: 100, messages: TURN }).finalMessage(),
      [],
    ],
  ],
  ...[false, true].flatMap((enterprise): readonly (readonly [string, Read])[] => [
    [
      `generateContent, whole, enterprise ${enterprise}`,
      async () => [await google(enterprise).models.generateContent({ model: MODEL, contents: HI }), ["promptFeedback"]],
    ],
    [
      `generateContent, streamed, enterprise ${enterprise}`,
      async () => [
        await all(await google(enterprise).models.generateContentStream({ model: MODEL, contents: HI })),
        [0, "promptFeedback"],
      ],
    ],
  ]),
  ["cohere, whole", async () => [await cohere().chat({ model: MODEL, messages: [...TURN] }, { headers: ON }), []]],
  [
    "cohere, streamed",
    async () => [await all(await cohere().chatStream({ model: MODEL, messages: [...TURN] }, { headers: ON })), [0]],
  ],
  [
    "converse, whole",
    async () => [await bedrock().send(new ConverseCommand(CONVERSE)), ["additionalModelResponseFields"]],
  ],
  [
    "converse, streamed",
    async () => {
      const { stream } = await bedrock().send(new ConverseStreamCommand(CONVERSE));
      const stop = (stream === undefined ? [] : await all(stream)).find(({ messageStop }) => messageStop !== undefined);
      return [stop, ["messageStop", "additionalModelResponseFields"]];
    },
  ],
];

test.each(CLIENTS)("%s", async (_name, read) => {
  const [told, path] = await read();
  expect(atPath(told, [...path, "ringmain_notices"])).toEqual([
    { kind: "switch", from: "work/default/first", to: "home/default/second", reason: "server-error", tier: "unknown" },
    { kind: "alias", asked: MODEL, target: "both", by: "written" },
  ]);
});
