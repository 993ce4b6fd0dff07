// The client of the benchmark, run as a process of its own: raw sockets kept alive, one request at a time on each. Its
// first argument is a plan as JSON; it prints one line of JSON when the plan is done, or when all streams are open.

import type { LoadPlan, LoadResult } from "./load-plan.ts";

const plan: LoadPlan = JSON.parse(process.argv[2] ?? "null");
const body = await Bun.file(plan.bodyFile).bytes();
const head = [
  `POST ${plan.path} HTTP/1.1`,
  `host: 127.0.0.1:${plan.port}`,
  `authorization: Bearer ${plan.key}`,
  "content-type: application/json",
  "user-agent: bench/1",
  `content-length: ${body.length}`,
  "",
  "",
].join("\r\n");
const request = Buffer.concat([Buffer.from(head), body]);

interface State {
  /** The head of the answer until it is whole; "" while the body comes. */
  head: string;
  /** Bytes of the body still to come; null: chunked, look for its end. */
  left: number | null;
  /** The last bytes of a chunked body, one character per byte. */
  tail: string;
  isFirst: boolean;
  /** Bytes of the request that the socket has taken. */
  sent: number;
}

const CHUNKED_END = "\r\n0\r\n\r\n";
const HEAD_CHARS_MAX = 16_384;

let started = 0;
let finished = 0;
let opened = 0;
let bytes = 0;
const startedMs = performance.now();

for (let index = 0; index < plan.connections; index += 1) {
  await Bun.connect<State>({
    hostname: "127.0.0.1",
    port: plan.port,
    socket: {
      open: ask,
      data: take,
      drain: send,
      error: (_socket, error) => fail(`a connection failed: ${error.message}`),
      close: () => fail("a connection was closed by the other side"),
    },
  });
}

function ask(socket: Bun.Socket<State>): void {
  if (started >= plan.requests) return;
  started += 1;
  socket.data = { head: "", left: -1, tail: "", isFirst: true, sent: 0 };
  send(socket);
}

/** Again each time the socket takes more. */
function send(socket: Bun.Socket<State>): void {
  const state = socket.data;
  if (state === undefined || state.sent >= request.length) return;
  state.sent += Math.max(0, socket.write(state.sent === 0 ? request : request.subarray(state.sent)));
}

function take(socket: Bun.Socket<State>, data: Buffer): void {
  const state = socket.data;
  bytes += data.length;
  let rest = data;
  if (state.isFirst) {
    state.head += data.toString("latin1");
    const headEnd = state.head.indexOf("\r\n\r\n");
    if (headEnd < 0 && state.head.length < HEAD_CHARS_MAX) return;
    begin(state, headEnd);
    rest = Buffer.from(state.head.slice(headEnd + 4), "latin1");
  }
  if (rest.length > 0 && plan.kind === "open" && state.tail === "") open();
  if (state.left !== null) state.left -= rest.length;
  else state.tail = (state.tail + rest.subarray(-CHUNKED_END.length).toString("latin1")).slice(-CHUNKED_END.length);
  if (state.left === null ? state.tail === CHUNKED_END : state.left <= 0) finish(socket);
}

function begin(state: State, headEnd: number): void {
  const head = state.head.slice(0, headEnd);
  if (!head.startsWith("HTTP/1.1 200 ")) fail(`the answer was ${state.head.slice(0, 600)}`);
  const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1];
  state.left = length === undefined ? null : Number(length);
  state.isFirst = false;
}

function finish(socket: Bun.Socket<State>): void {
  finished += 1;
  if (finished === plan.requests) report();
  else ask(socket);
}

/** The first bytes of a stream that stays open have come. */
function open(): void {
  opened += 1;
  if (opened === plan.requests) console.log(JSON.stringify(result()));
}

function report(): void {
  console.log(JSON.stringify(result()));
  process.exit(0);
}

function result(): LoadResult {
  return { requests: plan.requests, bytes, elapsedMs: performance.now() - startedMs };
}

function fail(message: string): never {
  if (finished === plan.requests) process.exit(0);
  console.error(`bench load: ${message}`);
  process.exit(1);
}
