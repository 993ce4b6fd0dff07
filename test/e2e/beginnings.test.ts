// How an answer begins, over real sockets against the compiled program: a client that waits gets signs of life, an event of
// megabytes is an event, and a stream is one whatever its label says.
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { type Gateway, startGateway } from "../harness/binary.ts";
import { question, see } from "../harness/client-words.ts";
import { type FakeUpstream, type Step, startFakeUpstream } from "../harness/fake-upstream.ts";
import { ask, connectRaw, post } from "../harness/raw-client.ts";
import { said, wordsOf } from "../harness/vendor-words.ts";

const OPEN_AFTER_MS = 200;
const CLIENTS = {
  openai: { path: "/v1/chat/completions", sign: ": " },
  anthropic: { path: "/v1/messages", sign: "event: ping" },
  responses: { path: "/v1/responses", sign: ": " },
} as const;
const INGRESSES = ["openai", "anthropic", "responses"] as const;

let slow: FakeUpstream;
let good: FakeUpstream;
let gateway: Gateway;

beforeAll(async () => {
  slow = await startFakeUpstream();
  good = await startFakeUpstream(() =>
    streamOf("text/event-stream", wordsOf("openai").frames(said({ pieces: ["SECOND"] }))),
  );
  gateway = await startGateway({
    config: `
auth: { mode: none }
stream_open_after_ms: ${OPEN_AFTER_MS}
providers:
  slow: { protocol: openai, base_url: "${slow.url}", allow_private: true, accounts: [{ id: main, api_key_env: KEY, pinned: true }] }
  good: { protocol: openai, base_url: "${good.url}", allow_private: true, api_key_env: KEY }
  image: { protocol: gemini, base_url: "${slow.url}", allow_private: true, api_key_env: KEY }
models:
  alone: { provider: slow }
  spare: { provider: good }
  picture: { provider: image }
pools:
  both: { select: ranked, members: [{ target: alone }, { target: spare }] }
`,
    env: { KEY: "sk-test" },
  });
}, 30_000);

afterAll(async () => {
  await gateway.stop();
  await Promise.all([slow.close(), good.close()]);
});

/** A whole stream under that content type, ended by the connection's end; null: without any. */
function streamOf(type: string | null, frames: readonly (string | Uint8Array)[]): Step[] {
  const head = `HTTP/1.1 200 OK\r\n${type === null ? "" : `content-type: ${type}\r\n`}connection: close\r\n\r\n`;
  return [{ do: "write", bytes: head }, ...frames.map((bytes): Step => ({ do: "write", bytes })), { do: "end" }];
}

describe.each(INGRESSES)("a %s client whose lane is silent", (ingress) => {
  const { path, sign } = CLIENTS[ingress];
  const body = (model: string) => JSON.stringify(question(ingress, { model, stream: true }));

  test("gets its headers and a sign of life, then the answer", async () => {
    const { promise: until, resolve: speak } = Promise.withResolvers<void>();
    const [head, ...rest] = streamOf("text/event-stream", wordsOf("openai").frames(said({ pieces: ["FIRST"] })));
    slow.answer(() => [{ do: "wait", until }, ...(head === undefined ? [] : [head]), ...rest]);
    const client = await connectRaw(gateway.port);
    client.write(post(path, body("alone")));
    await client.saw(sign);
    expect(client.received().toString()).toContain("x-ringmain-opened: true");
    expect(client.received().toString()).not.toContain("alone");
    speak();
    const answer = await client.answer();
    expect([answer.status, see(ingress, answer.body.toString()).text]).toEqual([200, "FIRST"]);
  });

  test("is served by the next lane where the first breaks after the opening", async () => {
    const { promise: until, resolve: breakOff } = Promise.withResolvers<void>();
    slow.answer(() => [{ do: "wait", until }, { do: "reset" }]);
    const client = await connectRaw(gateway.port);
    client.write(post(path, body("both")));
    await client.saw(sign);
    breakOff();
    expect(see(ingress, (await client.answer()).body.toString()).text).toBe("SECOND");
  });

  test("is told in the stream where all break", async () => {
    const { promise: until, resolve: breakOff } = Promise.withResolvers<void>();
    slow.answer(() => [{ do: "wait", until }, { do: "reset" }]);
    const client = await connectRaw(gateway.port);
    client.write(post(path, body("alone")));
    await client.saw(sign);
    breakOff();
    const { error, endings } = see(ingress, (await client.answer()).body.toString());
    expect([typeof error, endings.length]).toEqual(["string", 1]);
  });
});

test.each([270_000, 1_400_000, 12_000_000])(
  "a first event of %d bytes arrives whole, and its lane stays in",
  async (size) => {
    const data = "A".repeat(size);
    const event = `data: {"candidates":[{"content":{"role":"model","parts":[{"inlineData":{"mimeType":"image/png","data":"${data}"}}]},"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":5,"candidatesTokenCount":9,"totalTokenCount":14}}\n\n`;
    slow.answer(() => streamOf("text/event-stream", [event]));
    const asked = JSON.stringify({ contents: [{ role: "user", parts: [{ text: "Draw" }] }] });
    for (let round = 0; round < 2; round++) {
      const got = await ask(gateway.port, post("/v1beta/models/picture:streamGenerateContent?alt=sse", asked));
      expect([got.status, got.body.toString() === event]).toEqual([200, true]);
    }
  },
);

describe.each([null, "text/plain; charset=utf-8", "application/json", "application/octet-stream"])(
  "a stream labelled %p",
  (type) => {
    test.each(INGRESSES)("is one to a %s client", async (ingress) => {
      slow.answer(() => streamOf(type, wordsOf("openai").frames(said({ pieces: ["LABEL"] }))));
      const asked = JSON.stringify(question(ingress, { model: "alone", stream: true }));
      const got = await ask(gateway.port, post(CLIENTS[ingress].path, asked));
      expect([got.status, see(ingress, got.body.toString()).text]).toEqual([200, "LABEL"]);
      expect(got.headers["content-type"]).toContain("text/event-stream");
    });
  },
);
