/** Both clients at real places: certificates and names, several addresses, compressed answers, and what stays open afterwards. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from "node:zlib";
import { UPSTREAM_CLIENTS, type UpstreamClient } from "../../src/ir/deployment.ts";
import { realEffects } from "../../src/process/real-effects.ts";
import type { SendInput, Sent } from "../../src/upstream/contract.ts";
import { createSend } from "../../src/upstream/send.ts";
import { chunk, type FakeUpstream, jsonStep, startFakeUpstream, streamHead } from "../harness/fake-upstream.ts";
import { type RawServer, selfSigned, startRawServer, startTlsServer } from "../harness/raw-server.ts";
import { until } from "../harness/until.ts";

const send = createSend(realEffects("own"));
const TIMERS = { connectMs: 10_000, firstByteMs: 10_000, idleMs: 10_000, totalMs: 20_000 };

const ask = (client: UpstreamClient, url: string, over: Partial<SendInput> = {}): Promise<Sent> =>
  send({
    url,
    method: "POST",
    headers: { "content-type": "application/json" },
    body: [new TextEncoder().encode("{"), new TextEncoder().encode("}")],
    timers: TIMERS,
    signal: new AbortController().signal,
    proxy: null,
    ca: null,
    client,
    ...over,
  });

/** The body, or how it failed. */
async function verdict(sending: Promise<Sent>): Promise<string> {
  const sent = await sending;
  if (sent.kind !== "response") return sent.kind === "failed" ? `failed, may have run: ${sent.mayHaveRun}` : sent.kind;
  const parts: Uint8Array[] = [];
  for (;;) {
    const next = await sent.body.next();
    if (next.kind === "bytes") parts.push(next.bytes);
    else return next.kind === "end" ? Buffer.concat(parts).toString() : `body ${next.kind}`;
  }
}

describe("certificates", () => {
  let folder: string;
  const servers: RawServer[] = [];
  const ports = new Map<string, number>();
  const authorities = new Map<string, string>();

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "ringmain-tls-"));
    for (const [name, names] of [
      ["localhost", "DNS:localhost"],
      ["other", "DNS:other.invalid"],
      ["address", "IP:127.0.0.1"],
    ] as const) {
      const pem = selfSigned(folder, names);
      if (pem === null) continue;
      const cert = await readFile(pem.cert, "utf8");
      const server = await startTlsServer({ key: await readFile(pem.key, "utf8"), cert });
      servers.push(server);
      ports.set(name, server.port);
      authorities.set(name, cert);
    }
  });

  afterAll(async () => {
    for (const server of servers) await server.close();
    await rm(folder, { recursive: true, force: true });
  });

  const REFUSED = "failed, may have run: false";
  const rows = [
    ["its name, by an authority of one's own", "localhost", "localhost", "localhost", "{}"],
    ["its address, by an authority of one's own", "address", "127.0.0.1", "address", "{}"],
    ["an authority that is not known", "localhost", "localhost", null, REFUSED],
    ["another authority than the given one", "localhost", "localhost", "other", REFUSED],
    ["another name", "other", "localhost", "other", REFUSED],
    ["another name, asked by address", "other", "127.0.0.1", "other", REFUSED],
    ["a name, asked by address", "localhost", "127.0.0.1", "localhost", REFUSED],
  ] as const;
  describe.each(UPSTREAM_CLIENTS)("over %s", (client) => {
    test.each(rows)("%s", async (_what, server, host, authority, wanted) => {
      const port = ports.get(server);
      if (port === undefined) return;
      const ca = authority === null ? null : (authorities.get(authority) ?? "");
      expect(await verdict(ask(client, `https://${host}:${port}/`, { ca }))).toBe(wanted);
    });
  });

  test("a place that trusts it lends no connection to one that does not", async () => {
    const port = ports.get("localhost");
    if (port === undefined) return;
    const url = `https://localhost:${port}/`;
    expect(await verdict(ask("sockets", url, { ca: authorities.get("localhost") ?? "" }))).toBe("{}");
    expect(await verdict(ask("sockets", url))).toBe(REFUSED);
  });

  test("an authority that is none is a refusal, and no crash", async () => {
    const port = ports.get("localhost");
    if (port === undefined) return;
    expect(await verdict(ask("sockets", `https://localhost:${port}/`, { ca: "no PEM" }))).toBe(REFUSED);
  });
});

describe.each(UPSTREAM_CLIENTS)("over %s", (client) => {
  let fake: FakeUpstream;
  beforeAll(async () => {
    fake = await startFakeUpstream();
  });
  afterAll(() => fake.close());

  test("a name with an address where nothing listens is reached at the other", async () => {
    fake.answer(() => [jsonStep(200, {})]);
    expect(await verdict(ask(client, fake.url.replace("127.0.0.1", "localhost")))).toBe("{}");
  });

  test("a name that is none is a refusal", async () => {
    expect(await verdict(ask(client, "http://no-such-host.invalid/"))).toBe("failed, may have run: false");
  });

  const TEXT = JSON.stringify({ text: "wörld ".repeat(20_000) });
  const cases: [string, string, Uint8Array, string][] = [
    ["gzip", "gzip", gzipSync(TEXT), TEXT],
    ["gzip in capitals", "GZIP", gzipSync(TEXT), TEXT],
    ["deflate", "deflate", deflateSync(TEXT), TEXT],
    ["bare deflate", "deflate", deflateRawSync(TEXT), TEXT],
    ["br", "br", brotliCompressSync(TEXT), TEXT],
    ["zstd", "zstd", zstdCompressSync(TEXT), TEXT],
    ["identity", "identity", Buffer.from(TEXT), TEXT],
    ["an encoding that is not known", "x-rot13", Buffer.from("grkg"), "grkg"],
    ["gzip of nothing", "gzip", gzipSync(""), ""],
    ["nothing, called gzip", "gzip", Buffer.alloc(0), ""],
    ["gzip that is none", "gzip", Buffer.from("\u001f\u008b no"), "body failed"],
    ["gzip that is cut short", "gzip", gzipSync(TEXT).subarray(0, -20), "body failed"],
    ["br that is cut short", "br", brotliCompressSync(TEXT).subarray(0, -3), "body failed"],
    ["deflate that is cut short", "deflate", deflateSync(TEXT).subarray(0, -9), "body failed"],
  ];
  test.each(cases)("a body in %s", async (_what, encoding, bytes, wanted) => {
    const head = `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-encoding: ${encoding}\r\n`;
    const whole = Buffer.concat([Buffer.from(`${head}content-length: ${bytes.length}\r\n\r\n`), bytes]);
    fake.answer(() => [{ do: "write", bytes: whole }]);
    expect(await verdict(ask(client, fake.url))).toBe(wanted);
    const pieces = Array.from({ length: Math.ceil(bytes.length / 7) }, (_, at) => bytes.subarray(at * 7, at * 7 + 7));
    fake.answer(() => [
      { do: "write", bytes: `${head}transfer-encoding: chunked\r\n\r\n` },
      ...pieces.map(chunk),
      { do: "write", bytes: "0\r\n\r\n" },
    ]);
    expect(await verdict(ask(client, fake.url))).toBe(wanted);
  });

  test("a compressed body that never ends is left by its reader", async () => {
    const part = gzipSync(TEXT).subarray(0, -20);
    fake.answer(() => [streamHead({ "content-encoding": "gzip" }), chunk(part), { do: "hang" }]);
    const before = fake.requests.length;
    const client2 = new AbortController();
    const sent = await ask(client, fake.url, { signal: client2.signal });
    if (sent.kind !== "response") throw new Error(sent.kind);
    expect((await sent.body.next()).kind).toBe("bytes");
    const rest = verdict(Promise.resolve(sent));
    client2.abort();
    expect(await rest).toBe("body aborted");
    await fake.requests[before]?.gone;
  });
});

describe("what stays open", () => {
  const AT_ONCE = 25;
  let open = 0;
  let openMax = 0;
  let server: Server;
  let url: string;

  /** What is asked for stands in the path. */
  beforeAll(async () => {
    server = createServer((socket) => {
      open += 1;
      openMax = Math.max(openMax, open);
      socket.once("close", () => {
        open -= 1;
      });
      socket.on("error", () => socket.destroy());
      socket.on("data", (request) => {
        const [, what] = /^POST \/(\w+)/.exec(request.toString("latin1")) ?? [];
        if (what === "silence") return;
        const close = what === "closing" ? "connection: close\r\n" : "";
        const head = `HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n${close}transfer-encoding: chunked\r\n\r\n`;
        socket.write(`${head}1\r\na\r\n${what === "stream" ? "" : "0\r\n\r\n"}`);
        if (what === "closing") socket.end();
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    if (address === null || typeof address === "string") throw new Error("no port");
    url = `http://127.0.0.1:${address.port}`;
  });

  afterAll(() => server.close());

  async function exchange(what: "whole" | "closing" | "silence" | "stream" | "left"): Promise<void> {
    const leaver = new AbortController();
    const path = what === "left" ? "stream" : what;
    const sending = ask("sockets", `${url}/${path}`, { signal: leaver.signal });
    if (what === "silence") {
      setImmediate(() => leaver.abort());
      expect(await verdict(sending)).toBe("aborted");
      return;
    }
    const sent = await sending;
    if (sent.kind !== "response") throw new Error(sent.kind);
    expect((await sent.body.next()).kind).toBe("bytes");
    if (what === "stream") leaver.abort();
    else if (what === "left") sent.body.cancel();
    else expect((await sent.body.next()).kind).toBe("end");
  }

  test("after 1,000 exchanges, finished, aborted and left, no more connections than were used at once", async () => {
    const kinds = ["whole", "closing", "silence", "stream", "left"] as const;
    for (let round = 0; round < 1_000 / AT_ONCE; round += 1) {
      await Promise.all(Array.from({ length: AT_ONCE }, (_, at) => exchange(kinds[at % kinds.length] ?? "whole")));
    }
    await until(() => open <= AT_ONCE);
    // Those of one round may still be closing while the next one begins.
    expect(openMax).toBeLessThanOrEqual(3 * AT_ONCE);
  });
});

test("a handshake that nobody answers ends at the limit for connecting, and its connection with it", async () => {
  const gone = Promise.withResolvers<void>();
  const stalled = await startRawServer((socket) => void socket.once("close", () => gone.resolve()).resume());
  const sent = ask("sockets", `https://127.0.0.1:${stalled.port}/`, { timers: { ...TIMERS, connectMs: 50 } });
  expect(await sent).toMatchObject({ kind: "failed", failure: { kind: "timeout" }, mayHaveRun: false });
  await gone.promise;
  await stalled.close();
});
