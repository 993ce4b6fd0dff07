/** The client over sockets, event by event: when a connection is opened, used again, waited for, slowed down and given up. */
import { beforeEach, describe, expect, test } from "bun:test";
import type { Timers } from "../../../src/ir/deployment.ts";
import type { SendInput, Sent } from "../../../src/upstream/contract.ts";
import { REST_MS } from "../../../src/upstream/http1/pool.ts";
import { createSend } from "../../../src/upstream/send.ts";
import { createScriptedConnect, type ScriptedConnect } from "../../harness/scripted-connect.ts";
import { createVirtualEffects, settle, type VirtualEffects } from "../../harness/virtual-effects.ts";

const NO_TIMERS: Timers = { connectMs: 0, firstByteMs: 0, idleMs: 0, totalMs: 0 };
const ANSWER = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";
const STREAM_HEAD = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";

let net: ScriptedConnect;
let time: VirtualEffects;
let send: (over?: Partial<SendInput>) => Promise<Sent>;

beforeEach(() => {
  net = createScriptedConnect();
  time = createVirtualEffects({ connect: net.connect });
  const client = createSend(time);
  send = (over = {}) =>
    client({
      url: "https://vendor.invalid/v1/x?y=1",
      method: "POST",
      headers: { "content-type": "application/json" },
      body: [new TextEncoder().encode("{}")],
      timers: NO_TIMERS,
      signal: new AbortController().signal,
      proxy: null,
      ca: null,
      client: "sockets",
      ...over,
    });
});

async function textOf(sending: Promise<Sent>): Promise<string> {
  const sent = await sending;
  if (sent.kind !== "response") return sent.kind;
  let text = "";
  for (;;) {
    const next = await sent.body.next();
    if (next.kind !== "bytes") return next.kind === "end" ? text : `${text}, then ${next.kind}`;
    text += Buffer.from(next.bytes).toString("latin1");
  }
}

/** One question and its answer over the connection of that number. */
async function served(index: number, answer = ANSWER): Promise<void> {
  const sending = send();
  if (net.at(index).written() === "") net.at(index).stand();
  net.at(index).say(answer);
  expect(await textOf(sending)).toBe("ok");
  time.advance(REST_MS);
}

describe("what is sent", () => {
  test("goes in one write, with the place, the length and nothing that was not asked for", async () => {
    const sending = send({
      headers: { "content-type": "application/json", connection: "close", "content-length": "9" },
    });
    net.at(0).stand();
    expect(net.at(0).written()).toBe(
      "POST /v1/x?y=1 HTTP/1.1\r\ncontent-type: application/json\r\nhost: vendor.invalid\r\naccept: */*\r\nconnection: keep-alive\r\ncontent-length: 2\r\n\r\n{}",
    );
    net.at(0).say(ANSWER);
    expect(await textOf(sending)).toBe("ok");
  });

  test("a GET has no length", () => {
    void send({ method: "GET", body: [], headers: { host: "other", accept: "x/y", "x-latin": "caf\u00e9" } });
    net.at(0).stand();
    expect(net.at(0).written()).toBe(
      "GET /v1/x?y=1 HTTP/1.1\r\nhost: other\r\naccept: x/y\r\nx-latin: caf\u00e9\r\nconnection: keep-alive\r\n\r\n",
    );
  });

  test.each([
    [
      "https://vendor.invalid/a b/\u00fc",
      { host: "vendor.invalid", port: 443, tls: { serverName: "vendor.invalid", ca: null } },
    ],
    [
      "https://vendor.invalid:8443/",
      { host: "vendor.invalid", port: 8443, tls: { serverName: "vendor.invalid", ca: null } },
    ],
    ["https://10.1.2.3/", { host: "10.1.2.3", port: 443, tls: { serverName: null, ca: null } }],
    ["https://[::1]:9/", { host: "::1", port: 9, tls: { serverName: null, ca: null } }],
    ["http://vendor.invalid/", { host: "vendor.invalid", port: 80, tls: null }],
  ])("%s leads to %j", (url, place) => {
    void send({ url });
    expect(net.at(0).place).toEqual(place);
  });

  test.each([
    ["a line end in a value", { "x-a": "a\r\nx-b: c" }],
    ["a NUL", { "x-a": "a\0" }],
    ["a character beyond Latin-1", { "x-a": "\u2603" }],
    ["a name that is none", { "x a": "b" }],
  ])("%s is refused, and nothing is opened", async (_what, headers) => {
    expect(await send({ headers })).toMatchObject({ kind: "failed", mayHaveRun: false });
    expect(net.sockets).toEqual([]);
  });

  test("what the system does not take waits for it, in order", async () => {
    const sending = send({
      body: [new Uint8Array(60_000).fill(97), new Uint8Array(0), new Uint8Array(40_000).fill(97)],
    });
    const socket = net.at(0);
    socket.takes(10, 0);
    socket.stand();
    expect(socket.written()).toBe("POST /v1/x");
    socket.drain();
    expect(socket.written()).toBe("POST /v1/x");
    socket.takes(10_000, 10_000);
    socket.drain();
    socket.drain();
    socket.drain();
    expect(socket.written()).toMatch(/^POST [\s\S]*\r\n\r\na{100000}$/);
    socket.say(ANSWER);
    expect(await textOf(sending)).toBe("ok");
  });
});

describe("connecting", () => {
  test.each([
    ["its own limit", { connectMs: 50, firstByteMs: 1_000, totalMs: 1_000 }, "no connection"],
    ["the limit for the first byte", { firstByteMs: 50 }, "did not begin"],
    ["the limit for all", { totalMs: 50 }, "did not finish"],
  ])("ends at %s, and nothing has run", async (_what, timers, words) => {
    const sending = send({ timers: { ...NO_TIMERS, ...timers } });
    time.advance(49);
    expect(net.at(0).isCancelled()).toBe(false);
    time.advance(1);
    expect(await sending).toMatchObject({
      kind: "failed",
      failure: { kind: "timeout", message: expect.stringContaining(words) },
      mayHaveRun: false,
    });
    expect(net.at(0).isCancelled()).toBe(true);
    expect(time.timersPending()).toBe(0);
  });

  test("its limit ends with it", async () => {
    const sending = send({ timers: { ...NO_TIMERS, connectMs: 50 } });
    net.at(0).stand();
    time.advance(1_000);
    net.at(0).say(ANSWER);
    expect(await textOf(sending)).toBe("ok");
  });

  test.each([
    ["ECONNREFUSED", "network"],
    ["ENOTFOUND", "network"],
    ["EPROTO", "network"],
    ["CERT_HAS_EXPIRED", "network"],
    ["ERR_TLS_CERT_ALTNAME_INVALID", "network"],
    ["EMFILE", "no-eligible-lane"],
    ["EADDRNOTAVAIL", "no-eligible-lane"],
  ] as const)("%s is %s, and nothing has run", async (code, kind) => {
    const sending = send();
    net.at(0).refuse(code);
    expect(await sending).toMatchObject({ kind: "failed", failure: { kind }, mayHaveRun: false });
  });

  test("an abort gives it up; what stands after all is kept for the next", async () => {
    const client = new AbortController();
    const sending = send({ signal: client.signal });
    client.abort();
    expect(await sending).toEqual({ kind: "aborted" });
    expect(net.at(0).isCancelled()).toBe(true);
    net.at(0).stand();
    await served(0);
    expect(net.sockets.length).toBe(1);
  });

  test("a connection that comes free serves who waits, and the one opened for that is kept", async () => {
    const first = send();
    net.at(0).stand();
    const second = send();
    net.at(0).say(ANSWER);
    expect(await textOf(first)).toBe("ok");
    time.advance(REST_MS);
    net.at(0).say(ANSWER);
    expect(await textOf(second)).toBe("ok");
    time.advance(REST_MS);
    net.at(1).stand();
    await served(1);
    expect(net.sockets.length).toBe(2);
  });
});

describe("a kept connection", () => {
  test("is used again, the last used first", async () => {
    const both = [send(), send()];
    net.at(0).stand();
    net.at(1).stand();
    net.at(1).say(ANSWER);
    net.at(0).say(ANSWER);
    expect(await Promise.all(both.map(textOf))).toEqual(["ok", "ok"]);
    time.advance(REST_MS);
    await served(0);
    await served(0);
    expect(net.sockets.length).toBe(2);
  });

  test.each([
    ["of another place", { url: "https://other.invalid/" }],
    ["of another port", { url: "https://vendor.invalid:444/" }],
    ["in the clear", { url: "http://vendor.invalid/" }],
    ["that trusts another authority", { ca: "another" }],
  ])("is not one %s", async (_what, over) => {
    await served(0);
    void send(over);
    expect(net.sockets.length).toBe(2);
  });

  test("is not used after 15 s, and is closed within 20 s", async () => {
    await served(0);
    time.advance(15_000);
    void send();
    expect(net.sockets.length).toBe(2);
    net.at(1).stand();
    net.at(1).say(ANSWER);
    time.advance(20_000 + REST_MS);
    expect(net.sockets.map((socket) => socket.isTerminated())).toEqual([true, true]);
    expect(time.timersPending()).toBe(0);
  });

  test.each([
    [5, 3_999, false],
    [5, 4_000, true],
    [1, 0, true],
    [60, 14_999, false],
  ])("that its server keeps for %d s is after %d ms given up: %j", async (secs, ms, isGone) => {
    await served(0, ANSWER.replace("content-length", `keep-alive: timeout=${secs}\r\ncontent-length`));
    time.advance(ms);
    void send();
    expect(net.sockets.length).toBe(isGone ? 2 : 1);
  });

  test("is not used before it has rested, and never when its server ended it behind the answer", async () => {
    const sending = send();
    net.at(0).stand();
    net.at(0).say(ANSWER);
    expect(await textOf(sending)).toBe("ok");
    time.advance(REST_MS - 1);
    void send();
    expect(net.sockets.length).toBe(2);
    net.at(0).end();
    time.advance(REST_MS);
    void send();
    expect(net.sockets.length).toBe(3);
  });

  test.each([
    ["that its server closed", () => net.at(0).end()],
    ["that was reset", () => net.at(0).end("ECONNRESET")],
    ["on which something came unasked", () => net.at(0).say("HTTP/1.1 408 Request Timeout\r\n\r\n")],
  ])("%s is not used", async (_what, happens) => {
    await served(0);
    happens();
    await served(1);
  });

  test.each([
    ["none of the request was taken", [-1]],
    ["a part of it was", [20, -1]],
  ])("that turns out to be closed before all was written is opened again, once: %s", async (_what, counts) => {
    await served(0);
    net.at(0).takes(...counts);
    const sending = send();
    net.at(0).end("ECONNRESET");
    net.at(1).stand();
    net.at(1).say(ANSWER);
    expect(await textOf(sending)).toBe("ok");
    expect(net.at(1).written()).toStartWith("POST /v1/x?y=1 HTTP/1.1\r\n");
  });

  test("is opened again only once, and the new one is no other kept one", async () => {
    const both = [send(), send()];
    net.at(0).stand();
    net.at(1).stand();
    net.at(0).say(ANSWER);
    net.at(1).say(ANSWER);
    await Promise.all(both.map(textOf));
    time.advance(REST_MS);
    net.at(1).takes(-1);
    const sending = send();
    net.at(1).end();
    expect(net.sockets.length).toBe(3);
    net.at(2).takes(10, 0);
    net.at(2).stand();
    net.at(2).end("EPIPE");
    expect(await sending).toMatchObject({ kind: "failed", failure: { kind: "network" }, mayHaveRun: true });
    expect(net.sockets.length).toBe(3);
  });

  test.each([
    ["closed", null],
    ["reset", "ECONNRESET"],
  ])("that is %s after all was written may have run, and is not asked again", async (_what, code) => {
    await served(0);
    const sending = send();
    net.at(0).end(code);
    expect(await sending).toMatchObject({ kind: "failed", failure: { kind: "network" }, mayHaveRun: true });
    expect(net.sockets.length).toBe(1);
  });

  test.each([
    ["Connection: close", "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 2\r\n\r\nok"],
    ["an old version", "HTTP/1.0 200 OK\r\ncontent-length: 2\r\n\r\nok"],
    ["bytes after the answer", `${ANSWER}more`],
  ])("is not what follows %s", async (_what, answer) => {
    await served(0, answer);
    expect(net.at(0).isTerminated()).toBe(true);
  });

  test("is not one whose answer came before the request was written", async () => {
    const sending = send();
    net.at(0).takes(10, 0);
    net.at(0).stand();
    net.at(0).say("HTTP/1.1 413 Too Large\r\ncontent-length: 2\r\n\r\nok");
    expect(await textOf(sending)).toBe("ok");
    expect(net.at(0).isTerminated()).toBe(true);
  });
});

test("a new connection that is lost before all was written is not opened again", async () => {
  for (const [counts, mayHaveRun] of [
    [[-1], false],
    [[10, 0], true],
  ] as const) {
    const index = net.sockets.length;
    const sending = send();
    net.at(index).takes(...counts);
    net.at(index).stand();
    net.at(index).end("ECONNRESET");
    expect(await sending).toMatchObject({ kind: "failed", mayHaveRun });
    expect(net.sockets.length).toBe(index + 1);
  }
});

describe("a body", () => {
  const chunk = (length: number): string => `${length.toString(16)}\r\n${"a".repeat(length)}\r\n`;

  test("that is faster than its reader is slowed down, and goes on when it was read", async () => {
    const sending = send();
    net.at(0).stand();
    net.at(0).say(STREAM_HEAD + chunk(60_000));
    expect(net.at(0).isPaused()).toBe(false);
    net.at(0).say(chunk(60_000));
    expect(net.at(0).isPaused()).toBe(true);
    const sent = await sending;
    if (sent.kind !== "response") throw new Error(sent.kind);
    expect(await sent.body.next()).toMatchObject({ kind: "bytes", bytes: { length: 120_000 } });
    expect(net.at(0).isPaused()).toBe(false);
    net.at(0).say(`${chunk(70_000)}0\r\n\r\n`);
    expect(await textOf(sending)).toHaveLength(70_000);
    time.advance(REST_MS);
    // It is kept, and not paused.
    await served(0);
    expect(net.at(0).isPaused()).toBe(false);
  });

  test("that breaks gives first what had come", async () => {
    const sending = send();
    net.at(0).stand();
    net.at(0).say(`${STREAM_HEAD}${chunk(3)}`);
    net.at(0).end("ECONNRESET");
    expect(await textOf(sending)).toBe("aaa, then failed");
  });

  test("whose reader leaves ends the connection", async () => {
    const sending = send();
    net.at(0).stand();
    net.at(0).say(STREAM_HEAD);
    const sent = await sending;
    if (sent.kind !== "response") throw new Error(sent.kind);
    const next = sent.body.next();
    sent.body.cancel();
    expect(net.at(0).isTerminated()).toBe(true);
    expect(await next).toEqual({ kind: "end" });
  });

  test("that is whole is not ended with the connection's next request", async () => {
    const client = new AbortController();
    const first = await (async () => {
      const sending = send({ signal: client.signal });
      net.at(0).stand();
      net.at(0).say(ANSWER);
      return sending;
    })();
    time.advance(REST_MS);
    const second = send();
    client.abort();
    expect(net.at(0).isTerminated()).toBe(false);
    net.at(0).say(ANSWER);
    expect(await textOf(second)).toBe("ok");
    if (first.kind === "response") expect(await first.body.next()).toEqual({ kind: "aborted" });
  });
});

test("nothing is left when all has ended: no timer but the idle one", async () => {
  const timers = { connectMs: 10, firstByteMs: 10, idleMs: 10, totalMs: 10 };
  const sending = send({ timers });
  net.at(0).stand();
  net.at(0).say(ANSWER);
  expect(await textOf(sending)).toBe("ok");
  time.advance(REST_MS);
  expect(time.timersPending()).toBe(1);
  net.at(0).end();
  time.advance(20_000);
  await settle();
  expect(time.timersPending()).toBe(0);
});
