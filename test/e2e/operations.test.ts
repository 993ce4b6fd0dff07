// The official OpenAI client's embeddings, moderations, pictures and sound through the compiled gateway, and HTTP/2 to it.
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import http2 from "node:http2";
import OpenAI, { AzureOpenAI, toFile } from "openai";
import { type Gateway, startGateway } from "../harness/binary.ts";
import {
  chunk,
  type FakeUpstream,
  jsonStep,
  lastChunk,
  type ReceivedRequest,
  type Step,
  startFakeUpstream,
  streamSteps,
} from "../harness/fake-upstream.ts";
import { CANARY, ENV } from "../harness/gateway-config.ts";

const START_MS_MAX = 300_000;
/** Every byte there is, so that whatever reads it as text shows. */
const SOUND = Uint8Array.from({ length: 70_000 }, (_, at) => (at * 7) % 256);
const VECTOR = Buffer.from(new Float32Array([0.5, -1, 2]).buffer).toString("base64");

let upstream: FakeUpstream;
let gateway: Gateway;
let client: OpenAI;

const event = (type: string, more: object): string => `event: ${type}\ndata: ${JSON.stringify({ type, ...more })}\n\n`;

function answer({ path, body, headers }: ReceivedRequest): Step[] {
  if (body.includes("upstream-broken")) return [jsonStep(500, { error: { message: "broken" } })];
  switch (path) {
    case "/v1/embeddings":
      return [
        jsonStep(200, {
          object: "list",
          model: "m",
          data: [{ object: "embedding", index: 0, embedding: VECTOR }],
          usage: { prompt_tokens: 3, total_tokens: 3 },
        }),
      ];
    case "/v1/moderations":
      return [
        jsonStep(200, { id: "modr-1", model: "m", results: [{ flagged: false, categories: {}, category_scores: {} }] }),
      ];
    case "/v1/completions":
      return [
        jsonStep(200, {
          id: "c",
          object: "text_completion",
          created: 1,
          model: "m",
          choices: [{ text: "hi", index: 0, logprobs: null, finish_reason: "stop" }],
        }),
      ];
    case "/v1/images/edits":
    case "/v1/images/generations":
      return body.includes('"stream":true')
        ? streamSteps([
            event("image_generation.partial_image", { b64_json: "aGk=" }),
            event("image_generation.completed", {
              b64_json: "aGk=",
              usage: { input_tokens: 1, output_tokens: 2, total_tokens: 3 },
            }),
          ])
        : [jsonStep(200, { created: 1, data: [{ b64_json: "aGk=" }] })];
    case "/v1/audio/transcriptions":
      return headers["content-type"]?.startsWith("multipart/form-data")
        ? [jsonStep(200, { text: "hello" })]
        : [jsonStep(400, {})];
    case "/v1/audio/speech":
      return [
        { do: "write", bytes: "HTTP/1.1 200 OK\r\ncontent-type: audio/mpeg\r\ntransfer-encoding: chunked\r\n\r\n" },
        chunk(SOUND.subarray(0, 30_000)),
        ...(body.includes("upstream-cut") ? [{ do: "reset" } as const] : [chunk(SOUND.subarray(30_000)), lastChunk]),
      ];
    case "/v1/chat/completions":
      return [
        jsonStep(200, {
          id: "x",
          object: "chat.completion",
          created: 1,
          model: "m",
          choices: [{ index: 0, message: { role: "assistant", content: "hi" }, finish_reason: "stop" }],
        }),
      ];
    default:
      return [jsonStep(404, { error: { message: `nothing at ${path}` } })];
  }
}

beforeAll(async () => {
  upstream = await startFakeUpstream(answer);
  const config = [
    'listen: "127.0.0.1:0"',
    "workers: 2",
    "providers:",
    `  openai: { protocol: openai, base_url: "${upstream.url}", api_key_env: OPENAI_TEST_KEY, allow_private: true }`,
    "models:",
    ...["broken", "fine", "cut"].map((name) => `  ${name}: { provider: openai, upstream_model: upstream-${name} }`),
    "  omni-moderation-latest: { provider: openai, upstream_model: upstream-fine }",
    "pools:",
    "  pool: { members: [ { target: broken, weight: 100 }, { target: fine, weight: 1 } ] }",
    "",
  ].join("\n");
  gateway = await startGateway({ config, env: ENV });
  client = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: "any", maxRetries: 0 });
}, START_MS_MAX);

afterAll(async () => {
  await gateway.stop();
  await upstream.close();
}, 60_000);

describe("the OpenAI client over a pool whose first lane is broken", () => {
  test("embeddings", async () => {
    const got = await client.embeddings.create({ model: "pool", input: ["hi"] });
    expect(got.data[0]?.embedding).toEqual([0.5, -1, 2]);
    expect(got.usage.total_tokens).toBe(3);
  });

  test("moderations, the model left out", async () => {
    expect((await client.moderations.create({ input: "hi" })).results).toHaveLength(1);
  });

  test("a text completion", async () => {
    expect((await client.completions.create({ model: "pool", prompt: "say hi" })).choices[0]?.text).toBe("hi");
  });

  test("a picture, and one as a stream", async () => {
    expect((await client.images.generate({ model: "pool", prompt: "a cat" })).data).toEqual([{ b64_json: "aGk=" }]);
    const types: string[] = [];
    const stream = await client.images.generate({ model: "pool", prompt: "a cat", stream: true });
    for await (const each of stream) types.push(each.type);
    expect(types).toEqual(["image_generation.partial_image", "image_generation.completed"]);
  });

  test("a picture edited: the file arrives as it was, the model as the lane's", async () => {
    const image = await toFile(SOUND, "cat.png", { type: "image/png" });
    const got = await client.images.edit({ model: "pool", image, prompt: "a hat" });
    expect(got.data).toHaveLength(1);
    const sent = upstream.requests.filter(({ path }) => path === "/v1/images/edits");
    expect(sent).toHaveLength(2);
    for (const { body, headers } of sent) {
      const form = await new Response(new Uint8Array(body), {
        headers: { "content-type": headers["content-type"] ?? "" },
      }).formData();
      const file = form.get("image");
      if (!(file instanceof File)) throw new Error("there is no file");
      expect([file.name, file.type, Buffer.from(await file.arrayBuffer()).equals(Buffer.from(SOUND))]).toEqual([
        "cat.png",
        "image/png",
        true,
      ]);
      expect(["upstream-broken", "upstream-fine"]).toContain(String(form.get("model")));
      expect(form.get("prompt")).toBe("a hat");
    }
  });

  test("a transcript", async () => {
    const file = await toFile(SOUND, "a.wav");
    expect((await client.audio.transcriptions.create({ model: "pool", file })).text).toBe("hello");
  });

  test("speech, byte for byte", async () => {
    const got = await client.audio.speech.create({ model: "pool", voice: "alloy", input: "hi" });
    expect(got.headers.get("content-type")).toBe("audio/mpeg");
    expect(Buffer.from(await got.arrayBuffer()).equals(Buffer.from(SOUND))).toBe(true);
  });

  test("speech that breaks off is an error and no short recording", async () => {
    // Before the first byte it is an answer of its own, behind it the connection says it.
    const heard = client.audio.speech.create({ model: "cut", voice: "alloy", input: "hi" });
    await expect(heard.then((got) => got.arrayBuffer())).rejects.toThrow();
  });
});

test("Azure's client, which names its deployment in the path", async () => {
  const azure = new AzureOpenAI({ endpoint: gateway.url, apiKey: "any", apiVersion: "2024-10-21", maxRetries: 0 });
  const got = await azure.chat.completions.create({ model: "pool", messages: [{ role: "user", content: "hi" }] });
  expect(got.choices[0]?.message.content).toBe("hi");
  expect((await azure.embeddings.create({ model: "pool", input: "hi" })).data).toHaveLength(1);
});

test("HTTP/2 without TLS reaches every worker", async () => {
  const ask = () =>
    new Promise<string>((resolve, reject) => {
      const session = http2.connect(gateway.url);
      session.on("error", reject);
      const stream = session.request({
        ":method": "POST",
        ":path": "/v1/embeddings",
        "content-type": "application/json",
      });
      let text = "";
      stream.on("data", (bytes: Buffer) => {
        text += bytes.toString();
      });
      stream.on("end", () => {
        session.close();
        resolve(text);
      });
      stream.end('{"model":"fine","input":"hi"}');
    });
  const all = await Promise.all(Array.from({ length: 12 }, ask));
  for (const text of all) expect(JSON.parse(text).data).toHaveLength(1);
});

test("no key reaches the log", () => {
  expect(gateway.stdout() + gateway.stderr()).not.toContain(CANARY);
});
