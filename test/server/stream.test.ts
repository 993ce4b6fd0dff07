// Streamed answers over real sockets: at the client's pace, ended at once when it leaves, and given up when it stalls.
import { afterEach, beforeEach, expect, test } from "bun:test";
import { STALL_MS } from "../../src/server/stall-watch.ts";
import { streamOf } from "../../src/server/stream.ts";
import { encodeUtf8 } from "../../src/std/bytes.ts";
import { createVirtualEffects } from "../harness/virtual-effects.ts";
import { type FakeServer, type FakeSource, source, startFake } from "./fake-gateway.ts";
import { eventually, openRaw, statusOf } from "./raw-client.ts";

let fake: FakeServer;
beforeEach(() => {
  fake = startFake();
});
afterEach(() => fake.server.stopNow());

const REQUEST = "POST /v1/chat/completions HTTP/1.1\r\nHost: gateway.invalid\r\nContent-Length: 2\r\n\r\n{}";
const CHUNK = new Uint8Array(64 * 1024);
/** More than every buffer between the two ends together. */
const CHUNKS = 1_000;

function streaming(body: FakeSource): FakeSource {
  fake.answer(() => ({ status: 200, headers: { "content-type": "text/event-stream" }, body }));
  return body;
}

function* events(count: number): Generator<Uint8Array> {
  for (let index = 0; index < count; index += 1) yield encodeUtf8(`data: ${index}\n\n`);
}

function* flood(): Generator<Uint8Array> {
  for (let index = 0; index < CHUNKS; index += 1) yield CHUNK;
}

test("every byte arrives, in order, and the connection serves again", async () => {
  const body = streaming(source(events(50), { silent: false }));
  await using client = await openRaw(fake.port);
  client.send(REQUEST);
  const received = await client.until((seen) => seen.endsWith("\r\n0\r\n\r\n"));
  expect([...received.matchAll(/data: \d+/g)].map(([event]) => event)).toEqual(
    Array.from({ length: 50 }, (_, index) => `data: ${index}`),
  );
  expect(received.toLowerCase()).toContain("\r\nx-accel-buffering: no\r\n");
  expect(body.cancelled()).toBe(0);
  expect(fake.time.timersPending()).toBe(0);

  client.send("GET /healthz HTTP/1.1\r\nHost: gateway.invalid\r\n\r\n");
  await client.until((seen) => seen.includes("ok\n"));
});

test("HTTP/1.0 gets the stream too, ended by the connection", async () => {
  streaming(source(events(3), { silent: false }));
  await using client = await openRaw(fake.port);
  client.send(REQUEST.replace("HTTP/1.1", "HTTP/1.0"));
  const received = await client.closed();
  expect(statusOf(received)).toBe(200);
  expect(received).toContain("data: 2\n\n");
});

test("a client that does not read stops the source, and one that reads again lets it go on", async () => {
  const body = streaming(source(flood(), { silent: false }));
  await using client = await openRaw(fake.port);
  client.pause();
  client.send(REQUEST);
  await eventually(() => body.asked() > 1);
  // Time for everything that would come unasked: it would be all of the chunks.
  for (let turn = 0; turn < 2_000; turn += 1) await new Promise<void>((resolve) => setImmediate(resolve));
  const asked = body.asked();
  expect(asked).toBeLessThan(CHUNKS / 2);
  client.resume();
  await eventually(() => body.asked() > CHUNKS);
  expect(body.cancelled()).toBe(0);
});

test("a client that leaves while the source is silent ends it at once", async () => {
  const body = streaming(source(events(1), { silent: true }));
  await using client = await openRaw(fake.port);
  client.send(REQUEST);
  await client.until((seen) => seen.includes("data: 0"));
  await eventually(() => body.asked() === 2);
  client.vanish();
  await body.gone;
  await eventually(() => fake.time.timersPending() === 0);
  expect(body.cancelled()).toBe(1);
  expect(fake.bugs).toEqual([]);
});

test("a client that leaves while the source floods ends it once", async () => {
  const body = streaming(source(flood(), { silent: true }));
  await using client = await openRaw(fake.port);
  client.pause();
  client.send(REQUEST);
  await eventually(() => body.asked() > 1);
  client.vanish();
  await body.gone;
  await eventually(() => fake.time.timersPending() === 0);
  expect(body.cancelled()).toBe(1);
});

test("a client that leaves before there is an answer is told to the exchange", async () => {
  const aborted = Promise.withResolvers<void>();
  fake.answer(async (input) => {
    input.signal.addEventListener("abort", () => aborted.resolve());
    await aborted.promise;
    return { status: 499, headers: {}, body: new Uint8Array(0) };
  });
  await using client = await openRaw(fake.port);
  client.send(REQUEST);
  await eventually(() => fake.runs.length === 1);
  client.vanish();
  await aborted.promise;
  expect(fake.runs.at(0)?.signal.aborted).toBe(true);
});

test("a client that takes nothing for too long counts as gone", async () => {
  const body = streaming(source(flood(), { silent: true }));
  await using client = await openRaw(fake.port);
  client.pause();
  client.send(REQUEST);
  await eventually(() => body.asked() > 1);
  await eventually(() => {
    fake.time.advance(STALL_MS / 4);
    return body.cancelled() > 0;
  });
  expect(body.cancelled()).toBe(1);
  expect(fake.time.timersPending()).toBe(0);
});

test("the stall is counted from the moment the bytes stood ready", async () => {
  const time = createVirtualEffects();
  const body = source(events(3), { silent: false });
  const { signal } = new AbortController();
  const reader = streamOf({ ...time, source: body, signal, onEnd: () => undefined }).getReader();
  await reader.read();
  time.advance(STALL_MS - 1);
  expect(body.cancelled()).toBe(0);
  await reader.read(); // in the last moment
  time.advance(STALL_MS - 1);
  expect(body.cancelled()).toBe(0);
  time.advance(1);
  expect(body.cancelled()).toBe(1);
  await expect(reader.read()).rejects.toThrow("took nothing");
});

test("a client that closes its half reads the stream to its end, and one that closes both is noticed while the source is silent", async () => {
  const gate = Promise.withResolvers<Uint8Array | null>();
  const pieces = [encodeUtf8("data: 0\n\n"), encodeUtf8("data: 1\n\n")];
  let asked = 0;
  fake.answer(() => ({
    status: 200,
    headers: {},
    body: {
      isCut: false,
      next: async () => {
        asked += 1;
        if (asked === 2) await gate.promise;
        return pieces.shift() ?? null;
      },
      cancel: () => undefined,
    },
  }));
  await using half = await openRaw(fake.port);
  half.send(REQUEST);
  await half.until((received) => received.includes("data: 0"));
  half.finish();
  // The zero begins the length of the next piece.
  await half.until((received) => received.endsWith("\r\n0"));
  gate.resolve(null);
  expect(await half.closed()).toEndWith("\r\n09\r\ndata: 1\n\n\r\n0\r\n\r\n");

  const silent = streaming(source(events(1), { silent: true }));
  const gone = await openRaw(fake.port);
  gone.send(REQUEST);
  await gone.until((received) => received.includes("data: 0"));
  await gone[Symbol.asyncDispose]();
  await silent.gone;
});

test("a source that thinks for an hour is not a client that stalls", async () => {
  const body = streaming(source(events(1), { silent: true }));
  await using client = await openRaw(fake.port);
  client.send(REQUEST);
  await eventually(() => body.asked() === 2);
  fake.time.advance(3_600_000);
  expect(body.cancelled()).toBe(0);
});

test("a request sent into a running stream is answered after it", async () => {
  const gate = Promise.withResolvers<null>();
  const body = source([encodeUtf8("data: 0\n\n")], { silent: false });
  fake.answer(() => ({
    status: 200,
    headers: {},
    body: { ...body, next: () => (body.asked() === 0 ? body.next() : gate.promise) },
  }));
  await using client = await openRaw(fake.port);
  client.send(REQUEST);
  await client.until((received) => received.includes("data: 0"));
  client.send("GET /healthz HTTP/1.1\r\nHost: gateway.invalid\r\n\r\n");
  gate.resolve(null);
  const received = await client.until((seen) => seen.includes("ok\n"));
  expect(received.indexOf("\r\n0\r\n\r\n")).toBeLessThan(received.indexOf("ok\n"));
  expect(body.cancelled()).toBe(0);
});

test("an answer the runtime refuses to send lets go of its source", async () => {
  const body = source(events(1), { silent: true });
  fake.answer(() => ({ status: 200, headers: { "x-bad": "a\nb" }, body }));
  await using client = await openRaw(fake.port);
  client.send(REQUEST);
  expect(statusOf(await client.until((seen) => seen.includes("\r\n\r\n")))).toBe(500);
  expect(body.cancelled()).toBe(1);
  expect(fake.bugs.length).toBe(1);
});

test("a bug is answered without a word of it", async () => {
  fake.answer(() => {
    throw new Error("secret-canary");
  });
  await using client = await openRaw(fake.port);
  client.send(REQUEST);
  const received = await client.until((seen) => seen.includes("}"));
  expect(statusOf(received)).toBe(500);
  expect(received).not.toContain("secret-canary");
  expect(received).not.toContain("fake-gateway.ts");
  expect(received.toLowerCase()).toContain("content-type: application/json");
});

test("a long piece is handed over in parts, each when there is room, and the source is asked again after the last", async () => {
  const long = Uint8Array.from({ length: 200_000 }, (_, at) => at % 251);
  const body = source([long, encodeUtf8("end")], { silent: false });
  const time = createVirtualEffects();
  const { signal } = new AbortController();
  const stream = streamOf({ source: body, signal, nowMs: time.nowMs, setTimer: time.setTimer, onEnd: () => undefined });
  const reader = stream.getReader();
  const parts: Uint8Array[] = [];
  while (Buffer.concat(parts).length < long.length) {
    const { value } = await reader.read();
    if (value !== undefined) parts.push(value);
    expect([value?.length ?? 0, body.asked()]).toEqual([Math.min(65_536, value?.length ?? 0), 1]);
  }
  expect(Buffer.concat(parts).equals(long)).toBe(true);
  expect([Buffer.from((await reader.read()).value ?? []).toString(), body.asked()]).toEqual(["end", 2]);
  expect((await reader.read()).done).toBe(true);
});
