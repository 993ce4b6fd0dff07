// One connection over a scripted socket: whatever its bytes are cut into, the same requests and the same answers.
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { Arrival, Outgoing } from "../../../src/server/arrival.ts";
import { readBody } from "../../../src/server/body.ts";
import { ClientConnection } from "../../../src/server/http1/connection.ts";
import { encodeUtf8 } from "../../../src/std/bytes.ts";
import { createVirtualEffects, settle } from "../../harness/virtual-effects.ts";

interface Scripted {
  readonly connection: ClientConnection;
  /** `method target body` of each request, or what became of its body. */
  readonly seen: readonly string[];
  written(): string;
  isClosed(): boolean;
}

/** Takes at most `takes` bytes a write, and the rest when it is drained. */
function openScripted({ takes = Number.POSITIVE_INFINITY } = {}): Scripted {
  const time = createVirtualEffects();
  const seen: string[] = [];
  let written = "";
  let isClosed = false;
  const close = (): void => {
    isClosed = true;
  };
  const serve = async (arrival: Arrival): Promise<Outgoing> => {
    const read = await readBody({ arrival, setTimer: time.setTimer });
    const said = read.kind === "whole" ? Buffer.from(read.bytes).toString("latin1") : `<${read.kind}>`;
    seen.push(`${arrival.method} ${arrival.target} ${said}`);
    return { status: 200, headers: {}, body: encodeUtf8(said), close: read.kind !== "whole" };
  };
  const connection = new ClientConnection(
    {
      write(bytes) {
        const taken = Math.min(takes, bytes.length);
        written += Buffer.from(bytes.subarray(0, taken)).toString("latin1");
        return taken;
      },
      pause: () => undefined,
      resume: () => undefined,
      timeout: () => undefined,
      terminate: close,
      end: close,
      shutdown: close,
    },
    {
      serve,
      nowMs: time.nowMs,
      setTimer: time.setTimer,
      onBug(error) {
        throw error;
      },
      internalError: () => ({ status: 500, headers: {}, body: new Uint8Array(0), close: true }),
      date: () => "now",
      isDraining: () => false,
      takeOver: () => undefined,
    },
  );
  return { connection, seen, written: () => written, isClosed: () => isClosed };
}

/** All of `bytes`, cut at the given places, each piece when what came before has been done with. */
async function fed(bytes: string, cuts: readonly number[], takes?: number): Promise<Scripted> {
  const scripted = openScripted(takes === undefined ? {} : { takes });
  const places = [0, ...cuts.toSorted((a, b) => a - b), bytes.length];
  for (const [index, from] of places.entries()) {
    const piece = bytes.slice(from, places[index + 1] ?? bytes.length);
    if (piece.length > 0) scripted.connection.received(Buffer.from(piece, "latin1"));
    await settle();
  }
  for (let more = true; more; ) {
    const before = scripted.written().length;
    scripted.connection.drained();
    await settle();
    more = scripted.written().length > before;
  }
  return scripted;
}

const HOST = "Host: gateway.invalid\r\n";
const SOUND = [
  `POST /a HTTP/1.1\r\n${HOST}Content-Length: 5\r\n\r\nhello`,
  `\r\n\r\nPOST /b?x=1 HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n3;e="x"\r\nabc\r\n00\r\nX-Sum: 1\r\n\r\n`,
  `GET /c HTTP/1.1\r\n${HOST}\r\n`,
  `POST /d HTTP/1.1\r\n${HOST}Expect: 100-continue\r\nContent-Length: 2\r\n\r\nhi`,
];
const HEARD = ["POST /a hello", "POST /b?x=1 abc", "GET /c ", "POST /d hi"];

describe("requests one after the other", () => {
  const bytes = SOUND.join("");

  test("are the same cut at every byte", async () => {
    for (let cut = 1; cut < bytes.length; cut += 1) expect((await fed(bytes, [cut])).seen).toEqual(HEARD);
  });

  test("are the same byte by byte, to a client that takes seven bytes at a time", async () => {
    const { seen, written } = await fed(
      bytes,
      Array.from(bytes, (_, index) => index),
      7,
    );
    expect(seen).toEqual(HEARD);
    expect(written().split("HTTP/1.1 200 OK").length).toBe(HEARD.length + 1);
  });
});

test("any bytes are answered alike however they are cut, and what is refused ends the connection", async () => {
  const part = fc.constantFrom(
    ...SOUND,
    "\r\n",
    "\n",
    "\r",
    " ",
    ":",
    "0\r\n\r\n",
    "5\r\nhello\r\n",
    "POST /e HTTP/1.1\r\n",
    HOST,
    "Content-Length: 5\r\n",
    "Content-Length: 3\r\n",
    "Transfer-Encoding: chunked\r\n",
    "Transfer-Encoding: gzip, chunked\r\n",
    "X: \0\r\n",
    "\xff",
  );
  await fc.assert(
    fc.asyncProperty(fc.array(part, { maxLength: 8 }), fc.array(fc.nat(400), { maxLength: 6 }), async (parts, cuts) => {
      const bytes = parts.join("");
      const whole = await fed(bytes, []);
      const cut = await fed(
        bytes,
        cuts.filter((each) => each < bytes.length),
      );
      expect(cut.seen).toEqual(whole.seen);
      const statuses = (text: string): readonly string[] => text.match(/HTTP\/1\.1 [2-5]\d\d/g) ?? [];
      expect(statuses(cut.written())).toEqual(statuses(whole.written()));
      if (whole.written().includes("connection: close")) expect(whole.isClosed()).toBe(true);
    }),
    { numRuns: 400 },
  );
});
