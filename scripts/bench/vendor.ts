// A vendor for the benchmark, run as a process of its own: raw sockets, answers made once, streams written frame by frame
// on one clock. Prints its port. The same one stands behind every contender. Its arguments: the port it takes (0: any),
// and perhaps a JSON file of more whole answers, by the first part of the path.
import { answerBody, type Dialect, PATHS, SLOW_PREFIX, streamFrames } from "./words.ts";

/** One frame per open stream and tick: frames arrive one by one, as from a real vendor, and not in heaps. */
const TICK_MS = 4;
const SLOW_EVERY_MS = 1_000;
const BUCKETS = SLOW_EVERY_MS / TICK_MS;
/** The largest request of the benchmark has a body of 1 MB. */
const REQUEST_CHARS_MAX = 4_000_000;

interface Open {
  readonly socket: Bun.Socket<State>;
  readonly frames: readonly Buffer[];
  next: number;
}

interface State {
  /** What came of a request that is not whole yet, one character per byte. */
  held: string;
  /** What the socket did not take at once. */
  owed: Buffer[];
  open: Open | null;
}

const whole = { openai: wholeAnswer("openai"), anthropic: wholeAnswer("anthropic") };
const streamed = { openai: chunks("openai"), anthropic: chunks("anthropic") };
const STREAM_HEAD = Buffer.from(
  "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncache-control: no-cache\r\ntransfer-encoding: chunked\r\n\r\n",
);
const LAST_CHUNK = Buffer.from("0\r\n\r\n");

const [portText = "0", answersFile] = process.argv.slice(2);
const more = new Map<string, Buffer>();
if (answersFile !== undefined) {
  const bodies: Record<string, string> = await Bun.file(answersFile).json();
  for (const [first, body] of Object.entries(bodies)) more.set(first, wholeBytes(body));
}

const fast = new Set<Open>();
const slow: Set<Open>[] = Array.from({ length: BUCKETS }, () => new Set());
let tick = 0;
let slowSeen = 0;

const server = Bun.listen<State>({
  hostname: "127.0.0.1",
  port: Number(portText),
  socket: {
    open(socket) {
      socket.data = { held: "", owed: [], open: null };
    },
    data(socket, bytes) {
      socket.data.held += bytes.toString("latin1");
      if (socket.data.held.length > REQUEST_CHARS_MAX) socket.end();
      answerWhole(socket);
    },
    drain(socket) {
      const owed = socket.data.owed;
      socket.data.owed = [];
      for (const bytes of owed) write(socket, bytes);
    },
    close(socket) {
      if (socket.data.open !== null) forget(socket.data.open);
    },
    error() {
      // A client that resets has nothing left to be told; `close` follows.
    },
  },
});
setInterval(advance, TICK_MS);
process.on("SIGTERM", () => process.exit(0));
console.log(server.port);

/** Answers every request that is whole. */
function answerWhole(socket: Bun.Socket<State>): void {
  const state = socket.data;
  for (;;) {
    const headEnd = state.held.indexOf("\r\n\r\n");
    if (headEnd < 0) return;
    const head = state.held.slice(0, headEnd);
    const length = Number(/\r\ncontent-length: *(\d+)/i.exec(head)?.[1] ?? 0);
    const end = headEnd + 4 + length;
    if (state.held.length < end) return;
    const body = state.held.slice(headEnd + 4, end);
    state.held = state.held.slice(end);
    answer(socket, head.split(" ", 2)[1] ?? "", body);
  }
}

function answer(socket: Bun.Socket<State>, path: string, body: string): void {
  const dialect: Dialect = path.endsWith(PATHS.anthropic) ? "anthropic" : "openai";
  if (!body.includes('"stream":true')) {
    write(socket, more.get(path.split("/", 2)[1] ?? "") ?? whole[dialect]);
    return;
  }
  const open = { socket, frames: streamed[dialect], next: 0 };
  socket.data.open = open;
  write(socket, STREAM_HEAD);
  if (!path.startsWith(SLOW_PREFIX)) fast.add(open);
  else {
    // Its first two frames at once, so that the stream is open everywhere; then one a second.
    step(open);
    step(open);
    step(open);
    slow[slowSeen++ % BUCKETS]?.add(open);
  }
}

function advance(): void {
  for (const open of fast) step(open);
  for (const open of slow[tick++ % BUCKETS] ?? []) step(open);
}

function step(open: Open): void {
  const frame = open.frames[open.next++];
  if (frame !== undefined) {
    write(open.socket, frame);
    return;
  }
  forget(open);
  write(open.socket, LAST_CHUNK);
}

function forget(open: Open): void {
  open.socket.data.open = null;
  fast.delete(open);
  for (const bucket of slow) bucket.delete(open);
}

function write(socket: Bun.Socket<State>, bytes: Buffer): void {
  const { owed } = socket.data;
  const taken = owed.length > 0 ? 0 : Math.max(0, socket.write(bytes));
  if (taken < bytes.length) owed.push(bytes.subarray(taken));
}

function wholeAnswer(dialect: Dialect): Buffer {
  return wholeBytes(answerBody(dialect));
}

function wholeBytes(body: string): Buffer {
  return Buffer.from(
    `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}

function chunks(dialect: Dialect): Buffer[] {
  return streamFrames(dialect).map((frame) => Buffer.from(`${Buffer.byteLength(frame).toString(16)}\r\n${frame}\r\n`));
}
