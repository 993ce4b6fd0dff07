// Exact bytes over real sockets: what reaches the vendor, what reaches the client, and who hears when somebody leaves.
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { type Gateway, startGateway } from "../harness/binary.ts";
import { question, see } from "../harness/client-words.ts";
import { chunk, lastChunk, type Step, startFakeUpstream, streamHead } from "../harness/fake-upstream.ts";
import { configText, ENV } from "../harness/gateway-config.ts";
import { ask, connectRaw, get, post } from "../harness/raw-client.ts";
import { BODY_WORDS, type BodySpeaker, said } from "../harness/vendor-words.ts";
import { startVendor, type Vendor } from "../harness/vendors.ts";

const MODELS = [
  "text",
  "hang",
  "hang-mid",
  "reset",
  "reset-mid",
  "html",
  "rejected",
  "gated",
  "cut-40",
  "cut-400",
  "cut-900",
];
const MIB = 1024 * 1024;

let vendors: Record<BodySpeaker, Vendor>;
let gateway: Gateway;

beforeAll(async () => {
  vendors = {
    openai: await startVendor("openai"),
    anthropic: await startVendor("anthropic"),
    responses: await startVendor("responses"),
    cohere: await startVendor("cohere"),
  };
  gateway = await startGateway({
    config: configText({ ...vendors, models: MODELS, more: "metering: estimate" }),
    env: ENV,
  });
}, 300_000);

afterAll(async () => {
  await gateway.stop();
  await Promise.all(Object.values(vendors).map((each) => each.close()));
}, 60_000);

for (const words of BODY_WORDS) {
  const other = words.protocol === "openai" ? "anthropic" : "openai";
  const vendor = (): Vendor => vendors[words.protocol];

  describe(words.protocol, () => {
    test("the request's bytes arrive but for the model, the answer's bytes come back", async () => {
      const body = `{ "model" : "${words.protocol}-text",\r\n\t"${words.protocol === "responses" ? "input" : "messages"}":[{"role":"user","content":"\\ud800 \u00e9 \u2028"}], "max_tokens":100, "seed":9007199254740993, "x":[1.0,-0,1e2] }\n`;
      const before = vendor().requests.length;
      const answer = await ask(gateway.port, post(words.path, body));
      const [request] = vendor().requests.slice(before);
      expect(request?.body.toString()).toBe(body.replace(`"${words.protocol}-text"`, '"text"'));
      expect(request?.path).toBe(words.path);
      expect(answer.body.toString()).toBe(words.body(said({ model: "text" })));
      expect(answer.headers["content-length"]).toBe(String(answer.body.length));
      expect(answer.headers["content-encoding"]).toBeUndefined();
    });

    test("a stream's bytes come back", async () => {
      const answer = await ask(
        gateway.port,
        post(words.path, JSON.stringify(question(words.protocol, { model: `${words.protocol}-text`, stream: true }))),
      );
      expect(answer.headers["content-type"]).toStartWith("text/event-stream");
      const usage = words.protocol !== "openai";
      expect(answer.body.toString()).toBe(words.frames(said({ model: "text" }), { usage }).join(""));
    });

    test("a refusal's bytes come back", async () => {
      const answer = await ask(
        gateway.port,
        post(words.path, JSON.stringify(question(words.protocol, { model: `${words.protocol}-rejected` }))),
      );
      expect([answer.status, answer.body.toString()]).toEqual([400, words.error("rejected").body]);
    });

    test("the vendor is sent its own key, an honest name, and nothing of the client's", async () => {
      const secret = "clients-own-secret";
      const before = vendor().requests.length;
      await ask(
        gateway.port,
        post(words.path, JSON.stringify(question(words.protocol, { model: `${words.protocol}-text` })), {
          authorization: `Bearer ${secret}`,
          cookie: `a=${secret}`,
          "x-forwarded-for": "10.9.8.7",
          "user-agent": "Client/1",
        }),
      );
      const headers = vendor().requests[before]?.headers ?? {};
      expect(JSON.stringify(headers)).not.toContain(secret);
      expect(JSON.stringify(headers)).toContain(
        {
          openai: ENV.OPENAI_TEST_KEY,
          anthropic: ENV.ANTHROPIC_TEST_KEY,
          responses: ENV.RESPONSES_TEST_KEY,
          cohere: ENV.COHERE_TEST_KEY,
        }[words.protocol],
      );
      expect(headers["user-agent"]).toStartWith("ringmain/");
      expect(headers["x-forwarded-for"]).toBeUndefined();
    });

    for (const how of ["vanish", "leave"] as const) {
      test(`a client that goes (${how}) while the vendor is silent: the vendor's connection goes too`, async () => {
        for (const [name, stream] of [
          ["hang", false],
          ["hang", true],
          ["hang-mid", true],
        ] as const) {
          for (const ingress of [words.protocol, other]) {
            const path = BODY_WORDS.find((each) => each.protocol === ingress)?.path ?? "";
            const before = vendor().requests.length;
            const client = await connectRaw(gateway.port);
            client.write(post(path, JSON.stringify(question(ingress, { model: `${words.protocol}-${name}`, stream }))));
            await vendor().received(before + 1);
            if (name === "hang-mid") await client.saw("Hel");
            client[how]();
            await vendor().requests[before]?.gone;
          }
        }
      }, 20_000);
    }

    test("an answer cut at any point is an error, never a short answer that looks whole", async () => {
      for (const name of ["cut-40", "cut-400", "cut-900"]) {
        for (const stream of name === "cut-900" ? [true] : [false, true]) {
          const answer = await ask(
            gateway.port,
            post(words.path, JSON.stringify(question(words.protocol, { model: `${words.protocol}-${name}`, stream }))),
          );
          const seen = see(words.protocol, answer.body.toString());
          expect([name, stream, seen.error === null, seen.broken]).toEqual([name, stream, false, 0]);
        }
      }
    });

    test("a page of HTML with status 200 is a 502 in dialect", async () => {
      const answer = await ask(
        gateway.port,
        post(words.path, JSON.stringify(question(words.protocol, { model: `${words.protocol}-html` }))),
      );
      expect(answer.status).toBe(502);
      expect(see(words.protocol, answer.body.toString()).error).not.toBeNull();
      expect(answer.body.toString()).not.toContain("sign in");
    });

    test("a body that says it is too large is refused before it is sent", async () => {
      const answer = await ask(gateway.port, post(words.path, "{", { "content-length": String(33 * MIB) }));
      expect(answer.status).toBe(413);
      expect(see(words.protocol, answer.body.toString()).error).not.toBeNull();
    });

    test("a body in chunks that grows too large is refused", async () => {
      const client = await connectRaw(gateway.port);
      client.write(get(words.path, { "content-type": "application/json", "transfer-encoding": "chunked" }, "POST"));
      const piece = Buffer.concat([Buffer.from("100000\r\n"), Buffer.alloc(MIB, 0x20), Buffer.from("\r\n")]);
      for (let sent = 0; sent < 34; sent++) client.write(piece);
      expect((await client.answer()).status).toBe(413);
      client.vanish();
    });

    test("hostile bodies are refused in dialect, and the next request is served", async () => {
      const bodies = [
        "[".repeat(100_000),
        `{"a":${"[".repeat(5_000)}${"]".repeat(5_000)}}`,
        '{"model":',
        "\u0000",
        '{"model":"x","model":"y"}',
      ];
      for (const body of bodies) {
        const answer = await ask(gateway.port, post(words.path, body));
        expect(answer.status).toBe(400);
        expect(see(words.protocol, answer.body.toString()).error).not.toBeNull();
      }
      const invalid = await ask(gateway.port, post(words.path, Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x7d])));
      expect(invalid.status).toBe(400);
      const fine = await ask(
        gateway.port,
        post(words.path, JSON.stringify(question(words.protocol, { model: `${words.protocol}-text` }))),
      );
      expect(fine.status).toBe(200);
    });
  });
}

const PATHS: readonly (readonly [string, string, number, BodySpeaker])[] = [
  ["GET", "/nowhere", 404, "openai"],
  ["POST", "/v1/messages/nowhere", 404, "anthropic"],
  ["GET", "/v1/chat/completions", 405, "openai"],
  ["GET", "/v1/messages", 405, "anthropic"],
  ["GET", "/v1/responses", 405, "responses"],
  ["GET", "/v1/responses/resp_1", 404, "responses"],
  ["DELETE", "/v1/models", 405, "openai"],
  ["POST", "/admin/keys", 404, "openai"],
  ["GET", "/v1/..%2fadmin", 404, "openai"],
  ["GET", "//stats", 404, "openai"],
];

for (const [method, path, status, dialect] of PATHS) {
  test(`${method} ${path} is a ${status} in JSON`, async () => {
    const answer = await ask(gateway.port, get(path, { "content-length": "0" }, method));
    expect(answer.status).toBe(status);
    expect(see(dialect, answer.body.toString()).error).not.toBeNull();
  });
}

test("the operator's pages answer, and every answer says not to be stored", async () => {
  for (const path of ["/healthz", "/readyz", "/stats", "/metrics", "/v1/models"]) {
    const answer = await ask(gateway.port, get(path));
    expect([path, answer.status]).toEqual([path, 200]);
    expect(answer.headers["cache-control"]).toContain("no-store");
  }
});

test("what was asked for shows in the statistics and the metrics", async () => {
  await ask(gateway.port, post("/v1/chat/completions", JSON.stringify(question("openai", { model: "openai-text" }))));
  const stats = (await ask(gateway.port, get("/stats"))).body.toString();
  const metrics = (await ask(gateway.port, get("/metrics"))).body.toString();
  expect(stats).toContain("openai/default/openai-text");
  expect(metrics).toContain("openai-text");
});

/** Answers of the gateway, each of which takes a turn of its loop. */
const LOOP_TURNS = 100;

test("a client that does not read slows the vendor down, and loses nothing", async () => {
  const piece = "x".repeat(64 * 1024);
  const pieces = 800;
  let said64k = 0;
  const frame = `data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{"content":"${piece}"},"finish_reason":null}]}\n\n`;
  const flood: Step[] = Array.from({ length: pieces }, () => [
    chunk(frame),
    {
      do: "wait" as const,
      get until() {
        said64k++;
        return Promise.resolve();
      },
    },
  ]).flat();
  const last =
    'data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n';
  const upstream = await startFakeUpstream(() => [streamHead(), ...flood, chunk(last), lastChunk]);
  const slow = await startGateway({
    config: configText({
      ...vendors,
      openai: { ...vendors.openai, url: upstream.url },
      models: ["text"],
      more: "metering: estimate",
    }),
    env: ENV,
  });
  const client = await connectRaw(slow.port);
  client.write(
    post("/v1/chat/completions", JSON.stringify(question("openai", { model: "openai-text", stream: true }))),
  );
  await client.saw("data:");
  client.pause();
  // Until the vendor is held up: it says nothing more while the gateway has gone round its loop many times.
  for (let before = -1; before !== said64k; ) {
    before = said64k;
    for (let turn = 0; turn < LOOP_TURNS; turn++) await ask(slow.port, get("/healthz"));
  }
  expect(said64k).toBeLessThan(pieces);
  client.resume();
  const answer = await client.answer();
  expect(answer.body.length).toBe(frame.length * pieces + last.length);
  expect(said64k).toBe(pieces);
  await slow.stop();
  await upstream.close();
}, 120_000);
