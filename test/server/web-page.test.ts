// What web pages may ask, over real sockets: nothing of a gateway without credentials, and of one with them only what an
// operator listed. Refused by the head, on every path, with the body unread.
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { type FakeServer, startFake } from "./fake-gateway.ts";
import { openRaw, sendRaw, statusOf } from "./raw-client.ts";

const LISTED = "vscode-webview://*";
let open: FakeServer;
let closed: FakeServer;
beforeAll(() => {
  open = startFake(undefined, null, { kind: "own-pages" });
  closed = startFake(undefined, null, { kind: "listed", origins: ["https://app.example", LISTED] });
});
afterAll(() => {
  open.server.stopNow();
  closed.server.stopNow();
});

const PATHS = [
  "POST /v1/chat/completions",
  "GET /v1/models/x",
  "GET /healthz",
  "GET /",
  "HEAD /",
  "GET /metrics",
  "GET /nowhere",
];

/** `%` is the listener's own port. */
const FOREIGN: readonly (readonly [what: string, host: string, headers: string])[] = [
  ["another site", "127.0.0.1:%", "Sec-Fetch-Site: cross-site"],
  ["another port of the same machine", "localhost:%", "Sec-Fetch-Site: same-site"],
  ["a word no browser has", "localhost:%", "Sec-Fetch-Site: Same-Origin"],
  ["two words", "localhost:%", "Sec-Fetch-Site: same-origin\r\nSec-Fetch-Site: cross-site"],
  ["no origin that it tells of", "127.0.0.1:%", "Origin: null"],
  ["an empty origin", "127.0.0.1:%", "Origin: "],
  ["an origin of the web", "127.0.0.1:%", "Origin: https://evil.example"],
  ["the same origin by another name", "127.0.0.1:%", "Origin: http://localhost:%"],
  ["another port", "127.0.0.1:%", "Origin: http://127.0.0.1:1"],
  ["another scheme", "127.0.0.1:%", "Origin: https://127.0.0.1:%"],
  ["more than an origin", "127.0.0.1:%", "Origin: http://127.0.0.1:%/"],
  ["a name of its own that points here", "rebind.example:%", "Origin: http://rebind.example:%"],
  ["an editor's view", "127.0.0.1:%", "Origin: vscode-webview://abc"],
  ["the same origin, and another one", "127.0.0.1:%", "Origin: http://127.0.0.1:%\r\nOrigin: null"],
  [
    "its own page's origin from another site",
    "127.0.0.1:%",
    "Origin: http://127.0.0.1:%\r\nSec-Fetch-Site: cross-site",
  ],
];

function headOf(fake: FakeServer, line: string, host: string, headers: string): string {
  const head = `${line} HTTP/1.1\r\nHost: ${host}\r\n${headers}${headers === "" ? "" : "\r\n"}`;
  return head.replaceAll("%", String(fake.port));
}

describe("without credentials", () => {
  test.each(FOREIGN)("a page of %s is refused on every path", async (_what, host, headers) => {
    const [runs, refusals] = [open.runs.length, open.refusals.length];
    for (const line of PATHS) {
      const answer = await sendRaw(open.port, `${headOf(open, line, host, headers)}Content-Length: 0\r\n\r\n`);
      expect([line, statusOf(answer)]).toEqual([line, 403]);
      expect(answer.toLowerCase()).not.toContain("access-control");
    }
    expect([open.runs.length - runs, open.refusals.length - refusals]).toEqual([0, PATHS.length]);
  });

  test("it is refused before its body has come, and the body is not waited for", async () => {
    await using client = await openRaw(open.port);
    client.send(
      `${headOf(open, "POST /v1/chat/completions", "127.0.0.1:%", "Origin: null")}Content-Length: 900000\r\n\r\n{`,
    );
    expect(statusOf(await client.closed())).toBe(403);
    expect(open.time.timersPending()).toBe(0);
  });

  test.each([
    ["a program", "127.0.0.1:%", ""],
    ["a person who types the address", "localhost:%", "Sec-Fetch-Site: none"],
    ["the listener's own page", "localhost:%", "Origin: http://localhost:%\r\nSec-Fetch-Site: same-origin"],
    ["the listener's own page, by address", "[::1]:%", "Origin: http://[::1]:%"],
    ["a program that says only how it fetches", "127.0.0.1:%", "Sec-Fetch-Mode: cors"],
  ])("%s may ask", async (_what, host, headers) => {
    for (const line of ["POST /v1/chat/completions", "GET /healthz"]) {
      const answer = await sendRaw(open.port, `${headOf(open, line, host, headers)}Content-Length: 0\r\n\r\n`);
      expect(statusOf(answer)).toBe(200);
    }
  });

  test.each(["Origin: https://app.example", "Access-Control-Request-Method: POST", ""])(
    "OPTIONS with %p is refused",
    async (headers) => {
      const answer = await sendRaw(open.port, `${headOf(open, "OPTIONS /v1/messages", "127.0.0.1:%", headers)}\r\n`);
      expect(statusOf(answer)).toBe(403);
      expect(answer.toLowerCase()).not.toContain("access-control");
    },
  );
});

describe("with credentials", () => {
  test.each([
    ["https://app.example", 204],
    ["vscode-webview://1f00", 204],
    ["https://app.example.evil.example", 403],
    ["https://app.example:8443", 403],
    ["http://app.example", 403],
    ["vscode-webview:", 403],
    ["null", 403],
  ])("a page of %s asks for leave: %p", async (origin, status) => {
    const asks = `Origin: ${origin}\r\nAccess-Control-Request-Method: POST\r\nAccess-Control-Request-Headers: authorization,content-type\r\n`;
    const answer = await sendRaw(
      closed.port,
      `${headOf(closed, "OPTIONS /v1/messages", "127.0.0.1:%", "")}${asks}\r\n`,
    );
    expect(statusOf(answer)).toBe(status);
    const told = answer.toLowerCase();
    expect(told.includes(`access-control-allow-origin: ${origin}\r\n`)).toBe(status === 204);
    expect(told.includes("access-control-allow-headers: authorization,content-type\r\n")).toBe(status === 204);
    expect(told.includes("access-control-allow-credentials")).toBe(false);
  });

  test.each([
    ["GET /healthz", 200],
    ["POST /v1/chat/completions", 200],
    ["GET /nowhere", 404],
  ])("a listed page may read the answer to %s", async (line, status) => {
    const head = headOf(closed, line, "127.0.0.1:%", "Origin: https://app.example");
    const answer = await sendRaw(closed.port, `${head}Content-Length: 0\r\n\r\n`);
    expect(statusOf(answer)).toBe(status);
    expect(answer.toLowerCase()).toContain("\r\naccess-control-allow-origin: https://app.example\r\n");
    expect(answer.toLowerCase()).toContain("\r\nvary: origin\r\n");
  });

  test("another page is answered as any caller without a credential, and may not read it", async () => {
    const head = headOf(
      closed,
      "GET /v1/models/x",
      "127.0.0.1:%",
      "Origin: https://evil.example\r\nAuthorization: Bearer wrong",
    );
    const answer = await sendRaw(closed.port, `${head}\r\n`);
    expect(statusOf(answer)).toBe(401);
    expect(answer.toLowerCase()).not.toContain("access-control");
  });

  test("a program that asks what a path takes is told", async () => {
    const answer = await sendRaw(closed.port, `${headOf(closed, "OPTIONS /v1/messages", "127.0.0.1:%", "")}\r\n`);
    expect(statusOf(answer)).toBe(204);
    expect(answer.toLowerCase()).toContain("\r\nallow: post, options\r\n");
  });
});
