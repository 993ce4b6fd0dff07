/** What is written to one connection, in order, as fast as the client takes it. Long bodies are not copied. */
import { isShortMessage, writeShort } from "../../std/short-write.ts";
import type { ServerSocket } from "./host.ts";

/** A class, because what the socket did not take must stay in step with who is told when it has. */
export class SocketWriter {
  readonly #socket: ServerSocket;
  #unsent: Uint8Array[] = [];
  #onSent: (() => void) | null = null;

  constructor(socket: ServerSocket) {
    this.#socket = socket;
  }

  /** Something waits for the client. */
  get isFull(): boolean {
    return this.#unsent.length > 0;
  }

  /** True: the system has taken all of it. False: `onSent` is called once when it has; only the last of several that wait. */
  send(parts: readonly Uint8Array[], onSent: () => void): boolean {
    if (this.#unsent.length > 0) {
      this.#unsent.push(...parts);
      this.#onSent = onSent;
      return false;
    }
    for (const [index, part] of parts.entries()) {
      const taken = Math.max(0, this.#socket.write(part));
      if (taken === part.length) continue;
      this.#unsent = [part.subarray(taken), ...parts.slice(index + 1)];
      this.#onSent = onSent;
      return false;
    }
    return true;
  }

  /** As `send`; a short message leaves in one write. */
  sendMessage(head: string, body: Uint8Array, onSent: () => void): boolean {
    const parts = [body];
    if (this.#unsent.length > 0 || !isShortMessage(head, parts)) {
      return this.send([Buffer.from(head, "latin1"), body], onSent);
    }
    const { rest } = writeShort(this.#write, head, parts);
    if (rest === null) return true;
    this.#unsent = [rest];
    this.#onSent = onSent;
    return false;
  }

  readonly #write = (bytes: Uint8Array): number => this.#socket.write(bytes);

  /** The client has read. True: something was taken. */
  drained(): boolean {
    const unsent = this.#unsent;
    if (unsent.length === 0) return false;
    const onSent = this.#onSent;
    this.#unsent = [];
    this.#onSent = null;
    const before = bytesOf(unsent);
    if (this.send(unsent, onSent ?? NOTHING)) onSent?.();
    return bytesOf(this.#unsent) < before;
  }
}

const NOTHING = (): void => undefined;

function bytesOf(parts: readonly Uint8Array[]): number {
  return parts.reduce((sum, part) => sum + part.length, 0);
}
