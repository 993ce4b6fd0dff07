/**
 * Answers in exact bytes, whole and broken: what the parser is held to, and what both clients are compared over. Each ends
 * with the connection where it says so.
 */
import type { ResponseFault } from "../../../src/upstream/http1/response-parser.ts";

export interface CorpusAnswer {
  readonly name: string;
  /** Latin-1. */
  readonly bytes: string;
  readonly closes?: boolean;
  /** What comes of it: the body of an answer, or the fault. */
  readonly body?: string;
  readonly fault?: ResponseFault;
  /** What the runtime's own client makes of it, where that is meant to differ. */
  readonly fetch?: "failed: network" | `200 ${string}`;
  /** The connection is kept. */
  readonly isKept?: boolean;
}

const OK = "HTTP/1.1 200 OK\r\n";
const chunked = (chunks: string, headers = ""): string => `${OK}${headers}transfer-encoding: chunked\r\n\r\n${chunks}`;

export const ANSWERS: readonly CorpusAnswer[] = [
  { name: "declared length", bytes: `${OK}content-length: 5\r\n\r\nhello`, body: "hello", isKept: true },
  { name: "an empty body", bytes: `${OK}content-length: 0\r\n\r\n`, body: "", isKept: true },
  { name: "no reason", bytes: "HTTP/1.1 200\r\ncontent-length: 2\r\n\r\nok", body: "ok", isKept: true },
  { name: "an empty reason", bytes: "HTTP/1.1 200 \r\ncontent-length: 2\r\n\r\nok", body: "ok", isKept: true },
  {
    name: "the same length twice",
    bytes: `${OK}content-length: 2\r\ncontent-length: 2\r\n\r\nok`,
    body: "ok",
    isKept: true,
  },
  {
    name: "the same length in a list",
    bytes: `${OK}content-length: 2, 2\r\n\r\nok`,
    body: "ok",
    isKept: true,
    fetch: "failed: network",
  },
  { name: "padded values", bytes: `${OK}x-a: \t a b \t\r\ncontent-length:  2 \r\n\r\nok`, body: "ok", isKept: true },
  { name: "an empty value", bytes: `${OK}x-a:\r\ncontent-length: 2\r\n\r\nok`, body: "ok", isKept: true },
  { name: "values in Latin-1", bytes: `${OK}x-a: caf\xe9\r\ncontent-length: 2\r\n\r\nok`, body: "ok", isKept: true },
  {
    name: "lines that end in LF alone",
    bytes: "HTTP/1.1 200 OK\nx-a: b\ncontent-length: 2\n\nok",
    body: "ok",
    isKept: true,
  },
  {
    name: "a folded value",
    bytes: `${OK}x-a: one\r\n \t two\r\ncontent-length: 2\r\n\r\nok`,
    body: "ok",
    isKept: true,
    fetch: "failed: network",
  },
  { name: "names in capitals", bytes: `${OK}CONTENT-LENGTH: 2\r\n\r\nok`, body: "ok", isKept: true },
  {
    name: "control characters in a value",
    bytes: `${OK}x-a: a\x01b\x1b[31m\r\ncontent-length: 2\r\n\r\nok`,
    body: "ok",
    isKept: true,
    fetch: "failed: network",
  },
  {
    name: "a CR inside a value",
    bytes: `${OK}x-a: a\rb\r\ncontent-length: 2\r\n\r\nok`,
    body: "ok",
    isKept: true,
    fetch: "failed: network",
  },
  {
    name: "Connection: close",
    bytes: `${OK}connection: close\r\ncontent-length: 2\r\n\r\nok`,
    body: "ok",
    closes: true,
  },
  {
    name: "close among others",
    bytes: `${OK}connection: x, Close\r\ncontent-length: 2\r\n\r\nok`,
    body: "ok",
    closes: true,
  },
  { name: "HTTP/1.0", bytes: "HTTP/1.0 200 OK\r\ncontent-length: 2\r\n\r\nok", body: "ok", closes: true },
  {
    name: "until the connection ends",
    bytes: `${OK}content-type: text/plain\r\n\r\nall of it`,
    body: "all of it",
    closes: true,
  },
  { name: "nothing until the connection ends", bytes: `${OK}\r\n`, body: "", closes: true },
  { name: "no header at all in HTTP/1.0", bytes: "HTTP/1.0 200 OK\r\n\r\nold", body: "old", closes: true },
  { name: "204", bytes: "HTTP/1.1 204 No Content\r\n\r\n", body: "", isKept: true },
  {
    name: "304 with the length of what it stands for",
    bytes: "HTTP/1.1 304 Not Modified\r\ncontent-length: 9\r\n\r\n",
    body: "",
    isKept: true,
  },
  {
    name: "interim answers",
    bytes: `HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n${OK}content-length: 2\r\n\r\nok`,
    body: "ok",
    isKept: true,
  },
  { name: "chunks", bytes: chunked("5\r\nhello\r\n1\r\n!\r\n0\r\n\r\n"), body: "hello!", isKept: true },
  { name: "chunks in capitals", bytes: chunked("A\r\n0123456789\r\n0\r\n\r\n"), body: "0123456789", isKept: true },
  {
    name: "Chunked with a capital",
    bytes: `${OK}transfer-encoding: Chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n`,
    body: "ok",
    isKept: true,
  },
  { name: "leading zeros in a size", bytes: chunked("0002\r\nok\r\n000\r\n\r\n"), body: "ok", isKept: true },
  {
    name: "blanks after a size",
    bytes: chunked("2 \t\r\nok\r\n0 \r\n\r\n"),
    body: "ok",
    isKept: true,
    fetch: "failed: network",
  },
  { name: "extensions of a chunk", bytes: chunked('2;a=b;c="d e"\r\nok\r\n0;x\r\n\r\n'), body: "ok", isKept: true },
  { name: "trailers", bytes: chunked("2\r\nok\r\n0\r\nx-sum: 1\r\nx-b: 2\r\n\r\n"), body: "ok", isKept: true },
  { name: "chunks whose lines end in LF alone", bytes: chunked("2\nok\n0\n\n"), fault: "chunk-size", closes: true },
  {
    name: "chunks and then the end of the connection",
    bytes: chunked("2\r\nok\r\n0\r\n\r\n", "connection: close\r\n"),
    body: "ok",
    closes: true,
  },
  {
    name: "CR and LF in the data of chunks",
    bytes: chunked("4\r\n\r\n\r\n\r\n2\r\n0\n\r\n0\r\n\r\n"),
    body: "\r\n\r\n0\n",
    isKept: true,
  },
  {
    name: "a chunk of 300 bytes",
    bytes: chunked(`12c\r\n${"z".repeat(300)}\r\n0\r\n\r\n`),
    body: "z".repeat(300),
    isKept: true,
  },

  { name: "no HTTP", bytes: "HELLO\r\n\r\n", fault: "status-line", closes: true },
  { name: "a version that is none of HTTP/1", bytes: "HTTP/2 200\r\n\r\n", fault: "status-line", closes: true },
  {
    name: "two digits of status",
    bytes: "HTTP/1.1 20 OK\r\ncontent-length: 0\r\n\r\n",
    fault: "status-line",
    closes: true,
  },
  {
    name: "four digits of status",
    bytes: "HTTP/1.1 2000 OK\r\ncontent-length: 0\r\n\r\n",
    fault: "status-line",
    closes: true,
  },
  {
    name: "another protocol",
    bytes: "HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\n\r\nxx",
    fault: "switching",
    closes: true,
  },
  {
    name: "a line without a colon",
    bytes: `${OK}nonsense\r\ncontent-length: 2\r\n\r\nok`,
    fault: "header-line",
    closes: true,
  },
  { name: "a blank before the colon", bytes: `${OK}content-length : 2\r\n\r\nok`, fault: "header-line", closes: true },
  {
    name: "a name with a control character",
    bytes: `${OK}x\x01a: b\r\ncontent-length: 2\r\n\r\nok`,
    fault: "header-line",
    closes: true,
  },
  { name: "no name", bytes: `${OK}: b\r\ncontent-length: 2\r\n\r\nok`, fault: "header-line", closes: true },
  {
    name: "a first line that is folded",
    bytes: `${OK} x: b\r\ncontent-length: 2\r\n\r\nok`,
    fault: "header-line",
    closes: true,
  },
  {
    name: "two lengths",
    bytes: `${OK}content-length: 2\r\ncontent-length: 3\r\n\r\nokk`,
    fault: "length",
    closes: true,
  },
  { name: "a length below zero", bytes: `${OK}content-length: -1\r\n\r\n`, fault: "length", closes: true },
  { name: "a length with a sign", bytes: `${OK}content-length: +2\r\n\r\nok`, fault: "length", closes: true },
  { name: "a length that is no number", bytes: `${OK}content-length: two\r\n\r\nok`, fault: "length", closes: true },
  { name: "an empty length", bytes: `${OK}content-length:\r\n\r\nok`, fault: "length", closes: true },
  {
    name: "a length beyond every number",
    bytes: `${OK}content-length: 99999999999999999999\r\n\r\nok`,
    fault: "length",
    closes: true,
  },
  {
    name: "a length beside chunks",
    bytes: chunked("2\r\nok\r\n0\r\n\r\n", "content-length: 2\r\n"),
    fault: "length",
    closes: true,
    fetch: "200 ok",
  },
  {
    name: "a coding beside chunks",
    bytes: `${OK}transfer-encoding: gzip, chunked\r\n\r\n0\r\n\r\n`,
    fault: "coding",
    closes: true,
    fetch: "200 ",
  },
  { name: "a coding that is not known", bytes: `${OK}transfer-encoding: x\r\n\r\nok`, fault: "coding", closes: true },
  {
    name: "chunks named twice",
    bytes: `${OK}transfer-encoding: chunked, chunked\r\n\r\n0\r\n\r\n`,
    fault: "coding",
    closes: true,
  },
  { name: "a body that is cut short", bytes: `${OK}content-length: 9\r\n\r\nshort`, fault: "cut-short", closes: true },
  { name: "a head that is cut short", bytes: `${OK}content-le`, fault: "cut-short", closes: true },
  { name: "chunks that are cut short", bytes: chunked("5\r\nhel"), fault: "cut-short", closes: true },
  { name: "chunks without a last one", bytes: chunked("2\r\nok\r\n"), fault: "cut-short", closes: true },
  { name: "a last chunk without its end", bytes: chunked("2\r\nok\r\n0\r\n"), body: "ok", closes: true },
  {
    name: "data of a chunk that end in LF alone",
    bytes: chunked("2\r\nok\n0\r\n\r\n"),
    fault: "chunk-end",
    closes: true,
  },
  { name: "a size that is none", bytes: chunked("ZZ\r\nok\r\n0\r\n\r\n"), fault: "chunk-size", closes: true },
  { name: "an empty size", bytes: chunked("\r\nok\r\n0\r\n\r\n"), fault: "chunk-size", closes: true },
  { name: "a size with a prefix", bytes: chunked("0x2\r\nok\r\n0\r\n\r\n"), fault: "chunk-size", closes: true },
  { name: "a size and then words", bytes: chunked("2 ok\r\nok\r\n0\r\n\r\n"), fault: "chunk-size", closes: true },
  {
    name: "a size beyond every number",
    bytes: chunked("fffffffffffff\r\nok\r\n0\r\n\r\n"),
    fault: "chunk-size",
    closes: true,
  },
  { name: "a CR inside a size line", bytes: chunked("2\r;x\r\nok\r\n0\r\n\r\n"), fault: "chunk-size", closes: true },
  { name: "a chunk longer than its size", bytes: chunked("2\r\nokay\r\n0\r\n\r\n"), fault: "chunk-end", closes: true },
  { name: "a chunk that ends in CR twice", bytes: chunked("2\r\nok\r\r\n0\r\n\r\n"), fault: "chunk-end", closes: true },
];
