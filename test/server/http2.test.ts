// HTTP/2 without TLS on the port that serves HTTP/1.1: what the AWS SDK for JavaScript speaks to an http:// endpoint.
import { afterEach, expect, test } from "bun:test";
import { once } from "node:events";
import http2, { type ClientHttp2Session, type ClientHttp2Stream, type OutgoingHttpHeaders } from "node:http2";
import { connect } from "node:net";
import { encodeUtf8 } from "../../src/std/bytes.ts";
import { type FakeServer, source, startFake, text } from "./fake-gateway.ts";

const sessions: ClientHttp2Session[] = [];
afterEach(() => {
  for (const session of sessions.splice(0)) session.destroy();
});

function open(port: number): ClientHttp2Session {
  const session = http2.connect(`http://127.0.0.1:${port}`);
  session.on("error", () => undefined);
  sessions.push(session);
  return session;
}

function send(session: ClientHttp2Session, headers: OutgoingHttpHeaders, body = "{}"): ClientHttp2Stream {
  const stream = session.request({ ":method": "POST", ":path": "/v1/messages", ...headers });
  stream.on("error", () => undefined);
  stream.end(body);
  return stream;
}

interface Got {
  readonly status: unknown;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: string;
  readonly reset: number | undefined;
}

function got(stream: ClientHttp2Stream): Promise<Got> {
  const { promise, resolve } = Promise.withResolvers<Got>();
  let headers: Readonly<Record<string, unknown>> = {};
  const chunks: Buffer[] = [];
  stream.on("response", (head) => {
    headers = head;
  });
  stream.on("data", (chunk: Buffer) => chunks.push(chunk));
  stream.on("close", () =>
    resolve({ status: headers[":status"], headers, body: Buffer.concat(chunks).toString(), reset: stream.rstCode }),
  );
  return promise;
}

test("both versions are served on one port, and the exchange sees the same of either", async () => {
  await using fake = startFake();
  const headers = { "content-type": "application/json", "X-Amz-Date": "20260101T000000Z", authorization: "Bearer ok" };
  const first = await got(send(open(fake.port), { ...headers, ":path": "/a%2Fb:0/v1/messages?x=%20" }, '{"a":1}'));
  expect([first.status, first.body]).toEqual([200, "run /:target/v1/messages"]);
  await fetch(`http://127.0.0.1:${fake.port}/a%2Fb:0/v1/messages?x=%20`, { method: "POST", headers, body: '{"a":1}' });
  const [two, one] = fake.runs;
  // The host is what the client calls :authority, which it signs.
  expect(two?.parts.headers["host"]).toBe(`127.0.0.1:${fake.port}`);
  expect([two?.parts.path, two?.parts.query, two?.parts.params]).toEqual([
    "/a%2Fb:0/v1/messages",
    "x=%20",
    { target: "a/b:0" },
  ]);
  expect([one?.parts.path, one?.parts.query, one?.parts.params]).toEqual([
    two?.parts.path,
    two?.parts.query,
    two?.parts.params,
  ]);
  expect(two?.parts.headers["x-amz-date"]).toBe("20260101T000000Z");
  expect([...(two?.body ?? [])]).toEqual([...(one?.body ?? [])]);
  expect(Object.keys(two?.parts.headers ?? {}).filter((name) => name.startsWith(":"))).toEqual([]);
});

test("refusals come without connection headers, which this version has not", async () => {
  await using fake = startFake();
  const refused = await got(send(open(fake.port), { authorization: "Bearer wrong" }));
  expect([refused.status, refused.headers["connection"]]).toEqual([401, undefined]);
  const nowhere = await got(send(open(fake.port), { ":path": "/nowhere" }));
  expect(nowhere.status).toBe(404);
  const large = await got(send(open(fake.port), { "content-length": "9000000" }, ""));
  expect(large.status).toBe(413);
});

function answering(fake: FakeServer, chunks: Iterable<Uint8Array>, silent: boolean) {
  const body = source(chunks, { silent });
  fake.answer(() => ({ status: 200, headers: { "content-type": "text/event-stream" }, body }));
  return body;
}

test("a stream arrives while its source goes on, and a reset ends the source at once", async () => {
  await using fake = startFake();
  const body = answering(fake, [encodeUtf8("data: first\n\n")], true);
  const stream = send(open(fake.port), {});
  await once(stream, "data");
  stream.close(http2.constants.NGHTTP2_CANCEL);
  await body.gone;
  expect(body.cancelled()).toBe(1);
});

test("a connection that goes ends every source on it", async () => {
  await using fake = startFake();
  const bodies = [answering(fake, [encodeUtf8("data: one\n\n")], true)];
  const session = open(fake.port);
  await once(send(session, {}), "data");
  bodies.push(answering(fake, [encodeUtf8("data: two\n\n")], true));
  await once(send(session, {}), "data");
  session.destroy();
  await Promise.all(bodies.map((body) => body.gone));
  expect(bodies.map((body) => body.cancelled())).toEqual([1, 1]);
});

test("a slow client slows the source: no more is read than its window takes", async () => {
  await using fake = startFake();
  const chunk = new Uint8Array(64 * 1024);
  const body = answering(
    fake,
    Array.from({ length: 1_000 }, () => chunk),
    false,
  );
  const session = open(fake.port);
  const slow = session.request({ ":method": "POST", ":path": "/v1/messages" });
  slow.on("error", () => undefined);
  slow.end("{}");
  await once(slow, "response");
  slow.pause();
  // Another exchange on the same connection goes through meanwhile: the source of the slow one has had its turns.
  fake.answer(() => text(200, "quick"));
  for (let turn = 0; turn < 20; turn++) expect((await got(send(session, {}))).body).toBe("quick");
  expect(body.asked()).toBeLessThan(20);
  slow.close(http2.constants.NGHTTP2_CANCEL);
  await body.gone;
});

test("what breaks off is reset and never ends as if it were whole", async () => {
  await using fake = startFake();
  fake.answer(() => ({
    status: 200,
    headers: { "content-type": "audio/mpeg" },
    body: { ...source([encodeUtf8("half")], { silent: false }), isCut: true },
  }));
  expect((await got(send(open(fake.port), {}))).reset).toBe(http2.constants.NGHTTP2_INTERNAL_ERROR);
  await expect(
    fetch(`http://127.0.0.1:${fake.port}/v1/messages`, { method: "POST", body: "{}" }).then((it) => it.text()),
  ).rejects.toThrow();
});

test("three hundred requests at once are served on one connection, no more than 256 of them at a time", async () => {
  await using fake = startFake();
  let now = 0;
  let most = 0;
  fake.answer(async () => {
    now++;
    most = Math.max(most, now);
    await Bun.sleep(0);
    now--;
    return text(200, "ok");
  });
  const session = open(fake.port);
  const [settings] = await once(session, "remoteSettings");
  expect(settings.maxConcurrentStreams).toBe(256);
  const all = await Promise.all(Array.from({ length: 300 }, () => got(send(session, {}))));
  expect(all.map(({ status }) => status)).toEqual(all.map(() => 200));
  expect(most).toBeLessThanOrEqual(256);
});

test("headers beyond the bound close the connection, and the server lives on", async () => {
  await using fake = startFake();
  const session = open(fake.port);
  const closed = new Promise<void>((resolve) => session.once("close", resolve));
  send(session, { "x-long": "a".repeat(60_000) });
  await closed;
  expect(fake.runs).toEqual([]);
  expect((await got(send(open(fake.port), {}))).status).toBe(200);
});

const PREFACE = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");

function frame(type: number, flags: number, stream: number, payload: Uint8Array): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

test.each<[string, Buffer[]]>([
  ["a preface that is none", [Buffer.from("PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n")]],
  [
    "endless continuations",
    [
      PREFACE,
      frame(4, 0, 0, Buffer.alloc(0)),
      frame(1, 0, 1, Buffer.alloc(10)),
      ...Array.from({ length: 4_000 }, () => frame(9, 0, 1, Buffer.alloc(1_000))),
    ],
  ],
  [
    "a flood of pings",
    [
      PREFACE,
      frame(4, 0, 0, Buffer.alloc(0)),
      ...Array.from({ length: 200_000 }, () => frame(6, 0, 0, Buffer.alloc(8))),
    ],
  ],
  ["a frame beyond the size", [PREFACE, frame(4, 0, 0, Buffer.alloc(0)), frame(0, 0, 1, Buffer.alloc(20_000))]],
])("%s ends that connection or goes nowhere, and the server lives on", async (_name, frames) => {
  await using fake = startFake();
  const socket = connect(fake.port, "127.0.0.1");
  socket.on("error", () => undefined);
  socket.resume();
  const over = new Promise<void>((resolve) => {
    socket.once("close", () => resolve());
    socket.write(Buffer.concat(frames), () => resolve());
  });
  await over;
  expect((await got(send(open(fake.port), {}))).status).toBe(200);
  socket.destroy();
  expect(fake.bugs).toEqual([]);
});

test("requests that are reset at once leave nothing behind", async () => {
  await using fake = startFake();
  let gone = 0;
  fake.answer(({ signal }) => {
    const { promise, resolve } = Promise.withResolvers<ReturnType<typeof text>>();
    signal.addEventListener("abort", () => {
      gone++;
      resolve(text(499, "gone"));
    });
    if (signal.aborted) resolve(text(499, "gone"));
    return promise;
  });
  const session = open(fake.port);
  await once(session, "remoteSettings");
  for (let index = 0; index < 200; index++) send(session, {}).close(http2.constants.NGHTTP2_CANCEL);
  fake.answer(() => text(200, "ok"));
  // The connection may have been ended for it; another one serves.
  expect((await got(send(open(fake.port), {}))).status).toBe(200);
  session.destroy();
  expect(gone).toBeLessThanOrEqual(fake.runs.length);
});

test("a server that stops tells its clients, and answers what is under way to the end", async () => {
  await using fake = startFake();
  const go = Promise.withResolvers<void>();
  let step = 0;
  fake.answer(() => ({
    status: 200,
    headers: { "content-type": "text/event-stream" },
    body: {
      async next() {
        step++;
        if (step === 1) return encodeUtf8("data: first\n\n");
        if (step > 2) return null;
        await go.promise;
        return encodeUtf8("data: last\n\n");
      },
      cancel: () => undefined,
      isCut: false,
    },
  }));
  const session = open(fake.port);
  const stream = send(session, {});
  const whole = got(stream);
  await once(stream, "data");
  const goaway = once(session, "goaway");
  const stopped = fake.server.stop();
  await goaway;
  go.resolve();
  expect((await whole).body).toBe("data: first\n\ndata: last\n\n");
  await stopped;
});

test("trailers after a body are legal, and the request is served", async () => {
  await using fake = startFake();
  const stream = open(fake.port).request(
    { ":method": "POST", ":path": "/v1/messages" },
    { endStream: false, waitForTrailers: true },
  );
  stream.on("wantTrailers", () => stream.sendTrailers({ "x-sum": "abc" }));
  const answer = got(stream);
  stream.end("hello");
  expect((await answer).status).toBe(200);
  expect(fake.runs.map(({ body }) => Buffer.from(body).toString())).toEqual(["hello"]);
});

test.each([
  ["shorter than it says", "10"],
  ["longer than it says", "3"],
  ["far shorter than it says", "200000"],
])("a body %s is never run", async (_what, length) => {
  await using fake = startFake();
  const { status } = await got(send(open(fake.port), { "content-length": length }, "hello"));
  expect([status, fake.runs.length, fake.server.bodiesBytes()]).toEqual([undefined, 0, 0]);
});
