// Bodies over real sockets: bounded, under a deadline of their own, and never waited for when the head is refused.
import { afterEach, beforeEach, expect, test } from "bun:test";
import { BODY_TIMEOUT_MS } from "../../src/server/body.ts";
import {
  BODIES_BYTES,
  BODY_BYTES_MAX,
  type FakeServer,
  source,
  startFake,
  text,
  UNKNOWN_BODIES_BYTES,
} from "./fake-gateway.ts";
import { eventually, openRaw, type RawClient, sendRaw, statusOf } from "./raw-client.ts";

let fake: FakeServer;
beforeEach(() => {
  fake = startFake();
});
afterEach(() => fake.server.stopNow());

const POST = "POST /v1/chat/completions HTTP/1.1\r\nHost: gateway.invalid\r\n";
const CHUNKED = "Transfer-Encoding: chunked\r\n";
const isHead = (received: string): boolean => received.includes("\r\n\r\n");

test.each([
  ["one byte below the bound", BODY_BYTES_MAX - 1],
  ["the bound", BODY_BYTES_MAX],
])("a body of %s is read whole", async (_what, length) => {
  await using client = await openRaw(fake.port);
  client.send(`${POST}Content-Length: ${length}\r\n\r\n`);
  client.send("x".repeat(length));
  expect(statusOf(await client.until(isHead))).toBe(200);
  expect(fake.runs.at(0)?.body.length).toBe(length);
});

test.each([["129000000"], ["99999999999999"], [String(BODY_BYTES_MAX + 1)]])(
  "a declared length of %s is refused before a byte of it has come",
  async (length) => {
    await using client = await openRaw(fake.port);
    client.send(`${POST}Content-Length: ${length}\r\n\r\n`);
    expect(statusOf(await client.closed())).toBe(413);
    expect(fake.runs.length).toBe(0);
    expect(fake.refusals.map(({ failure }) => failure.kind)).toEqual(["body-too-large"]);
  },
);

test("a body in chunks is let go of at the first byte too many", async () => {
  await using client = await openRaw(fake.port);
  client.send(`${POST}${CHUNKED}\r\n`);
  const chunk = `10000\r\n${"x".repeat(0x10000)}\r\n`;
  for (let sent = 0; sent <= BODY_BYTES_MAX; sent += 0x10000) client.send(chunk); // and never the last one
  expect(statusOf(await client.closed())).toBe(413);
  expect(fake.runs.length).toBe(0);
});

test("a body in chunks arrives as it was sent", async () => {
  await using client = await openRaw(fake.port);
  client.send(`${POST}${CHUNKED}\r\n5\r\nhello\r\n`);
  client.send("7\r\n, world\r\n0\r\n\r\n");
  expect(statusOf(await client.until(isHead))).toBe(200);
  expect(Buffer.from(fake.runs.at(0)?.body ?? []).toString()).toBe("hello, world");
});

test("no body at all is an empty one", async () => {
  await using client = await openRaw(fake.port);
  client.send(`${POST}\r\n`);
  expect(statusOf(await client.until(isHead))).toBe(200);
  expect(fake.runs.at(0)?.body.length).toBe(0);
});

test.each([
  ["of declared length", `${POST}Content-Length: 10\r\n\r\nab`],
  ["in chunks", `${POST}${CHUNKED}\r\n2\r\nab\r\n`],
])("a body %s that stalls is refused at its deadline", async (_what, bytes) => {
  await using client = await openRaw(fake.port);
  client.send(bytes);
  await eventually(() => fake.time.timersPending() === 1);
  fake.time.advance(BODY_TIMEOUT_MS - 1);
  expect(fake.refusals.length).toBe(0);
  fake.time.advance(1);
  expect(statusOf(await client.closed())).toBe(408);
  expect(fake.runs.length).toBe(0);
  expect(fake.time.timersPending()).toBe(0);
});

test("a steady drip does not move the deadline", async () => {
  await using client = await openRaw(fake.port);
  client.send(`${POST}${CHUNKED}\r\n`);
  await eventually(() => fake.time.timersPending() === 1);
  for (let second = 0; second < BODY_TIMEOUT_MS; second += 2_000) {
    client.send("1\r\nx\r\n");
    fake.time.advance(2_000);
  }
  expect(statusOf(await client.closed())).toBe(408);
});

test("whoever is refused by the head alone is not waited for", async () => {
  await using client = await openRaw(fake.port);
  client.send(`${POST}Authorization: Bearer wrong\r\nContent-Length: 900000\r\n\r\n`);
  expect(statusOf(await client.closed())).toBe(401);
  expect(fake.runs.length).toBe(0);
  expect(fake.time.timersPending()).toBe(0);
});

test("a small body that nobody read does not cost the connection", async () => {
  await using client = await openRaw(fake.port);
  client.send(`${POST}Authorization: Bearer wrong\r\nContent-Length: 5\r\n\r\nhello`);
  await client.until(isHead);
  client.send(`${POST}Content-Length: 5\r\n\r\nworld`);
  await client.until((received) => received.includes("run /v1/chat/completions"));
  expect(Buffer.from(fake.runs.at(0)?.body ?? []).toString()).toBe("world");
});

test("a client that leaves in the middle of its body is recorded as gone", async () => {
  await using client = await openRaw(fake.port);
  client.send(`${POST}Content-Length: 10\r\n\r\nab`);
  await eventually(() => fake.time.timersPending() === 1);
  client.vanish();
  await eventually(() => fake.refusals.length === 1);
  expect(fake.refusals.map(({ failure }) => failure.kind)).toEqual(["client-gone"]);
  expect(fake.time.timersPending()).toBe(0);
});

test("the exchange's clock starts at the head, not at the end of the body", async () => {
  await using client = await openRaw(fake.port);
  client.send(`${POST}Content-Length: 4\r\n\r\nab`);
  await eventually(() => fake.time.timersPending() === 1);
  const headMs = fake.time.nowMs();
  fake.time.advance(5_000);
  client.send("cd");
  await client.until(isHead);
  expect(fake.runs.at(0)?.receivedMs).toBe(headMs);
});

// ---------------------------------------------------------------- whole and legal

/** What is no whole, legal body must never be run, since running it buys an answer. */
const UNSOUND: readonly (readonly [what: string, headers: string, pieces: readonly string[]])[] = [
  ["a declared body cut in the middle", "Content-Length: 10\r\n", ["hello", "FIN"]],
  ["a long declared body cut in the middle", "Content-Length: 500000\r\n", ["x".repeat(300_000), "FIN"]],
  ["a body in chunks cut between two", CHUNKED, ["5\r\nhello\r\n", "FIN"]],
  ["a body in chunks cut inside one", CHUNKED, ["5\r\nhel", "FIN"]],
  ["a connection reset in the middle", CHUNKED, ["5\r\nhello\r\n", "RST"]],
  ["a size that is none", CHUNKED, ["zz\r\nhello\r\n0\r\n\r\n"]],
  ["a second size that is none", CHUNKED, ["5\r\nhello\r\nzz\r\n0\r\n\r\n"]],
  ["a chunk longer than it says", CHUNKED, ["3\r\nhello\r\n0\r\n\r\n"]],
  ["a size with a prefix", CHUNKED, ["0x5\r\nhello\r\n0\r\n\r\n"]],
  ["a size with a sign", CHUNKED, ["+5\r\nhello\r\n0\r\n\r\n"]],
  ["a size below zero", CHUNKED, ["-5\r\nhello\r\n0\r\n\r\n"]],
  ["a size that overflows", CHUNKED, ["fffffffffffffffff\r\nhello\r\n0\r\n\r\n"]],
  ["lines that end in LF alone", CHUNKED, ["5\nhello\n0\n\n"]],
  ["no line end after a chunk", CHUNKED, ["5\r\nhello0\r\n\r\n"]],
  ["no line end after the last chunk", CHUNKED, ["5\r\nhello\r\n0\r\nX\r\n\r\n"]],
  ["trailers that are none", CHUNKED, ["5\r\nhello\r\n0\r\nX-Sum abc\r\n\r\n"]],
  ["a trailer whose line ends in LF alone", CHUNKED, ["5\r\nhello\r\n0\r\nX-Sum: abc\n\r\n"]],
  ["trailers that end in LF alone", CHUNKED, ["5\r\nhello\r\n0\r\n\n"]],
  ["trailers without an end", CHUNKED, ["5\r\nhello\r\n0\r\n", `X-Sum: ${"a".repeat(20_000)}`]],
  ["trailers that the client does not finish", CHUNKED, ["5\r\nhello\r\n0\r\nX-Sum: a", "FIN"]],
  ["two equal lengths", "Content-Length: 5\r\nContent-Length: 5\r\n", ["hello"]],
  ["a length that is a list", "Content-Length: 5, 5\r\n", ["hello"]],
];

test.each(UNSOUND)("%s is never run", async (_what, headers, pieces) => {
  await using client = await openRaw(fake.port);
  client.send(`${POST}${headers}\r\n`);
  for (const piece of pieces) {
    if (piece === "FIN") client.finish();
    else if (piece === "RST") client.vanish();
    else client.send(piece);
  }
  const answer = await client.closed();
  expect([0, 400]).toContain(statusOf(answer));
  await eventually(() => fake.time.timersPending() === 0);
  expect(fake.runs.length).toBe(0);
});

test("two equal lengths are refused as a request that is none, in the client's dialect", async () => {
  const answer = await sendRaw(fake.port, `${POST}Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello`);
  expect([statusOf(answer), fake.refusals.map(({ failure }) => failure.kind)]).toEqual([400, ["invalid-request"]]);
});

test.each([
  ["with a chunk's extension", "5;a=b\r\nhello\r\n0\r\n\r\n"],
  ["with a quoted extension", '5;a="b;c"\r\nhello\r\n0;x\r\n\r\n'],
  ["with zeros before the size", "005\r\nhello\r\n000\r\n\r\n"],
])("a body in chunks %s is read", async (_what, body) => {
  const answer = await sendRaw(fake.port, `${POST}${CHUNKED}\r\n${body}`);
  expect([statusOf(answer), Buffer.from(fake.runs.at(0)?.body ?? []).toString()]).toEqual([200, "hello"]);
});

// ---------------------------------------------------------------- legal, if rare

/** An answer that takes until the test says so. */
function answerLater(): { readonly answer: () => void } {
  const gate = Promise.withResolvers<void>();
  fake.answer(async ({ body }) => {
    await gate.promise;
    return text(200, `late ${Buffer.from(body).toString()}`);
  });
  return { answer: gate.resolve };
}

const isAnswered = (received: string, count: number): boolean => received.split("HTTP/1.1 200").length === count + 1;

test.each([
  ["in one packet", [`5\r\nhello\r\n0\r\nX-Sum: abc\r\n\r\n`]],
  ["announced", ["5\r\nhello\r\n0\r\nX-Sum: abc\r\nX-More: d\r\n\r\n"]],
  ["after the last chunk's packet", ["5\r\nhello\r\n0\r\n", "X-Sum: abc\r\n\r\n"]],
  ["byte by byte", [..."5\r\nhello\r\n0\r\nX-Sum: abc\r\n\r\n"]],
])("trailers %s are read over, and the next request is served", async (_what, pieces) => {
  await using client = await openRaw(fake.port);
  client.send(`${POST}${CHUNKED}Trailer: X-Sum\r\n\r\n`);
  for (const piece of pieces) client.send(piece);
  await client.until(isHead);
  client.send(`${POST}Content-Length: 5\r\n\r\nworld`);
  await client.until((received) => isAnswered(received, 2));
  expect(fake.runs.map(({ body, parts }) => [Buffer.from(body).toString(), parts.headers["x-sum"]])).toEqual([
    ["hello", undefined],
    ["world", undefined],
  ]);
});

test("requests sent ahead wait for the answers before them, whole or half, and cancel nothing", async () => {
  const later = answerLater();
  await using client = await openRaw(fake.port);
  client.send(`${POST}Content-Length: 5\r\n\r\nfirst`);
  await eventually(() => fake.runs.length === 1);
  client.send(`${POST}Content-Length: 6\r\n\r\nsecond${POST}Content-Length: 5\r\n\r\nth`);
  client.send("");
  expect(fake.runs.map(({ signal }) => signal.aborted)).toEqual([false]);
  later.answer();
  await client.until((received) => isAnswered(received, 2));
  client.send("ird");
  const received = await client.until((seen) => isAnswered(seen, 3) && seen.endsWith("third"));
  expect([...received.matchAll(/late ([a-z]+)/g)].map(([, body]) => body)).toEqual(["first", "second", "third"]);
});

test("a client that sends far ahead is slowed, and every request is answered", async () => {
  const count = 200;
  const filler = "x".repeat(5_000);
  await using client = await openRaw(fake.port);
  client.send(`${POST}Content-Length: 5000\r\n\r\n${filler}`.repeat(count));
  await client.until((received) => isAnswered(received, count));
  expect(fake.runs.length).toBe(count);
});

test("a client that has sent all and closes its half gets its answer, and all those it asked for before", async () => {
  const later = answerLater();
  await using client = await openRaw(fake.port);
  client.send(`${POST}Content-Length: 3\r\n\r\none${POST}Content-Length: 3\r\n\r\ntwo`);
  await eventually(() => fake.runs.length === 1);
  client.finish();
  await client.until((received) => received.includes("HTTP/1.1 100 Continue\r\n\r\n"));
  expect(fake.runs.at(0)?.signal.aborted).toBe(false);
  later.answer();
  const received = await client.closed();
  expect([...received.matchAll(/late ([a-z]+)/g)].map(([, body]) => body)).toEqual(["one", "two"]);
});

test.each([
  ["one", "\r\n"],
  ["three", "\r\n\r\n\r\n"],
])("%s empty lines before a request are skipped", async (_count, lines) => {
  expect(statusOf(await sendRaw(fake.port, `${lines}${POST}Content-Length: 5\r\n\r\nhello`))).toBe(200);
});

test("a client that asks to go on is told so, and one that is refused by its head is not", async () => {
  const head = (more: string): string => `${POST}Expect: 100-continue\r\n${more}Content-Length: 5\r\n\r\n`;
  await using client = await openRaw(fake.port);
  client.send(head(""));
  await client.until((received) => received === "HTTP/1.1 100 Continue\r\n\r\n");
  client.send("hello");
  await client.until((received) => isAnswered(received, 1));
  await using refused = await openRaw(fake.port);
  refused.send(head("Authorization: Bearer wrong\r\n"));
  expect(statusOf(await refused.closed())).toBe(401);
});

// ---------------------------------------------------------------- all bodies together

const LARGE = 900_000;

/** A body that has come in part and stays so. */
async function stalled(headers = ""): Promise<RawClient> {
  const client = await openRaw(fake.port);
  client.send(`${POST}${headers}Content-Length: ${BODY_BYTES_MAX}\r\n\r\n${"x".repeat(LARGE)}`);
  return client;
}

test("a body that would exceed the room of all is refused and told when to come again; it has its place once another ends", async () => {
  await using first = await stalled();
  await using second = await stalled();
  await eventually(() => fake.server.bodiesBytes() === 2 * LARGE);
  await using third = await stalled();
  expect(statusOf(await third.closed())).toBe(503);
  expect(fake.refusals.map(({ failure }) => [failure.kind, failure.retryAfterMs])).toEqual([["bodies-full", 1_000]]);
  expect(fake.server.bodiesBytes()).toBe(2 * LARGE);
  expect(BODIES_BYTES).toBeLessThan(3 * LARGE);
  first.vanish();
  await eventually(() => fake.server.bodiesBytes() === LARGE);
  second.send("x".repeat(BODY_BYTES_MAX - LARGE));
  expect(statusOf(await second.until(isHead))).toBe(200);
  await eventually(() => fake.server.bodiesBytes() === 0);
});

test("bodies that are only announced take no room", async () => {
  const announced = await Promise.all(Array.from({ length: 8 }, () => openRaw(fake.port)));
  for (const client of announced) client.send(`${POST}Content-Length: ${BODY_BYTES_MAX}\r\n\r\n`);
  await eventually(() => fake.time.timersPending() === announced.length);
  await using client = await openRaw(fake.port);
  client.send(`${POST}Content-Length: ${LARGE}\r\n\r\n${"x".repeat(LARGE)}`);
  expect(statusOf(await client.until(isHead))).toBe(200);
  for (const each of announced) each.vanish();
});

test("callers who are known only when their body is read have a small part of the room", async () => {
  const head = `${POST}Authorization: signed\r\n`;
  const part = UNKNOWN_BODIES_BYTES / 2;
  await using first = await openRaw(fake.port);
  first.send(`${head}Content-Length: ${UNKNOWN_BODIES_BYTES}\r\n\r\n${"x".repeat(part + 1)}`);
  await eventually(() => fake.server.bodiesBytes() === part + 1);
  await using second = await openRaw(fake.port);
  second.send(`${head}Content-Length: ${UNKNOWN_BODIES_BYTES}\r\n\r\n${"x".repeat(part + 1)}`);
  expect(statusOf(await second.closed())).toBe(503);
  first.send("x".repeat(part - 1));
  expect(statusOf(await first.until(isHead))).toBe(200);
  await eventually(() => fake.server.bodiesBytes() === 0);
});

test("a body that never fits is refused for good, and not told to come again", async () => {
  const head = `${POST}Authorization: signed\r\nContent-Length: ${UNKNOWN_BODIES_BYTES + 1}\r\n\r\n`;
  expect(statusOf(await sendRaw(fake.port, head))).toBe(413);
});

test("a body keeps its room until the end of its stream, and of an answer that cannot be sent no longer", async () => {
  const stream = source([Buffer.from("a")], { silent: true });
  fake.answer(() => ({ status: 200, headers: {}, body: stream }));
  await using client = await openRaw(fake.port);
  client.send(`${POST}Content-Length: ${LARGE}\r\n\r\n${"x".repeat(LARGE)}`);
  await client.until((received) => received.endsWith("a\r\n"));
  expect(fake.server.bodiesBytes()).toBe(LARGE);
  client.vanish();
  await stream.gone;
  await eventually(() => fake.server.bodiesBytes() === 0);

  const headers = { "x-odd": "line\nbreak" };
  fake.answer(() => ({ status: 200, headers, body: source([], { silent: true }) }));
  expect(statusOf(await sendRaw(fake.port, `${POST}Content-Length: 5\r\n\r\nhello`))).toBe(500);
  expect(fake.server.bodiesBytes()).toBe(0);
});
