/** Log lines on their way out: gathered for a moment, written one batch at a time, and bounded when they are not read. */

import { encodeUtf8 } from "../std/bytes.ts";
import { codeOf } from "../std/describe-error.ts";

export interface Output {
  /** One line, its newline included. Throws when too much waits already; the log counts what it lost. */
  write(line: string): void;
  /** Everything written so far is out, or was lost. */
  flushed(): Promise<void>;
}

interface OutputOptions {
  /** Writes a whole text; rejects when it cannot. */
  readonly writeText: (text: string) => Promise<unknown>;
  readonly setTimer: (ms: number, fire: () => void) => () => void;
}

const GATHER_MS = 50;
const WAITING_CHARS_MAX = 4 * 1024 * 1024;

export function createOutput({ writeText, setTimer }: OutputOptions): Output {
  let waiting = "";
  let writing: Promise<void> | null = null;
  let isArmed = false;

  const flush = async (): Promise<void> => {
    // Ends when everything is out; what comes meanwhile is bounded by WAITING_CHARS_MAX.
    while (waiting !== "") {
      const text = waiting;
      waiting = "";
      // A closed pipe or a full disk: the lines are lost, and the gateway goes on without them.
      await writeText(text).catch(() => undefined);
    }
    writing = null;
  };
  const start = async (): Promise<void> => {
    if (writing === null && waiting !== "") writing = flush();
    await writing;
  };

  return {
    write(line) {
      if (waiting.length + line.length > WAITING_CHARS_MAX) throw new Error("too many log lines wait to be written");
      waiting += line;
      if (isArmed || writing !== null) return;
      isArmed = true;
      setTimer(GATHER_MS, () => {
        isArmed = false;
        void start();
      });
    },
    flushed: start,
  };
}

/** A pipe that is full and does not wait is tried again so soon. */
const FULL_MS = 10;
/** Then its reader is taken for gone. */
const FULL_TRIES_MAX = 3_000;

/**
 * Writes a text to a descriptor as it is open: at the end of a file that was opened to append, whatever a rotation has made of
 * it meanwhile. The runtime's own writer (Bun 1.4.5) makes room in a file first, and leaves NUL bytes where it was cut;
 * `test/e2e/log.test.ts` shows whether it still does.
 */
export function textWriter(descriptor: number, setTimer: OutputOptions["setTimer"]): OutputOptions["writeText"] {
  return async (text) => {
    // With the first lines: the module takes milliseconds to load.
    const { write } = await import("node:fs");
    const bytes = encodeUtf8(text);
    const some = (at: number): Promise<number> =>
      new Promise((resolve, reject) => {
        write(descriptor, bytes, at, bytes.length - at, null, (error, count) =>
          error ? reject(error) : resolve(count),
        );
      });
    let tries = 0;
    for (let at = 0; at < bytes.length; ) {
      try {
        at += await some(at);
        tries = 0;
      } catch (error) {
        tries += 1;
        if (codeOf(error) !== "EAGAIN" || tries > FULL_TRIES_MAX) throw error;
        await new Promise<void>((resolve) => void setTimer(FULL_MS, resolve));
      }
    }
  };
}
