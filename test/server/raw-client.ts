/** A client made of a raw socket: every byte is spelled by the test, and nothing is read before the test wants it. */
import { connect } from "node:net";

/** Longest wait for what a test expects; a loaded machine is slow, and a wait that ends here fails the test. */
const WAIT_MS = 10_000;

export interface RawClient extends AsyncDisposable {
  send(bytes: string | Uint8Array): void;
  /** Everything received so far, as Latin-1. */
  received(): string;
  /** Resolves with everything received once it fits; rejects when the connection ends first, or it takes too long. */
  until(fits: (received: string) => boolean): Promise<string>;
  /** Resolves with everything received once the server has closed the connection. */
  closed(): Promise<string>;
  /** Stops reading, so that the server's writes fill up. */
  pause(): void;
  resume(): void;
  /** FIN: the client sends nothing more, and still reads. */
  finish(): void;
  /** RST: the client is gone. */
  vanish(): void;
}

export async function openRaw(port: number): Promise<RawClient> {
  const socket = connect(port, "127.0.0.1");
  let received = "";
  let isClosed = false;
  const looks = new Set<() => void>();
  const look = (): void => {
    for (const each of [...looks]) each();
  };
  socket.on("data", (bytes) => {
    received += bytes.toString("latin1");
    look();
  });
  // A reset is an end like any other here; `closed` tells of it.
  socket.on("error", () => look());
  socket.on("close", () => {
    isClosed = true;
    look();
  });
  await new Promise<void>((resolve, reject) => {
    socket.once("connect", resolve);
    socket.once("error", reject);
  });

  const wait = (isOver: () => boolean, what: string): Promise<string> =>
    new Promise((resolve, reject) => {
      const finish = (settle: () => void): void => {
        clearTimeout(timer);
        looks.delete(check);
        settle();
      };
      const failed = (why: string) =>
        reject(new Error(`${what}: ${why}; received ${JSON.stringify(received.slice(0, 500))}`));
      const check = (): void => {
        if (isOver()) finish(() => resolve(received));
        else if (isClosed) finish(() => failed("the connection was closed"));
      };
      const timer = setTimeout(() => finish(() => failed("took too long")), WAIT_MS);
      looks.add(check);
      check();
    });

  return {
    send: (bytes) => void socket.write(bytes),
    received: () => received,
    until: (fits) => wait(() => fits(received), "waiting for an answer"),
    closed: () => wait(() => isClosed, "waiting for the end"),
    pause: () => void socket.pause(),
    resume: () => void socket.resume(),
    finish: () => void socket.end(),
    vanish: () => void socket.resetAndDestroy(),
    async [Symbol.asyncDispose]() {
      socket.destroy();
    },
  };
}

/** The whole exchange of one connection: sends, and waits for the first head or the end. */
export async function sendRaw(port: number, bytes: string | Uint8Array): Promise<string> {
  await using client = await openRaw(port);
  client.send(bytes);
  return await client.until((received) => received.includes("\r\n\r\n")).catch(() => client.received());
}

/** 0: nothing that looks like an answer. */
export function statusOf(answer: string): number {
  return Number(/^HTTP\/1\.[01] (\d{3})/.exec(answer)?.[1] ?? 0);
}

/** Waits until it is so, looking at every turn of the event loop. */
export async function eventually(isSo: () => boolean): Promise<void> {
  const untilMs = Date.now() + WAIT_MS;
  while (!isSo()) {
    if (Date.now() > untilMs) throw new Error("it did not become so in time");
    await new Promise<void>((resolve) => setImmediate(resolve));
  }
}
