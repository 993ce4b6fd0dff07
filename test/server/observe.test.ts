// What can be seen from outside: open answers for watchers, figures for those who may see them, and the way it stops.
import { afterEach, beforeEach, expect, test } from "bun:test";
import { encodeUtf8 } from "../../src/std/bytes.ts";
import { type FakeServer, source, startFake } from "./fake-gateway.ts";
import { openRaw, sendRaw, statusOf } from "./raw-client.ts";

let fake: FakeServer;
beforeEach(() => {
  fake = startFake();
});
afterEach(() => fake.server.stopNow());

const get = (path: string): Promise<string> => sendRaw(fake.port, `GET ${path} HTTP/1.1\r\nHost: a.invalid\r\n\r\n`);

test("it lives even when nothing is usable, and says that it is not ready", async () => {
  fake.state.ready = false;
  expect(statusOf(await get("/healthz"))).toBe(200);
  const ready = await get("/readyz");
  expect(statusOf(ready)).toBe(503);
  expect(ready).toContain("no usable lanes");
});

test.each(["/stats", "/metrics"])("%s is for those who may see it", async (path) => {
  expect(statusOf(await get(path))).toBe(401);
  expect(fake.refusals.map(({ failure }) => failure.kind)).toEqual(["unauthenticated"]);
  fake.state.mayObserve = true;
  expect(statusOf(await get(path))).toBe(200);
});

test("figures come in the formats their readers know", async () => {
  fake.state.mayObserve = true;
  expect((await get("/stats")).toLowerCase()).toContain("content-type: application/json");
  expect((await get("/metrics")).toLowerCase()).toContain("content-type: text/plain; version=0.0.4");
});

test("before it stops it says so, asks clients to connect anew, and still answers", async () => {
  fake.server.announceStop();
  const ready = await get("/readyz");
  expect(statusOf(ready)).toBe(503);
  expect(ready).toContain("stopping");
  const answer = await get("/v1/models/x");
  expect(statusOf(answer)).toBe(200);
  expect(answer.toLowerCase()).toContain("\r\nconnection: close\r\n");
});

test("a stream under way ends by itself after connections are refused", async () => {
  const go = Promise.withResolvers<void>();
  let step = 0;
  const body = {
    async next() {
      step += 1;
      if (step === 1) return encodeUtf8("data: first\n\n");
      if (step === 3) return null;
      await go.promise;
      return encodeUtf8("data: last\n\n");
    },
    cancel: () => undefined,
    isCut: false,
  };
  fake.answer(() => ({ status: 200, headers: {}, body }));
  await using client = await openRaw(fake.port);
  client.send("POST /v1/messages HTTP/1.1\r\nHost: a.invalid\r\nContent-Length: 2\r\n\r\n{}");
  await client.until((seen) => seen.includes("data: first"));
  const stopped = fake.server.stop();
  await expect(openRaw(fake.port)).rejects.toThrow();
  go.resolve();
  expect(await client.closed()).toContain("data: last");
  await stopped;
});

test("stopping now ends a stream that would never end", async () => {
  const body = source([encodeUtf8("data: first\n\n")], { silent: true });
  fake.answer(() => ({ status: 200, headers: {}, body }));
  await using client = await openRaw(fake.port);
  client.send("POST /v1/messages HTTP/1.1\r\nHost: a.invalid\r\nContent-Length: 2\r\n\r\n{}");
  await client.until((seen) => seen.includes("data: first"));
  fake.server.stopNow();
  await client.closed();
  await body.gone;
});
