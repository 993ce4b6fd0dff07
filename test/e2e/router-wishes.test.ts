// What clients ask of the router, over real sockets against the compiled program: every header before and after a stream is opened,
// ids and their owners, waits, debug, data, and a conversation made shorter.
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { type Gateway, startGateway } from "../harness/binary.ts";
import { question, see } from "../harness/client-words.ts";
import { type FakeUpstream, type Step, startFakeUpstream } from "../harness/fake-upstream.ts";
import { ask, get, post, type RawAnswer } from "../harness/raw-client.ts";
import { said, wordsOf } from "../harness/vendor-words.ts";

const WORDS = wordsOf("openai");
let vendor: FakeUpstream;
let limited: FakeUpstream;
let gateway: Gateway;
/** Requests that have reached the vendor. */
let asked = 0;

function answer(status: string, type: string, body: string, more = ""): Step[] {
  const head = `HTTP/1.1 ${status}\r\ncontent-type: ${type}\r\nconnection: close\r\n${more}content-length: ${Buffer.byteLength(body)}\r\n\r\n`;
  return [{ do: "write", bytes: `${head}${body}` }, { do: "end" }];
}

/** Says how often it was asked, so that an answer that is given again is known. */
const counting = (request: { readonly body: Buffer }): Step[] => {
  asked += 1;
  const text = said({ pieces: [`Answer ${asked}.`] });
  return JSON.parse(request.body.toString()).stream === true
    ? answer("200 OK", "text/event-stream", WORDS.frames(text, { usage: true }).join(""))
    : answer("200 OK", "application/json", WORDS.body(text));
};

const LATER = '{"error":{"message":"Later.","type":"rate_limit_error"}}';

beforeAll(async () => {
  [vendor, limited] = await Promise.all([
    startFakeUpstream(counting),
    startFakeUpstream(() => answer("429 Too Many Requests", "application/json", LATER, "retry-after: 2\r\n")),
  ]);
  const provider = (name: string, { url }: FakeUpstream, more: string) =>
    `  ${name}: { protocol: openai, base_url: "${url}", allow_private: true, api_key_env: KEY${more} }\n`;
  gateway = await startGateway({
    config: `
listen: "127.0.0.1:0"
auth: { mode: token, client_tokens: ["token-of-alice", "token-of-bob"] }
stream_open_after_ms: 300
providers:
${provider("keeps", vendor, ", retention: kept")}${provider("zero", vendor, ", retention: none")}${provider("out", limited, "")}
models:
  plain: { provider: keeps }
  sealed: { provider: zero, region: eu }
  tiny: { provider: keeps, upstream_model: small, capabilities: { context_window: 8000 } }
  late: { provider: out }
  later: { provider: out, upstream_model: other }
pools:
  main: { select: ordered, members: [{ target: plain }, { target: sealed }] }
  small: { members: [{ target: tiny }], context: { on_overflow: trim_oldest } }
  busy: { members: [{ target: late }, { target: later }] }
`,
    env: { KEY: "sk-test" },
  });
}, 30_000);

afterAll(async () => {
  await gateway.stop();
  await Promise.all([vendor.close(), limited.close()]);
});

interface Asking {
  readonly model?: string;
  readonly stream?: boolean;
  readonly token?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly more?: Readonly<Record<string, unknown>>;
}

function send({
  model = "main",
  stream = false,
  token = "token-of-alice",
  headers = {},
  more,
}: Asking): Promise<RawAnswer> {
  const body = JSON.stringify(question("openai", { model, stream, ...(more === undefined ? {} : { more }) }));
  return ask(gateway.port, post("/v1/chat/completions", body, { authorization: `Bearer ${token}`, ...headers }));
}

const UNREADABLE: readonly (readonly [string, string])[] = [
  ["x-router-task-type", "coding"],
  ["x-router-quality-threshold", "7"],
  ["x-router-max-wait-ms", "soon"],
  ["x-router-allow-degrade", "perhaps"],
  ["x-router-request-id", "two words"],
  ["x-router-resume", "true"],
  ["x-router-debug", "loud"],
  ["x-router-zdr", "most"],
  ["x-router-data-collection", "some"],
  ["x-router-admin-token", "token-of-alice"],
  ["x-router-colour", "blue"],
];

test.each(UNREADABLE.flatMap(([name, value]) => [false, true].map((stream) => [name, value, stream] as const)))(
  "%s: %s is a 400 that names it (streamed: %p)",
  async (name, value, stream) => {
    const before = asked;
    const got = await send({ stream, headers: { [name]: value } });
    expect([got.status, asked]).toEqual([400, before]);
    expect(see("openai", got.body.toString()).error).toStartWith(name);
  },
);

describe("an id", () => {
  test.each([false, true])("is answered once, for its owner (streamed: %p)", async (stream) => {
    const headers = { "x-router-request-id": `turn-${stream}` };
    const [first, joined] = await Promise.all([send({ stream, headers }), send({ stream, headers })]);
    const again = await send({ stream, headers: { ...headers, "x-router-resume": "true" } });
    expect([first.status, joined.status, again.status]).toEqual([200, 200, 200]);
    expect([joined.body.toString(), again.body.toString()]).toEqual([first.body.toString(), first.body.toString()]);
    expect(again.headers["x-ringmain-replayed"]).toBe("true");
    const other = await send({ stream, headers, token: "token-of-bob" });
    expect(other.body.toString()).not.toBe(first.body.toString());
    const changed = await send({ stream, headers, more: { temperature: 0.5 } });
    expect([changed.status, changed.headers["x-ringmain-error"]]).toEqual([409, "idempotency_mismatch"]);
  });
});

describe("with several workers", () => {
  test("an id is answered once by all of them", async () => {
    const many = await startGateway({
      config: `
listen: "127.0.0.1:0"
workers: 2
auth: { mode: token, client_tokens: ["token-of-alice"] }
providers: { keeps: { protocol: openai, base_url: "${vendor.url}", allow_private: true, api_key_env: KEY } }
models: { main: { provider: keeps } }
`,
      env: { KEY: "sk-test" },
    });
    try {
      const before = asked;
      const answers: string[] = [];
      // Each on a connection of its own, so that both workers take some.
      for (let turn = 0; turn < 24; turn += 1) {
        const headers = { authorization: "Bearer token-of-alice", "x-router-request-id": "turn" };
        const body = JSON.stringify(question("openai", { model: "main" }));
        answers.push((await ask(many.port, post("/v1/chat/completions", body, headers))).body.toString());
      }
      expect([new Set(answers).size, asked - before]).toEqual([1, 1]);
    } finally {
      await many.stop();
    }
  }, 30_000);
});

test("what was decided is told to who asks, and to nobody else", async () => {
  const plain = await send({});
  expect([plain.headers["x-router-metadata"], plain.body.toString().includes('"router"')]).toEqual([undefined, false]);
  const got = await send({ headers: { "x-router-debug": "true", "x-router-task-type": "rewrite" } });
  const told = JSON.parse(Buffer.from(got.headers["x-router-metadata"] ?? "", "base64").toString());
  expect(told).toMatchObject({
    selectedModelId: "plain",
    taskType: "rewrite",
    attempts: [{ modelId: "plain", outcome: "success" }],
  });
  expect(JSON.parse(got.body.toString()).router).toEqual(told);
});

describe("data", () => {
  test.each([
    [{ headers: { "x-router-zdr": "true" } }, "zero/default/sealed"],
    [{ more: { provider: { zdr: true } } }, "zero/default/sealed"],
    [{ headers: { "x-router-data-collection": "deny" } }, "keeps/default/plain"],
    [{}, "keeps/default/plain"],
  ])("%j goes to %s", async (asking, lane) => {
    expect((await send(asking)).headers["x-ringmain-lane"]).toBe(lane);
  });

  test("that no lane keeps to is a refusal", async () => {
    const got = await send({ model: "plain", headers: { "x-router-zdr": "true" } });
    expect([got.status, got.headers["x-ringmain-error"]]).toEqual([400, "constraint_filtered"]);
  });
});

describe("a wait", () => {
  test("of no length ends at once, with the moment to come back", async () => {
    await send({ model: "busy", headers: { "x-router-max-wait-ms": "0" } });
    const got = await send({ model: "busy", headers: { "x-router-max-wait-ms": "1" } });
    expect([got.status, got.headers["x-ringmain-error"]]).toEqual([503, "no_suitable_model_available"]);
    const { error } = JSON.parse(got.body.toString());
    expect(Number(got.headers["retry-after"])).toBe(Math.ceil(error.retry_after_ms / 1_000));
    expect(error.gateway.skipped).toHaveLength(2);
  });

  test("that is longer opens the stream, and its end is told in it", async () => {
    const got = await send({ model: "busy", stream: true, headers: { "x-router-max-wait-ms": "2500" } });
    expect([got.status, got.headers["x-ringmain-opened"], got.headers["x-router-metadata"]]).toEqual([
      200,
      "true",
      undefined,
    ]);
    const text = got.body.toString();
    expect(see("openai", text).error).not.toBeNull();
    expect(text).toContain('"gateway"');
  }, 15_000);
});

test("a conversation is made shorter where its pool says so", async () => {
  const long = "And so it went, from one thing to another. ".repeat(700);
  const messages = [
    { role: "system", content: "Be kind." },
    { role: "user", content: long },
    { role: "assistant", content: long },
    { role: "user", content: "And now?" },
  ];
  const got = await send({ model: "small", more: { messages } });
  expect([got.status, got.headers["x-ringmain-trimmed"]]).toEqual([200, "turns=2; order=oldest"]);
  expect(got.headers["x-ringmain-losses"]).toContain("messages dropped");
});

test("a list of models takes no unknown wish either", async () => {
  const headers = { authorization: "Bearer token-of-alice", "x-router-colour": "blue" };
  expect((await ask(gateway.port, get("/v1/models", headers))).status).toBe(400);
});
