/** A client made of a raw socket: it sends exactly these bytes, and can stall, leave or vanish where a library cannot. */
import { connect, type Socket } from "node:net";

export interface RawClient {
  write(bytes: string | Uint8Array): void;
  /** Everything received so far. */
  received(): Buffer;
  /** Resolves when that text has arrived; rejects when the connection ends first. */
  saw(text: string): Promise<void>;
  /** The answer's head and its whole body, by content length or by chunks. */
  answer(): Promise<RawAnswer>;
  /** Stops reading, or reads on. */
  pause(): void;
  resume(): void;
  /** Goes without a word: RST. */
  vanish(): void;
  /** Goes properly: closes both ways. */
  leave(): void;
  readonly closed: Promise<void>;
}

export interface RawAnswer {
  readonly status: number;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** Answers in fewer reads than this are looked at after each. */
const LOOK_AT_PARTS = 16;
const LAST_CHUNK = "0\r\n\r\n";
const LAST_CHUNK_BYTES = LAST_CHUNK.length;

/** For an answer of a test; a gateway that says nothing for that long is broken. */
const ANSWER_MS_MAX = 20_000;

export async function connectRaw(port: number): Promise<RawClient> {
  const socket: Socket = connect(port, "127.0.0.1");
  // Joined only when somebody looks: joining at every chunk would cost the square of a large answer.
  let parts: Buffer[] = [];
  const joined = (): Buffer => {
    const all = Buffer.concat(parts);
    parts = [all];
    return all;
  };
  let isClosed = false;
  const waiting = new Set<() => void>();
  const look = (): void => {
    for (const each of waiting) each();
  };
  socket.on("data", (bytes: Buffer) => {
    parts.push(bytes);
    look();
  });
  const closed = new Promise<void>((resolve) => {
    socket.once("close", () => {
      isClosed = true;
      resolve();
      look();
    });
  });
  socket.on("error", () => socket.destroy());
  await new Promise<void>((resolve, reject) => {
    socket.once("connect", resolve);
    socket.once("close", () => reject(new Error(`nobody listens on port ${port}`)));
  });

  const until = <T>(find: () => T | null): Promise<T> =>
    new Promise((resolve, reject) => {
      const timer = setTimeout(() => settle(null, `${ANSWER_MS_MAX} ms passed`), ANSWER_MS_MAX);
      const settle = (found: T | null, why: string): void => {
        clearTimeout(timer);
        waiting.delete(check);
        if (found === null) reject(new Error(`${why} after: ${joined().toString().slice(-500)}`));
        else resolve(found);
      };
      const check = (): void => {
        const found = find();
        if (found !== null || isClosed) settle(found, "the connection ended");
      };
      waiting.add(check);
      check();
    });

  return {
    write: (bytes) => void socket.write(bytes),
    received: joined,
    saw: (text) => until(() => (joined().includes(text) ? true : null)).then(() => undefined),
    answer: () =>
      until(() => {
        // A streamed answer is over at its last chunk, so there is nothing to look at before.
        // Its bytes may come in several reads.
        const last = Buffer.concat(parts.slice(-LAST_CHUNK_BYTES));
        const mayBeWhole = isClosed || parts.length < LOOK_AT_PARTS || last.includes(LAST_CHUNK);
        return mayBeWhole ? readAnswer(joined(), isClosed) : null;
      }),
    pause: () => void socket.pause(),
    resume: () => void socket.resume(),
    vanish: () => void socket.resetAndDestroy(),
    leave: () => void socket.destroy(),
    closed,
  };
}

/** A POST of JSON in exact bytes. */
export function post(
  path: string,
  body: string | Uint8Array,
  headers: Readonly<Record<string, string>> = {},
): Uint8Array {
  const bytes = Buffer.from(body);
  const lines = Object.entries({
    host: "localhost",
    "content-type": "application/json",
    "content-length": String(bytes.length),
    ...headers,
  });
  return Buffer.concat([
    Buffer.from(`POST ${path} HTTP/1.1\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join("")}\r\n`),
    bytes,
  ]);
}

export function get(path: string, headers: Readonly<Record<string, string>> = {}, method = "GET"): string {
  const lines = Object.entries({ host: "localhost", ...headers });
  return `${method} ${path} HTTP/1.1\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join("")}\r\n`;
}

/** One request on a connection of its own. */
export async function ask(port: number, bytes: string | Uint8Array): Promise<RawAnswer> {
  const client = await connectRaw(port);
  client.write(bytes);
  const answer = await client.answer();
  client.leave();
  return answer;
}

/** null: not whole yet. */
function readAnswer(held: Buffer, isClosed: boolean): RawAnswer | null {
  const headEnd = held.indexOf("\r\n\r\n");
  if (headEnd === -1) return null;
  const [statusLine = "", ...lines] = held.subarray(0, headEnd).toString("latin1").split("\r\n");
  const headers = Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf(":")).toLowerCase(), line.slice(line.indexOf(":") + 1).trim()]),
  );
  const rest = held.subarray(headEnd + 4);
  const body =
    headers["transfer-encoding"] === "chunked" ? unchunk(rest) : byLength(rest, headers["content-length"], isClosed);
  return body === null ? null : { status: Number(statusLine.split(" ")[1]), headers, body };
}

function byLength(rest: Buffer, length: string | undefined, isClosed: boolean): Buffer | null {
  if (length === undefined) return isClosed ? rest : null;
  return rest.length >= Number(length) ? rest.subarray(0, Number(length)) : null;
}

function unchunk(rest: Buffer): Buffer | null {
  const parts: Buffer[] = [];
  for (let at = 0; ; ) {
    const lineEnd = rest.indexOf("\r\n", at);
    if (lineEnd === -1) return null;
    const size = Number.parseInt(rest.subarray(at, lineEnd).toString(), 16);
    if (Number.isNaN(size)) throw new Error("an answer's chunk has no size");
    if (rest.length < lineEnd + 2 + size + 2) return null;
    if (size === 0) return Buffer.concat(parts);
    parts.push(rest.subarray(lineEnd + 2, lineEnd + 2 + size));
    at = lineEnd + 2 + size + 2;
  }
}
