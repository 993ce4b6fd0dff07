// SIGTERM under a thousand open streams: every one that ends within the grace ends whole, and the program with them.
import { expect, test } from "bun:test";
import { startGateway } from "../harness/binary.ts";
import { question, see } from "../harness/client-words.ts";
import { chunk, lastChunk, startFakeUpstream, streamHead } from "../harness/fake-upstream.ts";
import { connectRaw, post, type RawClient } from "../harness/raw-client.ts";
import { OPENAI_WORDS, said } from "../harness/vendor-words.ts";

const STREAMS = 1_000;
/** Connections that are opened at once. */
const AT_ONCE = 50;

test("every stream that ends within the grace ends whole", async () => {
  const frames = OPENAI_WORDS.frames(said({ pieces: ["Hello, ", "wörld."] }), { usage: false });
  const begun = OPENAI_WORDS.handshakeFrames + 1;
  const gate = Promise.withResolvers<void>();
  const upstream = await startFakeUpstream(() => [
    streamHead(),
    ...frames.slice(0, begun).map(chunk),
    { do: "wait", until: gate.promise },
    ...frames.slice(begun).map(chunk),
    lastChunk,
  ]);
  const gateway = await startGateway({
    config: `
listen: "127.0.0.1:0"
drain_secs: 60
providers:
  local: { protocol: openai, base_url: "${upstream.url}", api_key_env: K, allow_private: true }
models:
  m: { provider: local, upstream_model: x, max_concurrent: ${2 * STREAMS} }
`,
    env: { K: "test-key-1" },
  });
  const request = post("/v1/chat/completions", JSON.stringify(question("openai", { model: "m", stream: true })));
  const clients: RawClient[] = [];
  while (clients.length < STREAMS) {
    const more = await Promise.all(Array.from({ length: AT_ONCE }, () => connectRaw(gateway.port)));
    for (const client of more) client.write(request);
    clients.push(...more);
  }
  await Promise.all(clients.map((client) => client.saw("Hello, ")));
  gateway.signal("SIGTERM");
  await gateway.wrote(/no new connections/);
  gate.resolve();
  const answers = await Promise.all(clients.map((client) => client.answer()));
  const heard = answers.map(({ status, body }) => {
    const { text, error, endings } = see("openai", body.toString());
    return JSON.stringify([status, text, error, endings]);
  });
  expect([...new Set(heard)]).toEqual([JSON.stringify([200, "Hello, wörld.", null, ["[DONE]"]])]);
  expect(await gateway.exited).toBe(0);
  for (const client of clients) client.leave();
  await upstream.close();
}, 120_000);

test("a stream that does not end within the grace is ended honestly", async () => {
  const frames = OPENAI_WORDS.frames(said(), { usage: false });
  const upstream = await startFakeUpstream(() => [
    streamHead(),
    ...frames.slice(0, OPENAI_WORDS.handshakeFrames + 1).map(chunk),
    { do: "hang" },
  ]);
  const gateway = await startGateway({
    config: `
listen: "127.0.0.1:0"
drain_secs: 1
providers:
  local: { protocol: openai, base_url: "${upstream.url}", api_key_env: K, allow_private: true }
models:
  m: { provider: local, upstream_model: x }
`,
    env: { K: "test-key-1" },
  });
  const client = await connectRaw(gateway.port);
  client.write(post("/v1/chat/completions", JSON.stringify(question("openai", { model: "m", stream: true }))));
  await client.saw("Hel");
  gateway.signal("SIGINT");
  const { body } = await client.answer();
  const { error, endings } = see("openai", body.toString());
  expect([error, endings.length]).toEqual(["Service unavailable: the gateway is shutting down.", 1]);
  expect(await gateway.exited).toBe(0);
  await upstream.close();
}, 60_000);
