// Odd heads over real sockets: every one is answered or closed, none is a 500, and none reaches the exchange by a detour.
import { afterAll, beforeAll, expect, test } from "bun:test";
import { type FakeServer, startFake } from "./fake-gateway.ts";
import { openRaw, sendRaw, statusOf } from "./raw-client.ts";

let fake: FakeServer;
beforeAll(() => {
  fake = startFake();
});
afterAll(() => fake.server.stopNow());

const HOST = "Host: gateway.invalid\r\n";

/** 0: closed without an answer, which is all a client deserves that does not speak HTTP. */
const HEADS: readonly (readonly [what: string, head: string, status: number])[] = [
  ["two hosts", "GET /v1/models/x HTTP/1.1\r\nHost: a.invalid\r\nHost: b.invalid\r\n\r\n", 400],
  ["a host that is none", "GET /v1/models/x HTTP/1.1\r\nHost: a@evil.invalid/../x\r\n\r\n", 400],
  ["a host of a body's length", `GET /v1/models/x HTTP/1.1\r\nHost: ${"a".repeat(300)}\r\n\r\n`, 400],
  ["no host", "GET /v1/models/x HTTP/1.1\r\n\r\n", 400],
  ["no host in HTTP/1.0", "GET /v1/models/x HTTP/1.0\r\n\r\n", 200],
  ["an address as host", "GET /v1/models/x HTTP/1.1\r\nHost: [::1]:8080\r\n\r\n", 200],
  ["a whole URL as target", `GET http://evil.invalid/v1/models/x HTTP/1.1\r\n${HOST}\r\n`, 200],
  ["TRACE", `TRACE /v1/chat/completions HTTP/1.1\r\n${HOST}\r\n`, 405],
  ["CONNECT to a path", `CONNECT /v1/chat/completions HTTP/1.1\r\n${HOST}\r\n`, 405],
  ["CONNECT to a host", `CONNECT a.invalid:443 HTTP/1.1\r\n${HOST}\r\n`, 404],
  ["an unknown method", `FOO /v1/chat/completions HTTP/1.1\r\n${HOST}\r\n`, 405],
  ["a method in lower case", `post /v1/chat/completions HTTP/1.1\r\n${HOST}\r\n`, 400],
  ["DELETE", `DELETE /v1/chat/completions HTTP/1.1\r\n${HOST}\r\n`, 405],
  ["GET on a path for POST", `GET /v1/chat/completions HTTP/1.1\r\n${HOST}\r\n`, 405],
  ["POST on a path for GET", `POST /v1/models/x HTTP/1.1\r\n${HOST}Content-Length: 0\r\n\r\n`, 405],
  ["POST of an unknown action", `POST /v1/models/x:predict HTTP/1.1\r\n${HOST}Content-Length: 0\r\n\r\n`, 404],
  ["GET of what only looks like an action", `GET /v1/models/x:latest HTTP/1.1\r\n${HOST}\r\n`, 200],
  ["POST on a path of our own", `POST /healthz HTTP/1.1\r\n${HOST}Content-Length: 0\r\n\r\n`, 405],
  ["HEAD on a path for POST", `HEAD /v1/chat/completions HTTP/1.1\r\n${HOST}\r\n`, 405],
  ["HEAD on a path for GET", `HEAD /v1/models/x HTTP/1.1\r\n${HOST}\r\n`, 200],
  ["HEAD of the root", `HEAD / HTTP/1.1\r\n${HOST}\r\n`, 200],
  ["HEAD of a client's greeting", `HEAD /api/hello HTTP/1.1\r\n${HOST}\r\n`, 200],
  ["OPTIONS of a known path", `OPTIONS /v1/chat/completions HTTP/1.1\r\n${HOST}\r\n`, 204],
  ["OPTIONS of an unknown path", `OPTIONS /nowhere HTTP/1.1\r\n${HOST}\r\n`, 404],
  ["OPTIONS of everything", `OPTIONS * HTTP/1.1\r\n${HOST}\r\n`, 404],
  [
    "an upgrade to WebSocket",
    `GET /v1/chat/completions HTTP/1.1\r\n${HOST}Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n`,
    426,
  ],
  [
    "an upgrade to WebSocket of a path for GET",
    `GET /v1/models/x HTTP/1.1\r\n${HOST}Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n`,
    200,
  ],
  [
    "an upgrade to WebSocket of an unknown path",
    `GET /nowhere HTTP/1.1\r\n${HOST}Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n`,
    404,
  ],
  [
    "an upgrade to h2c",
    `GET /v1/models/x HTTP/1.1\r\n${HOST}Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AA\r\n\r\n`,
    200,
  ],
  ["17 KB of headers", `GET /v1/models/x HTTP/1.1\r\n${HOST}X-Long: ${"a".repeat(17_000)}\r\n\r\n`, 431],
  ["300 headers", `GET /v1/models/x HTTP/1.1\r\n${HOST}${"X-Many: a\r\n".repeat(300)}\r\n`, 431],
  ["a URL of 20 KB", `GET /v1/models/${"a".repeat(20_000)} HTTP/1.1\r\n${HOST}\r\n`, 431],
  ["an unknown path", `POST /v2/everything HTTP/1.1\r\n${HOST}Content-Length: 0\r\n\r\n`, 404],
];

test.each(HEADS)("%s", async (_what, head, status) => {
  const answer = await sendRaw(fake.port, head);
  expect(statusOf(answer)).toBe(status);
  expect(answer.toLowerCase()).not.toContain("switching protocols");
  expect(/^upgrade: http\/1\.1\r$/im.test(answer)).toBe(status === 426);
});

/** Ways to an administration that is not on this address. */
const DETOURS = [
  "/admin/keys",
  "//admin/keys",
  "/v1/..%2fadmin/keys",
  "/v1/%2e%2e/admin/keys",
  "/v1/../admin/keys",
  "\\admin\\keys",
  "/%61dmin/keys",
  "/v1/chat/completions/../../../admin/keys",
  "/v1/chat/completions%2f..%2f..%2fadmin",
  "/v1/chat%2fcompletions",
  "/V1/CHAT/COMPLETIONS",
  "/v1/chat/completions/",
  "/v1/%63hat/completions",
];

test.each(DETOURS)("nothing is reached by %s", async (path) => {
  const before = fake.runs.length;
  const head = `POST ${path} HTTP/1.1\r\n${HOST}X-Original-URL: /v1/chat/completions\r\nX-Forwarded-Host: admin\r\nContent-Length: 0\r\n\r\n`;
  expect([400, 404, 405]).toContain(statusOf(await sendRaw(fake.port, head)));
  expect(fake.runs.length).toBe(before);
});

const CHUNKED = "Transfer-Encoding: chunked\r\n";

/** Two readings of one request: somebody in front of us could take the other one. */
const AMBIGUOUS: readonly (readonly [what: string, headers: string])[] = [
  ["length and chunks", `Content-Length: 5\r\n${CHUNKED}`],
  ["chunks and length", `${CHUNKED}Content-Length: 5\r\n`],
  ["two lengths", "Content-Length: 5\r\nContent-Length: 6\r\n"],
  ["a signed length", "Content-Length: +2\r\n"],
  ["a list of lengths", "Content-Length: 2, 2\r\n"],
  ["a negative length", "Content-Length: -1\r\n"],
  ["a length of 20 digits", "Content-Length: 11111111111111111111\r\n"],
  ["an unknown coding", "Transfer-Encoding: xchunked\r\n"],
  ["a space before the colon", "Transfer-Encoding : chunked\r\n"],
  ["chunks that are not last", "Transfer-Encoding: chunked, identity\r\n"],
  ["a folded header", "X-Folded: a\r\n b\r\n"],
  ["NUL in a value", "X-Nul: a\0b\r\n"],
  ["CR in a value", "X-Cr: a\rb\r\n"],
];

test.each(AMBIGUOUS)("%s: refused, and nothing runs", async (_what, headers) => {
  const before = fake.runs.length;
  const answer = await sendRaw(fake.port, `POST /v1/chat/completions HTTP/1.1\r\n${HOST}${headers}\r\n0\r\n\r\n`);
  expect([400, 413, 501, 505]).toContain(statusOf(answer));
  expect(fake.runs.length).toBe(before);
});

test("what follows a broken last chunk is never taken for a request", async () => {
  const before = fake.runs.length;
  await using client = await openRaw(fake.port);
  const body = "5\r\nhello\r\n0\r\nX";
  client.send(
    `POST /v1/chat/completions HTTP/1.1\r\n${HOST}${CHUNKED}\r\n${body}GET /v1/models/x HTTP/1.1\r\n${HOST}\r\n`,
  );
  const answer = await client.closed();
  expect(answer).not.toContain("run /v1/models");
  expect(fake.runs.slice(before).map((run) => run.route.method)).not.toContain("GET");
});

test("two requests in one packet are answered in order", async () => {
  await using client = await openRaw(fake.port);
  client.send(`GET /v1/models/a HTTP/1.1\r\n${HOST}\r\nGET /healthz HTTP/1.1\r\n${HOST}\r\n`);
  const received = await client.until((seen) => seen.includes("ok\n"));
  expect(received.indexOf("run /v1/models/:id")).toBeGreaterThan(0);
  expect(received.indexOf("run /v1/models/:id")).toBeLessThan(received.indexOf("ok\n"));
});

/** Path and the named segments the exchange sees. */
const NAMED: readonly (readonly [path: string, params: Readonly<Record<string, string>>])[] = [
  ["/v1/models/gpt-x", { id: "gpt-x" }],
  ["/v1/models/a%2Fb", { id: "a/b" }],
  ["/v1/models/a%252Fb", { id: "a%2Fb" }],
  ["/v1/models/v1:0", { id: "v1:0" }],
  ["/v1/models/__proto__", { id: "__proto__" }],
  ["/v1/models/newest", {}],
];

test.each(NAMED)("%s is decoded once", async (path, params) => {
  expect(statusOf(await sendRaw(fake.port, `GET ${path}?beta=true&x=%20 HTTP/1.1\r\n${HOST}\r\n`))).toBe(200);
  const parts = fake.runs.at(-1)?.parts;
  expect(parts?.params).toEqual(params);
  expect(parts?.path).toBe(path);
  expect(parts?.query).toBe("beta=true&x=%20");
});

test("header names come in lower case, and one that is sent twice as a list", async () => {
  await sendRaw(
    fake.port,
    `GET /v1/models/x HTTP/1.1\r\n${HOST}X-Some-Name: 1\r\nx-some-name: 2\r\n__proto__: polluted\r\n\r\n`,
  );
  const headers = fake.runs.at(-1)?.parts.headers ?? {};
  expect(headers["x-some-name"]).toBe("1, 2");
  expect(Object.keys(headers).every((name) => name === name.toLowerCase())).toBe(true);
  expect(Object.hasOwn(headers, "__proto__")).toBe(true);
  expect(Object.getPrototypeOf(headers)).toBe(Object.prototype);
});

// A client of AWS sets its clock by it, and signs by that clock.
test("answers say when they were made, by the clock on the wall", async () => {
  const dateOf = async (): Promise<number> => {
    const answer = await sendRaw(fake.port, `GET /v1/models/x HTTP/1.1\r\n${HOST}\r\n`);
    return Date.parse(/^date: (.+)\r$/im.exec(answer)?.[1] ?? "");
  };
  const before = await dateOf();
  expect(Math.floor(fake.time.wallMs() / 1_000) * 1_000).toBe(before);
  fake.time.advance(5_000);
  expect(await dateOf()).toBe(before + 5_000);
});

test("answers name no server and may not be kept", async () => {
  const answer = (await sendRaw(fake.port, `GET /v1/models/x HTTP/1.1\r\n${HOST}\r\n`)).toLowerCase();
  expect(answer).toContain("\r\ncache-control: no-store\r\n");
  expect(answer).not.toContain("\r\nserver:");
  expect(answer).not.toContain("\r\nx-powered-by:");
});

test("the methods of a known path are named when another one is used", async () => {
  const post = await sendRaw(fake.port, `GET /v1/chat/completions HTTP/1.1\r\n${HOST}\r\n`);
  expect(post.toLowerCase()).toContain("\r\nallow: post, options\r\n");
  const get = await sendRaw(fake.port, `DELETE /v1/models/x HTTP/1.1\r\n${HOST}\r\n`);
  expect(get.toLowerCase()).toContain("\r\nallow: get, head, options\r\n");
});
