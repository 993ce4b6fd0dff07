/** Log lines on their way out: gathered for a moment, written one batch at a time, and bounded when they are not read. */

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
