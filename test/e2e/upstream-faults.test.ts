// Every way an upstream fails, over real sockets against the compiled program: what the client of a single lane gets, that
// another lane serves where there is one, that a broken answer never looks whole, and that nothing hangs or leaks.
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { UPSTREAM_CLIENTS } from "../../src/ir/deployment.ts";
import { type Gateway, startGateway } from "../harness/binary.ts";
import { question, see } from "../harness/client-words.ts";
import {
  chunk,
  type FakeUpstream,
  lastChunk,
  type Step,
  startFakeUpstream,
  streamHead,
} from "../harness/fake-upstream.ts";
import { ask, connectRaw, post, type RawAnswer } from "../harness/raw-client.ts";
import { closedPort, type RawServer, selfSigned, startRawServer, startTlsServer } from "../harness/raw-server.ts";
import { OPENAI_WORDS, said, wordsOf } from "../harness/vendor-words.ts";
import { createSeededRandom } from "../harness/virtual-effects.ts";

const CHAT = "/v1/chat/completions";
const ADMIN = "admin-token-1";
/** Short, and long enough for a machine under load to answer within. */
const PATIENCE_MS = 900;
const WHOLE = said({ pieces: ["Hello, ", "wörld."] });
const BODY = OPENAI_WORDS.body(WHOLE);
const FRAMES = OPENAI_WORDS.frames(WHOLE, { usage: false });

describe.each(UPSTREAM_CLIENTS)("over %s", (upstreamClient) => {
  let gateway: Gateway;
  let faulty: FakeUpstream;
  let good: FakeUpstream;
  let elsewhere: FakeUpstream;
  const servers: RawServer[] = [];
  let folder: string;
  let hasTls = false;

  /** Base URL of each provider that fails by how it is connected to. */
  async function places(): Promise<Record<string, string>> {
    const resetting = await startRawServer((socket) => void socket.resetAndDestroy());
    const stalled = await startRawServer(() => undefined);
    const closing = await startRawServer((socket) => void socket.end());
    const plain = await startRawServer((socket) =>
      socket.once("data", () => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n")),
    );
    servers.push(resetting, stalled, closing, plain);
    const pem = selfSigned(folder);
    hasTls = pem !== null;
    let selfSignedPort = stalled.port;
    if (pem !== null) {
      const tls = await startTlsServer({
        key: await readFile(pem.key, "utf8"),
        cert: await readFile(pem.cert, "utf8"),
      });
      servers.push(tls);
      selfSignedPort = tls.port;
    }
    return {
      refused: `http://127.0.0.1:${await closedPort()}`,
      resetting: `http://127.0.0.1:${resetting.port}`,
      closing: `http://127.0.0.1:${closing.port}`,
      stalled: `http://127.0.0.1:${stalled.port}`,
      "tls-to-plain": `https://127.0.0.1:${plain.port}`,
      "tls-stalled": `https://127.0.0.1:${stalled.port}`,
      "tls-self-signed": `https://localhost:${selfSignedPort}`,
      "no-such-name": "https://no-such-host.invalid",
    };
  }

  function config(urls: Readonly<Record<string, string>>): string {
    const names = Object.keys(urls);
    const provider = (name: string, url: string, protocol = "openai"): string =>
      `  ${name}: { protocol: ${protocol}, base_url: "${url}", api_key_env: K, allow_private: true, upstream_client: ${upstreamClient} }`;
    const pool = (name: string): string =>
      `  duo-${name}: { members: [ { target: ${name}, weight: 1000 }, { target: good, weight: 1 } ], breaker: { trip: { mode: consecutive, n: 1000000 } } }`;
    return `
listen: "127.0.0.1:0"
admin: { token_env: ADMIN }
timeouts: { first_byte_ms: ${PATIENCE_MS}, idle_ms: ${PATIENCE_MS}, total_ms: 8000, stream: { first_byte_ms: ${PATIENCE_MS}, idle_ms: ${PATIENCE_MS} } }
drain_secs: 10
providers:
${provider("faulty", faulty.url)}
${provider("faulty-anthropic", faulty.url, "anthropic")}
${provider("good", good.url)}
${names.map((name) => provider(name, urls[name] ?? "")).join("\n")}
models:
  faulty: { provider: faulty, upstream_model: x, max_concurrent: 2000 }
  faulty-anthropic: { provider: faulty-anthropic, upstream_model: x }
  good: { provider: good, upstream_model: x, max_concurrent: 2000 }
${names.map((name) => `  ${name}: { provider: ${name}, upstream_model: x }`).join("\n")}
pools:
${["faulty", ...names].map(pool).join("\n")}
`;
  }

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "ringmain-faults-"));
    [faulty, good, elsewhere] = await Promise.all([startFakeUpstream(), startFakeUpstream(), startFakeUpstream()]);
    good.answer(({ body }) => (body.includes('"stream":true') ? streamOf(FRAMES) : [json(BODY)]));
    gateway = await startGateway({ config: config(await places()), env: { K: "test-key-1", ADMIN } });
  }, 300_000);

  afterAll(async () => {
    await gateway.stop();
    await Promise.all([faulty.close(), good.close(), elsewhere.close(), ...servers.map((server) => server.close())]);
    await rm(folder, { recursive: true, force: true });
  }, 60_000);

  const request = (model: string, stream = false, protocol = "openai"): Uint8Array =>
    post(wordsOf(protocol).path, JSON.stringify(question(protocol, { model, stream })));

  const bytes = (text: string | Uint8Array): Step => ({ do: "write", bytes: text });
  const raw = (status: number, headers: string, body: string | Uint8Array = ""): Step =>
    bytes(Buffer.concat([Buffer.from(`HTTP/1.1 ${status} Scripted\r\n${headers}\r\n`), Buffer.from(body)]));
  const json = (body: string | Uint8Array, headers = ""): Step =>
    raw(200, `content-type: application/json\r\ncontent-length: ${Buffer.from(body).length}\r\n${headers}`, body);
  const streamOf = (frames: readonly string[]): Step[] => [streamHead(), ...frames.map(chunk), lastChunk];
  const dripped = (text: string, ms: number, size: number): Step[] =>
    (text.match(new RegExp(`[^]{1,${size}}`, "g")) ?? []).flatMap((piece): Step[] => [
      bytes(piece),
      { do: "pause", ms },
    ]);
  const RESET: Step = { do: "reset" };
  const END: Step = { do: "end" };
  const HANG: Step = { do: "hang" };

  function seen(answer: RawAnswer, protocol = "openai") {
    return see(protocol, answer.body.toString());
  }

  // ---------------------------------------------------------------- before the commit

  interface Row {
    readonly name: string;
    readonly steps: () => readonly Step[];
    /** What the client of the lane alone gets. */
    readonly alone: number;
    /** The lane's own answer, whole, in spite of everything. */
    readonly whole?: boolean;
  }

  const HEAD = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n";

  const BUFFERED: readonly Row[] = [
    { name: "a reset once it has read the request", steps: () => [RESET], alone: 502 },
    { name: "a close once it has read the request", steps: () => [END], alone: 502 },
    { name: "silence", steps: () => [HANG], alone: 504 },
    { name: "half a head, then silence", steps: () => [bytes(HEAD), HANG], alone: 504 },
    {
      name: "a head that never ends",
      steps: () => [bytes(HEAD), ...dripped("x-a: b\r\n".repeat(40), 100, 8)],
      alone: 504,
    },
    { name: "a head, then silence", steps: () => [bytes(`${HEAD}content-length: 9\r\n\r\n`), HANG], alone: 504 },
    {
      name: "a body that stops in the middle",
      steps: () => [raw(200, "content-type: application/json\r\ncontent-length: 900\r\n", BODY.slice(0, 50)), HANG],
      alone: 504,
    },
    {
      name: "a body that is cut short",
      steps: () => [raw(200, "content-type: application/json\r\ncontent-length: 9000\r\n", BODY), END],
      alone: 502,
    },
    {
      name: "a body that is reset",
      steps: () => [raw(200, "content-type: application/json\r\ncontent-length: 9000\r\n", BODY), RESET],
      alone: 502,
    },
    { name: "a body that is no JSON", steps: () => [json("{ not json")], alone: 502 },
    {
      name: "a body that ends in the middle of its JSON, close-delimited",
      steps: () => [raw(200, "content-type: application/json\r\nconnection: close\r\n", BODY.slice(0, -9)), END],
      alone: 502,
    },
    { name: "an empty 200", steps: () => [json("")], alone: 502 },
    { name: "a 204", steps: () => [raw(204, "")], alone: 502 },
    {
      name: "a page with 200",
      steps: () => [raw(200, "content-type: text/html\r\ncontent-length: 6\r\n", "<html>")],
      alone: 502,
    },
    {
      name: "chunks without a size",
      steps: () => [
        raw(200, "content-type: application/json\r\ntransfer-encoding: chunked\r\n", "ZZ\r\n{}\r\n0\r\n\r\n"),
        END,
      ],
      alone: 502,
    },
    {
      name: "chunks that end early",
      steps: () => [
        raw(200, "content-type: application/json\r\ntransfer-encoding: chunked\r\n", `ff\r\n${BODY.slice(0, 90)}`),
        END,
      ],
      alone: 502,
    },
    { name: "words that are no HTTP", steps: () => [bytes("HELLO\r\n\r\n"), END], alone: 502 },
    {
      name: "a head of four megabytes",
      steps: () => [bytes(`${HEAD}x-a: ${"a".repeat(4_000_000)}\r\n\r\n`), END],
      alone: 502,
    },
    { name: "gzip that is none", steps: () => [json("\u001f\u008b no", "content-encoding: gzip\r\n")], alone: 502 },
    {
      name: "500",
      steps: () => [raw(500, "content-type: application/json\r\ncontent-length: 2\r\n", "{}")],
      alone: 500,
    },
    { name: "529 without a word", steps: () => [raw(529, "content-length: 0\r\n")], alone: 529 },
    {
      name: "429",
      steps: () => [raw(429, "content-type: application/json\r\ncontent-length: 2\r\n", "{}")],
      alone: 429,
    },
    ...[301, 302, 303, 307, 308].map(
      (status): Row => ({
        name: `a redirect with ${status}`,
        steps: () => [raw(status, `location: ${elsewhere.url}${CHAT}\r\ncontent-length: 0\r\n`)],
        alone: 502,
      }),
    ),
    {
      name: "1xx before the answer",
      steps: () => [bytes("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n"), json(BODY)],
      alone: 200,
      whole: true,
    },
    {
      name: "a header with control characters",
      steps: () => [json(BODY, "x-id: a\u0001\u001b[31mb\r\n")],
      // The runtime's own client refuses the whole answer.
      alone: upstreamClient === "sockets" ? 200 : 502,
      whole: upstreamClient === "sockets",
    },
    {
      name: "gzip nobody asked for",
      steps: () => [json(gzipSync(BODY), "content-encoding: gzip\r\n")],
      alone: 200,
      whole: true,
    },
    {
      name: "a body that drips",
      steps: () => [bytes(`${HEAD}content-length: ${Buffer.from(BODY).length}\r\n\r\n`), ...dripped(BODY, 20, 50)],
      alone: 200,
      whole: true,
    },
  ];

  const STREAMED: readonly Row[] = [
    { name: "a head, then silence", steps: () => [streamHead(), HANG], alone: 504 },
    { name: "a handshake, then silence", steps: () => [streamHead(), chunk(FRAMES[0] ?? ""), HANG], alone: 504 },
    { name: "a handshake, then a reset", steps: () => [streamHead(), chunk(FRAMES[0] ?? ""), RESET], alone: 502 },
    { name: "a handshake, then a close", steps: () => [streamHead(), chunk(FRAMES[0] ?? ""), END], alone: 502 },
    {
      name: "a handshake, then a proper end",
      steps: () => [streamHead(), chunk(FRAMES[0] ?? ""), lastChunk],
      alone: 502,
    },
    {
      name: "comments without end",
      steps: () => [
        streamHead(),
        ...dripped(": wait\n\n".repeat(60), 50, 8).map((step) => (step.do === "write" ? chunk(step.bytes) : step)),
      ],
      alone: 504,
    },
    {
      name: "an error as its first event",
      steps: () => [streamHead(), chunk(OPENAI_WORDS.errorFrame("overloaded")), lastChunk],
      alone: 503,
    },
    { name: "nothing but an end", steps: () => [streamHead(), lastChunk], alone: 502 },
    {
      name: "a page with 200",
      steps: () => [raw(200, "content-type: text/html\r\ncontent-length: 6\r\n", "<html>")],
      alone: 502,
    },
    { name: "a chunk without a size", steps: () => [streamHead(), bytes("ZZ\r\n"), END], alone: 502 },
  ];

  describe.each([
    ["in one piece", false, BUFFERED],
    ["streamed", true, STREAMED],
  ] as const)("before anything was sent, %s", (_how, stream, rows) => {
    test.each(rows)(
      "$name: alone $alone, beside another whole",
      async ({ steps, alone, whole = false }) => {
        faulty.answer(steps);
        // Both at once: each may wait for its whole patience.
        const [single, pair] = await Promise.all(
          ["faulty", "duo-faulty"].map((model) => ask(gateway.port, request(model, stream))),
        );
        if (single === undefined || pair === undefined) throw new Error("two were asked");
        expect([single.status, seen(single).text]).toEqual([alone, whole ? "Hello, wörld." : ""]);
        if (!whole) expect(seen(single).error ?? single.body.toString()).not.toBe("");
        expect([pair.status, seen(pair).text, seen(pair).error]).toEqual([200, "Hello, wörld.", null]);
        expect(pair.headers["x-ringmain-attempts"]).toBe(whole ? "1" : "2");
        expect(elsewhere.requests).toEqual([]);
      },
      30_000,
    );
  });

  describe("no connection to speak of", () => {
    test.each([
      ["refused", 502],
      ["resetting", 502],
      ["closing", 502],
      ["stalled", 504],
      ["tls-to-plain", 502],
      ["tls-stalled", 504],
      ["tls-self-signed", 502],
      ["no-such-name", 502],
    ] as const)(
      "%s: alone %i, beside another whole",
      async (name, alone) => {
        if (name === "tls-self-signed" && !hasTls) return;
        const asked = [false, true].map(async (stream) => {
          const single = ask(gateway.port, request(name, stream));
          const pair = await ask(gateway.port, request(`duo-${name}`, stream));
          return [(await single).status, pair.status, seen(pair).text];
        });
        const wanted = [alone, 200, "Hello, wörld."];
        expect(await Promise.all(asked)).toEqual([wanted, wanted]);
      },
      30_000,
    );
  });

  // ---------------------------------------------------------------- after the commit

  const BEGUN = FRAMES.slice(0, OPENAI_WORDS.handshakeFrames + 1);

  describe("after the first words an answer is ended honestly, and never spliced", () => {
    test.each<[string, readonly Step[]]>([
      ["a reset", [RESET]],
      ["a close", [END]],
      ["silence", [HANG]],
      ["a close in the middle of a chunk", [bytes("ff\r\ndata: {"), END]],
      ["a chunk without a size", [bytes("ZZ\r\n"), END]],
      ["a proper end without its ending", [lastChunk]],
      ["half a frame", [chunk('data: {"id":"x'), lastChunk]],
      ["an error in the stream", [chunk(OPENAI_WORDS.errorFrame("server-error")), lastChunk]],
      ["a frame that is no JSON", [chunk("data: {not json\n\n"), ...FRAMES.slice(BEGUN.length).map(chunk), lastChunk]],
    ])(
      "%s",
      async (_name, ending) => {
        const gate = Promise.withResolvers<void>();
        faulty.answer(() => [streamHead(), ...BEGUN.map(chunk), { do: "wait", until: gate.promise }, ...ending]);
        const told = ["faulty", "duo-faulty"].flatMap((model) =>
          ["openai", "anthropic"].map(async (protocol) => {
            const client = await connectRaw(gateway.port);
            client.write(request(model, true, protocol));
            return { protocol, client, begun: client.saw("Hello, ") };
          }),
        );
        const clients = await Promise.all(told);
        // What a reset overtakes on its way is seen by no client: the fault comes once the first words are there.
        await Promise.all(clients.map(({ begun }) => begun));
        gate.resolve();
        for (const { protocol, client } of clients) {
          const answer = await client.answer();
          client.leave();
          const { text, error, endings } = seen(answer, protocol);
          expect([answer.status, text, endings.length]).toEqual([200, "Hello, ", 1]);
          expect(error).not.toBeNull();
        }
      },
      30_000,
    );
  });

  describe("an answer that is cut at any byte is whole or says so", () => {
    const OFFSETS_RANDOM = 200;
    const AT_ONCE = 8;

    test.each([
      ["openai", "openai", "faulty"],
      ["openai", "anthropic", "faulty"],
      ["anthropic", "anthropic", "faulty-anthropic"],
      ["anthropic", "openai", "faulty-anthropic"],
    ] as const)(
      "%s told to a client of %s",
      async (vendor, client, model) => {
        const words = wordsOf(vendor);
        const frames = words.frames(WHOLE);
        const text = Buffer.from(frames.join(""));
        const random = createSeededRandom(20_260_101);
        let edge = 0;
        const edges = frames.flatMap((frame) => {
          edge += Buffer.from(frame).length;
          return [edge - 1, edge, edge + 1];
        });
        const offsets = new Set([
          0,
          ...edges,
          ...Array.from({ length: OFFSETS_RANDOM }, () => Math.floor(random() * text.length)),
        ]);
        // Which cut a request is for stands in the request, because several are under way at once.
        faulty.answer(({ body }) => {
          const [, cut = "0", how = "end"] = /cut (\d+) (\w+)/.exec(body.toString()) ?? [];
          const ending: Step = how === "reset" ? RESET : how === "last" ? lastChunk : END;
          const part = text.subarray(0, Number(cut));
          return [streamHead(), ...(part.length === 0 ? [] : [chunk(part)]), ending];
        });
        const wrong: string[] = [];
        const look = async (cut: number, how: string): Promise<void> => {
          const asked = question(client, { model, stream: true, text: `cut ${cut} ${how}` });
          const answer = await ask(gateway.port, post(wordsOf(client).path, JSON.stringify(asked)));
          const { text: heard, error, endings, broken } = seen(answer, client);
          const isWhole = answer.status === 200 && heard === "Hello, wörld." && error === null;
          const isHonest = answer.status === 200 ? error !== null : error !== null && heard === "";
          // Whole only where all that matters had come: the finish, which stands before the vendor's own last frame.
          const mayBeWhole = cut >= text.length - Buffer.from(frames.slice(-2).join("")).length - 1;
          const isLegal = answer.status !== 200 || (endings.length === 1 && broken === 0);
          if (!isLegal || !(isHonest || (isWhole && mayBeWhole))) {
            wrong.push(
              `cut at ${cut} by ${how}: ${answer.status} ${JSON.stringify({ heard, error, endings, broken })}`,
            );
          }
        };
        const all = [...offsets]
          .filter((cut) => cut <= text.length)
          .flatMap((cut) => ["end", "reset", "last"].map((how) => [cut, how] as const));
        for (let at = 0; at < all.length; at += AT_ONCE)
          await Promise.all(all.slice(at, at + AT_ONCE).map(([cut, how]) => look(cut, how)));
        expect(wrong).toEqual([]);
      },
      120_000,
    );
  });

  // ---------------------------------------------------------------- storms

  describe("a storm of 429", () => {
    const STORM = 200;
    test.each([
      ["without a hint", ""],
      ["come back at once", "retry-after: 0\r\n"],
      ["come back in an hour", "retry-after: 3600\r\n"],
    ])(
      "%s: nobody waits, nobody is asked more often than there are requests",
      async (_name, hint) => {
        const before = faulty.requests.length;
        faulty.answer(() => [raw(429, `content-type: application/json\r\ncontent-length: 2\r\n${hint}`, "{}")]);
        const beside = await Promise.all(Array.from({ length: STORM }, () => ask(gateway.port, request("duo-faulty"))));
        expect(new Set(beside.map(({ status }) => status))).toEqual(new Set([200]));
        const alone = await Promise.all(Array.from({ length: STORM }, () => ask(gateway.port, request("faulty"))));
        expect(new Set(alone.map(({ status }) => status))).toEqual(new Set([429]));
        for (const { headers } of alone) expect(Number(headers["retry-after"] ?? 1)).toBeGreaterThanOrEqual(1);
        expect(faulty.requests.length - before).toBeLessThanOrEqual(2 * STORM);
      },
      60_000,
    );
  });

  // ---------------------------------------------------------------- what is left behind

  async function workerPid(): Promise<number> {
    const listed = Bun.spawnSync(["pgrep", "-P", String(gateway.pid)])
      .stdout.toString()
      .trim();
    return Number(listed.split("\n")[0]);
  }

  const openFiles = async (pid: number): Promise<number> => (await readdir(`/proc/${pid}/fd`)).length;

  async function residentBytes(pid: number): Promise<number> {
    const status = await readFile(`/proc/${pid}/status`, "utf8");
    return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1] ?? 0) * 1024;
  }

  const where = process.platform === "linux" ? "" : " (skipped: descriptors are counted in /proc, which is Linux's)";

  test.skipIf(process.platform !== "linux")(
    `nothing is left behind: no slot, no test of a breaker, no descriptor, no memory${where}`,
    async () => {
      const pid = await workerPid();
      const round = async (): Promise<void> => {
        for (const [stream, rows] of [
          [false, BUFFERED],
          [true, STREAMED],
        ] as const) {
          await Promise.all(
            rows
              .filter(({ alone }) => alone !== 504) // those take their whole patience each
              .map(async ({ steps }) => {
                faulty.answer(steps);
                await ask(gateway.port, request("faulty", stream));
              }),
          );
        }
      };
      await round();
      const files = await openFiles(pid);
      const memory = await residentBytes(pid);
      for (let count = 0; count < 30; count += 1) await round();
      const admin = { authorization: `Bearer ${ADMIN}` };
      const figures = await (await fetch(`${gateway.url}/metrics`, { headers: admin })).text();
      const held = figures
        .split("\n")
        .filter((line) =>
          /^ringmain_(?:lane_inflight|inflight_requests|open_streams|queued_requests)\{?.* [1-9]/.test(line),
        );
      expect(held).toEqual([]);
      expect(figures).not.toMatch(/^ringmain_cell_state\{.*state="half-open".* [1-9]/m);
      // Connections that wait to be used again are kept for a while; they are no more than there were at once.
      expect((await openFiles(pid)) - files).toBeLessThan(64);
      expect((await residentBytes(pid)) - memory).toBeLessThan(64 * 1024 * 1024);
    },
    120_000,
  );
});
