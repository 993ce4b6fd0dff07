// The head of a request, read strictly.
import { expect, test } from "bun:test";
import { readRequestHead } from "../../../src/server/http1/request-head.ts";

const HOST = "Host: a\r\n";

const TARGETS: readonly (readonly [sent: string, target: string | number])[] = [
  ["/a/b?c=d&e", "/a/b?c=d&e"],
  ["/a%2Fb:0/c", "/a%2Fb:0/c"],
  ["/a/../b/./c", "/b/c"],
  ["/a/%2e%2E/b", "/b"],
  ["/a\\b", "/a/b"],
  ["//evil/x", "//evil/x"],
  ["/a#b", "/a"],
  ["http://other:80/x?y", "/x?y"],
  ["http://other", "/"],
  ["http://user@other/x", 400],
  ["ftp://other/x", 400],
  ["other", 400],
  ["*", "*"],
];

test.each(TARGETS)("the target %s", (sent, target) => {
  const reading = readRequestHead(`GET ${sent} HTTP/1.1\r\n${HOST}\r\n`);
  expect(reading.kind === "head" ? reading.head.target : reading.status).toBe(target);
});

test("a whole URL names the host, whatever the header says", () => {
  const reading = readRequestHead(`GET http://other:8080/x HTTP/1.1\r\n${HOST}\r\n`);
  expect(reading.kind === "head" ? reading.head.headers["host"] : null).toBe("other:8080");
});

const FRAMINGS: readonly (readonly [headers: string, framing: object])[] = [
  ["", { kind: "length", bytes: 0 }],
  ["Content-Length: 12\r\n", { kind: "length", bytes: 12 }],
  ["Transfer-Encoding: chunked\r\n", { kind: "chunked" }],
  ["Transfer-Encoding: Chunked\r\n", { kind: "chunked" }],
  ["Transfer-Encoding: gzip, chunked\r\n", { kind: "unsound" }],
  ["Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", { kind: "unsound" }],
  ["Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", { kind: "unsound" }],
  ["Content-Length: 5\r\nContent-Length: 5\r\n", { kind: "unsound" }],
  ["Content-Length: 0x5\r\n", { kind: "unsound" }],
  ["Content-Length: \r\n", { kind: "unsound" }],
  ["Content-Length: 1234567890123456\r\n", { kind: "unsound" }],
];

test.each(FRAMINGS)("the body after %j", (headers, framing) => {
  const reading = readRequestHead(`POST / HTTP/1.1\r\n${HOST}${headers}\r\n`);
  expect(reading).toMatchObject({ kind: "head", head: { framing } });
});

test("chunks are not of HTTP/1.0, whose connection ends with the answer", () => {
  const reading = readRequestHead("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n");
  expect(reading).toMatchObject({ kind: "head", head: { framing: { kind: "unsound" }, isOld: true, closes: true } });
});

const REFUSED: readonly (readonly [head: string, status: number])[] = [
  [`GET  / HTTP/1.1\r\n${HOST}\r\n`, 400],
  [`GET / HTTP/1.1 \r\n${HOST}\r\n`, 400],
  [`GET / HTTP/1.1\r\n\r\n`, 400],
  [`GET / HTTP/2.0\r\n${HOST}\r\n`, 505],
  [`GET /\r\n\r\n`, 400],
  [`GET / HTTP/1.1\n${HOST}\r\n`, 400],
  [`GET / HTTP/1.1\r\nHost: a\n\r\n`, 400],
  [`GET / HTTP/1.1\r\n${HOST}A: b\x07\r\n\r\n`, 400],
  [`GET / HTTP/1.1\r\n${HOST}A b\r\n\r\n`, 400],
  [`GET / HTTP/1.1\r\n${HOST} folded: b\r\n\r\n`, 400],
  [`GET / HTTP/1.1\r\n${HOST}A : b\r\n\r\n`, 400],
  [`GET / HTTP/1.1\r\n${HOST}${"A: b\r\n".repeat(256)}\r\n`, 431],
  [`G\u00e9T / HTTP/1.1\r\n${HOST}\r\n`, 400],
  [`GET /\u00e9 HTTP/1.1\r\n${HOST}\r\n`, 400],
];

test.each(REFUSED)("%j is refused", (head, status) => {
  const reading = readRequestHead(head);
  expect(reading.kind === "refused" ? reading.status : reading).toBe(status);
});
