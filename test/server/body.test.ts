// Bodies over real sockets: bounded, under a deadline of their own, and never waited for when the head is refused.
import { afterEach, beforeEach, expect, test } from "bun:test";
import { BODY_TIMEOUT_MS } from "../../src/server/body.ts";
import { BODY_BYTES_MAX, type FakeServer, startFake } from "./fake-gateway.ts";
import { eventually, openRaw, statusOf } from "./raw-client.ts";

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
